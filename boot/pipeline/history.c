#include "pipeline/history.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"
#include "site/tracked.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 8
#define SAID_MAX 80 /* an object id and a newline, and room */
#define NO_GIT 127

/* A repository: the one around `dir`, or git_dir with `dir` as its work tree. */
struct repository {
    const char *dir;
    const char *git_dir;
};

/* Runs git and keeps the first line that it says. Its exit status; NO_GIT: there is none. */
static int ask(const struct repository *r, const char *const *words, char said[SAID_MAX])
{
    cleanup(buf_free) struct buf git_dir = {0}, work_tree = {0};
    const char *argv[WORDS_MAX + 6] = {"git", "-C", r->dir};
    unsigned count = 3;
    if (r->git_dir) {
        buf_printf(&git_dir, "--git-dir=%s", r->git_dir);
        buf_printf(&work_tree, "--work-tree=%s", r->dir);
        argv[count++] = git_dir.data;
        argv[count++] = work_tree.data;
    }
    while (*words)
        argv[count++] = *words++;
    said[0] = '\0';
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (dup2(null, 0) < 0 || dup2(null, 2) < 0 || dup2(ends[1], 1) < 0)
            _exit(1);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(NO_GIT);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got = 1; pid > 0 && (got > 0 || (got < 0 && errno == EINTR)); n += got > 0 ? (size_t)got : 0)
        got = read(ends[0], said + n, SAID_MAX - 1 - n);
    close(ends[0]);
    said[n] = '\0';
    said[strcspn(said, "\n")] = '\0';
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define LOG "log", "--all", "--reflog", "-m", "-1", "--format=%h"

static int judge(const struct repository *r, const char *file, const char *path, struct errors *warnings,
                 struct error *e)
{
    const char *const hash[] = {"hash-object", "--no-filters", "--", file, NULL};
    UNSET char id[SAID_MAX];
    int status = ask(r, hash, id);
    UNSET char find[SAID_MAX + 16];
    snprintf(find, sizeof find, "--find-object=%s", id);
    const char *const bytes[] = {LOG, find, NULL};
    const char *const name[] = {LOG, "--", file, NULL};
    UNSET char commit[SAID_MAX];
    if (status == 0 && (status = ask(r, bytes, commit)) == 0 && commit[0])
        return error_set(e, E_CRED_TRACKED, "git has %s in its history: commit %s", path, commit);
    if (status == 0 && (status = ask(r, name, commit)) == 0 && commit[0])
        errors_at(warnings, (struct pos){.file = path}, E_PLAN_ADVICE,
                  "commit %s has another login by this name: it must not be valid any more", commit);
    if (status != 0)
        errors_at(warnings, (struct pos){.file = path}, E_PLAN_ADVICE, "%s whether this was ever committed",
                  status == NO_GIT ? "there is no git here to ask" : "git does not say");
    return 0;
}

static bool is_repository(const char *dir, const char *name, struct buf *path)
{
    static const char *const parts[] = {"HEAD", "refs", "objects"};
    bool all = name[0] != '.' || strcmp(name, ".git") != 0;
    for (size_t i = 0; i < 3 && all; i++) {
        path->len = 0;
        buf_printf(path, "%s/%s/%s", dir, name, parts[i]);
        all = access(path->data, F_OK) == 0;
    }
    path->len = 0;
    buf_printf(path, "%s/%s", dir, name);
    return all;
}

/* Those in a folder, as people keep their dotfiles. */
static int judge_beside(const char *dir, const char *file, const char *path, struct errors *warnings,
                        struct error *e)
{
    cleanup(buf_free) struct buf git_dir = {0};
    DIR *stream = opendir(dir);
    int result = 0;
    for (const struct dirent *entry; stream && result == 0 && (entry = readdir(stream));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            is_repository(dir, entry->d_name, &git_dir))
            result = judge(&(struct repository){dir, git_dir.data}, file, path, warnings, e);
    if (stream)
        closedir(stream);
    return result;
}

int history_judge(const struct plan *plan, struct errors *warnings, struct error *e)
{
    const struct site *site = plan->site;
    UNSET char path[SITE_LOGIN_FILE_MAX];
    if (!plan_login_file(path, plan))
        return 0;
    UNSET char name[PATH_MAX];
    snprintf(name, sizeof name, "%s/%s", site->dir, path);
    UNSET char file[PATH_MAX];
    if (!realpath(name, file) || !realpath(site->dir, name))
        return 0;
    /* Of no bytes every repository has some. */
    struct stat st;
    if (stat(file, &st) == 0 && st.st_size == 0)
        return 0;
    int result = 0;
    if (tracked_file(site->dir, path) != TRACKED_OUTSIDE)
        result = judge(&(struct repository){site->dir, NULL}, file, path, warnings, e);
    for (char *slash = name + strlen(name); result == 0 && slash;) {
        result = judge_beside(name[0] ? name : "/", file, path, warnings, e);
        slash = strrchr(name, '/');
        if (slash)
            *slash = '\0';
    }
    return result;
}
