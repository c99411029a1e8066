/* The login's half of fetch.h: one POST, again when the reason may pass, once more when the vault refuses the
 * token. With a person: one POST for a code, then one every interval until the person has logged in. */
#include "vault/fetch.h"

#include "base/mem.h"
#include "base/random.h"
#include "vault/entra.h"
#include "vault/jwt.h"
#include "vault/record.h"

#include <string.h>

static void later(struct fetch *f, const struct error *e, uint64_t now)
{
    struct exchange *s = &f->login;
    uint64_t at = fetch_again_at(f, ++s->tries, e, now);
    s->last = *e;
    f->asked = false;
    fetch_close(s);
    if (at == 0) {
        fetch_fail(f, e);
        return;
    }
    s->not_before = at;
    login_prepare(f);
    if (!f->failed)
        f->world.progress(f->world.arg, f->authority.host, "wait");
}

/* The connection came to nothing, ended or fell silent. */
static void trouble(struct fetch *f, const struct error *e, uint64_t now)
{
    struct exchange *s = &f->login;
    if (!fetch_turn(s)) {
        later(f, e, now);
        return;
    }
    s->last = *e;
    f->asked = false;
    fetch_close(s);
}

/* The first of these lines that was not sent; empty: there is none. */
static struct span unsent(struct span lines, unsigned sent)
{
    const unsigned char *end;
    while ((end = memchr(lines.p, '\n', lines.n)) && sent--)
        lines = (struct span){end + 1, lines.n - (size_t)(end + 1 - lines.p)};
    lines.n = end ? (size_t)(end - lines.p) : 0;
    return lines;
}

static int build(struct fetch *f, struct error *e)
{
    const struct vault_request *q = f->request;
    struct span credential = secret_bytes(q->login == VAULT_LOGIN_DEVICE ? &f->code : q->credential);
    struct buf assertion = {0};
    if (q->login == VAULT_LOGIN_CERTIFICATE) {
        unsigned char random[JWT_JTI_BYTES + JWT_SALT_BYTES];
        if (!random_fill(random, sizeof random))
            return error_set(e, E_SYSTEM, "getrandom gave no randomness");
        struct buf audience = {0};
        entra_endpoint(&audience, &f->authority, q->tenant);
        const struct jwt_claims claims = {audience.data, q->client, q->now};
        int made = jwt_assertion(&assertion, f->key, &claims, random, random + JWT_JTI_BYTES, e);
        buf_free(&audience);
        mem_wipe(random, sizeof random);
        if (made < 0)
            return -1;
        credential = (struct span){(const unsigned char *)assertion.data, assertion.len};
    }
    if (q->login == VAULT_LOGIN_TPM) {
        credential = unsent(credential, f->logins);
        /* Who calls can sign more, so what stands in the way is what the last try met. */
        if (!credential.n) {
            *e = f->login.last;
            return -1;
        }
    }
    entra_request(&f->login.out, &f->authority, q->tenant, q->client, f->scope, q->login, credential);
    buf_free(&assertion);
    return 0;
}

static void ask(struct fetch *f, uint64_t now)
{
    login_prepare(f);
    if (f->failed)
        return;
    http_free(&f->login.http);
    http_init(&f->login.http, f->request->now);
    f->asked = true;
    f->login.answer_by = now + FETCH_ANSWER_MS;
    f->stats.requests++;
    f->logins++;
    if (!f->code.length_)
        f->world.progress(f->world.arg, f->authority.host,
                          f->request->login == VAULT_LOGIN_DEVICE ? "code" : "token");
}

void login_prepare(struct fetch *f)
{
    struct error e = {0};
    if (f->want_token && !f->asked && f->login.out.len == 0 && build(f, &e) < 0)
        fetch_fail(f, &e);
}

/* The person has not logged in yet: the connection is kept when the server keeps it. */
static void poll_later(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->login;
    f->asked = false;
    s->tries = 0;
    s->answer_by = 0;
    s->not_before = now + f->interval_ms;
    if (!s->http.keep_alive)
        conn_close(&s->conn);
}

static int take_code(struct fetch *f, uint64_t now, struct error *e)
{
    struct vault_code shown;
    if (entra_code(&f->login.http, &f->code, &shown, &f->interval_ms, e) < 0)
        return -1;
    struct buf record = {0};
    record_code(&record, &shown);
    fetch_emit(f, &record);
    f->deadline = now + (uint64_t)shown.expires_s * 1000;
    f->end = f->deadline + VAULT_TOTAL_MS;
    poll_later(f, now);
    return 0;
}

int login_unused(struct error *e)
{
    return error_set(e, E_ENTRA_CODE, "nobody logged in with the code before it ran out");
}

static void answered(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->login;
    bool person = f->request->login == VAULT_LOGIN_DEVICE;
    s->answered++;
    struct error e = {0};
    struct secret token = {0};
    if (person && !f->code.length_) {
        if (take_code(f, now, &e) == 0)
            return;
    } else if (entra_answer(&s->http, f->request->login, &token, &e) == 0) {
        if (person) {
            f->deadline = now + fetch_patience(f->request);
            f->end = now + VAULT_TOTAL_MS;
        }
        secret_free(&f->token);
        f->token = token;
        f->generation++;
        f->want_token = f->asked = false;
        s->tries = 0;
        /* Nothing more is asked here, and the memory of a TLS connection is a tenth of what there is. */
        fetch_close(s);
        return;
    }
    if (e.code == E_ENTRA_CODE && e.retry_after_ms) {
        f->interval_ms += e.retry_after_ms == ENTRA_SLOWER_MS ? ENTRA_SLOWER_MS : 0;
        poll_later(f, now);
        return;
    }
    error_wrap(&e, "%s", f->authority.host);
    later(f, &e, now);
}

/* Between two polls: the server may close, and has nothing to say. */
static void idle(struct exchange *s, uint64_t now)
{
    size_t n;
    if (s->conn.state == CONN_READY && (conn_step(&s->conn, now) != CONN_READY || conn_read(&s->conn, &n)))
        conn_close(&s->conn);
}

void login_step(struct fetch *f, uint64_t now)
{
    struct exchange *s = &f->login;
    if (!f->want_token)
        return;
    if (now < s->not_before) {
        idle(s, now);
        return;
    }
    if (s->conn.state == CONN_IDLE)
        fetch_open(f, s, now);
    conn_step(&s->conn, now);
    if (s->conn.state == CONN_READY && !f->asked)
        ask(f, now);
    if (s->conn.state == CONN_READY)
        fetch_write(s, now);
    bool over =
        f->asked ? fetch_read(f, s, now) : s->conn.state == CONN_FAILED || s->conn.state == CONN_ENDED;
    struct error e = {0};
    if (f->asked && over && s->http.state == HTTP_DONE) {
        answered(f, now);
    } else if (over) {
        fetch_broken(s, &e);
        trouble(f, &e, now);
    } else if (s->answer_by && now >= s->answer_by) {
        conn_overdue(&s->conn, &e);
        trouble(f, &e, now);
    }
}

void login_timer(const struct fetch *f, uint64_t now, uint64_t *next)
{
    if (!f->want_token)
        return;
    fetch_sooner(next, f->login.not_before, now);
    fetch_sooner(next, f->login.answer_by, now);
    /* The getter may want a new token after the login had its turn: opening and asking wait for no event. */
    bool can_act = f->login.conn.state == CONN_IDLE || (f->login.conn.state == CONN_READY && !f->asked);
    if (now >= f->login.not_before && can_act)
        *next = now;
}
