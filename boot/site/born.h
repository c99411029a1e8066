/*
 * born.h - the logins that were born in a box's TPM, as `hearth facts --login NAME --out DIR` laid them into a site:
 * logins/NAME.crt, the certificate, public and tracked; .hearth/NAME.tpm, one line of base64: 32 bytes, which are
 * half of the key and worth nothing without that TPM, and the SHA-256 of the certificate that was born with them.
 */
#ifndef HEARTH_SITE_BORN_H
#define HEARTH_SITE_BORN_H

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "site/site.h"

#define BORN_FOLDER "logins"
#define BORN_HALF_BYTES 32
#define BORN_HASH_BYTES 32

struct born {
    /* whether its file is there */
    bool has_half, has_certificate;
    unsigned char half[BORN_HALF_BYTES];
    /* of the certificate that the half was born with */
    unsigned char hash[BORN_HASH_BYTES];
    /* DER, in the pool */
    struct span certificate;
};

/* Reads what is there of a name, and judges whether it belongs together. Errors: E_TPM_PAIR, E_CRED_FORM, those of
 * site_read(). */
int born_read(const struct site *site, struct pool *pool, const char *name, struct born *out,
              struct error *e);

/* For cleanup(): the half is a secret of its own. */
void born_wipe(struct born *born);

/* The DER of the first certificate of a PEM text, in pool; empty: there is none. */
struct span born_first(struct pool *pool, struct span pem);

/* "logins/NAME.crt". Returns out. */
const char *born_certificate(char out[SITE_LOGIN_FILE_MAX], const char *name);

/* The text of a half's file. */
void born_half(struct buf *out, const unsigned char half[BORN_HALF_BYTES], const struct buf *der);

/* The names, sorted, of the certificates of a site that are this entry's: of those that log in by TPM the one of the
 * very name, else the first that fits (NULL: no entry's). A name with facts fits whatever may stand for them.
 * NULL-terminated, in pool. */
int born_names(const struct site *site, struct pool *pool, const struct site_node *entry, const char ***out,
               struct error *e);

#endif
