#include "vault/parent.h"

#include "base/clock.h"
#include "base/mem.h"
#include "vault/fetch.h"
#include "vault/record.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct listener {
    const struct vault_request *request;
    struct parent_clock clock;
    struct vault_answer *answers;
    bool answered[VAULT_NAMES_MAX];
    struct vault_stats *stats;
    vault_progress *progress;
    void *arg;
    struct error *failed;
    /* a person */
    bool asked;
    /* a peer was named */
    bool alive;
    bool done;
    unsigned records;
    /* progress */
    unsigned shown;
};

void parent_clock_start(struct parent_clock *c, const struct vault_request *request, uint64_t now)
{
    c->end = now + VAULT_TOTAL_MS + PARENT_GRACE_MS;
    c->until = now;
    parent_clock_answer(c, request, now);
}

void parent_clock_answer(struct parent_clock *c, const struct vault_request *request, uint64_t now)
{
    uint64_t later = now + fetch_patience(request) + PARENT_GRACE_MS;
    if (later > c->until)
        c->until = later < c->end ? later : c->end;
}

void parent_clock_person(struct parent_clock *c, uint32_t seconds)
{
    c->until += (uint64_t)seconds * 1000;
    c->end += (uint64_t)seconds * 1000;
}

/* What can go wrong in a fetcher. Any other code would have the parent do, or tell a person, what is none of its
 * business. */
static bool is_fetchers(enum error_code code)
{
    static const struct {
        enum error_code first, last;
    } own[] = {{E_NONE, E_NONE},          {E_NO_MEMORY, E_NO_MEMORY},    {E_SYSTEM, E_SYSTEM},
               {E_CRED_FORM, E_VAULT_CA}, {E_SANDBOX, E_SECRET_EXPIRED}, {E_VAULT_PARAMETER, E_VAULT_ANSWER}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (code >= own[i].first && code <= own[i].last)
            return true;
    return false;
}

/* False when the record cannot belong to this conversation. The value moves out of it. */
static bool take(struct listener *l, struct record *r)
{
    if (l->done || ++l->records > PARENT_RECORDS_MAX || !is_fetchers(r->answer.error.code))
        return false;
    switch (r->type) {
    case RECORD_PROGRESS:
        if (l->progress && l->shown++ < PARENT_PROGRESS_MAX)
            l->progress(l->arg, r->host, r->step);
        return true;
    case RECORD_ANSWER:
        if (r->index >= l->request->name_count || l->answered[r->index])
            return false;
        l->answered[r->index] = true;
        parent_clock_answer(&l->clock, l->request, clock_ms());
        l->answers[r->index] = r->answer;
        r->answer.value = (struct secret){0};
        return true;
    case RECORD_STATS:
        if (l->stats)
            *l->stats = r->stats;
        return true;
    case RECORD_FAILED:
        *l->failed = r->answer.error;
        return true;
    case RECORD_CODE:
        if (l->asked || l->request->login != VAULT_LOGIN_DEVICE)
            return false;
        l->asked = true;
        parent_clock_person(&l->clock, r->code.expires_s);
        l->request->ask(l->arg, &r->code);
        return true;
    case RECORD_ALIVE:
        if (l->alive || r->index >= l->request->peer_count)
            return false;
        l->alive = true;
        l->request->alive(l->arg, r->index);
        return true;
    case RECORD_DONE:
        l->done = true;
        return true;
    }
    return false;
}

static int take_all(struct listener *l, struct buf *in, struct error *e)
{
    struct record *record = mem_alloc(sizeof *record);
    struct reader r = reader_of(in->data, in->len);
    enum record_result result;
    bool fits = true;
    while (fits && (result = record_read(&r, record)) == RECORD_READ) {
        fits = take(l, record);
        secret_free(&record->answer.value);
    }
    mem_free(record);
    if (!fits || result == RECORD_WRONG)
        return error_set(e, E_FETCHER, "it sent a record that does not belong here");
    buf_consume(in, in->len - r.n);
    return 0;
}

/* 0 when there is something to read. */
static int wait_for(const struct listener *l, int fd, struct error *e)
{
    for (;;) {
        uint64_t now = clock_ms();
        struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = l->request->stop_fd, .events = POLLIN}};
        if (now >= l->clock.until)
            return error_set(e, E_FETCHER, "it said nothing until the deadline");
        int n = poll(p, 2, l->clock.until - now > 60000 ? 60000 : (int)(l->clock.until - now));
        if (n > 0 && p[1].revents)
            return error_set(e, E_STOPPED, "while secrets were fetched");
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return error_errno(e, E_FETCHER, errno, "poll");
    }
}

static int listen_until(struct listener *l, int fd, struct error *e)
{
    struct buf in = {.max = 2 * RECORD_MAX};
    while (!l->done) {
        if (wait_for(l, fd, e) < 0)
            break;
        UNSET unsigned char piece[4096];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0) {
            error_set(e, E_FETCHER, "it ended without a last word");
            break;
        }
        buf_add(&in, piece, (size_t)n);
        mem_wipe(piece, sizeof piece);
        if (take_all(l, &in, e) < 0)
            break;
    }
    int result = -1;
    if (l->done)
        result = in.len == 0 ? 0 : error_set(e, E_FETCHER, "it went on after its last word");
    buf_free(&in);
    return result;
}

int parent_listen(int fd, const struct vault_request *request, struct vault_answer *answers,
                  struct vault_stats *stats, vault_progress *progress, void *arg, struct error *failed,
                  struct error *e)
{
    struct listener l = {.request = request,
                         .answers = answers,
                         .stats = stats,
                         .progress = progress,
                         .arg = arg,
                         .failed = failed};
    *failed = (struct error){0};
    parent_clock_start(&l.clock, request, clock_ms());
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    if (listen_until(&l, fd, e) < 0)
        return -1;
    for (unsigned i = 0; i < request->name_count; i++) {
        if (l.answered[i])
            continue;
        if (failed->code == E_NONE)
            return error_set(e, E_FETCHER, "it left a name unanswered");
        answers[i].error = *failed;
    }
    return 0;
}
