/* The key that is born in a TPM: on canned answers, on lying ones, and on swtpm, which another process is. */
#include "vault/tpm.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/pem.h"
#include "base/text.h"
#include "net/x509.h"
#include "vault/birth.h"
#include "vault/boxlogin.h"
#include "vault/jwt.h"

#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const unsigned char half[TPM_HALF_BYTES] = {1, 2, 3}, other_half[TPM_HALF_BYTES] = {1, 2, 4};

/* ---- canned ---- */

static struct tpm tpm_on(int fd)
{
    return (struct tpm){.fd = fd, .stop_fd = -1, .patience_ms = 2000};
}

/* A TPM that has its answers ready, one a read; its end in *peer. */
static struct tpm canned(int *peer)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    *peer = ends[1];
    return tpm_on(ends[0]);
}

static void answer(int peer, const void *p, size_t n)
{
    assert_int_equal(write(peer, p, n), (ssize_t)n);
}

static void answer_code(int peer, uint32_t code)
{
    const unsigned char bytes[] = {0x80,
                                   1,
                                   0,
                                   0,
                                   0,
                                   10,
                                   (unsigned char)(code >> 24),
                                   (unsigned char)(code >> 16),
                                   (unsigned char)(code >> 8),
                                   (unsigned char)code};
    answer(peer, bytes, sizeof bytes);
}

/* What a TPM answers to CreatePrimary, without what stands behind the public area. */
#define KEY_BYTES (18 + 2 + 22 + 256)
static void make_key(unsigned char out[KEY_BYTES])
{
    static const unsigned char head[] = {0x80, 2, 0, 0,    1, 0x2a, 0, 0, 0, 0,    0x80, 0, 0, 0,
                                         0,    0, 1, 0x14, 1, 0x16, 0, 1, 0, 0x0b, 0,    6, 4, 0x72,
                                         0,    0, 0, 0x10, 0, 0x10, 8, 0, 0, 0,    0,    0, 1, 0};
    memcpy(out, head, sizeof head);
    memset(out + sizeof head, 0xc5, 256);
}

static void the_modulus_is_the_end_of_the_public_area(void **state)
{
    (void)state;
    int peer;
    struct tpm t = canned(&peer);
    unsigned char key[KEY_BYTES];
    make_key(key);
    answer(peer, key, sizeof key);
    struct error e = {0};
    assert_int_equal(tpm_make(&t, half, &e), 0);
    assert_int_equal(t.handle, 0x80000000);
    assert_int_equal(t.modulus[0], 0xc5);
    assert_int_equal(t.modulus[255], 0xc5);

    unsigned char sent[512];
    assert_int_equal(read(peer, sent, sizeof sent), 319);
    /* noDA and no scheme; the half, then zeros. */
    assert_memory_equal(sent + 35, "\0\1\0\x0b\0\6\4\x72\0\0\0\x10\0\x10\x08\0\0\0\0\0\1\0", 22);
    assert_memory_equal(sent + 57, half, 32);
    for (size_t i = 57 + 32; i < 319; i++)
        assert_int_equal(sent[i], 0);
    answer_code(peer, 0);
    tpm_close(&t);
    assert_int_equal(read(peer, sent, sizeof sent), 14);
    assert_memory_equal(sent, "\x80\1\0\0\0\x0e\0\0\1\x65\x80\0\0\0", 14);
    assert_int_equal(t.fd, -1);
    close(peer);
}

/* Each byte of the head, and each length, that is not as it must be: refused, and no key is there. */
static void a_lying_answer_is_no_key(void **state)
{
    (void)state;
    for (size_t at = 2; at < KEY_BYTES; at++) {
        bool counts = at < 14 ? at < 10 : (at >= 18 && at < 22) || (at >= 28 && at < 42);
        if (!counts && at < KEY_BYTES - 1)
            continue;
        int peer;
        struct tpm t = canned(&peer);
        unsigned char key[KEY_BYTES];
        make_key(key);
        key[at] ^= 0x01;
        answer(peer, key, sizeof key);
        answer_code(peer, 0x101);
        struct error e = {0};
        if (tpm_make(&t, half, &e) == 0)
            fail_msg("byte %zu is let pass", at);
        assert_int_equal(e.code, E_TPM_REFUSED);
        assert_int_equal(t.handle, 0);
        close(peer);
        fd_cleanup(&t.fd);
    }
    for (size_t n = 0; n < KEY_BYTES; n += n < 48 ? 1 : 17) {
        int peer;
        struct tpm t = canned(&peer);
        unsigned char key[KEY_BYTES];
        make_key(key);
        /* cut short, and honest about it */
        key[4] = (unsigned char)(n >> 8);
        key[5] = (unsigned char)n;
        answer(peer, key, n);
        close(peer);
        struct error e = {0};
        assert_int_equal(tpm_make(&t, half, &e), -1);
        assert_int_equal(e.code, E_TPM_REFUSED);
        assert_int_equal(t.handle, 0);
        fd_cleanup(&t.fd);
    }
}

static void answers_have_codes_of_their_own(void **state)
{
    (void)state;
    static const struct {
        uint32_t answer;
        enum error_code code;
        bool passing;
    } rows[] = {{0x9a2, E_TPM_PASSWORD, false},
                {0x185, E_TPM_OFF, false},
                {0x921, E_TPM_REFUSED, false},
                {0x2ca, E_TPM_REFUSED, false},
                {0x101, E_TPM_REFUSED, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int peer;
        struct tpm t = canned(&peer);
        answer_code(peer, rows[i].answer);
        /* of the maker: IFX, 5.0.2.8 */
        static const unsigned char maker[] = {0x80, 1, 0, 0, 0, 43, 0, 0, 0,    0,   0,   0, 0, 0, 6,
                                              0,    0, 0, 3, 0, 0,  1, 5, 'I',  'F', 'X', 0, 0, 0, 1,
                                              0x0b, 0, 5, 0, 0, 0,  0, 1, 0x0c, 0,   2,   0, 8};
        answer(peer, maker, sizeof maker);
        struct error e = {0};
        assert_int_equal(tpm_make(&t, half, &e), -1);
        assert_int_equal(e.code, rows[i].code);
        assert_int_equal(e.passing, rows[i].passing);
        char code[16];
        snprintf(code, sizeof code, "0x%x", (unsigned)rows[i].answer);
        if (!strstr(e.text, code))
            fail_msg("%s", e.text);
        if (e.code == E_TPM_REFUSED)
            assert_non_null(strstr(e.text, "a TPM of IFX, firmware 5.0.2.8"));
        close(peer);
        fd_cleanup(&t.fd);
    }
}

static void a_retry_is_asked_again_and_not_for_ever(void **state)
{
    (void)state;
    int peer;
    struct tpm t = canned(&peer);
    unsigned char key[KEY_BYTES];
    make_key(key);
    answer_code(peer, 0x922);
    answer_code(peer, 0x922);
    answer(peer, key, sizeof key);
    struct error e = {0};
    assert_int_equal(tpm_make(&t, half, &e), 0);
    unsigned count = 0;
    unsigned char sent[512];
    while (recv(peer, sent, sizeof sent, MSG_DONTWAIT) == 319)
        count++;
    assert_int_equal(count, 3);

    for (unsigned i = 0; i < TPM_RETRIES_MAX + 2; i++)
        answer_code(peer, 0x922);
    t.handle = 0;
    assert_int_equal(tpm_make(&t, half, &e), -1);
    assert_int_equal(e.code, E_TPM_REFUSED);
    assert_non_null(strstr(e.text, "0x922"));
    close(peer);
    fd_cleanup(&t.fd);
}

static void silence_and_a_stop_end_it(void **state)
{
    (void)state;
    int peer;
    struct tpm t = canned(&peer);
    t.patience_ms = 20;
    struct error e = {0};
    assert_int_equal(tpm_make(&t, half, &e), -1);
    assert_int_equal(e.code, E_TPM_REFUSED);
    assert_true(e.passing);
    int stop[2];
    assert_int_equal(pipe(stop), 0);
    assert_int_equal(write(stop[1], "x", 1), 1);
    t.stop_fd = stop[0];
    t.patience_ms = 60000;
    assert_int_equal(tpm_make(&t, half, &e), -1);
    assert_int_equal(e.code, E_STOPPED);
    close(stop[0]);
    close(stop[1]);
    close(peer);
    fd_cleanup(&t.fd);
}

/* ---- opening ---- */

static char tree[] = "/tmp/hearth-tpm-XXXXXX";

static void no_command_goes_to_what_is_no_tpm_2(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/dev", tree);
    mkdir(path, 0755);
    struct tpm t;
    struct error e = {0};
    assert_int_equal(tpm_open(&t, tree, 0, &e), -1);
    assert_int_equal(e.code, E_TPM_NONE);
    char command[256];
    snprintf(command, sizeof command, "mkdir -p %s/sys/class/tpm/tpm0", tree);
    assert_int_equal(system(command), 0);
    assert_int_equal(tpm_open(&t, tree, 2, &e), -1);
    assert_int_equal(e.code, E_TPM_REFUSED);
    snprintf(path, sizeof path, "%s/dev/tpm0", tree);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(tpm_open(&t, tree, 1, &e), -1);
    assert_int_equal(e.code, E_TPM_OLD);
    /* Unknown is the dangerous case. */
    assert_int_equal(tpm_open(&t, tree, 0, &e), -1);
    assert_int_equal(e.code, E_TPM_OLD);
    assert_int_equal(t.fd, -1);
    assert_int_equal(tpm_open(&t, tree, 2, &e), 0);
    tpm_close(&t);
    snprintf(path, sizeof path, "%s/dev/tpmrm0", tree);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(tpm_open(&t, tree, 0, &e), 0);
    tpm_close(&t);
    unlink(path);
    /* Never made where it is missing. */
    snprintf(path, sizeof path, "%s/dev/tpm0", tree);
    unlink(path);
    assert_int_equal(tpm_open(&t, tree, 2, &e), -1);
    assert_int_equal(access(path, F_OK), -1);
}

/* ---- swtpm ---- */

struct soft {
    pid_t pid;
    struct tpm t;
};

static bool start(struct soft *s, const char *state_of)
{
    char words[160];
    snprintf(words, sizeof words, "%s/%s", tree, state_of);
    mkdir(words, 0700);
    snprintf(words, sizeof words, "dir=%s/%s", tree, state_of);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    s->pid = fork();
    if (s->pid == 0) {
        dup2(ends[1], 7);
        execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", words, "--fd", "7", "--flags",
               "not-need-init,startup-clear", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    s->t = tpm_on(ends[0]);
    s->t.patience_ms = 60000;
    return s->pid > 0;
}

/* As the power goes: nothing is flushed, nobody is told. */
static void cut(struct soft *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    fd_cleanup(&s->t.fd);
}

/* A command of the test's own; the code, and four bytes from `at` on in *value. */
static uint32_t raw(struct soft *s, const void *command, size_t n, size_t at, uint32_t *value)
{
    assert_int_equal(write(s->t.fd, command, n), (ssize_t)n);
    ssize_t got;
    unsigned char bytes[4096];
    while ((got = read(s->t.fd, bytes, sizeof bytes)) < 0 && errno == EAGAIN)
        usleep(1000);
    assert_true(got >= 10);
    if (value && (size_t)got >= at + 4)
        *value = (uint32_t)(bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]);
    return (uint32_t)(bytes[6] << 24 | bytes[7] << 16 | bytes[8] << 8 | bytes[9]);
}
#define RAW(s, text) raw(s, text, sizeof text - 1, 0, NULL)
#define PASSWORD "\0\0\0\x09\x40\0\0\x09\0\0\1\0\0"
#define CLEAR "\x80\2\0\0\0\x1b\0\0\1\x26\x40\0\0\x0a" PASSWORD
/* of the endorsement hierarchy: a password "pw"; switched off */
#define SET_PASSWORD "\x80\2\0\0\0\x1f\0\0\1\x29\x40\0\0\x0b" PASSWORD "\0\2pw"
#define SWITCH_OFF "\x80\2\0\0\0\x20\0\0\1\x21\x40\0\0\x0b" PASSWORD "\x40\0\0\x0b\0"
#define LOCKOUTS "\x80\1\0\0\0\x16\0\0\1\x7a\0\0\0\6\0\0\2\x0e\0\0\0\1"

static void born(struct soft *s, const unsigned char *with, unsigned char modulus[TPM_KEY_BYTES])
{
    struct error e = {0};
    if (tpm_make(&s->t, with, &e) != 0)
        fail_msg("%s", e.text);
    memcpy(modulus, s->t.modulus, TPM_KEY_BYTES);
}

static void flush_key(struct soft *s)
{
    int fd = s->t.fd;
    s->t.fd = dup(fd);
    tpm_close(&s->t);
    s->t.fd = fd;
}

static void born_again_the_same_and_otherwise_another(void **state)
{
    (void)state;
    struct soft s;
    assert_true(start(&s, "one"));
    unsigned char first[TPM_KEY_BYTES];
    born(&s, half, first);
    flush_key(&s);
    unsigned char again[TPM_KEY_BYTES];
    born(&s, half, again);
    assert_memory_equal(first, again, sizeof first);
    flush_key(&s);
    born(&s, other_half, again);
    assert_memory_not_equal(first, again, sizeof first);
    flush_key(&s);
    /* What a person clears is the owner's: the key stays. */
    assert_int_equal(RAW(&s, CLEAR), 0);
    born(&s, half, again);
    assert_memory_equal(first, again, sizeof first);
    cut(&s);
    for (unsigned i = 0; i < 10; i++) {
        assert_true(start(&s, "one"));
        born(&s, half, again);
        assert_memory_equal(first, again, sizeof first);
        cut(&s);
    }
    assert_true(start(&s, "one"));
    uint32_t lockouts = 99;
    assert_int_equal(raw(&s, LOCKOUTS, sizeof LOCKOUTS - 1, 23, &lockouts), 0);
    assert_int_equal(lockouts, 0);
    cut(&s);
    assert_true(start(&s, "two"));
    born(&s, half, again);
    assert_memory_not_equal(first, again, sizeof first);
    cut(&s);
}

static void a_password_and_a_hierarchy_that_is_off_are_told_apart(void **state)
{
    (void)state;
    struct soft s;
    assert_true(start(&s, "password"));
    assert_int_equal(RAW(&s, SET_PASSWORD), 0);
    struct error e = {0};
    assert_int_equal(tpm_make(&s.t, half, &e), -1);
    assert_int_equal(e.code, E_TPM_PASSWORD);
    cut(&s);
    assert_true(start(&s, "off"));
    assert_int_equal(RAW(&s, SWITCH_OFF), 0);
    assert_int_equal(tpm_make(&s.t, half, &e), -1);
    assert_int_equal(e.code, E_TPM_OFF);
    cut(&s);
    assert_true(start(&s, "off"));
    assert_int_equal(tpm_make(&s.t, half, &e), 0);
    cut(&s);
}

static void write_file(const char *name, const void *p, size_t n)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", tree, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(p, 1, n, out), n);
    fclose(out);
}

static void shell(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s && %s >openssl.log 2>&1", tree, command);
    if (system(line) != 0)
        fail_msg("%s, see %s/openssl.log", command, tree);
}

/* The parts of an assertion: what is signed, and the signature. */
static void split(const struct buf *assertion, char *head, size_t cap)
{
    const char *dot = strrchr(assertion->data, '.');
    size_t n = (size_t)(dot - assertion->data);
    write_file("signed", assertion->data, n);
    char text[512];
    snprintf(text, sizeof text, "%s==", dot + 1);
    for (char *c = text; *c; c++)
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    unsigned char signature[384];
    assert_int_equal(text_base64_decode(signature, text, strlen(text)), TPM_KEY_BYTES);
    write_file("signature", signature, TPM_KEY_BYTES);
    size_t length = strcspn(assertion->data, ".");
    assert_true(length < cap);
    memcpy(head, assertion->data, length);
    head[length] = '\0';
}

/* The TPM says no to the raw operation, and yes to the rest: between hearth and swtpm stands somebody who answers it.
 * */
static pid_t between(struct soft *s)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        fcntl(s->t.fd, F_SETFL, 0);
        unsigned char bytes[4096];
        for (ssize_t n; (n = read(ends[1], bytes, sizeof bytes)) > 0;) {
            if (bytes[9] == 0x59) {
                memcpy(bytes, "\x80\1\0\0\0\x0a\0\0\1\x43", 10);
                n = 10;
            } else if (write(s->t.fd, bytes, (size_t)n) != n ||
                       (n = read(s->t.fd, bytes, sizeof bytes)) <= 0) {
                _exit(1);
            }
            if (write(ends[1], bytes, (size_t)n) != n)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    close(s->t.fd);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    s->t.fd = ends[0];
    return pid;
}

static void openssl_verifies_all_three_signatures(void **state)
{
    (void)state;
    struct soft s;
    assert_true(start(&s, "one"));
    unsigned char modulus[TPM_KEY_BYTES];
    born(&s, half, modulus);
    struct buf der = {0};
    struct error e = {0};
    assert_int_equal(birth_certificate(&der, &s.t, "data-1", 1800000000, &e), 0);
    struct buf pem = {0};
    pem_certificate(&pem, (struct span){(const unsigned char *)der.data, der.len});
    write_file("data-1.crt", pem.data, pem.len);
    struct x509_cert cert;
    const struct span whole = {(const unsigned char *)der.data, der.len};
    assert_true(x509_read(whole, &cert));
    assert_string_equal(cert.subject_cn, "data-1");
    assert_memory_equal(cert.issuer, cert.subject, 32);
    /* The clock that it was born by may have been ahead by hours. */
    assert_int_equal(cert.not_before, 1800000000 - 86400);
    assert_int_equal(cert.not_after, 1800000000 + 730 * 86400);
    assert_memory_equal(cert.key.key.rsa.n, modulus, TPM_KEY_BYTES);
    shell("openssl verify -attime 1800000001 -CAfile data-1.crt -partial_chain -check_ss_sig -x509_strict "
          "data-1.crt; "
          "openssl x509 -in data-1.crt -noout -pubkey >key.pem && openssl verify -attime 1800000001 "
          "-partial_chain -trusted "
          "data-1.crt data-1.crt");

    const struct jwt_claims claims = {"https://login.example/t/oauth2/v2.0/token",
                                      "11111111-2222-3333-4444-555555555555", 1800000000};
    const unsigned char jti[16] = {1}, salt[32] = {2};
    struct buf assertion = {0};
    assert_int_equal(jwt_by_tpm(&assertion, &s.t, whole, &claims, jti, salt, &e), 0);
    char head[512];
    split(&assertion, head, sizeof head);
    assert_non_null(strstr(head, "eyJhbGciOiJQUzI1NiI")); /* {"alg":"PS256" */
    shell("openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify key.pem "
          "-signature "
          "signature signed");

    pid_t pid = between(&s);
    assertion.len = 0;
    if (jwt_by_tpm(&assertion, &s.t, whole, &claims, jti, salt, &e) != 0)
        fail_msg("%s", e.text);
    split(&assertion, head, sizeof head);
    assert_non_null(strstr(head, "eyJhbGciOiJSUzI1NiI")); /* {"alg":"RS256" */
    shell("openssl dgst -sha256 -verify key.pem -signature signature signed");
    close(s.t.fd);
    s.t.fd = -1;
    waitpid(pid, NULL, 0);
    cut(&s);
    buf_free(&der);
    buf_free(&pem);
    buf_free(&assertion);
}

/* The certificate's own key, or no assertion; and of those two, each another. */
static void the_key_must_be_the_certificates(void **state)
{
    (void)state;
    struct soft s;
    assert_true(start(&s, "one"));
    unsigned char modulus[TPM_KEY_BYTES];
    born(&s, half, modulus);
    struct buf der = {0};
    struct error e = {0};
    assert_int_equal(birth_certificate(&der, &s.t, "data-1", 1800000000, &e), 0);
    const struct span whole = {(const unsigned char *)der.data, der.len};
    flush_key(&s);
    assert_int_equal(boxlogin_make(&s.t, other_half, whole, &e), -1);
    assert_int_equal(e.code, E_TPM_OTHER);
    flush_key(&s);
    assert_int_equal(boxlogin_make(&s.t, half, (struct span){whole.p, whole.n / 2}, &e), -1);
    assert_int_equal(e.code, E_CRED_FORM);
    assert_int_equal(boxlogin_make(&s.t, half, whole, &e), 0);
    const struct vault_request request = {.authority = "https://login.example",
                                          .tenant = "11111111-2222-3333-4444-555555555555",
                                          .client = "66666666-7777-4888-8999-aaaaaaaaaaaa",
                                          .now = 1800000000};
    struct secret both = {0};
    assert_int_equal(boxlogin_sign(&s.t, whole, &request, &both, &e), 0);
    const char *first = (const char *)secret_bytes(&both).p, *second = strchr(first, '\n');
    assert_non_null(second);
    assert_int_equal(strcspn(second + 1, "\n"), (size_t)(second - first));
    assert_string_equal(strchr(second + 1, '\n'), "\n");
    assert_memory_not_equal(first, second + 1, (size_t)(second - first));
    secret_free(&both);
    buf_free(&der);
    cut(&s);
}

/* A fault, or somebody on the bus: a signature that the key did not make never leaves. */
static void a_wrong_signature_never_leaves(void **state)
{
    (void)state;
    int peer;
    struct tpm t = canned(&peer);
    unsigned char bytes[16 + 256] = {0x80, 2, 0, 0, 1, 16, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0}, x[256] = {0, 7};
    memset(t.modulus, 0xc5, sizeof t.modulus);
    t.handle = 0x80000000;
    answer(peer, bytes, sizeof bytes);
    answer_code(peer, 0x101);
    struct error e = {0};
    bool refused;
    assert_int_equal(tpm_private(&t, x, &refused, &e), -1);
    assert_false(refused);
    assert_int_equal(x[1], 7);
    const unsigned char head[] = {0x80, 2, 0, 0, 1, 20, 0, 0, 0, 0, 0, 0, 1, 6, 0, 0x14, 0, 0x0b, 1, 0};
    unsigned char made[sizeof head + 256] = {0};
    memcpy(made, head, sizeof head);
    unsigned char ignored[512];
    while (recv(peer, ignored, sizeof ignored, MSG_DONTWAIT) > 0)
        ;
    answer(peer, made, sizeof made);
    answer_code(peer, 0x101);
    unsigned char out[256];
    unsigned char hash[32] = {0};
    assert_int_equal(tpm_sign(&t, hash, out, &e), -1);
    assert_int_equal(e.code, E_TPM_REFUSED);
    close(peer);
    fd_cleanup(&t.fd);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(tree))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_modulus_is_the_end_of_the_public_area),
        cmocka_unit_test(a_lying_answer_is_no_key),
        cmocka_unit_test(answers_have_codes_of_their_own),
        cmocka_unit_test(a_retry_is_asked_again_and_not_for_ever),
        cmocka_unit_test(silence_and_a_stop_end_it),
        cmocka_unit_test(no_command_goes_to_what_is_no_tpm_2),
        cmocka_unit_test(a_wrong_signature_never_leaves),
        cmocka_unit_test(born_again_the_same_and_otherwise_another),
        cmocka_unit_test(a_password_and_a_hierarchy_that_is_off_are_told_apart),
        cmocka_unit_test(openssl_verifies_all_three_signatures),
        cmocka_unit_test(the_key_must_be_the_certificates),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char line[64];
    snprintf(line, sizeof line, "rm -rf %s", tree);
    if (failed == 0 && system(line) != 0)
        return 1;
    return failed;
}
