#include "embed/help.h"

#include "embed/assets.h"

char *help_get(const char *name, struct error *e)
{
    return assets_get(help_blob, help_blob_size, help_count, name, e);
}
