#include "base/mem.h"

#include "base/error.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void mem_wipe(void *p, size_t n)
{
    if (n == 0)
        return;
    memset(p, 0, n);
    /* The compiler must believe that somebody looks at the zeroes. */
    __asm__ __volatile__("" : : "r"(p) : "memory");
}

void (*mem_on_exhausted)(size_t n);

static void __attribute__((noreturn)) out_of_memory(size_t n)
{
    if (mem_on_exhausted)
        mem_on_exhausted(n);
    char line[160];
    int len =
        snprintf(line, sizeof line, "hearth: no-memory: %zu bytes more would pass the cap on memory\n", n);
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)len);
    (void)ignored;
    mem_wipe_all();
    _exit(EXIT_FAILED_);
}

/* prlimit and not setrlimit, for which musl stops all threads: 2 KB for a program that has one. */
static void no_core_dumps(void)
{
    const struct rlimit none = {0, 0};
    /* Neither can fail in a way that would be worth stopping for: both only narrow what the kernel would write. */
    (void)prlimit(0, RLIMIT_CORE, &none, NULL);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#ifdef MEM_INTERPOSE

/*
 * Boundary tags over one region. Every free byte of the region is zero except the headers and
 * the two list links of a free block, so that an allocation is zeroed without a pass over it.
 *
 * Hostile input is parsed over this heap, so no header is believed unseen. Each carries a seal of its place, its size,
 * its state and a secret of the process: what writes past the end of a block breaks the next one's, a block that is
 * freed twice is sealed as free, and a pointer into the middle of one finds none. Links are taken only if they lead
 * into the heap and back. A block is looked at when it is handed out, resized or freed; its neighbours, when it is
 * freed. That is for what goes wrong, not against who reads this memory: a child inherits the secret.
 */
#define ALIGN 16
#define BINS 27
#define USED 1u
#define PAGE ((size_t)4096)
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24 /* linux/mman.h; musl's header does not have it */
#endif
/* A freed block this large goes back to the kernel, which costs one system call and a fault a page; libyaml's buffer of
 * 48 KiB is needed again for the next file. */
#define GIVE_BACK (16 * PAGE)
#define REGION_DEFAULT ((size_t)3 << 20)
#define LOCKED_BY_ALL ((size_t)8 << 20) /* RLIMIT_MEMLOCK of a plain user; the heap of every verb is larger */

struct block {
    /* with the header; bit 0: in use */
    uint32_t size;
    /* of the block before, 0 for the first */
    uint32_t prev_size;
    uint64_t seal;
};

struct free_block {
    struct block head;
    struct free_block *next;
    struct free_block *prev;
};

static struct {
    unsigned char *base;
    size_t size;
    size_t in_use;
    size_t peak;
    /* no block ever reached further into the region */
    size_t touched;
    /* what the seals are made with */
    uint64_t secret;
    struct free_block *bins[BINS];
} heap;

static size_t block_size(const struct block *b)
{
    return b->size & ~USED;
}

static bool block_used(const struct block *b)
{
    return (b->size & USED) != 0;
}

static uint64_t seal_of(const struct block *b)
{
    /* Times an odd constant, the golden ratio's: a change of any bit reaches the upper half. */
    return heap.secret ^ (((uint64_t)b->size << 32) + (uintptr_t)b) * 0x9e3779b97f4a7c15u;
}

/* What is in the heap cannot be believed any more: no hook is called, and nothing goes on. */
static void __attribute__((noreturn, cold)) damaged(void)
{
    static const char line[] =
        "hearth: system: the heap was written over, or freed twice: a fault of hearth or of the "
        "box's memory; hearth ends\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    mem_wipe_all();
    _exit(EXIT_FAILED_);
}

static inline __attribute__((always_inline)) void must(bool sound)
{
    if (__builtin_expect(!sound, 0))
        damaged();
}

/* Whether a block can begin there. */
static inline __attribute__((always_inline)) bool inside(const void *p)
{
    return (uintptr_t)p - (uintptr_t)heap.base < heap.size && (uintptr_t)p % ALIGN == 0;
}

/* The block after this one, sealed or, while the region is laid out, not yet; NULL behind the last. */
static struct block *place_after(struct block *b)
{
    unsigned char *end = (unsigned char *)b + block_size(b);
    return end == heap.base + heap.size ? NULL : (struct block *)(void *)end;
}

static inline __attribute__((always_inline)) struct block *block_after(struct block *b)
{
    struct block *after = place_after(b);
    must(!after || (after->seal == seal_of(after) && after->prev_size == block_size(b)));
    return after;
}

/* prev_size is in no seal: it is right if a sealed block of that size lies there. */
static struct block *block_before(struct block *b)
{
    if (b->prev_size == 0) {
        must((unsigned char *)b == heap.base);
        return NULL;
    }
    struct block *before = (struct block *)(void *)((unsigned char *)b - b->prev_size);
    must(inside(before) && before->seal == seal_of(before) && block_size(before) == b->prev_size);
    return before;
}

/* The block that was handed out as p. */
static inline __attribute__((always_inline)) struct block *block_of(void *p)
{
    struct block *b = (struct block *)p - 1;
    must(inside(b) && block_used(b) && b->seal == seal_of(b));
    return b;
}

static unsigned bin_of(size_t size)
{
    /* Of the highest bit; no block is smaller than 32 bytes. */
    return (unsigned)(__builtin_clz(1 << 5) - __builtin_clz((uint32_t)size));
}

static void bin_insert(struct block *b)
{
    struct free_block *f = (struct free_block *)(void *)b;
    struct free_block **bin = &heap.bins[bin_of(block_size(b))];
    f->prev = NULL;
    f->next = *bin;
    if (*bin)
        (*bin)->prev = f;
    *bin = f;
}

static void bin_remove(struct block *b)
{
    struct free_block *f = (struct free_block *)(void *)b;
    must((!f->prev || inside(f->prev)) && (!f->next || inside(f->next)));
    struct free_block **to = f->prev ? &f->prev->next : &heap.bins[bin_of(block_size(b))];
    must(*to == f && (!f->next || f->next->prev == f));
    *to = f->next;
    if (f->next)
        f->next->prev = f->prev;
    f->next = f->prev = NULL;
}

static void set_size(struct block *b, size_t size, unsigned used)
{
    b->size = (uint32_t)size | used;
    b->seal = seal_of(b);
    struct block *after = place_after(b);
    if (after)
        after->prev_size = (uint32_t)size;
}

void mem_lock(void)
{
    /* Locking is a help, not a promise: a plain user may lock 8 MiB, where most of it lies, or 64 KiB. */
#ifdef MLOCK_ONFAULT
    if (mlock2(heap.base, heap.size, MLOCK_ONFAULT) != 0)
        (void)mlock2(heap.base, LOCKED_BY_ALL, MLOCK_ONFAULT);
#endif
}

static void all_free(void)
{
    struct block *all = (struct block *)(void *)heap.base;
    set_size(all, heap.size, 0);
    bin_insert(all);
}

static void region_reserve(size_t cap)
{
    cap = (cap + 4095) & ~(size_t)4095;
    void *p = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        out_of_memory(cap);
    (void)madvise(p, cap, MADV_DONTDUMP);
    heap.base = p;
    heap.size = cap;
    /* Sixteen bytes of the kernel's randomness; libc takes the first eight. */
    memcpy(&heap.secret, (const char *)getauxval(AT_RANDOM) + sizeof heap.secret, sizeof heap.secret);
    mem_lock();
    all_free();
}

void mem_stay_behind(bool stays)
{
    (void)madvise(heap.base, heap.size, stays ? MADV_WIPEONFORK : MADV_KEEPONFORK);
}

void mem_forget(void)
{
    /* Pages that are given back hold nothing, and cost no copy of what they held. */
    if (madvise(heap.base, heap.size, MADV_DONTNEED) != 0)
        mem_wipe_all();
    memset(heap.bins, 0, sizeof heap.bins);
    heap.in_use = heap.touched = 0;
    all_free();
}

void mem_init(size_t cap)
{
    no_core_dumps();
    if (!heap.base)
        region_reserve(cap);
    /* Nothing maps memory after this; what is left over the heap is for the program itself and its stack. */
    const struct rlimit whole = {cap + MEM_BESIDE_HEAP, cap + MEM_BESIDE_HEAP};
    (void)prlimit(0, RLIMIT_AS, &whole, NULL);
}

static size_t need_of(size_t n)
{
    size_t need = (n + sizeof(struct block) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    return need < sizeof(struct free_block) ? sizeof(struct free_block) : need;
}

/* Takes `need` of a block of that size, of which `own` bytes were in use and the others are zero; what is over is free
 * when it is large enough to stand alone. */
static void block_take(struct block *b, size_t size, size_t need, size_t own)
{
    if (size - need < 2 * sizeof(struct free_block))
        need = size;
    set_size(b, need, USED);
    if (need < size) {
        struct block *rest = place_after(b);
        set_size(rest, size - need, 0);
        bin_insert(rest);
    }
    size_t end = (size_t)((unsigned char *)b - heap.base) + need;
    if (end > heap.touched)
        heap.touched = end;
    heap.in_use += need - own;
    if (heap.in_use > heap.peak)
        heap.peak = heap.in_use;
}

void *mem_try(size_t n)
{
    if (!heap.base)
        region_reserve(REGION_DEFAULT);
    if (n > heap.size)
        return NULL;
    size_t need = need_of(n);
    for (unsigned bin = bin_of(need); bin < BINS; bin++) {
        struct free_block *before = NULL;
        for (struct free_block *f = heap.bins[bin]; f; f = f->next) {
            must(inside(f));
            struct block *b = &f->head;
            must(!block_used(b) && b->seal == seal_of(b) && f->prev == before);
            before = f;
            if (block_size(b) < need)
                continue;
            bin_remove(b);
            block_take(b, block_size(b), need, 0);
            return b + 1;
        }
    }
    return NULL;
}

/* The whole pages inside a wiped block are taken out of the process; they read as zero when they come back. */
static void give_back(unsigned char *p, size_t n)
{
    size_t head = (PAGE - (uintptr_t)p % PAGE) % PAGE;
    if (n < GIVE_BACK)
        return;
    n = (n - head) & ~(PAGE - 1);
    /* The plain form refuses locked memory, and kernels before 5.18 know only that: then it stays. */
    if (madvise(p + head, n, MADV_DONTNEED_LOCKED) != 0)
        (void)madvise(p + head, n, MADV_DONTNEED);
}

void mem_free(void *p)
{
    if (!p)
        return;
    struct block *b = block_of(p);
    struct block *after = block_after(b);
    struct block *before = block_before(b);
    size_t size = block_size(b);
    heap.in_use -= size;
    mem_wipe(p, size - sizeof *b);
    give_back(p, size - sizeof *b);
    if (after && !block_used(after)) {
        bin_remove(after);
        size += block_size(after);
        mem_wipe(after, sizeof *after);
    }
    if (before && !block_used(before)) {
        bin_remove(before);
        size += block_size(before);
        mem_wipe(b, sizeof *b);
        b = before;
    }
    set_size(b, size, 0);
    bin_insert(b);
}

static void *resize_try(void *p, size_t n)
{
    if (!p)
        return mem_try(n);
    if (n > heap.size)
        return NULL;
    struct block *b = block_of(p);
    size_t old = block_size(b);
    size_t need = need_of(n);
    if (need > old) {
        struct block *after = block_after(b);
        size_t more = after && !block_used(after) ? block_size(after) : 0;
        if (old + more < need) {
            void *q = mem_try(n);
            if (!q)
                return NULL;
            memcpy(q, p, old - sizeof *b);
            mem_free(p);
            return q;
        }
        bin_remove(after);
        mem_wipe(after, sizeof *after);
        block_take(b, old + more, need, old);
    } else if (old - need >= 2 * sizeof(struct free_block)) {
        set_size(b, need, USED);
        struct block *rest = place_after(b);
        set_size(rest, old - need, USED);
        mem_free(rest + 1);
    }
    return p;
}

void mem_wipe_all(void)
{
    /* Not the whole region: to wipe what was never used, or given back, would only bring it into memory. A free block
     * holds nothing behind its links; behind a header that is none, everything goes. */
    size_t most = heap.touched + sizeof(struct free_block);
    unsigned char *at = heap.base, *end = at + (most < heap.size ? most : heap.size);
    while (at < end) {
        const struct block *b = (const struct block *)(const void *)at;
        size_t left = (size_t)(end - at), size = left, wiped = left;
        if (b->seal == seal_of(b) && block_size(b) >= sizeof(struct free_block)) {
            size = block_size(b) < left ? block_size(b) : left;
            wiped = block_used(b) ? size : sizeof(struct free_block);
        }
        mem_wipe(at, wiped);
        at += size;
    }
}

size_t mem_peak(void)
{
    return heap.peak;
}

/* libc and the libraries allocate here too. */
void *malloc(size_t n)
{
    void *p = mem_try(n);
    if (!p)
        errno = ENOMEM;
    return p;
}

void *calloc(size_t count_, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count_, size, &n)) {
        errno = ENOMEM;
        return NULL;
    }
    return malloc(n);
}

void *realloc(void *p, size_t n)
{
    void *q = resize_try(p, n);
    if (!q)
        errno = ENOMEM;
    return q;
}

void free(void *p)
{
    mem_free(p);
}

void *aligned_alloc(size_t align, size_t n)
{
    if (align > ALIGN) {
        errno = ENOMEM;
        return NULL;
    }
    return malloc(n);
}

void *memalign(size_t align, size_t n)
{
    return aligned_alloc(align, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
    *out = aligned_alloc(align, n);
    return *out ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *p)
{
    return p ? block_size((struct block *)p - 1) - sizeof(struct block) : 0;
}

#else /* libc's allocator behind the same header, so that the sanitizers see every block */

void mem_init(size_t cap)
{
    (void)cap;
    no_core_dumps();
}

void *mem_try(size_t n)
{
    return calloc(1, n ? n : 1);
}

void mem_free(void *p)
{
    if (p)
        mem_wipe(p, malloc_usable_size(p));
    free(p);
}

static void *resize_try(void *p, size_t n)
{
    void *q = mem_try(n);
    if (q && p) {
        size_t old = malloc_usable_size(p);
        memcpy(q, p, old < n ? old : n);
        mem_free(p);
    }
    return q;
}

void mem_lock(void)
{
}

void mem_stay_behind(bool stays)
{
    (void)stays;
}

void mem_forget(void)
{
}

void mem_wipe_all(void)
{
}

size_t mem_peak(void)
{
    return 0;
}

#endif

void *mem_alloc(size_t n)
{
    void *p = mem_try(n);
    if (!p)
        out_of_memory(n);
    return p;
}

void *mem_alloc_array(size_t count_, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count_, size, &n))
        out_of_memory(SIZE_MAX);
    return mem_alloc(n);
}

void *mem_resize(void *p, size_t n)
{
    void *q = resize_try(p, n);
    if (!q)
        out_of_memory(n);
    return q;
}

char *mem_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    return memcpy(mem_alloc(n), s, n);
}

void mem_cleanup(void *pointer_to_pointer)
{
    void *p;
    memcpy(&p, pointer_to_pointer, sizeof p);
    mem_free(p);
}
