/*
 * challenge.h - the Bearer challenge of a 401 (RFC 6750 section 3), for diagnosis only.
 *
 * Key Vault writes `Bearer authorization="https://login.../TENANT", resource="https://vault.azure.net"`;
 * emulators write authorization_uri and scope, in any order. Nothing in it ever decides where a credential or
 * a token is sent.
 */
#ifndef HEARTH_VAULT_CHALLENGE_H
#define HEARTH_VAULT_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>

#define CHALLENGE_PARAM_MAX 256

struct challenge {
    /* "" when absent or too long */
    char authorization[CHALLENGE_PARAM_MAX];
    /* resource, or scope */
    char resource[CHALLENGE_PARAM_MAX];
    /* "invalid_token" */
    char error[CHALLENGE_PARAM_MAX];
};

/* Reads the first Bearer challenge of a WWW-Authenticate value. False when there is none or it is malformed. */
bool challenge_parse(const char *text, size_t n, struct challenge *out);

/* The first path segment of the authorization address: a tenant's GUID or domain. "" when there is none.
 * Writes to out. */
void challenge_tenant(const struct challenge *c, char out[CHALLENGE_PARAM_MAX]);

#endif
