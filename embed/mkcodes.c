/*
 * mkcodes.c - prints the words of each error code, for the packed texts. Runs on the build host.
 *
 * Three lines a code, in the order of base/codes.h: the slug, the sentence, the next step.
 */
#include "base/codes.h"

#include <stdio.h>

int main(void)
{
#define X(id, slug, exit, retry, sentence, next) puts(slug "\n" sentence "\n" next);
    ERROR_CODES(X)
#undef X
    return fflush(stdout) != 0 || ferror(stdout);
}
