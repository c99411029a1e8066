/* The vault's half of fetch.h: GETs in flight, their answers in order, and what to do when the server closes
 * early. */
#include "vault/fetch.h"

#include "base/mem.h"

#include <string.h>

static unsigned pop(struct fetch *f)
{
    unsigned index = f->queue[0];
    memmove(f->queue, f->queue + 1, --f->queued * sizeof *f->queue);
    return index;
}

/* Everything in flight is asked for again on another connection. */
static void unsend(struct fetch *f)
{
    while (f->queued)
        f->jobs[pop(f)].state = JOB_TODO;
    buf_free(&f->get.out);
    f->get.answer_by = 0;
}

static void reset(struct fetch *f)
{
    unsend(f);
    conn_close(&f->get.conn);
    http_free(&f->get.http);
    http_init(&f->get.http, f->request->now);
    f->answered = 0;
}

static void give_up(struct fetch *f, unsigned index, const struct error *e)
{
    struct vault_answer failed = {.error = *e};
    error_wrap(&failed.error, "secret %s", f->request->names[index].name);
    fetch_answer(f, index, &failed);
}

/* One name failed: again later if its reason may pass. */
static void later(struct fetch *f, unsigned index, const struct error *e, uint64_t now)
{
    struct job *job = &f->jobs[index];
    uint64_t at = fetch_again_at(f, ++job->tries, e, now);
    job->last = *e;
    job->not_before = at;
    job->state = JOB_TODO;
    if (at == 0)
        give_up(f, index, e);
}

/* The connection failed before anything was asked on it. */
static void connection_failed(struct fetch *f, uint64_t now)
{
    struct side *s = &f->get;
    struct error e = s->conn.error;
    reset(f);
    uint64_t at = fetch_again_at(f, ++s->tries, &e, now);
    s->last = e;
    s->not_before = at;
    if (at)
        f->world.progress(f->world.arg, f->vault.host, "wait");
    else if (f->token.length_)
        fetch_fail(f, &e);
    else
        f->vault_error = e;
}

/* The connection ended with requests in flight. A server that had answered some merely does not like so many
 * at once; one that had answered none costs its first request and the connection a try, so that this ends. */
static void cut_off(struct fetch *f, uint64_t now)
{
    struct side *s = &f->get;
    struct error e = {0};
    bool progressed = f->answered > 0 && !http_begun(&s->http);
    side_broken(s, &e);
    unsigned first = f->queue[0];
    f->limit = 1;
    reset(f);
    if (progressed)
        return;
    later(f, first, &e, now);
    if (!fetch_passes(e.code))
        return; /* what this name's answer was, and no reason to doubt the others */
    s->last = e;
    s->not_before = fetch_again_at(f, ++s->tries, &e, now);
    if (s->not_before == 0 && f->done < f->request->name_count)
        fetch_fail(f, &e);
}

/* The next name to ask for: of those whose time has come the one that failed least, so that one bad name does
 * not hold up the rest. -1 when there is none. */
static int pick(const struct fetch *f, uint64_t now)
{
    int best = -1;
    for (unsigned i = 0; i < f->request->name_count; i++) {
        const struct job *job = &f->jobs[i];
        if (job->state == JOB_TODO && job->not_before <= now &&
            (best < 0 || job->tries < f->jobs[best].tries))
            best = (int)i;
    }
    return best;
}

static void send_requests(struct fetch *f, uint64_t now)
{
    for (int i = pick(f, now); i >= 0 && f->queued < f->limit; i = pick(f, now)) {
        if (f->queued == 0)
            f->get.answer_by = now + FETCH_ANSWER_MS;
        keyvault_request(&f->get.out, &f->vault, &f->request->names[i], f->written ? NULL : f->request->write,
                         &f->token);
        f->jobs[i].state = JOB_SENT;
        f->jobs[i].generation = f->generation;
        f->queue[f->queued++] = (unsigned)i;
        f->world.stats.requests++;
    }
    if (f->queued && !f->said)
        f->world.progress(f->world.arg, f->vault.host, "secrets");
    f->said = f->said || f->queued;
    side_write(&f->get);
}

/* A refused token is renewed once; requests that were sent with the old one only go again. */
static bool renew(struct fetch *f, unsigned index)
{
    struct job *job = &f->jobs[index];
    if (f->generation > 1 && job->generation == f->generation)
        return false;
    job->state = JOB_TODO;
    if (job->generation == f->generation && !f->want_token) {
        f->want_token = true;
        f->login.not_before = 0;
        secret_free(&f->token);
    }
    return true;
}

static void answered(struct fetch *f, uint64_t now)
{
    struct side *s = &f->get;
    unsigned index = pop(f);
    struct error e = {0};
    struct vault_answer answer = {0};
    bool keep = s->http.keep_alive;
    f->answered++;
    s->tries = 0;
    s->answer_by = f->queued ? now + FETCH_ANSWER_MS : 0;
    if (keyvault_answer(&s->http, &f->request->names[index], &answer, &e) == 0) {
        /* What was written is read back like any other secret. */
        if (f->request->write && !f->written)
            f->jobs[index].state = JOB_TODO;
        else
            fetch_answer(f, index, &answer);
        f->written = true;
    } else if (e.code != E_VAULT_UNAUTHORIZED || !renew(f, index))
        later(f, index, &e, now);
    secret_free(&answer.value);
    http_free(&s->http);
    http_init(&s->http, f->request->now);
    if (keep)
        return;
    /* The server announced the end: what is in flight will not be answered. */
    if (f->queued)
        f->limit = 1;
    reset(f);
}

static void timed_out(struct fetch *f)
{
    struct error e = {0};
    conn_overdue(&f->get.conn, &e);
    fetch_fail(f, &e);
}

static void read_answers(struct fetch *f, uint64_t now)
{
    struct side *s = &f->get;
    while (f->queued && side_read(f, s, now)) {
        if (s->http.state == HTTP_DONE)
            answered(f, now);
        else
            cut_off(f, now);
    }
}

static void converse(struct fetch *f, uint64_t now)
{
    if (f->get.conn.state != CONN_READY || f->token.length_ == 0)
        return;
    send_requests(f, now);
    conn_step(&f->get.conn, now);
}

/* The connection when no answer is awaited on it. */
static void idle(struct fetch *f, uint64_t now)
{
    struct side *s = &f->get;
    size_t n;
    if (f->queued)
        return;
    if (conn_read(&s->conn, &n)) {
        error_set(&s->conn.error, E_HTTP_MALFORMED, "%s sent something that was not asked for",
                  f->vault.host);
        connection_failed(f, now);
    } else if (s->conn.state == CONN_ENDED || (s->conn.state == CONN_FAILED && s->conn.shaken)) {
        /* Once is bad luck; a server that closes again before anything was asked costs a try, so that this ends. */
        bool again = f->idle_end && f->token.length_ && f->answered == 0;
        f->idle_end = true;
        if (!again) {
            reset(f);
            return;
        }
        if (s->conn.state == CONN_ENDED)
            side_broken(s, &s->conn.error);
        connection_failed(f, now);
    } else if (s->conn.state == CONN_FAILED) {
        connection_failed(f, now);
    }
}

void getter_step(struct fetch *f, uint64_t now)
{
    struct side *s = &f->get;
    bool have_token = f->token.length_ > 0;
    if (have_token && f->vault_error.code) {
        fetch_fail(f, &f->vault_error);
        return;
    }
    if (f->vault_error.code || now < s->not_before)
        return;
    /* Opened at once for the first token; later only when there is something to ask. */
    if (s->conn.state == CONN_IDLE &&
        ((f->generation == 0 && !f->idle_end) || (have_token && pick(f, now) >= 0)))
        conn_open(&s->conn, now);
    conn_step(&s->conn, now);
    converse(f, now);
    read_answers(f, now);
    converse(f, now); /* answers made room, and no event will say so */
    idle(f, now);
    if (s->answer_by && now >= s->answer_by && !f->failed)
        timed_out(f);
}

void getter_timer(const struct fetch *f, uint64_t now, uint64_t *next)
{
    const struct side *s = &f->get;
    fetch_sooner(next, s->answer_by, now);
    fetch_sooner(next, s->not_before, now);
    for (unsigned i = 0; f->token.length_ && i < f->request->name_count; i++)
        if (f->jobs[i].state == JOB_TODO)
            fetch_sooner(next, f->jobs[i].not_before, now);
    /* The last step read every answer that was due, or closed the connection: the next request waits for no
     * event. */
    bool can_ask = s->conn.state == CONN_IDLE || (s->conn.state == CONN_READY && f->queued < f->limit);
    if (f->token.length_ && now >= s->not_before && can_ask && pick(f, now) >= 0)
        *next = now;
}

void getter_expire(struct fetch *f)
{
    struct error e = {0};
    if (f->code.length_ && f->token.length_ == 0)
        login_unused(&e);
    else if (f->vault_error.code)
        e = f->vault_error;
    else if (f->token.length_ == 0 && f->login.last.code && f->login.conn.state != CONN_READY)
        e = f->login.last;
    else if (f->token.length_ == 0)
        conn_overdue(&f->login.conn, &e);
    else if (f->get.last.code && f->get.conn.state != CONN_READY)
        e = f->get.last;
    else
        conn_overdue(&f->get.conn, &e);
    for (unsigned i = 0; i < f->request->name_count; i++)
        if (f->jobs[i].state != JOB_DONE && f->jobs[i].last.code)
            give_up(f, i, &f->jobs[i].last);
    if (f->done < f->request->name_count)
        fetch_fail(f, &e);
}
