/*
 * https.h - the one splitter of https://HOST[:PORT].
 *
 * No user, path, query or fragment. An IPv6 address stands in brackets.
 */
#ifndef HEARTH_BASE_HTTPS_H
#define HEARTH_BASE_HTTPS_H

#include <stdbool.h>

struct https {
    /* without the brackets */
    char host[256];
    /* the host is an IP address */
    bool address;
    /* 0: none was written */
    unsigned port;
};

/* Takes the parts as they are written; a port is 1 to 65535. NULL, or what is wrong: static words to stand behind the
 * text ("has no host"). `slash` allows one "/" at its end. */
const char *https_split(const char *text, bool slash, struct https *out);

/* The same; the host is a name (RFC 1123), then in lower case, or an address. */
const char *https_parse(const char *text, bool slash, struct https *out);

#endif
