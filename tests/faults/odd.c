/*
 * odd.c - a program in a world that is odd in one way; its process id stays the one it is started with.
 *
 *   odd clock SECONDS PROGRAM ARGUMENTS...   the clock says SECONDS since 1970 at the start and goes on from there
 *   odd no-seccomp PROGRAM ARGUMENTS...      the kernel knows no seccomp filters
 *   odd files N PROGRAM ARGUMENTS...         at most N open files
 *   odd call NUMBER COUNT PROCESS WHAT PROGRAM ARGUMENTS...
 *                                            the COUNTth call to the kernel of this NUMBER that this PROCESS makes
 *                                            (parent: the program; fetcher: what it forks) is odd: WHAT is an errno,
 *                                            short (it moves one byte and no more) or kill (SIGKILL, before it)
 *
 * The clock and call: by a tracer, a child of the program and its children's too. It hides the vDSO from each new
 * program (the kernel's own way to read the clock without a call) and writes over what clock_gettime(CLOCK_REALTIME)
 * answers. For a call that fails the kernel is asked for something else, which the fetcher's filter allows, and the
 * answer is written over; for a short one it sees a count of one, so that what the program hears is what really moved.
 * x86-64 only.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS \
    (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
     PTRACE_O_TRACECLONE)
#define PIDS 64

static long peek(pid_t pid, uint64_t at)
{
    return ptrace(PTRACE_PEEKDATA, pid, (void *)at, NULL);
}

/* The stack of a new program: argc, argv, NULL, envp, NULL, pairs of the auxiliary vector. */
static void hide_vdso(pid_t pid)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
        return;
    uint64_t at = regs.rsp + 8 * (uint64_t)(peek(pid, regs.rsp) + 2);
    while (peek(pid, at) != 0)
        at += 8;
    for (at += 8; peek(pid, at) != AT_NULL; at += 16)
        if (peek(pid, at) == AT_SYSINFO_EHDR)
            ptrace(PTRACE_POKEDATA, pid, (void *)at, (void *)AT_IGNORE);
}

/* Where the answer of the call that is under way goes; 0: it is another call. */
static uint64_t answers[PIDS];

/* What is done to the program: to its clock, or to one of its calls. */
static struct {
    int64_t offset;
    pid_t root;
    /* 0: none of its calls */
    unsigned count;
    unsigned long number;
    bool parent;
    const char *what;
} deed;

static void change_clock(pid_t pid, const struct ptrace_syscall_info *info)
{
    uint64_t *answer = &answers[pid % PIDS];
    if (info->op == PTRACE_SYSCALL_INFO_ENTRY) {
        *answer = info->entry.nr == SYS_clock_gettime && (int)info->entry.args[0] == CLOCK_REALTIME
            ? info->entry.args[1]
            : 0;
    } else if (info->op == PTRACE_SYSCALL_INFO_EXIT && *answer) {
        ptrace(PTRACE_POKEDATA, pid, (void *)*answer, (void *)(peek(pid, *answer) + deed.offset));
        *answer = 0;
    }
}

/* Calls so far, by process; how the one that is odd was asked for. */
static unsigned made[PIDS];
static struct {
    pid_t pid;
    struct user_regs_struct asked;
    uint64_t at, length;
} odd;

/* The first piece of memory that is not empty has one byte, and is the last. */
static void one_byte(pid_t pid, struct user_regs_struct *regs)
{
    bool pieces = deed.number == SYS_readv || deed.number == SYS_writev;
    if (!pieces && regs->rdx > 1)
        regs->rdx = 1;
    for (uint64_t i = 0; pieces && i < odd.asked.rdx && !odd.at; i++) {
        uint64_t at = regs->rsi + 16 * i + 8;
        odd.length = (uint64_t)peek(pid, at);
        if (odd.length == 0)
            continue;
        odd.at = at;
        regs->rdx = i + 1;
        ptrace(PTRACE_POKEDATA, pid, (void *)at, (void *)1);
    }
}

static void enter_call(pid_t pid, const struct ptrace_syscall_info *info)
{
    if (info->entry.nr != deed.number || deed.parent != (pid == deed.root) ||
        ++made[pid % PIDS] != deed.count)
        return;
    struct user_regs_struct regs;
    if (strcmp(deed.what, "kill") == 0 || ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0) {
        kill(pid, SIGKILL);
        return;
    }
    odd.pid = pid;
    odd.asked = regs;
    odd.at = 0;
    if (strcmp(deed.what, "short") == 0) {
        one_byte(pid, &regs);
    } else {
        regs.orig_rax = SYS_clock_gettime;
        regs.rdi = CLOCK_MONOTONIC;
        regs.rsi = 1; /* nobody's memory */
    }
    ptrace(PTRACE_SETREGS, pid, NULL, &regs);
}

/* A program takes it for granted that a call leaves its registers as they were. */
static void leave_call(pid_t pid)
{
    struct user_regs_struct regs;
    if (odd.pid != pid || ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
        return;
    odd.pid = 0;
    if (strcmp(deed.what, "short") != 0)
        regs.rax = (unsigned long long)-atoi(deed.what);
    regs.rdi = odd.asked.rdi;
    regs.rsi = odd.asked.rsi;
    regs.rdx = odd.asked.rdx;
    ptrace(PTRACE_SETREGS, pid, NULL, &regs);
    if (odd.at)
        ptrace(PTRACE_POKEDATA, pid, (void *)odd.at, (void *)odd.length);
}

static void change_call(pid_t pid, const struct ptrace_syscall_info *info)
{
    if (info->op == PTRACE_SYSCALL_INFO_ENTRY)
        enter_call(pid, info);
    else if (info->op == PTRACE_SYSCALL_INFO_EXIT)
        leave_call(pid);
}

static void trace(void)
{
    bool begun = false;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0, event = status >> 16;
        if (!sig)
            continue;
        begun = begun || event == PTRACE_EVENT_EXEC;
        struct ptrace_syscall_info info;
        if (sig == (SIGTRAP | 0x80) && begun && ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0)
            (deed.count ? change_call : change_clock)(pid, &info);
        else if (event == PTRACE_EVENT_EXEC && !deed.count)
            hide_vdso(pid);
        ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)(event || sig == (SIGTRAP | 0x80) ? 0 : sig));
    }
}

static int traced(void)
{
    int ready[2];
    pid_t parent = deed.root = getpid();
    if (pipe2(ready, O_CLOEXEC) != 0)
        return -1;
    pid_t tracer = fork();
    if (tracer == 0) {
        int null = open("/dev/null", O_RDWR);
        for (int fd = 0; fd < 3; fd++)
            dup2(null, fd);
        if (ptrace(PTRACE_SEIZE, parent, NULL, (void *)OPTIONS) != 0 ||
            ptrace(PTRACE_INTERRUPT, parent, NULL, NULL) != 0)
            _exit(1);
        if (write(ready[1], "", 1) == 1) {
            close(ready[0]);
            close(ready[1]);
            trace();
        }
        _exit(0);
    }
    close(ready[1]);
    char c;
    return tracer > 0 && read(ready[0], &c, 1) == 1 ? 0 : -1;
}

static int with_clock(const char *seconds)
{
    deed.offset = strtoll(seconds, NULL, 10) - (int64_t)time(NULL);
    return traced();
}

static int with_call(char **words)
{
    deed.number = strtoul(words[0], NULL, 10);
    deed.count = (unsigned)strtoul(words[1], NULL, 10);
    deed.parent = strcmp(words[2], "parent") == 0;
    deed.what = words[3];
    return deed.count ? traced() : -1;
}

static int without_seccomp(void)
{
    const struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, (struct sock_filter *)filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? -1
                                                       : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int few_files(const char *value)
{
    struct rlimit most = {strtoull(value, NULL, 10), strtoull(value, NULL, 10)};
    return setrlimit(RLIMIT_NOFILE, &most);
}

int main(int argc, char **argv)
{
    if (argc > 3 && strcmp(argv[1], "clock") == 0 && with_clock(argv[2]) == 0)
        execv(argv[3], argv + 3);
    if (argc > 3 && strcmp(argv[1], "files") == 0 && few_files(argv[2]) == 0)
        execv(argv[3], argv + 3);
    if (argc > 6 && strcmp(argv[1], "call") == 0 && with_call(argv + 2) == 0)
        execv(argv[6], argv + 6);
    if (argc > 2 && strcmp(argv[1], "no-seccomp") == 0 && without_seccomp() == 0)
        execv(argv[2], argv + 2);
    return 127;
}
