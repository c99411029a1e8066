/*
 * replay.c - runs one fuzz target over its corpus, as a test.
 *
 * The program is called replay_<name>; its corpus is tests/fuzz/corpus/<name>/, seen from the top of the tree, or the
 * directory given as the only argument. Every file is one input and counts as one test. The output is in cmocka's
 * form, so that one reader adds up both.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    const char *name = strstr(argv[0], "replay_");
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    char dir[512];
    snprintf(dir, sizeof dir, "tests/fuzz/corpus/%s", name ? name + strlen("replay_") : "");
    if (argc == 2)
        snprintf(dir, sizeof dir, "%s", argv[1]);

    /* An empty input and one NUL are always tried. */
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 1);
    struct dirent **files = NULL;
    int count = scandir(dir, &files, visible, alphasort);
    unsigned tests = 2;
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", dir, files[i]->d_name);
        free(files[i]);
        printf("[ RUN      ] %s\n", path);
        fflush(stdout);
        FILE *f = fopen(path, "rb");
        uint8_t *input = f ? malloc(INPUT_MAX) : NULL;
        if (!input) {
            printf("[  FAILED  ] 1 test(s): %s: %s\n", path, strerror(errno));
            return 1;
        }
        size_t n = fread(input, 1, INPUT_MAX, f);
        fclose(f);
        /* A copy of exactly n bytes, so that one byte too far is seen. */
        uint8_t *exact = malloc(n > 0 ? n : 1);
        if (!exact)
            return 1;
        memcpy(exact, input, n);
        free(input);
        LLVMFuzzerTestOneInput(exact, n);
        free(exact);
        tests++;
    }
    free(files);
    printf("[  PASSED  ] %u test(s).\n", tests);
    return 0;
}
