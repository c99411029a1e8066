/* mkwords.c - writes the words of the error codes to standard output, as words.h lays them. Runs on the build host. */
#include "embed/words.h"

#include <stdio.h>

static const struct words all = {
#define X(id, slug, exit, retry, sentence, next) sentence, next,
    ERROR_CODES(X)
#undef X
#define X(id, code, next) next,
        ERROR_ADVICE(X)
#undef X
};

int main(void)
{
    return fwrite(&all, sizeof all, 1, stdout) != 1 || fflush(stdout) != 0;
}
