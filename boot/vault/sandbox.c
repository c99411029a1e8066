#include "vault/sandbox.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "no seccomp architecture is known for this target"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define IF_EQUAL(value, then, otherwise) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), then, otherwise)
/* Two instructions: allowed when the number is this one. */
#define ALLOW(number) IF_EQUAL(number, 0, 1), RETURN(SECCOMP_RET_ALLOW)
/* Two and three: the end of a process in which the value is another. */
#define DEMAND(value) IF_EQUAL(value, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS)
#define DEMAND_ONE_OF(a, b) IF_EQUAL(a, 2, 0), IF_EQUAL(b, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS)

#define MADV_DONTNEED_LOCKED_ 24 /* linux/mman.h; musl's header does not have it */

/* Only the low word of an argument is looked at: both kernels on these targets take an int there. */
static const struct sock_filter filter[] = {
    LOAD(arch),
    IF_EQUAL(ARCH, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    ALLOW(SYS_read),
    ALLOW(SYS_write),
    ALLOW(SYS_close),
    ALLOW(SYS_recvfrom),
    ALLOW(SYS_sendto),
    ALLOW(SYS_connect),
#ifdef SYS_poll
    ALLOW(SYS_poll),
#endif
    ALLOW(SYS_ppoll),
    ALLOW(SYS_getrandom),
    ALLOW(SYS_clock_gettime),
    ALLOW(SYS_rt_sigreturn),
    ALLOW(SYS_restart_syscall),
    ALLOW(SYS_exit),
    ALLOW(SYS_exit_group),
#ifndef MEM_INTERPOSE
    /* libc's allocator behind the sanitizers maps memory; the product's heap is one region that exists
     * already. */
    ALLOW(SYS_mmap),
    ALLOW(SYS_munmap),
    ALLOW(SYS_mremap),
    ALLOW(SYS_mprotect),
    ALLOW(SYS_brk),
    ALLOW(SYS_futex),
    ALLOW(SYS_sched_yield),
    ALLOW(SYS_sigaltstack),
    ALLOW(SYS_getpid),
    ALLOW(SYS_gettid),
    ALLOW(SYS_madvise),
#else
    /* base/mem.c gives large freed blocks back. */
    IF_EQUAL(SYS_madvise, 0, 5),
    LOAD(args[2]),
    DEMAND_ONE_OF(MADV_DONTNEED, MADV_DONTNEED_LOCKED_),
    RETURN(SECCOMP_RET_ALLOW),
#endif
    IF_EQUAL(SYS_setsockopt, 0, 7),
    LOAD(args[1]),
    DEMAND(IPPROTO_TCP),
    LOAD(args[2]),
    DEMAND(TCP_NODELAY),
    RETURN(SECCOMP_RET_ALLOW),
    IF_EQUAL(SYS_getsockopt, 0, 7),
    LOAD(args[1]),
    DEMAND(SOL_SOCKET),
    LOAD(args[2]),
    DEMAND(SO_ERROR),
    RETURN(SECCOMP_RET_ALLOW),
    /* TCP and UDP of the Internet families. The old SOCK_PACKET of AF_INET hears the frames of all. */
    DEMAND(SYS_socket),
    LOAD(args[0]),
    DEMAND_ONE_OF(AF_INET, AF_INET6),
    LOAD(args[1]),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(uint32_t)(SOCK_NONBLOCK | SOCK_CLOEXEC)),
    DEMAND_ONE_OF(SOCK_STREAM, SOCK_DGRAM),
    LOAD(args[2]),
    DEMAND(0),
    RETURN(SECCOMP_RET_ALLOW),
};

/* A limit that is lower already stays. A macro because glibc and musl disagree on the type of a resource. */
#define LIMIT(resource, value) \
    (prlimit(0, resource, NULL, &now) == 0 && now.rlim_max <= (value) \
         ? 0 \
         : prlimit(0, resource, &(struct rlimit){value, value}, NULL))

static int limits(void)
{
    struct rlimit now;
    if (LIMIT(RLIMIT_CORE, 0) || LIMIT(RLIMIT_FSIZE, 0) || LIMIT(RLIMIT_NOFILE, SANDBOX_FILES_MAX))
        return -1;
#ifdef MEM_INTERPOSE
    return LIMIT(RLIMIT_AS, SANDBOX_MEMORY_MAX);
#else
    return 0; /* a sanitizer's shadow memory alone is terabytes */
#endif
}

/* Everything but one descriptor, which is the first three too: no connection may become what some code still takes for
 * a terminal. */
static void close_others(int keep)
{
    for (int fd = 0; fd < 3; fd++)
        if (fd != keep)
            (void)dup2(keep, fd);
    unsigned last = keep < 3 ? 2 : (unsigned)keep;
#ifdef SYS_close_range
    bool low = last <= 3 || syscall(SYS_close_range, 3u, last - 1, 0u) == 0;
    if (low && syscall(SYS_close_range, last + 1, ~0u, 0u) == 0)
        return;
#endif
    for (int fd = 3; fd < 4096; fd++)
        if (fd != keep)
            close(fd);
}

/* Root without capabilities owns files, and cannot open one any more. */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return (int)syscall(SYS_capset, &header, none);
}

int sandbox_enter(pid_t parent, int keep, struct error *e)
{
    close_others(keep);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
        return error_set(e, E_SANDBOX, "the parent process is gone");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || limits() < 0)
        return error_errno(e, E_SANDBOX, errno, "resource limits");
    if (drop_capabilities() < 0)
        return error_errno(e, E_SANDBOX, errno, "the capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_errno(e, E_SANDBOX, errno, "no_new_privs");
    /* The kernel copies the program and does not write to it. */
    union {
        const struct sock_filter *from;
        struct sock_filter *to;
    } program = {.from = filter};
    const struct sock_fprog whole = {sizeof filter / sizeof *filter, program.to};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole, 0, 0) < 0)
        return error_errno(e, E_SANDBOX, errno, "the seccomp filter");
    return 0;
}
