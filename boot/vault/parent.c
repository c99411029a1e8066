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

struct ear {
    const struct vault_request *request;
    uint64_t until; /* clock_ms() */
    struct vault_answer *answers;
    bool answered[VAULT_NAMES_MAX];
    struct vault_stats *stats;
    vault_progress *progress;
    void *arg;
    struct error *failed;
    bool asked; /* a person */
    bool done;
    unsigned records;
};

/* False when the record cannot belong to this conversation. The value moves out of it. */
static bool take(struct ear *ear, struct record *r)
{
    if (ear->done || ++ear->records > PARENT_RECORDS_MAX)
        return false;
    switch (r->type) {
    case RECORD_PROGRESS:
        if (ear->progress)
            ear->progress(ear->arg, r->host, r->step);
        return true;
    case RECORD_ANSWER:
        if (r->index >= ear->request->name_count || ear->answered[r->index])
            return false;
        ear->answered[r->index] = true;
        ear->answers[r->index] = r->answer;
        r->answer.value = (struct secret){0};
        return true;
    case RECORD_STATS:
        if (ear->stats)
            *ear->stats = r->stats;
        return true;
    case RECORD_FAILED:
        *ear->failed = r->answer.error;
        return true;
    case RECORD_CODE:
        if (ear->asked || ear->request->login != VAULT_LOGIN_DEVICE)
            return false;
        ear->asked = true;
        ear->until += (uint64_t)r->code.expires_s * 1000;
        ear->request->ask(ear->arg, &r->code);
        return true;
    case RECORD_DONE:
        ear->done = true;
        return true;
    }
    return false;
}

static int take_all(struct ear *ear, struct buf *in, struct error *e)
{
    struct record *record = mem_alloc(sizeof *record);
    struct reader r = reader_of(in->data, in->len);
    enum record_result result;
    bool fits = true;
    while (fits && (result = record_read(&r, record)) == RECORD_READ) {
        fits = take(ear, record);
        secret_free(&record->answer.value);
    }
    mem_free(record);
    if (!fits || result == RECORD_WRONG)
        return error_set(e, E_FETCHER, "it sent a record that does not belong here");
    buf_consume(in, in->len - r.n);
    return 0;
}

/* 0 when there is something to read. */
static int wait_for(const struct ear *ear, int fd, struct error *e)
{
    for (;;) {
        uint64_t now = clock_ms();
        struct pollfd p[] = {
            {.fd = fd, .events = POLLIN},
            {.fd = ear->request->stop_fd > 0 ? ear->request->stop_fd : -1, .events = POLLIN}};
        if (now >= ear->until)
            return error_set(e, E_FETCHER, "it said nothing until the deadline");
        int n = poll(p, 2, ear->until - now > 60000 ? 60000 : (int)(ear->until - now));
        if (n > 0 && p[1].revents)
            return error_set(e, E_STOPPED, "while secrets were fetched");
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return error_errno(e, E_FETCHER, errno, "poll");
    }
}

static int listen_until(struct ear *ear, int fd, struct error *e)
{
    struct buf in = {.max = 2 * RECORD_MAX};
    int result = -1;
    while (!ear->done) {
        unsigned char piece[4096];
        if (wait_for(ear, fd, e) < 0)
            break;
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0) {
            error_set(e, E_FETCHER, "it ended without a last word");
            break;
        }
        buf_add(&in, piece, (size_t)n);
        mem_wipe(piece, sizeof piece);
        if (take_all(ear, &in, e) < 0)
            break;
    }
    if (ear->done)
        result = in.len == 0 ? 0 : error_set(e, E_FETCHER, "it went on after its last word");
    buf_free(&in);
    return result;
}

int parent_listen(int fd, const struct vault_request *request, struct vault_answer *answers,
                  struct vault_stats *stats, vault_progress *progress, void *arg, struct error *failed,
                  struct error *e)
{
    struct ear ear = {.request = request,
                      .until = clock_ms() + fetch_patience(request) + PARENT_GRACE_MS,
                      .answers = answers,
                      .stats = stats,
                      .progress = progress,
                      .arg = arg,
                      .failed = failed};
    *failed = (struct error){0};
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    if (listen_until(&ear, fd, e) < 0)
        return -1;
    for (unsigned i = 0; i < request->name_count; i++) {
        if (ear.answered[i])
            continue;
        if (failed->code == E_NONE)
            return error_set(e, E_FETCHER, "it left a name unanswered");
        answers[i].error = *failed;
    }
    return 0;
}
