/*
 * mkcodes.c - prints what each error code means and the next step, for the packed texts. Runs on the build host.
 *
 * Two lines a code, in the order of base/codes.h: the sentence, the next step.
 */
#include "base/codes.h"

#include <stdio.h>

int main(void)
{
#define X(id, slug, exit, retry, sentence, next) puts(sentence "\n" next);
    ERROR_CODES(X)
#undef X
    return fflush(stdout) != 0 || ferror(stdout);
}
