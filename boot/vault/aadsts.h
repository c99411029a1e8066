/*
 * aadsts.h - what the numbers of Entra's refusals mean for the one who must act.
 *
 * Microsoft's "Microsoft Entra authentication and authorization error codes" has them all; here are those that a login
 * of hearth's can meet. A number never decides whether a login has failed, only what is said.
 */
#ifndef HEARTH_VAULT_AADSTS_H
#define HEARTH_VAULT_AADSTS_H

#include "base/error.h"

#include <stdint.h>

struct aadsts {
    int32_t number;
    /* E_NONE: as the `error` member says */
    enum error_code code : 16;
    /* where the code's own next step would lead astray; only with a code that it belongs to */
    enum error_advice advice : 16;
    /* for aadsts_hint() */
    uint16_t hint;
};

/* The row of a number, or NULL. Static. */
const struct aadsts *aadsts_find(int64_t number);
/* What to say of it. */
const char *aadsts_hint(const struct aadsts *row);

#endif
