/* The vault's half of fetch.h: GETs in flight, their answers in order, and what to do when a connection gives trouble
 * or the server asks for fewer. */
#include "vault/fetch.h"

#include "base/mem.h"

#include <string.h>

#define OUT_ENOUGH 16384 /* bytes of requests that wait for TLS: a record's worth, and no more is made */

static unsigned pop(struct fetch *f)
{
    unsigned index = f->queue[0];
    memmove(f->queue, f->queue + 1, --f->queued * sizeof *f->queue);
    return index;
}

/* Everything in flight is asked for again on another connection. */
static void reset(struct fetch *f)
{
    while (f->queued)
        f->jobs[pop(f)].state = FETCH_TODO;
    fetch_close(&f->get);
}

static void give_up(struct fetch *f, unsigned index, const struct error *e, uint64_t now)
{
    struct vault_answer failed = {.error = *e};
    error_wrap(&failed.error, "secret %s", f->request->names[index].name);
    fetch_answer(f, index, &failed, now);
}

/* One name failed: again later if its reason may pass. */
static void later(struct fetch *f, unsigned index, const struct error *e, uint64_t now)
{
    struct fetch_job *job = &f->jobs[index];
    uint64_t at = fetch_again_at(f, ++job->tries, e, now);
    job->last = *e;
    job->not_before = at;
    job->state = FETCH_TODO;
    if (at == 0)
        give_up(f, index, e, now);
}

/* The vault, or what stands before it, takes no more for now: nothing is asked for a while, then half as much at a
 * time. However many one batch was refused, that is one failure. */
static void pause_all(struct fetch *f, unsigned index, const struct error *e, uint64_t now)
{
    struct exchange *s = &f->get;
    struct fetch_job *job = &f->jobs[index];
    job->tries++;
    job->last = *e;
    job->state = FETCH_TODO;
    job->not_before = f->pause_until;
    if (job->pause != f->pauses)
        return;
    uint64_t at = fetch_again_at(f, ++s->tries, e, now);
    if (at == 0) {
        give_up(f, index, e, now);
        return;
    }
    f->pauses++;
    f->pause_until = at;
    f->limit = f->limit > 1 ? f->limit / 2 : 1;
    for (unsigned i = 0; i < f->request->name_count; i++)
        if (f->jobs[i].not_before < at)
            f->jobs[i].not_before = at;
}

/* The connection failed, or ended, before anything was asked on it. */
static void connection_failed(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->get;
    struct error e = s->conn.error;
    bool turned = fetch_turn(s);
    reset(f);
    s->last = e;
    if (turned)
        return;
    uint64_t at = fetch_again_at(f, ++s->tries, &e, now);
    s->not_before = at;
    if (at)
        f->world.progress(f->world.arg, f->vault.host, "wait");
    else if (f->token.length_)
        fetch_fail(f, &e);
    else
        f->vault_error = e;
}

/* The connection ended, spoke wrongly or fell silent with requests in flight. One that had carried several may have
 * disliked just that; one that had answered has done its work. What is left costs its first request and the connection
 * a try, so that this ends. */
static void trouble(struct fetch *f, const struct error *e, uint64_t now)
{
    struct exchange *s = &f->get;
    bool again = s->crowded || (s->answered > 0 && !http_begun(&s->http));
    bool silent = e->code == E_HTTP_TIMEOUT;
    unsigned first = f->queue[0];
    if (s->crowded)
        f->limit = 1;
    again = fetch_turn(s) || again;
    reset(f);
    s->last = *e;
    if (again)
        return;
    if (silent) {
        fetch_fail(f, e);
        return;
    }
    later(f, first, e, now);
    if (!fetch_passes(e->code))
        return; /* what this name's answer was, and no reason to doubt the others */
    s->not_before = fetch_again_at(f, ++s->tries, e, now);
    if (s->not_before == 0 && f->done < f->request->name_count)
        fetch_fail(f, e);
}

static void cut_off(struct fetch *f, uint64_t now)
{
    struct error e = {0};
    fetch_broken(&f->get, &e);
    trouble(f, &e, now);
}

static void timed_out(struct fetch *f, uint64_t now)
{
    struct error e = {0};
    conn_overdue(&f->get.conn, &e);
    trouble(f, &e, now);
}

/* The next name to ask for: of those whose time has come the one that failed least, so that one bad name does
 * not hold up the rest. -1 when there is none. */
static int pick(const struct fetch *f, uint64_t now)
{
    int best = -1;
    for (unsigned i = 0; i < f->request->name_count; i++) {
        const struct fetch_job *job = &f->jobs[i];
        if (job->state == FETCH_TODO && job->not_before <= now &&
            (best < 0 || job->tries < f->jobs[best].tries))
            best = (int)i;
    }
    return best;
}

static void send_requests(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->get;
    for (int i = pick(f, now); i >= 0 && f->queued < f->limit && s->out.len < OUT_ENOUGH; i = pick(f, now)) {
        if (f->queued == 0)
            s->answer_by = now + FETCH_ANSWER_MS;
        keyvault_request(&s->out, &f->vault, &f->request->names[i], f->written ? NULL : f->request->write,
                         &f->token);
        f->jobs[i].state = FETCH_SENT;
        f->jobs[i].generation = f->generation;
        f->jobs[i].pause = f->pauses;
        f->queue[f->queued++] = (unsigned)i;
        f->stats.requests++;
        s->crowded = s->crowded || f->queued > 1;
        if (s->out.len >= OUT_ENOUGH)
            fetch_write(s, now);
    }
    if (f->queued && !f->said)
        f->world.progress(f->world.arg, f->vault.host, "secrets");
    f->said = f->said || f->queued;
    fetch_write(s, now);
}

/* A refused token is renewed once; requests that were sent with the old one only go again. */
static bool renew(struct fetch *f, unsigned index)
{
    struct fetch_job *job = &f->jobs[index];
    if (f->generation > 1 && job->generation == f->generation)
        return false;
    job->state = FETCH_TODO;
    if (job->generation == f->generation && !f->want_token) {
        f->want_token = true;
        f->login.not_before = 0;
        secret_free(&f->token);
    }
    return true;
}

static void answered(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->get;
    unsigned index = pop(f);
    struct error e = {0};
    struct vault_answer answer = {0};
    bool keep = s->http.keep_alive;
    int result = keyvault_answer(&s->http, &f->request->names[index], &answer, &e);
    bool busy = e.code == E_VAULT_BUSY || e.code == E_VAULT_UNAVAILABLE;
    s->answered++;
    s->answer_by = f->queued ? now + FETCH_ANSWER_MS : 0;
    if (!busy)
        s->tries = 0;
    if (result == 0) {
        /* What was written is read back like any other secret. */
        if (f->request->write && !f->written)
            f->jobs[index].state = FETCH_TODO;
        else
            fetch_answer(f, index, &answer, now);
        f->written = true;
    } else if (busy) {
        pause_all(f, index, &e, now);
    } else if (e.code != E_VAULT_UNAUTHORIZED || !renew(f, index)) {
        later(f, index, &e, now);
    }
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

/* Whether there was anything to read. */
static bool read_answers(struct fetch *f, uint64_t now)
{
    bool any = false;
    while (f->queued && fetch_read(f, &f->get, now)) {
        any = true;
        if (f->get.http.state == HTTP_DONE)
            answered(f, now);
        else
            cut_off(f, now);
    }
    return any;
}

static void ask(struct fetch *f, uint64_t now)
{
    if (f->get.conn.state == CONN_READY && f->token.length_)
        send_requests(f, now);
}

/* The server ended the connection, or said something (as some do before they end it), while nothing was asked. Once is
 * bad luck; one that does so again before anything was asked costs a try, so that this ends. */
static void ended_unasked(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->get;
    bool again = f->idle_end && f->token.length_ && s->answered == 0;
    f->idle_end = true;
    if (!again) {
        reset(f);
        return;
    }
    if (s->conn.state == CONN_ENDED)
        fetch_broken(s, &s->conn.error);
    connection_failed(f, now);
}

/* The connection when no answer is awaited on it. */
static void idle(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->get;
    if (f->queued)
        return;
    UNSET char peer[CONN_PEER_MAX];
    size_t n;
    if (conn_read(&s->conn, &n)) {
        error_set(&s->conn.error, E_HTTP_MALFORMED, "%s sent something that was not asked for",
                  conn_peer(&s->conn, peer));
        ended_unasked(f, now);
    } else if (s->conn.state == CONN_ENDED || (s->conn.state == CONN_FAILED && s->conn.shaken)) {
        ended_unasked(f, now);
    } else if (s->conn.state == CONN_FAILED) {
        connection_failed(f, now);
    }
}

void getter_step(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->get;
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
        fetch_open(f, s, now);
    conn_step(&s->conn, now);
    /* Answers make room, and no event says so; nor does one say that a connection has ended with requests in it. */
    do
        ask(f, now);
    while (read_answers(f, now));
    idle(f, now);
    if (s->answer_by && now >= s->answer_by && !f->failed)
        timed_out(f, now);
}

void getter_timer(const struct fetch *f, uint64_t now, uint64_t *next)
{
    const struct exchange *s = &f->get;
    fetch_sooner(next, s->answer_by, now);
    fetch_sooner(next, s->not_before, now);
    for (unsigned i = 0; f->token.length_ && i < f->request->name_count; i++)
        if (f->jobs[i].state == FETCH_TODO)
            fetch_sooner(next, f->jobs[i].not_before, now);
    /* The last step read every answer that was due, or closed the connection: the next request waits for no
     * event. */
    bool can_ask = s->conn.state == CONN_IDLE ||
        (s->conn.state == CONN_READY && f->queued < f->limit && s->out.len < OUT_ENOUGH);
    if (f->token.length_ && now >= s->not_before && can_ask && pick(f, now) >= 0)
        *next = now;
}

void getter_expire(struct fetch *f, uint64_t now)
{
    struct error e = {0};
    if (f->code.length_ && f->token.length_ == 0)
        login_unused(&e);
    else if (f->vault_error.code)
        e = f->vault_error;
    else
        fetch_overdue(f->token.length_ ? &f->get : &f->login, &e);
    for (unsigned i = 0; i < f->request->name_count; i++)
        if (f->jobs[i].state != FETCH_DONE && f->jobs[i].last.code)
            give_up(f, i, &f->jobs[i].last, now);
    if (!fetch_finished(f))
        fetch_fail(f, &e);
}
