#include "site/path.h"

#include <stddef.h>
#include <string.h>

const char *path_fault(const char *path)
{
    if (path[0] == '\0')
        return "is empty";
    if (path[0] == '/')
        return "is absolute; paths start at the top of the site";
    if (strlen(path) > SITE_PATH_MAX)
        return "is too long";
    if (strchr(path, '\\'))
        return "has a backslash; parts are separated by /";
    for (const char *at = path;; at++) {
        size_t len = strcspn(at, "/");
        if (len == 0)
            return "has an empty part";
        if (len == 1 && at[0] == '.')
            return "has the part \".\"";
        if (len == 2 && at[0] == '.' && at[1] == '.')
            return "has the part \"..\"; nothing above the site is read";
        at += len;
        if (*at == '\0')
            return NULL;
    }
}
