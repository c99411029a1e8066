/*
 * sandbox.h - what the fetcher may still do once it runs.
 *
 * No new privileges, dies with its parent, no core, no file may grow, few descriptors, a cap on address space
 * (the product only), and a seccomp filter: network sockets of the Internet families, the descriptors it has,
 * time, randomness and the end. A system call outside that list kills the process. Nothing in it opens a
 * path, starts a program, or reaches a Unix socket.
 */
#ifndef HEARTH_VAULT_SANDBOX_H
#define HEARTH_VAULT_SANDBOX_H

#include "base/error.h"

#include <sys/types.h>

#define SANDBOX_FILES_MAX 32
#define SANDBOX_MEMORY_MAX \
    ((size_t)8 << 20) /* address space in bytes, with the heap's whole region and the program */

/* Called in the child. parent: its pid, to notice that it is gone already. keep: the one descriptor besides
 * standard error that stays open. Error: E_SANDBOX. */
int sandbox_enter(pid_t parent, int keep, struct error *e);

#endif
