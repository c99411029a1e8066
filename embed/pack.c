/*
 * pack.c - packs files as C: the embedded example, and the help. Runs on the build host.
 *
 *   pack NAME PREFIX <list >NAME.c
 *
 * Standard input names the files, one a line, each beginning with PREFIX (which is not packed) and already sorted. The
 * symbols begin with NAME and are declared in embed/NAME.h. The format stands in assets.h. zopfli makes the same zlib
 * stream 6 % smaller than zlib does, which is 2 KB of the program.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zopfli/zopfli.h>

#define PATH_LIMIT 255
#define FILE_LIMIT ((size_t)1 << 20)
#define COUNT_LIMIT 1024
#define TOTAL_LIMIT ((size_t)16 << 20)

static unsigned char *raw;
static size_t raw_size;
static const char *prefix;

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("pack: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static void *room(size_t n)
{
    if (n > TOTAL_LIMIT - raw_size)
        die("%s: larger than %zu bytes", prefix, TOTAL_LIMIT);
    void *p = raw + raw_size;
    raw_size += n;
    return p;
}

static void add_file(const char *name)
{
    size_t prefix_len = strlen(prefix);
    const char *path = name + prefix_len;
    if (strncmp(name, prefix, prefix_len) != 0 || *path == '\0' || strlen(path) > PATH_LIMIT)
        die("%s: not a path under %s of at most %d bytes", name, prefix, PATH_LIMIT);
    size_t path_len = strlen(path);
    struct stat st;
    if (lstat(name, &st) != 0)
        die("%s: %s", name, strerror(errno));
    if (!S_ISREG(st.st_mode) || (size_t)st.st_size > FILE_LIMIT)
        die("%s: not a plain file of at most %zu bytes", name, FILE_LIMIT);
    size_t size = (size_t)st.st_size;
    unsigned char *head = room(6);
    head[0] = (unsigned char)path_len;
    head[1] = (unsigned char)(path_len >> 8);
    for (int i = 0; i < 4; i++)
        head[2 + i] = (unsigned char)(size >> (8 * i));
    memcpy(room(path_len), path, path_len);
    FILE *f = fopen(name, "rb");
    if (!f || fread(room(size), 1, size, f) != size || fgetc(f) != EOF)
        die("%s: changed while it was read", name);
    fclose(f);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage: pack NAME PREFIX <list");
    prefix = argv[2];
    raw = malloc(TOTAL_LIMIT);
    if (!raw)
        die("no memory");
    char line[4096];
    size_t count = 0;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (++count > COUNT_LIMIT)
            die("more than %d files", COUNT_LIMIT);
        add_file(line);
    }

    ZopfliOptions options;
    ZopfliInitOptions(&options);
    unsigned char *out = NULL;
    size_t size = 0;
    ZopfliCompress(&options, ZOPFLI_FORMAT_ZLIB, raw, raw_size, &out, &size);

    printf("#include \"embed/%s.h\"\n\nconst size_t %s_count = %zu;\n"
           "const size_t %s_blob_size = %zu;\nconst unsigned char %s_blob[] = {",
           argv[1], argv[1], count, argv[1], size, argv[1]);
    for (size_t i = 0; i < size; i++)
        printf("%s%u,", i % 24 == 0 ? "\n    " : "", out[i]);
    printf("\n};\n");
    if (fflush(stdout) != 0 || ferror(stdout))
        die("output: %s", strerror(errno));
    free(out);
    free(raw);
    return 0;
}
