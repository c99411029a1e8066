/* The product's own filter, of which the sanitizers' builds have a wider one: every number that a call can have. */
#define MEM_INTERPOSE
#define sandbox_enter product_sandbox_enter
#include "vault/sandbox.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

#define NUMBERS 600            /* Linux 6.18 has 470 */
#define OTHER_TABLE 0x40000000 /* __X32_SYSCALL_BIT: x86-64's second table, of programs with short pointers */

/* The signal that ends a child which makes this call in the sandbox; 0: none. number < 0: by i386's way in. */
static int ended_by(long number)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t parent = getpid();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct error e;
        if (product_sandbox_enter(parent, ends[1], &e) < 0)
            _exit(2);
        if (number >= 0)
            syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
#ifdef __x86_64__
        else
            __asm__ __volatile__("int $0x80" : : "a"(20) : "memory"); /* getpid */
#endif
        syscall(SYS_exit_group, 0); /* a sanitizer's _exit makes other calls before it */
    }
    close(ends[0]);
    close(ends[1]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 2);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Whatever their arguments are. socket, setsockopt, getsockopt and madvise are let through by their arguments alone,
 * and -1 is none of those. */
static bool is_let_through(long number)
{
    static const long list[] = {SYS_read,          SYS_write,        SYS_close,           SYS_recvfrom,
                                SYS_sendto,        SYS_connect,      SYS_ppoll,           SYS_getrandom,
                                SYS_clock_gettime, SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit,
#ifdef SYS_poll
                                SYS_poll,
#endif
                                SYS_exit_group};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i] == number)
            return true;
    return false;
}

/* uretprobe and uprobe of Linux 6.11 and 6.18 on x86-64, about which the kernel asks no filter: they do nothing but
 * where it has itself laid a probe. */
static bool is_never_asked(long number)
{
#ifdef __x86_64__
    return number == 335 || number == 336;
#else
    return number < 0;
#endif
}

static void only_these(void **state)
{
    (void)state;
    for (long number = 0; number < NUMBERS; number++)
        if (!is_never_asked(number) && (ended_by(number) == SIGSYS) == is_let_through(number))
            fail_msg("call number %ld", number);
}

static void no_other_table(void **state)
{
    (void)state;
#ifdef __x86_64__
    for (long number = 0; number < NUMBERS; number++)
        if (ended_by(OTHER_TABLE | number) != SIGSYS)
            fail_msg("call number %ld of the other table", number);
    int by = ended_by(-1);
    assert_true(by == SIGSYS || by == SIGSEGV); /* the latter: a kernel that has no such way in */
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_these), cmocka_unit_test(no_other_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
