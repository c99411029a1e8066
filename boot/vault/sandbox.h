/*
 * sandbox.h - what the fetcher may still do once it runs.
 *
 * No capabilities, no new privileges, dies with its parent, no core, no file may grow, few descriptors, a cap on
 * address space (the product only), and a seccomp filter: TCP and UDP of the Internet families with the one option
 * that hearth sets and the one that it reads, the descriptors it has, time, randomness and the end. A system call
 * outside that list kills the process. Nothing in it opens a path, starts a program, reaches a Unix socket, or hears
 * what is not sent to it. A filter does not see addresses: that nothing is said to this machine's own services is
 * net/conn's.
 */
#ifndef HEARTH_VAULT_SANDBOX_H
#define HEARTH_VAULT_SANDBOX_H

#include "base/error.h"

#include <sys/types.h>

#define SANDBOX_FILES_MAX 32
#define SANDBOX_MEMORY_MAX \
    ((size_t)8 << 20) /* address space in bytes, with the heap's whole region and the program */

/* Called in the child. parent: its pid, to notice that it is gone already. keep: the one descriptor that stays open,
 * and becomes 0, 1 and 2 as well. Error: E_SANDBOX. */
int sandbox_enter(pid_t parent, int keep, struct error *e);

#endif
