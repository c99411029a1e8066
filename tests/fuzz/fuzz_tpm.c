/*
 * What a TPM answers: pieces, each two bytes of length and that many of it, which come a read. A key is made with them,
 * used both ways, and flushed. The corpus was taken from swtpm, asked with this half, this number and this hash.
 */
#include "vault/tpm.h"

#include "require.h"

#include <bearssl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECES_MAX 16
/* TPM_RC_RETRY, each of which is a wait. */
#define RETRY "\0\0\x09\x22"
#define RETRIES_MAX 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int waits(const uint8_t *data, size_t size)
{
    unsigned count = 0;
    for (size_t i = 0; i + 4 <= size; i++)
        count += memcmp(data + i, RETRY, 4) == 0;
    return count > RETRIES_MAX;
}

static void say(int fd, const uint8_t *p, size_t left)
{
    for (unsigned i = 0; i < PIECES_MAX && left >= 2; i++) {
        size_t n = (size_t)p[0] << 8 | p[1];
        n = n < left - 2 ? n : left - 2;
        if (n > 0 && write(fd, p + 2, n) != (ssize_t)n)
            return;
        p += 2 + n;
        left -= 2 + n;
    }
}

/* Each failure has one of the codes that a TPM can be the cause of, and words. */
static void failed(const struct error *e)
{
    require(e->code == E_TPM_PASSWORD || e->code == E_TPM_OFF || e->code == E_TPM_REFUSED);
    require(strlen(e->text) > 0);
}

/* With another multiplication than the one that tpm.c checks with. */
static void use(struct tpm *t)
{
    static unsigned char exponent[] = {1, 0, 1};
    const br_rsa_public_key public = {t->modulus, TPM_KEY_BYTES, exponent, sizeof exponent};
    unsigned char before[TPM_KEY_BYTES];
    memset(before, 0x5a, sizeof before);
    unsigned char x[TPM_KEY_BYTES];
    memcpy(x, before, sizeof x);
    struct error e = {0};
    bool refused;
    if (tpm_private(t, x, &refused, &e) == 0)
        require(!refused && br_rsa_i31_public(x, sizeof x, &public) == 1);
    else
        failed(&e);
    require(memcmp(x, before, sizeof x) == 0);
    unsigned char hash[32];
    memset(hash, 0x2d, sizeof hash);
    unsigned char signature[TPM_KEY_BYTES];
    if (tpm_sign(t, hash, signature, &e) != 0) {
        failed(&e);
        return;
    }
    unsigned char found[32];
    require(br_rsa_i31_pkcs1_vrfy(signature, sizeof signature, BR_HASH_OID_SHA256, 32, &public, found) == 1);
    require(memcmp(found, hash, sizeof hash) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    if (waits(data, size) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return 0;
    say(ends[1], data, size);
    /* Behind the last answer is the end, and no silence. */
    require(shutdown(ends[1], SHUT_WR) == 0);
    struct tpm t = {.fd = ends[0], .stop_fd = -1, .patience_ms = TPM_COMMAND_MS};
    static const unsigned char half[TPM_HALF_BYTES] = {1, 2, 3};
    struct error e = {0};
    if (tpm_make(&t, half, &e) == 0) {
        require((t.modulus[0] & 0x80) && (t.modulus[TPM_KEY_BYTES - 1] & 1));
        use(&t);
    } else {
        failed(&e);
        require(t.handle == 0);
    }
    tpm_close(&t);
    require(t.fd == -1 && t.handle == 0);
    close(ends[1]);
    return 0;
}
