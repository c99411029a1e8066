/*
 * url.h - the one form of address this room takes: https://HOST or https://HOST:PORT, perhaps with one slash
 * behind.
 *
 * No user, path, query or fragment. HOST is a name (RFC 1123): a certificate is judged by name, so a bare
 * address could never be trusted.
 */
#ifndef HEARTH_NET_URL_H
#define HEARTH_NET_URL_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define URL_HOST_MAX 254      /* bytes with the NUL */
#define URL_AUTHORITY_MAX 262 /* HOST:65535 */

struct url {
    /* lower case, no trailing dot */
    char host[URL_HOST_MAX];
    uint16_t port;
};

/* Takes an address apart. `what` names it in the message ("role.vault"). Error: E_VAULT_REQUEST. */
int url_parse(const char *what, const char *text, struct url *out, struct error *e);

/* What stands in a Host header: the port only when it is not 443. Returns out. */
const char *url_authority(const struct url *u, char out[URL_AUTHORITY_MAX]);

/* True when host is below domain: "a.b.c" below "b.c", not "b.c" itself and not "xb.c". Both in lower case. */
bool url_below(const char *host, const char *domain);

#endif
