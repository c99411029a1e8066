/* The product's allocator, under its own names beside libc's: blocks keep their bytes, free bytes are zero. */
#define MEM_INTERPOSE
#define malloc heap_malloc
#define calloc heap_calloc
#define realloc heap_realloc
#define free heap_free
#define aligned_alloc heap_aligned_alloc
#define memalign heap_memalign
#define posix_memalign heap_posix_memalign
#define malloc_usable_size heap_usable_size
#define mem_init heap_mem_init
#define mem_alloc heap_mem_alloc
#define mem_alloc_array heap_mem_alloc_array
#define mem_resize heap_mem_resize
#define mem_try heap_mem_try
#define mem_free heap_mem_free
#define mem_strdup heap_mem_strdup
#define mem_wipe heap_mem_wipe
#define mem_wipe_all heap_mem_wipe_all
#define mem_peak heap_mem_peak
#define mem_cleanup heap_mem_cleanup
#define fd_steal heap_fd_steal
#define fd_cleanup heap_fd_cleanup
#include <sys/resource.h>
/* A sanitizer maps far more than the product may. */
static int no_limit(int pid, int resource, const struct rlimit *limit, struct rlimit *old)
{
    (void)pid;
    (void)resource;
    (void)limit;
    (void)old;
    return 0;
}
#define prlimit no_limit
#include "base/fd.h"
#include "base/mem.c"
#undef malloc
#undef calloc
#undef realloc
#undef free

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#define CAP ((size_t)256 << 10)
#define SLOTS 64

struct slot {
    unsigned char *p;
    size_t n;
    unsigned char fill;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void check_fill(const struct slot *s)
{
    for (size_t i = 0; i < s->n; i++)
        assert_int_equal(s->p[i], s->fill);
}

/* Walks the region block by block: sizes add up, no two free neighbours, free bytes are zero but for the links. */
static void check_region(void)
{
    struct block *before = NULL;
    for (struct block *b = (struct block *)(void *)heap.base; b; before = b, b = block_after(b)) {
        assert_int_equal(b->prev_size, before ? block_size(before) : 0);
        assert_true(b->seal == seal_of(b));
        if (block_used(b))
            continue;
        assert_true(!before || block_used(before));
        const unsigned char *bytes = (const unsigned char *)b;
        for (size_t i = sizeof(struct free_block); i < block_size(b); i++)
            assert_int_equal(bytes[i], 0);
    }
}

static void blocks_keep_their_bytes(void **state)
{
    (void)state;
    struct slot slots[SLOTS] = {{0}};
    uint32_t random = 1;
    for (unsigned step = 0; step < 20000; step++) {
        struct slot *s = &slots[next_random(&random) % SLOTS];
        size_t n = next_random(&random) % (next_random(&random) % 16 == 0 ? 9000 : 200);
        check_fill(s);
        if (next_random(&random) % 3 == 0 && s->p) {
            heap_mem_free(s->p);
            *s = (struct slot){0};
        } else if (s->p) {
            unsigned char *q = heap_realloc(s->p, n);
            if (!q)
                continue;
            size_t kept = s->n < n ? s->n : n;
            for (size_t i = 0; i < kept; i++)
                assert_int_equal(q[i], s->fill);
            *s = (struct slot){q, n, (unsigned char)step};
            memset(q, s->fill, n);
        } else {
            unsigned char *q = heap_mem_try(n);
            if (!q)
                continue;
            for (size_t i = 0; i < n; i++)
                assert_int_equal(q[i], 0);
            *s = (struct slot){q, n, (unsigned char)step};
            memset(q, s->fill, n);
        }
        if (step % 500 == 0)
            check_region();
    }
    for (unsigned i = 0; i < SLOTS; i++)
        heap_mem_free(slots[i].p);
    check_region();
    assert_int_equal(heap.in_use, 0);
    assert_true(heap_mem_peak() > 0);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    assert_null(heap_mem_try(CAP));
    assert_null(heap_mem_try(SIZE_MAX));
    assert_null(heap_calloc(SIZE_MAX / 2, 3));
    assert_null(heap_aligned_alloc(4096, 10));
    unsigned char *p = heap_malloc(100);
    assert_null(heap_realloc(p, CAP));
    heap_mem_free(p);
    check_region();
}

static void the_peak_is_what_was_in_use(void **state)
{
    (void)state;
    size_t before = heap.in_use;
    heap.peak = before;
    unsigned char *p = heap_malloc(100);
    p = heap_realloc(p, 1000); /* in place, with a large free neighbour */
    assert_non_null(p);
    assert_true(heap_mem_peak() >= before + 1000 && heap_mem_peak() <= before + 1100);
    heap_mem_free(p);
    assert_int_equal(heap.in_use, before);
}

/* Each does one thing to the heap that no sound program does. */
static void past_the_end(unsigned char *p, unsigned char *q)
{
    (void)q;
    p[heap_usable_size(p)] ^= 1; /* the header of the block behind it */
    heap_free(p);
}

static void past_the_end_and_grown(unsigned char *p, unsigned char *q)
{
    (void)q;
    p[heap_usable_size(p) + 4] ^= 0x10;
    heap_free(heap_realloc(p, 5000));
}

static void twice(unsigned char *p, unsigned char *q)
{
    (void)q;
    heap_free(p);
    heap_free(p);
}

static void twice_after_a_neighbour(unsigned char *p, unsigned char *q)
{
    heap_free(p);
    heap_free(q); /* one free block now, q's header is gone */
    heap_free(q);
}

static void grown_when_free(unsigned char *p, unsigned char *q)
{
    (void)q;
    heap_free(p);
    heap_free(heap_realloc(p, 200));
}

static void the_middle(unsigned char *p, unsigned char *q)
{
    (void)q;
    /* what lies there looks like a header of this size, but has no seal */
    memset(p, 0x31, 64);
    heap_free(p + 32);
}

static void not_of_the_heap(unsigned char *p, unsigned char *q)
{
    static _Alignas(16) unsigned char elsewhere[64];
    (void)p;
    (void)q;
    heap_free(elsewhere + 32);
}

static void links_of_a_free_block(unsigned char *p, unsigned char *q)
{
    static unsigned char fake[64];
    unsigned char *link = fake;
    (void)q;
    heap_free(p);
    memcpy(p, &link, sizeof link);
    for (unsigned i = 0; i < 4; i++)
        (void)heap_malloc(100);
}

static void size_of_a_free_block(unsigned char *p, unsigned char *q)
{
    (void)q;
    heap_free(p);
    ((struct block *)(void *)p - 1)->size += 64;
    for (unsigned i = 0; i < 4; i++)
        (void)heap_malloc(100);
}

/* Bits that no size in this small region has, and in the product's some have. */
static void a_high_bit(unsigned char *p, unsigned char *q)
{
    ((struct block *)(void *)q - 1)->size ^= 1u << 24;
    heap_free(p);
}

static void the_highest_bit(unsigned char *p, unsigned char *q)
{
    (void)p;
    ((struct block *)(void *)q - 1)->size ^= 1u << 31;
    heap_free(heap_realloc(q, 50));
}

static void link_to_itself(unsigned char *p, unsigned char *q)
{
    (void)q;
    heap_free(p);
    memcpy(p, &(struct block *){(struct block *)(void *)p - 1}, 8);
    (void)heap_malloc(120);
}

static void link_to_nowhere(unsigned char *p, unsigned char *q)
{
    (void)q;
    heap_free(p);
    memset(p, 0x41, 8);
    (void)heap_malloc(120);
}

static void link_back_to_nowhere(unsigned char *p, unsigned char *q)
{
    (void)q;
    heap_free(p);
    memset(p + 8, 0x41, 8);
    (void)heap_malloc(100);
}

static void size_of_the_block_before(unsigned char *p, unsigned char *q)
{
    (void)p;
    ((struct block *)(void *)q - 1)->prev_size -= 32;
    heap_free(q);
}

/* It ends in a process of its own, with a word and the status of a failure, and not by a signal. */
static void ends_the_process(void (*deed)(unsigned char *p, unsigned char *q))
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        unsigned char *p = heap_malloc(100);
        unsigned char *q = heap_malloc(100);
        unsigned char *held = heap_malloc(100);
        if (p && q && held)
            deed(p, q);
        _exit(0);
    }
    close(ends[1]);
    char said[200] = "";
    (void)!read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILED_);
    if (!strstr(said, "hearth: system: the heap was written over, or freed twice"))
        fail_msg("%s", said);
}

static void damage_is_seen(void **state)
{
    (void)state;
    ends_the_process(past_the_end);
    ends_the_process(past_the_end_and_grown);
    ends_the_process(twice);
    ends_the_process(twice_after_a_neighbour);
    ends_the_process(grown_when_free);
    ends_the_process(the_middle);
    ends_the_process(not_of_the_heap);
    ends_the_process(links_of_a_free_block);
    ends_the_process(size_of_a_free_block);
    ends_the_process(size_of_the_block_before);
    ends_the_process(a_high_bit);
    ends_the_process(the_highest_bit);
    ends_the_process(link_to_itself);
    ends_the_process(link_to_nowhere);
    ends_the_process(link_back_to_nowhere);
}

static bool is_in_memory(unsigned char *p)
{
    unsigned char there;
    assert_int_equal(mincore(p - (uintptr_t)p % PAGE, PAGE, &there), 0);
    return there & 1;
}

static void everything_is_wiped(void **state)
{
    (void)state;
    unsigned char *before = heap_malloc(16 * PAGE), *p = heap_malloc(1000), *last = heap_malloc(16 * PAGE);
    memset(before, 0xAA, 16 * PAGE);
    memset(p, 0xAA, 1000);
    memset(last, 0xAA, 16 * PAGE);
    assert_true(is_in_memory(before + 8 * PAGE) && is_in_memory(last + 8 * PAGE));
    heap_mem_free(before);
    heap_mem_free(last);
    assert_false(is_in_memory(before + 8 * PAGE) || is_in_memory(last + 8 * PAGE));
    heap_mem_wipe_all();
    assert_false(is_in_memory(before + 8 * PAGE) || is_in_memory(last + 8 * PAGE));
    /* Behind the last block ever used stand only the header and links of a free one. */
    assert_true(heap.touched < heap.size);
    for (size_t i = 0; i < heap.size; i++)
        if (i < heap.touched || i >= heap.touched + sizeof(struct free_block))
            assert_int_equal(heap.base[i], 0);
}

int main(void)
{
    heap_mem_init(CAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_bytes),     cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(the_peak_is_what_was_in_use), cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(everything_is_wiped), /* last: the heap is gone after it */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
