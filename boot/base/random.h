/*
 * random.h - random bytes of the kernel's.
 */
#ifndef HEARTH_BASE_RANDOM_H
#define HEARTH_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

/* Fills at most 256 bytes. false: the kernel gave none, and nothing may be made of what is there. */
bool random_fill(void *p, size_t n);

#endif
