/*
 * path.h - what a path inside a site may look like.
 */
#ifndef HEARTH_SITE_PATH_H
#define HEARTH_SITE_PATH_H

/* What is wrong with a path relative to the site's top ("is absolute", ...), or NULL when it is sound: no
 * leading "/", no ".", ".." or empty part, no backslash, at most SITE_PATH_MAX bytes. Static text. */
const char *path_fault(const char *path);

#define SITE_PATH_MAX 1024

#endif
