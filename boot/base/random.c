#include "base/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

bool random_fill(void *p, size_t n)
{
    ssize_t got;
    while ((got = getrandom(p, n, 0)) < 0 && errno == EINTR)
        ;
    return got == (ssize_t)n;
}
