#include "vault/tpm.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/reader.h"

#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMAND_MAX 320
#define HEADER 10 /* bytes of tag, size and code */
#define SESSIONS 0x80, 0x02
#define NO_SESSIONS 0x80, 0x01

/* The answers that are told apart: TPM_RC_RETRY; TPM_RC_BAD_AUTH of the first session; TPM_RC_HIERARCHY of the first
 * handle. */
enum { ANSWER_LOCKOUT = 0x921, ANSWER_RETRY = 0x922, ANSWER_PASSWORD = 0x9a2, ANSWER_OFF = 0x185 };

/* A session by password, which is empty: TPM_RS_PW, no nonce, continueSession. */
#define EMPTY_PASSWORD 0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 1, 0, 0

/* Up to the half: no password and no data of ours; an RSA key named by SHA-256; fixedTPM, fixedParent,
 * sensitiveDataOrigin, userWithAuth, noDA, decrypt, sign; no policy, no symmetric cipher, no scheme; 2048 bits,
 * 65537. */
static const unsigned char create[] = {
    SESSIONS, 0,    0, 1,    0x3f, 0,    0, 1, 0x31, 0x40, 0, 0, 0x0b, EMPTY_PASSWORD, 0, 4,
    0,        0,    0, 0,    1,    0x16, 0, 1, 0,    0x0b, 0, 6, 4,    0x72,           0, 0,
    0,        0x10, 0, 0x10, 8,    0,    0, 0, 0,    0,    1, 0};
#define CREATE_BYTES 319
static const unsigned char decrypt[] = {SESSIONS, 0, 0, 1, 0x21, 0, 0, 1, 0x59};
static const unsigned char sign[] = {SESSIONS, 0, 0, 0, 0x49, 0, 0, 1, 0x5d};
static const unsigned char password[] = {EMPTY_PASSWORD};
/* Behind the hash: RSASSA with SHA-256, and a ticket that says nothing. */
static const unsigned char signing[] = {0, 0x14, 0, 0x0b, 0x80, 0x24, 0x40, 0, 0, 7, 0, 0};
static const unsigned char flush[] = {NO_SESSIONS, 0, 0, 0, 14, 0, 0, 1, 0x65};
/* Eight properties from the maker on: its name, four words of its own, its type, two halves of the firmware. */
static const unsigned char ask_maker[] = {NO_SESSIONS, 0, 0, 0, 22, 0, 0, 1, 0x7a, 0, 0,
                                          0,           6, 0, 0, 1,  5, 0, 0, 0,    8};

struct command {
    unsigned char bytes[COMMAND_MAX];
    size_t n;
};

static void put(struct command *c, const void *p, size_t n)
{
    memcpy(c->bytes + c->n, p, n);
    c->n += n;
}

static void put_handle(struct command *c, uint32_t handle)
{
    put(c,
        (const unsigned char[]){(unsigned char)(handle >> 24), (unsigned char)(handle >> 16),
                                (unsigned char)(handle >> 8), (unsigned char)handle},
        4);
}

/* Waits for a readable descriptor, or for a time. 1: it is readable; 0: time is up. */
static int wait_until(const struct tpm *t, int fd, uint64_t end, struct error *e)
{
    for (;;) {
        uint64_t now = clock_ms();
        struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = t->stop_fd, .events = POLLIN}};
        int n = poll(p, 2, now < end ? (int)(end - now) : 0);
        if (n > 0 && p[1].revents)
            return error_set(e, E_STOPPED, "while the TPM computed");
        if (n > 0 || (n == 0 && clock_ms() >= end))
            return n;
        if (n < 0 && errno != EINTR)
            return error_errno(e, E_SYSTEM, errno, "poll");
    }
}

/* A chip that another uses, or that stumbled, may answer in a moment. */
static int trouble(struct error *e, int errnum, const char *call)
{
    error_errno(e, E_TPM_REFUSED, errnum, "the TPM: %s", call);
    e->passing = e->passing || errnum == EBUSY || errnum == ETIME;
    return -1;
}

static int send(const struct tpm *t, const struct command *c, struct error *e)
{
    ssize_t n;
    do
        n = write(t->fd, c->bytes, c->n);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)c->n ? 0 : trouble(e, n < 0 ? errno : EIO, "write");
}

/* The answer in one piece; a socket may give it in several. */
static int receive(const struct tpm *t, unsigned char answer[TPM_ANSWER_MAX], uint64_t end, struct error *e)
{
    size_t got = 0, size = HEADER;
    while (got < size) {
        int ready = wait_until(t, t->fd, end, e);
        if (ready < 0)
            return -1;
        if (ready == 0)
            return trouble(e, ETIME, "it does not answer");
        ssize_t n = read(t->fd, answer + got, TPM_ANSWER_MAX - got);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return trouble(e, n < 0 ? errno : EIO, "read");
        got += (size_t)n;
        struct reader r = reader_of(answer + 2, 4);
        if (got >= HEADER)
            size = reader_u32be(&r);
        if (size < HEADER || size > TPM_ANSWER_MAX || got > size)
            return trouble(e, EIO, "its answer has another length than it says");
    }
    return (int)size;
}

/* Sends it, again when the TPM asks for that. The code it answered with in *code, and what stands behind the header, in
 * `answer`. */
static int ask(const struct tpm *t, const struct command *c, unsigned char bytes[TPM_ANSWER_MAX],
               struct reader *answer, uint32_t *code, struct error *e)
{
    uint64_t end = clock_ms() + t->patience_ms;
    for (unsigned tries = 0;; tries++) {
        int size = send(t, c, e) < 0 ? -1 : receive(t, bytes, end, e);
        if (size < 0)
            return -1;
        *answer = reader_of(bytes, (size_t)size);
        reader_skip(answer, 6);
        *code = reader_u32be(answer);
        if (*code != ANSWER_RETRY || tries == TPM_RETRIES_MAX)
            return 0;
        if (wait_until(t, -1, clock_ms() + (10u << tries), e) < 0)
            return -1;
    }
}

/* Which chip it is that refused, as far as it says. */
static void add_maker(const struct tpm *t, struct error *e)
{
    struct command c = {.n = 0};
    put(&c, ask_maker, sizeof ask_maker);
    UNSET unsigned char bytes[TPM_ANSWER_MAX];
    struct reader r;
    uint32_t code;
    UNSET struct error ignored;
    if (ask(t, &c, bytes, &r, &code, &ignored) < 0 || code != 0)
        return;
    reader_skip(&r, 5);
    uint32_t maker = 0;
    uint32_t firmware[2] = {0};
    for (uint32_t count = reader_u32be(&r); count > 0 && !r.bad; count--) {
        uint32_t property = reader_u32be(&r), value = reader_u32be(&r);
        if (property == 0x105)
            maker = value;
        if (property == 0x10b || property == 0x10c)
            firmware[property - 0x10b] = value;
    }
    const char name[] = {(char)(maker >> 24), (char)(maker >> 16), (char)(maker >> 8), (char)maker, '\0'};
    error_wrap(e, "a TPM of %s, firmware %u.%u.%u.%u", name, firmware[0] >> 16, firmware[0] & 0xffff,
               firmware[1] >> 16, firmware[1] & 0xffff);
}

static int refused(const struct tpm *t, const char *what, uint32_t code, struct error *e)
{
    error_set(e, E_TPM_REFUSED, "%s was answered with 0x%x", what, (unsigned)code);
    add_maker(t, e);
    /* TPM_RC_WARN (Part 2, 6.6.3): not now. The lockout is no such one. */
    e->passing = (code & 0xf80) == 0x900 && code != ANSWER_LOCKOUT;
    return -1;
}

static int lies(const struct tpm *t, const char *what, struct error *e)
{
    error_set(e, E_TPM_REFUSED, "%s was answered with something else", what);
    add_maker(t, e);
    return -1;
}

int tpm_open(struct tpm *t, const char *sysroot, int version, struct error *e)
{
    static const char *const devices[] = {"tpmrm0", "tpm0"};
    *t = (struct tpm){.fd = -1, .stop_fd = -1, .patience_ms = TPM_COMMAND_MS};
    UNSET char path[4096];
    snprintf(path, sizeof path, "%s/sys/class/tpm/tpm0", sysroot);
    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return error_set(e, E_TPM_NONE, "there is no %s", path);
    if (version == 1)
        return error_set(e, E_TPM_OLD, "tpm.version is 1");
    /* Only for a TPM 2.0 does the kernel make the first; the second may be one that a command of 2.0 harms. */
    for (size_t i = 0; i < (version == 2 ? 2 : 1); i++) {
        snprintf(path, sizeof path, "%s/dev/%s", sysroot, devices[i]);
        t->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;
        if (t->fd >= 0 && fstat(t->fd, &st) == 0 && S_ISCHR(st.st_mode))
            return 0;
        if (t->fd >= 0) {
            fd_cleanup(&t->fd);
            return error_set(e, E_TPM_REFUSED, "%s is no device", path);
        }
        if (errno != ENOENT) {
            trouble(e, errno, "open");
            return error_wrap(e, "%s", path);
        }
    }
    return version == 2
        ? error_set(e, E_TPM_REFUSED, "%s/dev has neither tpmrm0 nor tpm0", sysroot)
        : error_set(e, E_TPM_OLD, "the kernel does not say which (tpm.version), and there is no tpmrm0");
}

/* The public area: an RSA key of 2048 bits without a scheme; the modulus is its end. */
static bool read_key(struct tpm *t, struct reader *r)
{
    uint32_t handle = reader_u32be(r);
    reader_skip(r, 4);
    size_t n = reader_u16be(r);
    struct span area = reader_take(r, n);
    struct reader public = reader_of(area.p, area.n);
    bool rsa = reader_u16be(&public) == 1;
    reader_skip(&public, 6);
    size_t policy = reader_u16be(&public);
    rsa = rsa && policy == 0 && reader_u16be(&public) == 0x10 && reader_u16be(&public) == 0x10 &&
        reader_u16be(&public) == 8 * TPM_KEY_BYTES && reader_u32be(&public) == 0 &&
        reader_u16be(&public) == TPM_KEY_BYTES;
    struct span modulus = reader_take(&public, TPM_KEY_BYTES);
    if (r->bad || public.bad || !rsa || public.n != 0 || !(modulus.p[0] & 0x80) ||
        !(modulus.p[TPM_KEY_BYTES - 1] & 1))
        return false;
    t->handle = handle;
    memcpy(t->modulus, modulus.p, TPM_KEY_BYTES);
    return true;
}

int tpm_make(struct tpm *t, const unsigned char half[TPM_HALF_BYTES], struct error *e)
{
    /* The rest of the `unique` field is zeros, and so are no outside information and no PCR. */
    struct command c = {.n = 0};
    put(&c, create, sizeof create);
    put(&c, half, TPM_HALF_BYTES);
    c.n = CREATE_BYTES;
    UNSET unsigned char bytes[TPM_ANSWER_MAX];
    struct reader r;
    uint32_t code;
    int result = ask(t, &c, bytes, &r, &code, e);
    mem_wipe(&c, sizeof c);
    if (result < 0)
        return -1;
    if (code == ANSWER_PASSWORD)
        return error_set(e, E_TPM_PASSWORD, "a key was answered with 0x%x", (unsigned)code);
    if (code == ANSWER_OFF)
        return error_set(e, E_TPM_OFF, "a key was answered with 0x%x", (unsigned)code);
    if (code != 0)
        return refused(t, "a key", code, e);
    return read_key(t, &r) ? 0 : lies(t, "a key", e);
}

/* A command with the key: its name for people, the command, and what stands behind the key's handle. Behind `skip`
 * bytes of the answer is what it gives. The code that it was answered with in *code. */
struct use {
    const char *name;
    const unsigned char *command;
    struct command body;
    size_t skip;
    uint32_t code;
};

static int use_key(struct tpm *t, struct use *use, unsigned char out[TPM_KEY_BYTES], struct error *e)
{
    struct command c = {.n = 0};
    put(&c, use->command, HEADER);
    put_handle(&c, t->handle);
    put(&c, password, sizeof password);
    put(&c, use->body.bytes, use->body.n);
    UNSET unsigned char bytes[TPM_ANSWER_MAX];
    struct reader r;
    if (ask(t, &c, bytes, &r, &use->code, e) < 0)
        return -1;
    if (use->code != 0)
        return refused(t, use->name, use->code, e);
    reader_skip(&r, use->skip);
    size_t n = reader_u16be(&r);
    struct span result = reader_take(&r, TPM_KEY_BYTES);
    if (r.bad || n != TPM_KEY_BYTES)
        return lies(t, use->name, e);
    memcpy(out, result.p, TPM_KEY_BYTES);
    return 0;
}

static br_rsa_public_key public_of(struct tpm *t)
{
    static unsigned char exponent[] = {1, 0, 1};
    return (br_rsa_public_key){t->modulus, TPM_KEY_BYTES, exponent, sizeof exponent};
}

int tpm_private(struct tpm *t, unsigned char x[TPM_KEY_BYTES], bool *refuses, struct error *e)
{
    /* behind the size of the parameters */
    struct use use = {.name = "the raw operation", .command = decrypt, .skip = 4};
    put(&use.body, (const unsigned char[]){1, 0}, 2);
    put(&use.body, x, TPM_KEY_BYTES);
    /* no scheme, no label */
    put(&use.body, (const unsigned char[]){0, 0x10, 0, 0}, 4);
    unsigned char result[TPM_KEY_BYTES];
    int answered = use_key(t, &use, result, e);
    *refuses = use.code != 0;
    if (answered < 0)
        return -1;
    const br_rsa_public_key public = public_of(t);
    unsigned char check[TPM_KEY_BYTES];
    memcpy(check, result, sizeof check);
    if (br_rsa_i62_public(check, sizeof check, &public) != 1 || memcmp(check, x, sizeof check) != 0)
        return lies(t, use.name, e);
    memcpy(x, result, sizeof result);
    return 0;
}

int tpm_sign(struct tpm *t, const unsigned char hash[32], unsigned char signature[TPM_KEY_BYTES],
             struct error *e)
{
    /* behind the size of the parameters, the scheme and its hash */
    struct use use = {.name = "a signature", .command = sign, .skip = 8};
    put(&use.body, (const unsigned char[]){0, 32}, 2);
    put(&use.body, hash, 32);
    put(&use.body, signing, sizeof signing);
    if (use_key(t, &use, signature, e) < 0)
        return -1;
    const br_rsa_public_key public = public_of(t);
    unsigned char found[32];
    if (br_rsa_i62_pkcs1_vrfy(signature, TPM_KEY_BYTES, BR_HASH_OID_SHA256, 32, &public, found) != 1 ||
        memcmp(found, hash, sizeof found) != 0)
        return lies(t, use.name, e);
    return 0;
}

void tpm_close(struct tpm *t)
{
    struct command c = {.n = 0};
    put(&c, flush, sizeof flush);
    put_handle(&c, t->handle);
    UNSET unsigned char bytes[TPM_ANSWER_MAX];
    struct reader r;
    uint32_t code;
    UNSET struct error ignored;
    if (t->fd >= 0 && t->handle)
        (void)ask(t, &c, bytes, &r, &code, &ignored);
    t->handle = 0;
    fd_cleanup(&t->fd);
}
