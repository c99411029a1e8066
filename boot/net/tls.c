#include "net/tls.h"

#include "base/mem.h"
#include "base/random.h"
#include "net/curves.h"
#include "net/x509.h"

#include <bearssl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define STEPS_MAX 256 /* records moved in one step, so that one busy server cannot hold the loop */

/* Whether the server asked for a certificate of ours. BearSSL's handler, which looks at the names of no authority and
 * has nothing to send. */
struct client_certificate {
    /* first: BearSSL sees this struct through it */
    const br_ssl_client_certificate_class *vtable;
    bool asked;
};

struct tls {
    br_ssl_client_context client;
    struct client_certificate certificate;
    struct x509 x509;
    int fd;
    enum tls_state state;
    /* the socket has ended */
    bool eof;
    /* errno of the socket */
    int broken;
    bool no_random;
    /* bytes of `head` that are filled */
    unsigned heads;
    /* first bytes from the server: tells other protocols from old TLS */
    unsigned char head[5];
    unsigned char io[BR_SSL_BUFSIZE_BIDI];
};

static const struct {
    uint16_t id;
    const char *name;
} suites[] = {
    {BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256"},
    {BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384"},
};
#define SUITES (sizeof suites / sizeof *suites)

static void list_passes(const br_ssl_client_certificate_class **c)
{
    (void)c;
}

static void name_begins(const br_ssl_client_certificate_class **c, size_t n)
{
    (void)c;
    (void)n;
}

static void name_goes_on(const br_ssl_client_certificate_class **c, const unsigned char *p, size_t n)
{
    (void)c;
    (void)p;
    (void)n;
}

static void choose_none(const br_ssl_client_certificate_class **c, const br_ssl_client_context *client,
                        uint32_t types, br_ssl_client_certificate *choices)
{
    (void)client;
    (void)types;
    ((struct client_certificate *)(void *)c)->asked = true;
    *choices = (br_ssl_client_certificate){0};
}

static const br_ssl_client_certificate_class no_certificate = {
    .context_size = sizeof(struct client_certificate),
    .start_name_list = list_passes,
    .start_name = name_begins,
    .append_name = name_goes_on,
    .end_name = list_passes,
    .end_name_list = list_passes,
    .choose = choose_none,
};

/* Named one by one: BearSSL's defaults bring two or three of each along. */
static void set_algorithms(struct tls *t)
{
    br_ssl_engine_context *eng = &t->client.eng;
    br_x509_minimal_context *x = &t->x509.minimal;
    uint16_t ids[SUITES];
    for (size_t i = 0; i < SUITES; i++)
        ids[i] = suites[i].id;
    br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(eng, ids, SUITES);
    br_ssl_engine_set_rsavrfy(eng, TLS_RSA_VERIFY);
    br_ssl_engine_set_ecdsa(eng, TLS_ECDSA_VERIFY);
    br_ssl_engine_set_ec(eng, &curves_all);
    br_x509_minimal_set_rsa(x, br_ssl_engine_get_rsavrfy(eng));
    br_x509_minimal_set_ecdsa(x, &TLS_EC, br_ssl_engine_get_ecdsa(eng));

    static const br_hash_class *const hashes[] = {&br_sha256_vtable, &br_sha384_vtable, &br_sha512_vtable};
    for (int i = 0; i < 3; i++) {
        br_ssl_engine_set_hash(eng, br_sha256_ID + i, hashes[i]);
        br_x509_minimal_set_hash(x, br_sha256_ID + i, hashes[i]);
    }
    br_ssl_engine_set_prf_sha256(eng, &br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(eng, &br_tls12_sha384_prf);
    br_ssl_engine_set_gcm(eng, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
    const br_block_ctr_class *aes = br_aes_x86ni_ctr_get_vtable();
    br_ssl_engine_set_aes_ctr(eng, aes ? aes : &TLS_AES);
    br_ghash ghash = br_ghash_pclmul_get();
    br_ssl_engine_set_ghash(eng, ghash ? ghash : TLS_GHASH);
    br_ssl_engine_set_x509(eng, &t->x509.vtable);
}

struct tls *tls_open(int fd, const char *host, const struct anchors *anchors, int64_t now)
{
    struct tls *t = mem_alloc(sizeof *t);
    t->fd = fd;
    br_ssl_client_zero(&t->client);
    x509_init(&t->x509, anchors->list, anchors->count, now);
    set_algorithms(t);
    t->certificate.vtable = &no_certificate;
    br_ssl_client_set_client_certificate(&t->client, &t->certificate.vtable);
    br_ssl_engine_set_buffer(&t->client.eng, t->io, sizeof t->io, 1);
    unsigned char seed[32];
    if (random_fill(seed, sizeof seed))
        br_ssl_engine_inject_entropy(&t->client.eng, seed, sizeof seed);
    else
        t->no_random = true;
    mem_wipe(seed, sizeof seed);
    if (t->no_random || !br_ssl_client_reset(&t->client, host, 0))
        t->state = TLS_FAILED;
    return t;
}

void tls_free(struct tls *t)
{
    if (t)
        x509_free(&t->x509);
    mem_free(t);
}

static bool again(int err)
{
    return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

/* One record's bytes towards the server. False when nothing moved. */
static bool push(struct tls *t)
{
    size_t n;
    const unsigned char *p = br_ssl_engine_sendrec_buf(&t->client.eng, &n);
    if (!p || t->broken)
        return false;
    ssize_t sent = send(t->fd, p, n, MSG_NOSIGNAL);
    if (sent < 0 && !again(errno))
        t->broken = errno;
    if (sent <= 0)
        return false;
    br_ssl_engine_sendrec_ack(&t->client.eng, (size_t)sent);
    return true;
}

static bool pull(struct tls *t)
{
    size_t n;
    unsigned char *p = br_ssl_engine_recvrec_buf(&t->client.eng, &n);
    if (!p || t->eof)
        return false;
    ssize_t got = recv(t->fd, p, n, 0);
    if (got == 0)
        t->eof = true;
    if (got < 0 && !again(errno)) {
        t->broken = errno;
        t->eof = true;
    }
    if (got <= 0)
        return false;
    for (ssize_t i = 0; i < got && t->heads < sizeof t->head; i++)
        t->head[t->heads++] = p[i];
    br_ssl_engine_recvrec_ack(&t->client.eng, (size_t)got);
    return true;
}

enum tls_state tls_step(struct tls *t)
{
    br_ssl_engine_context *eng = &t->client.eng;
    if (t->state == TLS_FAILED)
        return t->state;
    bool moved = true;
    for (unsigned i = 0; moved && i < STEPS_MAX; i++) {
        moved = push(t);
        moved = pull(t) || moved;
    }
    unsigned state = br_ssl_engine_current_state(eng);
    if (state == BR_SSL_CLOSED)
        t->state = br_ssl_engine_last_error(eng) == BR_ERR_OK ? TLS_ENDED : TLS_FAILED;
    else if (state & BR_SSL_SENDAPP && t->state == TLS_HANDSHAKE)
        t->state = TLS_READY;
    /* What was received whole can still be read; only then does the missing close_notify count. */
    if ((t->eof || t->broken) && t->state != TLS_ENDED && !(state & BR_SSL_RECVAPP))
        t->state = TLS_FAILED;
    return t->state;
}

short tls_want(const struct tls *t)
{
    unsigned state = br_ssl_engine_current_state(&t->client.eng);
    return (short)((state & BR_SSL_RECVREC && !t->eof ? POLLIN : 0) |
                   (state & BR_SSL_SENDREC && !t->broken ? POLLOUT : 0));
}

const unsigned char *tls_read(const struct tls *t, size_t *n)
{
    return br_ssl_engine_recvapp_buf(&t->client.eng, n);
}

void tls_took(struct tls *t, size_t n)
{
    if (n)
        br_ssl_engine_recvapp_ack(&t->client.eng, n);
}

size_t tls_write(struct tls *t, const void *p, size_t n)
{
    size_t room;
    unsigned char *to = br_ssl_engine_sendapp_buf(&t->client.eng, &room);
    if (!to || t->state != TLS_READY || n == 0)
        return 0;
    size_t take = room < n ? room : n;
    memcpy(to, p, take);
    br_ssl_engine_sendapp_ack(&t->client.eng, take);
    br_ssl_engine_flush(&t->client.eng, 0);
    return take;
}

/* A handshake record begins 22 3 x, an alert 21 3 x. */
static bool speaks_tls(const struct tls *t)
{
    return t->heads < 3 || ((t->head[0] == 21 || t->head[0] == 22) && t->head[1] == 3);
}

static int alert_error(const struct tls *t, int alert, struct error *e)
{
    /* A server that is older than TLS 1.2 shares no suite with us and says only that; its records carry its
     * version. */
    if (t->heads == sizeof t->head && t->head[0] == 21 && t->head[2] < 3)
        return error_set(e, E_TLS_VERSION, "the server speaks no TLS 1.2 (alert %d in a record of TLS 1.%d)",
                         alert, t->head[2] - 1);
    /* handshake_failure, or what is wrong with a certificate. */
    if (t->certificate.asked && ((alert >= 40 && alert <= 46) || alert == 116))
        return error_set(e, E_TLS_CLIENT_CERTIFICATE,
                         "the server asked for a client certificate, got none, and sent TLS alert %d", alert);
    switch (alert) {
    case 70: /* protocol_version, RFC 5246 7.2.2 */
        return error_set(e, E_TLS_VERSION, "the server refuses TLS 1.2 (alert 70)");
    case 40: /* handshake_failure */
    case 71: /* insufficient_security */
    case 80: /* internal_error: what some servers say for want of it */
        if (t->client.eng.session.cipher_suite != 0)
            return error_set(
                e, E_TLS_CIPHER,
                "the server agreed on a cipher suite and then refused (alert %d): most likely it demands the "
                "extended master secret (FIPS mode), which hearth does not speak",
                alert);
        if (alert == 80)
            return error_set(
                e, E_TLS_ALERT,
                "the server sent TLS alert 80: it has a fault of its own, or demands the extended "
                "master secret (FIPS mode), which hearth does not speak");
        return error_set(
            e, E_TLS_CIPHER,
            "the server shares no cipher suite, curve or signature with hearth, or demands the extended "
            "master secret (FIPS mode) (alert %d)",
            alert);
    default:
        return error_set(e, E_TLS_ALERT, "the server sent TLS alert %d", alert);
    }
}

int tls_error(const struct tls *t, struct error *e)
{
    int number = br_ssl_engine_last_error(&t->client.eng);
    if (t->no_random || number == BR_ERR_NO_RANDOM)
        return error_set(e, E_SYSTEM, "getrandom gave no randomness");
    if (number >= BR_ERR_RECV_FATAL_ALERT && number < BR_ERR_SEND_FATAL_ALERT)
        return alert_error(t, number - BR_ERR_RECV_FATAL_ALERT, e);
    if (number >= BR_ERR_X509_OK && number <= BR_ERR_X509_NOT_TRUSTED && t->x509.code != E_NONE) {
        error_set(e, t->x509.code, "%s", t->x509.why);
        e->advice = t->x509.advice;
        return -1;
    }
    if (number != BR_ERR_OK && !speaks_tls(t))
        return error_set(e, E_TLS_PROTOCOL, "the server does not speak TLS");
    if (number == BR_ERR_UNSUPPORTED_VERSION || number == BR_ERR_BAD_VERSION)
        return error_set(e, E_TLS_VERSION, "the server chose TLS %s",
                         t->head[2] == 2       ? "1.1"
                             : t->head[2] == 1 ? "1.0"
                                               : "of another version");
    if (number == BR_ERR_BAD_CIPHER_SUITE)
        return error_set(e, E_TLS_CIPHER, "the server chose a cipher suite that was not offered");
    if (number != BR_ERR_OK)
        return error_set(e, E_TLS_PROTOCOL, "a TLS record or message is wrong (BearSSL error %d)", number);
    if (t->broken)
        return error_errno(e, E_TCP_RESET, t->broken, "the connection broke");
    return error_set(e, E_TLS_TRUNCATED, "the connection ended without close_notify");
}

void tls_name(const struct tls *t, char out[TLS_NAME_MAX])
{
    br_ssl_session_parameters session;
    br_ssl_engine_get_session_parameters(&t->client.eng, &session);
    const char *name = "";
    for (size_t i = 0; i < SUITES; i++)
        if (suites[i].id == session.cipher_suite)
            name = suites[i].name;
    snprintf(out, TLS_NAME_MAX, "TLS 1.2 %s", name);
    mem_wipe(&session, sizeof session);
}
