/*
 * words.c - packs the words of the linked program, and drops its section headers. Runs on the build host.
 *
 *   words IN OUT
 *
 * IN is stripped, and its last segment, read-only, is the section that boot/base/words.h fills (scripts/hearth.ld). Of
 * it OUT has a byte that begins no text, the length of a zlib stream in three bytes, least first, and the stream
 * (boot/base/words.c reads them). The segment ends there in memory too: what was not unpacked is no address.
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zopfli/zopfli.h>

#define FILE_LIMIT ((size_t)16 << 20)
#define PACKED 0xff

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("words: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage: words IN OUT");
    unsigned char *file = malloc(FILE_LIMIT);
    FILE *in = fopen(argv[1], "rb");
    if (!file || !in)
        die("%s: %s", argv[1], strerror(errno));
    size_t n = fread(file, 1, FILE_LIMIT, in);
    fclose(in);
    Elf64_Ehdr head;
    if (n < sizeof head || n == FILE_LIMIT || memcmp(file, ELFMAG, SELFMAG) != 0)
        die("%s: not a program of at most %zu bytes", argv[1], FILE_LIMIT);
    memcpy(&head, file, sizeof head);

    Elf64_Phdr words = {.p_type = PT_NULL}, each;
    size_t at = 0;
    for (size_t i = head.e_phoff; i < head.e_phoff + head.e_phnum * sizeof each; i += sizeof each) {
        if (i + sizeof each > n)
            die("%s: cut", argv[1]);
        memcpy(&each, file + i, sizeof each);
        if (each.p_type == PT_LOAD && each.p_offset >= words.p_offset) {
            words = each;
            at = i;
        }
    }
    if (words.p_flags != PF_R || words.p_filesz != words.p_memsz || words.p_offset + words.p_filesz > n)
        die("%s: its last segment is not the words", argv[1]);

    ZopfliOptions options;
    ZopfliInitOptions(&options);
    unsigned char *stream = NULL;
    size_t size = 0;
    ZopfliCompress(&options, ZOPFLI_FORMAT_ZLIB, file + words.p_offset, words.p_filesz, &stream, &size);
    if (size + 4 > words.p_filesz)
        die("%s: its words do not become smaller", argv[1]);
    unsigned char *to = file + words.p_offset;
    to[0] = PACKED;
    for (int i = 0; i < 3; i++)
        to[1 + i] = (unsigned char)(size >> (8 * i));
    memcpy(to + 4, stream, size);
    free(stream);
    words.p_filesz = words.p_memsz = size + 4;
    memcpy(file + at, &words, sizeof words);
    head.e_shoff = 0;
    head.e_shnum = head.e_shstrndx = 0;
    memcpy(file, &head, sizeof head);

    FILE *out = fopen(argv[2], "wb");
    n = words.p_offset + words.p_filesz;
    if (!out || fwrite(file, 1, n, out) != n || fclose(out) != 0)
        die("%s: %s", argv[2], strerror(errno));
    free(file);
    return 0;
}
