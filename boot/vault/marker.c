#include "vault/marker.h"

#include <stdio.h>
#include <string.h>

const char *marker_text(char out[MARKER_MAX], const char *cluster_id, const char *node, const char *boot_id)
{
    snprintf(out, MARKER_MAX, "%s.%s.%s", cluster_id, node, boot_id);
    return out;
}

static bool blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int marker_judge(struct span value, const char *ours, enum marker *out, struct error *e)
{
    size_t id = strcspn(ours, ".") + 1, all = strlen(ours);
    while (value.n && blank(value.p[value.n - 1]))
        value.n--;
    while (value.n && blank(*value.p)) {
        value.p++;
        value.n--;
    }
    if (span_is(value, "none"))
        *out = MARKER_NONE;
    else if (value.n == all && memcmp(value.p, ours, all) == 0 && ours[all - 1] != '.')
        *out = MARKER_OURS;
    else if (value.n > id && memcmp(value.p, ours, id) == 0)
        *out = MARKER_FOUNDED;
    else
        return error_set(e, E_MARKER_VALUE, "it is not `none`, and not of this cluster");
    return 0;
}
