/*
 * launch - run a command and say what each of its processes cost.
 *
 *   launch cpu|memory REPORT COMMAND ARG...
 *
 * cpu: wait4() alone, so that nothing slows the command. memory: ptrace stops every process of the command at its exit
 * and reads VmHWM of /proc/PID/status there, which is per process and exact; wait4's ru_maxrss would be the largest
 * of parent and child only. The command is started with vfork, because a forked child's VmHWM starts at its parent's.
 *
 * SIGTERM and SIGINT are passed on to the command.
 *
 * REPORT receives one JSON object: status, elapsed_us, user_us, system_us, faults (minor), switches (voluntary),
 * processes [{comm, hwm_kib, together_kib, from_us, to_us}].
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES_MAX 256

struct process {
    pid_t pid;
    long hwm_kib;
    /* at its end: its own and that of each process alive then */
    long together_kib;
    /* since the start of the command */
    long long from_us, to_us;
    char comm[32];
};

static struct process processes[PROCESSES_MAX];
static size_t process_count;
static long long begin_us;
static volatile sig_atomic_t command;

static long long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct process *entry(pid_t pid)
{
    size_t i = 0;
    while (i < process_count && processes[i].pid != pid)
        i++;
    if (i == PROCESSES_MAX)
        return NULL;
    if (i == process_count)
        processes[process_count++] = (struct process){.pid = pid, .from_us = now_us() - begin_us};
    return &processes[i];
}

/* VmHWM in KiB; 0 when the process is gone. */
static long read_status(pid_t task, pid_t *group, char comm[32])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)task);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    char line[256];
    long hwm = 0;
    while (fgets(line, sizeof line, f)) {
        sscanf(line, "VmHWM: %ld", &hwm);
        sscanf(line, "Tgid: %d", group);
        sscanf(line, "Name: %31s", comm);
    }
    fclose(f);
    return hwm;
}

/* Threads exit too: the entry is the process's, and the last look is the highest. */
static void note(pid_t task)
{
    char comm[32] = "?";
    pid_t group = task;
    long hwm = read_status(task, &group, comm);
    struct process *p = hwm ? entry(group) : NULL;
    if (!p)
        return;
    if (hwm > p->hwm_kib)
        p->hwm_kib = hwm;
    if (task != group)
        return;
    snprintf(p->comm, sizeof p->comm, "%s", comm);
    p->to_us = now_us() - begin_us;
    p->together_kib = p->hwm_kib;
    char other[32];
    pid_t ignored;
    for (size_t i = 0; i < process_count; i++)
        if (!processes[i].to_us)
            p->together_kib += read_status(processes[i].pid, &ignored, other);
}

static void pass_on(int number)
{
    kill(command, number);
}

/* Lets every stop pass until the first process has ended; its status. */
static int follow(pid_t child)
{
    int status = 0, last = 0;
    for (;;) {
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0)
            return last;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (pid == child)
                last = status;
            continue;
        }
        int event = status >> 16, deliver = 0;
        unsigned long born = 0;
        if (event == PTRACE_EVENT_EXIT)
            note(pid);
        else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
            if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &born) == 0)
                entry((pid_t)born);
        } else if (event == 0 && WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP)
            deliver = WSTOPSIG(status);
        ptrace(PTRACE_CONT, pid, NULL, (void *)(long)deliver);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: launch cpu|memory REPORT COMMAND ARG...\n");
        return 2;
    }
    int traced = strcmp(argv[1], "memory") == 0;
    begin_us = now_us();
    pid_t child = vfork();
    if (child < 0)
        return 2;
    if (child == 0) {
        if (traced)
            ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    command = child;
    const struct sigaction forward = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &forward, NULL);
    sigaction(SIGINT, &forward, NULL);
    int status = 0;
    if (traced) {
        if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
            return 2;
        entry(child);
        ptrace(PTRACE_SETOPTIONS, child, NULL,
               (void *)(long)(PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                              PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL));
        ptrace(PTRACE_CONT, child, NULL, NULL);
        status = follow(child);
    } else {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    }
    long long elapsed = now_us() - begin_us;
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    FILE *out = fopen(argv[2], "we");
    if (!out)
        return 2;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(out,
            "{\"status\": %d, \"elapsed_us\": %lld, \"user_us\": %lld, \"system_us\": %lld, \"faults\": %ld, "
            "\"switches\": %ld, "
            "\"processes\": [",
            code, elapsed, (long long)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
            (long long)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec, usage.ru_minflt,
            usage.ru_nvcsw);
    for (size_t i = 0; i < process_count; i++)
        fprintf(out,
                "%s{\"comm\": \"%s\", \"hwm_kib\": %ld, \"together_kib\": %ld, \"from_us\": %lld, \"to_us\": "
                "%lld}",
                i ? ", " : "", processes[i].comm, processes[i].hwm_kib, processes[i].together_kib,
                processes[i].from_us, processes[i].to_us);
    fprintf(out, "]}\n");
    return fclose(out) == 0 ? 0 : 2;
}
