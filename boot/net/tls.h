/*
 * tls.h - the one place that knows TLS: a client as a step machine over a socket that never blocks.
 *
 * TLS 1.2 (RFC 5246) with ECDHE, AES-GCM, X25519, P-256, P-384 and P-521; SNI and the name check always; secure
 * renegotiation (RFC 5746) accepted; no resumption, no client certificate. Application bytes cannot be
 * written before the chain was judged. An end without close_notify is told apart from one with it.
 *
 * The caller connects the socket, then steps and polls: tls_open, { poll(tls_want); tls_step; tls_read,
 * tls_took; tls_write }.
 */
#ifndef HEARTH_NET_TLS_H
#define HEARTH_NET_TLS_H

#include "base/error.h"
#include "net/anchors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_NAME_MAX 64

/* What is linked of BearSSL's implementations: constant-time ones alone. TLS_*_CPU need instructions that not every
 * processor has, and are taken where this one has them. */
#define TLS_RSA_VERIFY br_rsa_i62_pkcs1_vrfy
#define TLS_ECDSA_VERIFY br_ecdsa_i31_vrfy_asn1
#define TLS_EC br_ec_prime_i31
#define TLS_X25519 br_ec_c25519_m31
#define TLS_AES br_aes_ct64_ctr_vtable
#define TLS_AES_CPU br_aes_x86ni_ctr_vtable
#define TLS_GHASH br_ghash_ctmul64
#define TLS_GHASH_CPU br_ghash_pclmul

enum tls_state {
    TLS_HANDSHAKE,
    TLS_READY,
    TLS_ENDED, /* the server closed in order (close_notify) */
    TLS_FAILED /* tls_error() says why */
};

struct tls;

/* A client for this server name over a connected non-blocking socket, which stays the caller's. anchors are
 * borrowed. now: seconds since 1970, a time that is trusted. */
struct tls *tls_open(int fd, const char *host, const struct anchors *anchors, int64_t now);
void tls_free(struct tls *t); /* wipes; NULL is allowed */

/* Moves what can be moved without blocking. */
enum tls_state tls_step(struct tls *t);
/* poll(2) events to wait for. */
short tls_want(const struct tls *t);

/* The application bytes that are there now, not copied, or NULL; *n is how many. They stay until tls_took()
 * drops the first of them. Bytes that came before the end can still be read after it. */
const unsigned char *tls_read(const struct tls *t, size_t *n);
void tls_took(struct tls *t, size_t n);
/* Queues up to n application bytes; how many, 0 when the buffer is full or the handshake is not done. */
size_t tls_write(struct tls *t, const void *p, size_t n);

/* With TLS_FAILED: fills e (E_TLS_*, E_TCP_RESET). Always -1. */
int tls_error(const struct tls *t, struct error *e);

/* "TLS 1.2 ECDHE-RSA-AES256-GCM-SHA384" once ready. */
void tls_name(const struct tls *t, char out[TLS_NAME_MAX]);

#endif
