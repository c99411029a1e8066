/*
 * mem.h - the one allocator: every heap byte is treated as a secret.
 *
 * In the product the heap is one region of fixed size that is kept out of core dumps,
 * locked into memory where the limits allow it, and wiped when freed and whenever the program
 * ends itself or is told to; a SIGKILL or a crash leaves it to the kernel.
 * With MEM_INTERPOSE (the product) malloc and its kin are this allocator too, so the
 * libraries and libc itself use it. Without it (sanitizer builds) the same functions
 * stand in front of libc's malloc.
 *
 * Each block's header carries a seal. Whoever wrote across one, frees twice or frees what was never handed out ends the
 * process, with a word of E_SYSTEM, when that block is next resized or freed, or a neighbour freed. In the fetcher,
 * whose only descriptor is its pipe, the parent says E_FETCHER. (musl's allocator checks as much; so that it wiped,
 * the fetcher would have to be allowed to map memory.)
 *
 * Single-threaded. Nothing here returns NULL except mem_try: when the cap is reached
 * the process ends with E_NO_MEMORY, because every input has a maximum and the cap is
 * chosen above their sum.
 */
#ifndef HEARTH_BASE_MEM_H
#define HEARTH_BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEM_BESIDE_HEAP ((size_t)1 << 20) /* bytes of address space that a process has beside its heap */

/* Called with the size that did not fit, before the process ends for it: it may exec, and must not allocate. NULL:
 * none. */
extern void (*mem_on_exhausted)(size_t n);

/* Reserves the heap of at most cap bytes (rounded up to pages), limits the address space to that and
 * MEM_BESIDE_HEAP, and turns core dumps off for the process (RLIMIT_CORE, PR_SET_DUMPABLE). Called once, first thing in
 * main; allocations before it (libc start-up) reserve the smallest region that any verb has. */
void mem_init(size_t cap);

/* Locks the heap into memory where the limits allow it. mem_init does; a child must anew, because fork(2) does not
 * hand locks on. */
void mem_lock(void);

/* n bytes, zeroed, aligned for any type; n == 0 gives a pointer that may be freed. Never NULL. */
void *mem_alloc(size_t n);
/* count * size, zeroed, with the multiplication checked. Never NULL. */
void *mem_alloc_array(size_t count, size_t size);
/* Like realloc: keeps the first min(old, n) bytes; new bytes are NOT zeroed; the old block is wiped. Never NULL. */
void *mem_resize(void *p, size_t n);
/* mem_alloc for a size that comes from outside: NULL when it does not fit. */
void *mem_try(size_t n);
/* Wipes and frees; NULL is allowed. */
void mem_free(void *p);
char *mem_strdup(const char *s);

/* Overwrites n bytes in a way that the compiler keeps. */
void mem_wipe(void *p, size_t n);

/* Whether a child finds the heap empty, and has mem_forget() to do before anything else, instead of a copy of it: then
 * no page of it is shared, to be copied when one of the two writes. A kernel that cannot goes on to copy. */
void mem_stay_behind(bool stays);

/* Empties the whole heap, and everything in it is gone: for a child that goes on without what its parent knows. Before
 * mem_lock(). In sanitizer builds neither of the two does anything. */
void mem_forget(void);

/* Wipes the whole heap. Called by every way out of the program; the heap is unusable afterwards. */
void mem_wipe_all(void);

/* Most bytes that were ever in use at once, headers included; 0 without MEM_INTERPOSE. */
size_t mem_peak(void);

/* Frees and wipes what a local pointer holds when it leaves scope: `cleanup(mem_cleanup) char *p = NULL;` */
#define cleanup(f) __attribute__((cleanup(f)))
void mem_cleanup(void *pointer_to_pointer);

/* A large local that is written before it is read: without this the compiler zeroes it each time (scripts/toolchain),
 * which costs more than what is done with it. */
#define UNSET __attribute__((uninitialized))

/*
 * A pool: values that live and die together (a site, a plan). Everything is zeroed, aligned
 * for any type, and wiped with the pool.
 */
struct pool;
struct pool *pool_new(void);
void *pool_alloc(struct pool *pool, size_t n);
char *pool_strdup(struct pool *pool, const char *s);
/* n bytes plus a NUL. */
char *pool_memdup(struct pool *pool, const void *p, size_t n);
char *pool_printf(struct pool *pool, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes a block of mem_alloc() over: it is freed with the pool. NULL is allowed. */
void pool_keep(struct pool *pool, void *p);
/* Frees such a block before the pool; what is none of it is left alone. */
void pool_drop(struct pool *pool, const void *p);
void pool_free(struct pool *pool); /* NULL is allowed */
void pool_cleanup(struct pool **pool);

#endif
