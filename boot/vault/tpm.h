/*
 * tpm.h - an RSA key that is born in the box's TPM 2.0, from a half that lies elsewhere.
 *
 * A primary key of the endorsement hierarchy: made from a template each time, kept nowhere, equal each time on this
 * TPM with this half, and on no other. TPM 2.0 Library, Part 3 (CreatePrimary 24.1, RSA_Decrypt 14.3, Sign 20.2,
 * FlushContext 28.4, GetCapability 30.2); Part 2 for the structures. One write a command, one read an answer.
 *
 * Nothing in the TPM is changed or counted on: no persistent handle, NV index, PCR or password is read or written,
 * and with noDA a power cut counts for no lockout. TPM2_Sign with RSAPSS is never sent, because chips salt with the
 * most that fits and PS256 wants 32 bytes. What the TPM answers is a stranger's: signatures are checked before they
 * leave.
 */
#ifndef HEARTH_VAULT_TPM_H
#define HEARTH_VAULT_TPM_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define TPM_HALF_BYTES 32
#define TPM_KEY_BYTES 256    /* of the modulus, and of a signature */
#define TPM_COMMAND_MS 60000 /* for one command: some chips take tens of seconds for a key */
#define TPM_ANSWER_MAX 2048  /* bytes of an answer that is read */
#define TPM_RETRIES_MAX 8    /* times that a command is sent again when the TPM asks for it */

/* An open TPM and, once it is made, the key. */
struct tpm {
    /* -1: none */
    int fd;
    /* readable: give up with E_STOPPED; -1: none */
    int stop_fd;
    /* milliseconds for one command */
    unsigned patience_ms;
    /* of the key; 0: there is none */
    uint32_t handle;
    unsigned char modulus[TPM_KEY_BYTES];
};

/* Opens dev/tpmrm0, or dev/tpm0, below sysroot. version: the fact tpm.version, 0 when that is unknown. Nothing is sent.
 * Errors: E_TPM_NONE, E_TPM_OLD, E_TPM_REFUSED. */
int tpm_open(struct tpm *t, const char *sysroot, int version, struct error *e);

/* Makes the key. Errors: E_TPM_PASSWORD, E_TPM_OFF, E_TPM_REFUSED (with the code, the maker and its firmware),
 * E_STOPPED. */
int tpm_make(struct tpm *t, const unsigned char half[TPM_HALF_BYTES], struct error *e);

/* The raw private operation on x, in place; x is below the modulus. *refused (may not be NULL): the TPM said no, and
 * may still sign. Errors: as tpm_make(). */
int tpm_private(struct tpm *t, unsigned char x[TPM_KEY_BYTES], bool *refused, struct error *e);

/* RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) over a SHA-256 hash. Errors: as tpm_make(). */
int tpm_sign(struct tpm *t, const unsigned char hash[32], unsigned char signature[TPM_KEY_BYTES],
             struct error *e);

/* Takes the key out of the TPM and closes it; as often as one likes. */
void tpm_close(struct tpm *t);

#endif
