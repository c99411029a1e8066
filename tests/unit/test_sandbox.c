/* What the fetcher's process can still do: each row runs in a child that enters the sandbox first. */
#include "vault/sandbox.h"

#include "base/clock.h"
#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cmocka.h>

typedef int deed(int keep);

static int do_open(int keep)
{
    (void)keep;
    return (int)syscall(SYS_openat, AT_FDCWD, "/etc/hostname", O_RDONLY, 0);
}

static int do_exec(int keep)
{
    (void)keep;
    char *const argv[] = {NULL};
    return execve("/bin/true", argv, argv);
}

static int do_unix(int keep)
{
    (void)keep;
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int do_netlink(int keep)
{
    (void)keep;
    return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int do_fork(int keep)
{
    (void)keep;
    return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int do_ptrace(int keep)
{
    (void)keep;
    return (int)syscall(SYS_ptrace, 0, 0, 0, 0);
}

/* AF_INET with this type is a packet socket: it hears what other processes say. */
static int do_packet(int keep)
{
    (void)keep;
    return socket(AF_INET, SOCK_PACKET, 0x0300);
}

static int do_raw(int keep)
{
    (void)keep;
    return socket(AF_INET, SOCK_RAW, 255);
}

static int do_raw6(int keep)
{
    (void)keep;
    return socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
}

static int do_ping(int keep)
{
    (void)keep;
    return socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
}

static int do_mptcp(int keep)
{
    (void)keep;
    return socket(AF_INET, SOCK_STREAM, 262);
}

static int set_option(int level, int name)
{
    int one = 1;
    return setsockopt(socket(AF_INET, SOCK_STREAM, 0), level, name, &one, sizeof one);
}

static int do_mark(int keep)
{
    (void)keep;
    return set_option(SOL_SOCKET, SO_MARK);
}

static int do_force(int keep)
{
    (void)keep;
    return set_option(SOL_SOCKET, SO_SNDBUFFORCE);
}

static int do_transparent(int keep)
{
    (void)keep;
    return set_option(IPPROTO_IP, IP_TRANSPARENT);
}

/* 1 is TCP_NODELAY at another level. */
static int do_level(int keep)
{
    (void)keep;
    return set_option(IPPROTO_IP, TCP_NODELAY);
}

static int do_ulp(int keep)
{
    (void)keep;
    return set_option(IPPROTO_TCP, 31);
}

static int do_iptables(int keep)
{
    char info[84] = "filter";
    socklen_t n = sizeof info;
    (void)keep;
    return getsockopt(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_IP, 64, info, &n);
}

static int do_peer_of(int keep)
{
    struct ucred who;
    socklen_t n = sizeof who;
    (void)keep;
    return getsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_PEERCRED, &who, &n);
}

static int do_bind(int keep)
{
    (void)keep;
    struct sockaddr_in any = {.sin_family = AF_INET};
    return bind(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)(const void *)&any, sizeof any);
}

static int do_kill(int keep)
{
    (void)keep;
    return kill(1, 0);
}

static int do_inet(int keep)
{
    int a = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int b = socket(AF_INET6, SOCK_DGRAM, 0);
    (void)keep;
    return a >= 0 && (b >= 0 || errno == EAFNOSUPPORT) ? 0 : -1;
}

static int do_options(int keep)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), value = 1;
    socklen_t n = sizeof value;
    (void)keep;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value) == 0 &&
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &n) == 0
        ? 0
        : -1;
}

static int do_write(int keep)
{
    return write(keep, "x", 1) == 1 && clock_ms() > 0 ? 0 : -1;
}

static int do_many(int keep)
{
    (void)keep;
    int fd = 0;
    for (unsigned i = 0; i < 2 * SANDBOX_FILES_MAX && fd >= 0; i++)
        fd = socket(AF_INET, SOCK_DGRAM, 0);
    return fd < 0 && errno == EMFILE ? 0 : -1;
}

static int do_stdin(int keep)
{
    (void)keep;
    char c;
    return read(0, &c, 1) < 0 && errno == EBADF && read(2, &c, 1) < 0 && errno == EBADF &&
            read(7, &c, 1) < 0 && errno == EBADF
        ? 0
        : -1;
}

/* The wait status of a child that did it in the sandbox; it exits with 0 when the deed says 0, 1 when not, 2
 * without a sandbox. */
static int run(deed *what)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], 7), 7);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        struct error e;
        if (sandbox_enter(parent, ends[1], &e) < 0)
            _exit(2);
        _exit(what(ends[1]) == 0 ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(ends[0]);
    close(ends[1]);
    close(7);
    return status;
}

static void kills(void **state)
{
    (void)state;
    static deed *const rows[] = {do_open,        do_exec,  do_unix,  do_netlink,  do_fork,
                                 do_ptrace,      do_bind,  do_kill,  do_packet,   do_raw,
                                 do_raw6,        do_ping,  do_mptcp, do_mark,     do_force,
                                 do_transparent, do_level, do_ulp,   do_iptables, do_peer_of};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = run(rows[i]);
        if (!WIFSIGNALED(status))
            print_error("row %zu: status %x\n", i, (unsigned)status);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static void allows(void **state)
{
    (void)state;
    static deed *const rows[] = {do_inet, do_options, do_write, do_many, do_stdin};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = run(rows[i]);
        if (status)
            print_error("row %zu: status %x\n", i, (unsigned)status);
        assert_int_equal(status, 0);
    }
}

/* What the process is afterwards, in the kernel's words: no capability in any set, and nothing but the pipe. */
static void what_it_is(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        struct error e;
        if (sandbox_enter(parent, ends[1], &e) < 0)
            _exit(2);
        (void)!write(2, "terminal?", 9);
        for (;;)
            (void)poll(NULL, 0, 1000);
    }
    close(ends[1]);
    char text[4096] = "";
    assert_int_equal(read(ends[0], text, sizeof text), 9);
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    unsigned sets = 0;
    char caps[32] = "";
    while (fgets(text, sizeof text, f))
        if (strncmp(text, "CapBnd", 6) != 0 && sscanf(text, "Cap%*[^:]: %31s", caps) == 1) {
            assert_int_equal(strspn(caps, "0"), strlen(caps));
            sets++;
        }
    fclose(f);
    assert_int_equal(sets, 4);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    char end;
    assert_int_equal(read(ends[0], &end, 1), 0);
    close(ends[0]);
}

static void orphan(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct error e;
        int result = sandbox_enter(getppid() + 1, STDERR_FILENO, &e);
        _exit(result < 0 && e.code == E_SANDBOX ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* A kernel (or a container) that refuses seccomp: nothing is fetched without it. */
static void refused_by_the_kernel(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
            _exit(3);
        struct secret credential = secret_copy("x", 1);
        const struct secret_name name = {"a", NULL};
        const struct vault_request q = {.stop_fd = -1,
                                        .authority = "https://login.test",
                                        .vault = "https://a.vault.test",
                                        .resource = "https://vault.test",
                                        .tenant = "t",
                                        .client = "c",
                                        .login = VAULT_LOGIN_SECRET,
                                        .credential = &credential,
                                        .names = &name,
                                        .name_count = 1,
                                        .hosts_file = "",
                                        .resolv_conf = "",
                                        .now = 1800000000,
                                        .deadline_ms = 2000};
        struct vault_answer answer;
        struct error e = {0};
        int result = vault_fetch(&q, &answer, NULL, NULL, NULL, &e);
        _exit(result == -1 && e.code == E_SANDBOX && answer.error.code == E_SANDBOX ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kills),
        cmocka_unit_test(allows),
        cmocka_unit_test(what_it_is),
        cmocka_unit_test(orphan),
        cmocka_unit_test(refused_by_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
