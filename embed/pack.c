/*
 * pack.c - packs the embedded example as C. Runs on the build host.
 *
 *   pack <assets.list >assets.c
 *
 * Standard input names the files, one a line, each under assets/ and already sorted. The format stands in assets.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define PREFIX "assets/"
#define PATH_LIMIT 255
#define FILE_LIMIT ((size_t)1 << 20)
#define COUNT_LIMIT 1024
#define TOTAL_LIMIT ((size_t)16 << 20)

static unsigned char *raw;
static size_t raw_size;

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
    if (n > TOTAL_LIMIT - raw_size) {
        die("assets/ is larger than %zu bytes", TOTAL_LIMIT);
    }
    void *p = raw + raw_size;
    raw_size += n;
    return p;
}

static void add_file(const char *name)
{
    const char *path = name + strlen(PREFIX);
    size_t path_len = strlen(path);
    struct stat st;
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || path_len == 0 || path_len > PATH_LIMIT) {
        die("%s: not a path under " PREFIX " of at most %d bytes", name, PATH_LIMIT);
    }
    if (lstat(name, &st) != 0) {
        die("%s: %s", name, strerror(errno));
    }
    if (!S_ISREG(st.st_mode) || (size_t)st.st_size > FILE_LIMIT) {
        die("%s: not a plain file of at most %zu bytes", name, FILE_LIMIT);
    }
    size_t size = (size_t)st.st_size;
    unsigned char *head = room(6);
    head[0] = (unsigned char)path_len;
    head[1] = (unsigned char)(path_len >> 8);
    for (int i = 0; i < 4; i++) {
        head[2 + i] = (unsigned char)(size >> (8 * i));
    }
    memcpy(room(path_len), path, path_len);
    FILE *f = fopen(name, "rb");
    if (f == NULL || fread(room(size), 1, size, f) != size || fgetc(f) != EOF) {
        die("%s: changed while it was read", name);
    }
    fclose(f);
}

int main(void)
{
    char line[4096];
    size_t count = 0;
    raw = malloc(TOTAL_LIMIT);
    if (raw == NULL) {
        die("no memory");
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (++count > COUNT_LIMIT) {
            die("more than %d files", COUNT_LIMIT);
        }
        add_file(line);
    }

    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, 15, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        die("deflateInit2 failed");
    }
    size_t cap = deflateBound(&z, raw_size);
    unsigned char *out = malloc(cap);
    if (out == NULL) {
        die("no memory");
    }
    z.next_in = raw;
    z.avail_in = (uInt)raw_size;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
        die("deflate failed");
    }

    printf("#include \"embed/assets.h\"\n\nconst size_t assets_count = %zu;\n"
           "const size_t assets_blob_size = %lu;\nconst unsigned char assets_blob[] = {",
           count, z.total_out);
    for (uLong i = 0; i < z.total_out; i++) {
        printf("%s%u,", i % 24 == 0 ? "\n    " : "", out[i]);
    }
    printf("\n};\n");
    if (fflush(stdout) != 0 || ferror(stdout)) {
        die("output: %s", strerror(errno));
    }
    deflateEnd(&z);
    free(out);
    free(raw);
    return 0;
}
