#include "vault/vault.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "vault/fetch.h"
#include "vault/keyvault.h"
#include "vault/parent.h"
#include "vault/probe.h"
#include "vault/record.h"
#include "vault/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct checked {
    struct url authority;
    struct url vault;
    struct url resource;
    char scope[URL_AUTHORITY_MAX + 32];
};

static bool plain(const char *s, size_t max)
{
    static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._";
    size_t n = s ? strlen(s) : 0;
    return n > 0 && n <= max && strspn(s, set) == n;
}

static int check_names(const struct vault_request *q, struct error *e)
{
    if (q->login_only ? q->name_count != 0 : q->name_count == 0 || q->name_count > VAULT_NAMES_MAX)
        return error_set(e, E_VAULT_REQUEST, "%u secrets are asked for; 1 to %d can be", q->name_count,
                         VAULT_NAMES_MAX);
    for (unsigned i = 0; i < q->name_count; i++) {
        const struct secret_name *n = &q->names[i];
        if (!keyvault_name_ok(n->name))
            return error_set(e, E_VAULT_REQUEST, "\"%s\" is not the name of a secret",
                             n->name ? n->name : "");
        if (!keyvault_version_ok(n->version))
            return error_set(e, E_VAULT_REQUEST, "secret %s: \"%s\" is not a version (32 hexadecimal digits)",
                             n->name, n->version);
    }
    return 0;
}

static int check(const struct vault_request *q, struct checked *c, struct error *e)
{
    if (q->peer_count)
        return q->peer_count <= VAULT_PEERS_MAX && q->name_count == 0
            ? 0
            : error_set(e, E_VAULT_REQUEST, "%u peers; at most %d can be", q->peer_count, VAULT_PEERS_MAX);
    if (url_parse("cloud.authority", q->authority, &c->authority, e) < 0 ||
        url_parse("vault", q->vault, &c->vault, e) < 0 ||
        url_parse("cloud.resource", q->resource, &c->resource, e) < 0 || check_names(q, e) < 0)
        return -1;
    if (!plain(q->tenant, 253))
        return error_set(e, E_VAULT_REQUEST, "login.tenant: \"%s\" is no GUID or domain",
                         q->tenant ? q->tenant : "");
    if (!plain(q->client, 64))
        return error_set(e, E_VAULT_REQUEST, "login.client: \"%s\" is no GUID", q->client ? q->client : "");
    if (q->login != VAULT_LOGIN_DEVICE && (q->credential == NULL || q->credential->length_ == 0))
        return error_set(e, E_CRED_FORM, "the credential is empty");
    if (q->write && (q->name_count != 1 || !plain(q->write, VAULT_WRITE_MAX)))
        return error_set(e, E_VAULT_REQUEST, "secret %s: the value is not one that hearth writes",
                         q->names[0].name);
    /* A token is good for every vault of its cloud: it is never sent to a host outside it. */
    if (!url_below(c->vault.host, c->resource.host))
        return error_set(e, E_VAULT_HOST, "%s is not below %s", c->vault.host, c->resource.host);
    UNSET char host[URL_AUTHORITY_MAX];
    snprintf(c->scope, sizeof c->scope, "https://%s/.default", url_authority(&c->resource, host));
    return 0;
}

/* What the child may know. The heap stays with the parent: it may hold what a vault gave before, and a whole machine
 * config. The texts of the request lie with the kernel on their way, because beside the heap there is no room. */
struct request_copy {
    struct vault_request request;
    struct secret_name names[VAULT_NAMES_MAX];
    struct secret credential;
    /* bytes; of all texts with their NULs and the credential, too */
    size_t credential_size, size;
    /* where they lie */
    int fd;
    struct probe probe;
};

#define TEXTS_MAX (9 + 2 * VAULT_NAMES_MAX)

static unsigned texts_of(struct request_copy *k, const char **at[TEXTS_MAX])
{
    struct vault_request *q = &k->request;
    const char **const own[] = {&q->authority, &q->vault,  &q->resource,   &q->tenant,     &q->client,
                                &q->write,     &q->ca_pem, &q->hosts_file, &q->resolv_conf};
    unsigned count = 0;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        at[count++] = own[i];
    for (unsigned i = 0; i < q->name_count; i++) {
        at[count++] = &k->names[i].name;
        at[count++] = &k->names[i].version;
    }
    return count;
}

/* In the parent. Until take() the texts of the copy only say which there are. */
static int set_aside(struct request_copy *k, const struct vault_request *q, struct error *e)
{
    k->request = *q;
    if (q->peer_count) {
        probe_make(&k->probe, q);
        return 0;
    }
    for (unsigned i = 0; i < q->name_count; i++)
        k->names[i] = q->names[i];
    const char **at[TEXTS_MAX];
    unsigned count = texts_of(k, at);
    struct buf flat = {0};
    for (unsigned i = 0; i < count; i++)
        if (*at[i])
            buf_add(&flat, *at[i], strlen(*at[i]) + 1);
    struct span credential = q->credential ? secret_bytes(q->credential) : (struct span){0};
    if (credential.n)
        buf_add(&flat, credential.p, credential.n);
    k->credential_size = credential.n;
    k->size = flat.len;
    k->fd = memfd_create("request", MFD_CLOEXEC);
    int written = k->fd < 0 ? error_errno(e, E_SYSTEM, errno, "memfd")
                            : file_write_all(k->fd, flat.data, flat.len, "the request", e);
    buf_free(&flat);
    return written;
}

/* In the child, whose heap holds nothing. */
static int take(struct request_copy *k, struct error *e)
{
    char *p = mem_alloc(k->size);
    for (size_t got = 0; got < k->size;) {
        ssize_t more = pread(k->fd, p + got, k->size - got, (off_t)got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return error_errno(e, E_SYSTEM, errno, "memfd");
        got += (size_t)more;
    }
    fd_cleanup(&k->fd);
    const char **at[TEXTS_MAX];
    unsigned count = texts_of(k, at);
    for (unsigned i = 0; i < count; i++)
        if (*at[i]) {
            *at[i] = p;
            p += strlen(p) + 1;
        }
    k->credential = secret_copy(p, k->credential_size);
    k->request.names = k->names;
    if (k->request.credential)
        k->request.credential = &k->credential;
    return 0;
}

/* In the child. What it sends is all that leaves it; the heap is wiped before the end. */
static void __attribute__((noreturn))
child(struct request_copy *copy, const struct checked *c, pid_t parent, int fd)
{
    mem_forget();
    signal(SIGPIPE, SIG_IGN);
    struct error e = {0};
    bool probing = copy->request.peer_count > 0;
    bool entered = probing || take(copy, &e) == 0;
    mem_lock();
    fetch_last_words(fd);
    /* Before the sandbox: jansson would take its seed from the clock and the process id. */
    size_t seed = 0;
    if (entered && !random_fill(&seed, sizeof seed))
        entered = error_set(&e, E_SYSTEM, "getrandom gave no randomness") == 0;
    json_object_seed(seed | 1);
    entered = entered && sandbox_enter(parent, fd, &e) == 0;
    if (entered && probing) {
        probe_run(&copy->probe, fd);
    } else if (entered) {
        fetch_run(&copy->request, &c->authority, &c->vault, c->scope, fd);
    } else {
        struct buf record = {0};
        record_failed(&record, &e);
        record_done(&record);
        UNSET struct error ignored;
        (void)file_write_all(fd, record.data, record.len, "the pipe", &ignored);
    }
    mem_wipe_all();
    _exit(0);
}

/* How the child ended, for a message. */
static int ended(int status, struct error *e)
{
    if (WIFSIGNALED(status))
        return error_wrap(e, "the fetcher was ended by signal %d", WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status))
        return error_wrap(e, "the fetcher ended with status %d", WEXITSTATUS(status));
    return error_wrap(e, "the fetcher");
}

static int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static int converse(const struct vault_request *q, const struct checked *c, struct vault_answer *answers,
                    struct vault_stats *stats, vault_progress *progress, void *arg, struct error *failed,
                    struct error *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(e, E_SYSTEM, errno, "pipe");
    cleanup(fd_cleanup) int from = ends[0];
    cleanup(fd_cleanup) int to = ends[1];
    struct request_copy copy = {.fd = -1};
    int set = set_aside(&copy, q, e);
    pid_t parent = getpid(), pid = -1;
    if (set == 0) {
        mem_stay_behind(true);
        /* Not fork(), which would take locks for threads that there are none of. */
        pid = _Fork();
        if (pid == 0)
            child(&copy, c, parent, to);
        if (pid < 0)
            set = error_errno(e, E_SYSTEM, errno, "fork");
        mem_stay_behind(false);
    }
    fd_cleanup(&copy.fd);
    if (set != 0)
        return -1;
    fd_cleanup(&to);
    int result = parent_listen(from, q, answers, stats, progress, arg, failed, e);
    /* After its last word it wipes itself and ends; one that does something else is not waited for. */
    struct pollfd end = {.fd = from};
    if (result < 0 || poll(&end, 1, FETCH_END_MS) <= 0)
        kill(pid, SIGKILL); /* not reaped yet: the id is still its own */
    int status = reap(pid);
    return result < 0 && e->code != E_STOPPED ? ended(status, e) : result;
}

static void note_proxy(void)
{
    static const char *const names[] = {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) {
            log_note("%s is set, but hearth connects directly: proxies are ignored", names[i]);
            return;
        }
    }
}

int vault_fetch(const struct vault_request *request, struct vault_answer *answers, struct vault_stats *stats,
                vault_progress *progress, void *arg, struct error *e)
{
    for (unsigned i = 0; i < request->name_count; i++)
        answers[i] = (struct vault_answer){0};
    if (stats)
        *stats = (struct vault_stats){0};
    struct checked checked;
    if (check(request, &checked, e) < 0)
        return -1;
    if (!request->peer_count)
        note_proxy();
    struct error failed;
    if (converse(request, &checked, answers, stats, progress, arg, &failed, e) < 0) {
        /* Nothing that a broken fetcher said is used. */
        vault_answers_free(answers, request->name_count);
        for (unsigned i = 0; i < request->name_count; i++)
            answers[i].error = *e;
        return -1;
    }
    if (request->name_count == 0 && failed.code) {
        *e = failed;
        return -1;
    }
    for (unsigned i = 0; i < request->name_count; i++) {
        if (answers[i].error.code == E_NONE)
            continue;
        *e = failed.code ? failed : answers[i].error;
        return -1;
    }
    return 0;
}

void vault_answers_free(struct vault_answer *answers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        secret_free(&answers[i].value);
        answers[i] = (struct vault_answer){0};
    }
}
