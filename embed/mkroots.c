/*
 * mkroots.c - writes the trust anchors as C. Runs on the build host.
 *
 *   mkroots roots.list DIR... >roots.c
 *
 * Each line of the list is a SHA-256 fingerprint and a name. Each DIR holds PEM files (*.crt) of one certificate each.
 * The certificate is the one whose DER has that fingerprint, whatever its file is called; one that is in the list and
 * in no DIR ends the build and is named.
 */
#include <bearssl.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOTS_MAX 64
#define DER_MAX 8192 /* bytes of one certificate */
#define PEM_MAX 16384

struct root {
    /* lower-case hex */
    char sha256[65];
    char name[128];
    bool found;
};

struct bytes {
    unsigned char p[DER_MAX];
    size_t n;
    bool full;
};

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("mkroots: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static void append(void *arg, const void *p, size_t n)
{
    struct bytes *b = arg;
    if (n > sizeof b->p - b->n) {
        b->full = true;
        return;
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static size_t read_list(const char *path, struct root *roots)
{
    FILE *f = fopen(path, "r");
    if (!f)
        die("%s: %s", path, strerror(errno));
    char line[256];
    size_t count = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (count == ROOTS_MAX)
            die("%s: more than %d roots", path, ROOTS_MAX);
        struct root *r = &roots[count];
        if (sscanf(line, "%64[0-9A-Fa-f] %127[^\n]", r->sha256, r->name) != 2 || strlen(r->sha256) != 64)
            die("%s: not a fingerprint and a name: %s", path, line);
        for (char *c = r->sha256; *c != '\0'; c++)
            *c = (char)tolower((unsigned char)*c);
        count++;
    }
    fclose(f);
    if (count == 0)
        die("%s: names no root", path);
    return count;
}

/* The DER of the first certificate of a PEM file; false when there is none. */
static bool read_pem(const char *path, struct bytes *der)
{
    static unsigned char text[PEM_MAX];
    FILE *f = fopen(path, "r");
    if (!f)
        die("%s: %s", path, strerror(errno));
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);

    br_pem_decoder_context pem;
    br_pem_decoder_init(&pem);
    size_t at = 0;
    bool inside = false;
    while (at < n) {
        at += br_pem_decoder_push(&pem, text + at, n - at);
        switch (br_pem_decoder_event(&pem)) {
        case BR_PEM_BEGIN_OBJ:
            inside = strcmp(br_pem_decoder_name(&pem), "CERTIFICATE") == 0;
            *der = (struct bytes){.n = 0};
            br_pem_decoder_setdest(&pem, inside ? append : NULL, der);
            break;
        case BR_PEM_END_OBJ:
            if (inside)
                return !der->full;
            break;
        case BR_PEM_ERROR:
            return false;
        default:
            break;
        }
    }
    return false;
}

static void fingerprint(const struct bytes *der, char hex[65])
{
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, der->p, der->n);
    unsigned char sum[br_sha256_SIZE];
    br_sha256_out(&sha, sum);
    for (size_t i = 0; i < sizeof sum; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

static void write_array(const char *kind, size_t i, const unsigned char *p, size_t n)
{
    printf("static const unsigned char %s_%zu[] = {", kind, i);
    for (size_t k = 0; k < n; k++)
        printf("%s0x%02x,", k % 16 == 0 ? "\n    " : " ", p[k]);
    printf("\n};\n");
}

/* Writes the arrays of one anchor and, into row, its element of roots_azure. */
static void write_anchor(const struct root *r, size_t i, const struct bytes *der, char *row, size_t cap)
{
    static struct bytes dn;
    dn = (struct bytes){.n = 0};
    br_x509_decoder_context x;
    br_x509_decoder_init(&x, append, &dn);
    br_x509_decoder_push(&x, der->p, der->n);
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&x);
    if (!key || dn.full)
        die("%s: does not decode (BearSSL error %d)", r->name, br_x509_decoder_last_error(&x));
    if (!br_x509_decoder_isCA(&x))
        die("%s: is not a certificate authority", r->name);
    write_array("dn", i, dn.p, dn.n);
    int n;
    if (key->key_type == BR_KEYTYPE_RSA) {
        write_array("n", i, key->key.rsa.n, key->key.rsa.nlen);
        write_array("e", i, key->key.rsa.e, key->key.rsa.elen);
        n = snprintf(
            row, cap,
            "    { { (unsigned char *)dn_%zu, sizeof dn_%zu }, BR_X509_TA_CA,\n"
            "      { BR_KEYTYPE_RSA, { .rsa = { (unsigned char *)n_%zu, sizeof n_%zu, (unsigned char "
            "*)e_%zu, "
            "sizeof e_%zu } } } },\n",
            i, i, i, i, i, i);
    } else {
        write_array("q", i, key->key.ec.q, key->key.ec.qlen);
        n = snprintf(row, cap,
                     "    { { (unsigned char *)dn_%zu, sizeof dn_%zu }, BR_X509_TA_CA,\n"
                     "      { BR_KEYTYPE_EC, { .ec = { %d, (unsigned char *)q_%zu, sizeof q_%zu } } } },\n",
                     i, i, key->key.ec.curve, i, i);
    }
    if (n < 0 || (size_t)n >= cap)
        die("%s: row too long", r->name);
}

static int is_crt(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && strcmp(d->d_name + n - 4, ".crt") == 0;
}

/* Takes of a directory what the list names. */
static void search(const char *dir, struct root *roots, struct bytes *found, size_t count)
{
    struct dirent **names = NULL;
    int files = scandir(dir, &names, is_crt, alphasort);
    if (files < 0)
        die("%s: %s", dir, strerror(errno));
    for (int i = 0; i < files; i++) {
        static struct bytes der;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        char hex[65];
        if (read_pem(path, &der)) {
            fingerprint(&der, hex);
            for (size_t k = 0; k < count; k++) {
                if (strcmp(hex, roots[k].sha256) == 0) {
                    found[k] = der;
                    roots[k].found = true;
                }
            }
        }
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        die("usage: mkroots roots.list DIR...");
    static struct root roots[ROOTS_MAX];
    static struct bytes found[ROOTS_MAX];
    static char rows[ROOTS_MAX][512];
    size_t count = read_list(argv[1], roots);
    for (int i = 2; i < argc; i++)
        search(argv[i], roots, found, count);

    printf("#include \"embed/roots.h\"\n\n");
    for (size_t k = 0; k < count; k++) {
        if (!roots[k].found)
            die("%s (SHA-256 %s) is in none of the directories", roots[k].name, roots[k].sha256);
        write_anchor(&roots[k], k, &found[k], rows[k], sizeof rows[k]);
    }
    printf("\nconst br_x509_trust_anchor roots_azure[] = {\n");
    for (size_t k = 0; k < count; k++)
        fputs(rows[k], stdout);
    printf("};\nconst size_t roots_azure_count = sizeof roots_azure / sizeof roots_azure[0];\n"
           "const struct roots_name roots_names[] = {\n");
    for (size_t k = 0; k < count; k++)
        printf("    { \"%s\", \"%s\" },\n", roots[k].name, roots[k].sha256);
    printf("};\n");
    if (fflush(stdout) != 0 || ferror(stdout))
        die("output: %s", strerror(errno));
    return 0;
}
