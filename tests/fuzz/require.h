/*
 * require.h - what a target asserts, in every build: a false one ends the process, and the fuzzer keeps the input.
 */
#ifndef HEARTH_TESTS_FUZZ_REQUIRE_H
#define HEARTH_TESTS_FUZZ_REQUIRE_H

#include <stdlib.h>

/* A call of its own: where the compiler lets it, a report names the line that asked. */
__attribute__((noinline)) static void require(int truth)
{
    if (!truth)
        abort();
}

#endif
