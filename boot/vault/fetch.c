#include "vault/fetch.h"

#include "base/clock.h"
#include "base/mem.h"
#include "vault/record.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define PIECES_MAX 64 /* records read in one step */

void fetch_emit(struct fetch *f, struct buf *record)
{
    size_t at = 0;
    while (at < record->len) {
        ssize_t n = write(f->to.fd, record->data + at, record->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            mem_wipe_all();
            _exit(1); /* nobody listens any more */
        }
        at += (size_t)n;
    }
    buf_free(record);
}

static void progress(void *arg, const char *host, const char *step)
{
    struct buf record = {0};
    record_progress(&record, host, step);
    fetch_emit(arg, &record);
}

void fetch_answer(struct fetch *f, unsigned index, const struct vault_answer *answer)
{
    struct buf record = {0};
    record_answer(&record, index, answer);
    fetch_emit(f, &record);
    f->jobs[index].state = JOB_DONE;
    f->done++;
}

void fetch_fail(struct fetch *f, const struct error *e)
{
    if (!f->failed)
        f->error = *e;
    f->failed = true;
}

uint32_t fetch_patience(const struct vault_request *request)
{
    return request->deadline_ms ? request->deadline_ms : VAULT_DEADLINE_MS;
}

bool fetch_passes(enum error_code code)
{
    static const enum error_code passing[] = {
        E_DNS_FAILED,  E_TCP_REFUSED, E_TCP_UNREACHABLE,   E_TCP_RESET,  E_TLS_TRUNCATED,
        E_HTTP_CLOSED, E_ENTRA_BUSY,  E_ENTRA_UNAVAILABLE, E_VAULT_BUSY, E_VAULT_UNAVAILABLE,
    };
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (passing[i] == code)
            return true;
    return false;
}

uint64_t fetch_again_at(const struct fetch *f, unsigned tries, const struct error *e, uint64_t now)
{
    if (tries >= FETCH_TRIES || !fetch_passes(e->code))
        return 0;
    uint64_t wait =
        e->retry_after_ms ? e->retry_after_ms : 1 + lookup_random() % (1000u << (tries ? tries - 1 : 0));
    return now + wait < f->deadline ? now + wait : 0;
}

void side_free(struct side *s)
{
    conn_close(&s->conn);
    http_free(&s->http);
    buf_free(&s->out);
}

void side_write(struct side *s)
{
    while (s->out.len) {
        size_t n = conn_write(&s->conn, s->out.data, s->out.len);
        if (n == 0)
            return;
        buf_consume(&s->out, n);
    }
    buf_free(&s->out);
}

bool side_read(struct fetch *f, struct side *s, uint64_t now)
{
    bool over = false;
    for (unsigned i = 0; i < PIECES_MAX && !over; i++) {
        size_t n;
        const unsigned char *p = conn_read(&s->conn, &n);
        if (!p) {
            conn_step(&s->conn, now);
            p = conn_read(&s->conn, &n);
        }
        if (!p)
            break;
        /* What follows this response stays in TLS until the next one is asked for. */
        n = http_feed(&s->http, p, n);
        conn_took(&s->conn, n);
        f->world.stats.bytes_in += (uint32_t)n;
        over = s->http.state == HTTP_DONE || s->http.state == HTTP_BAD;
    }
    if (!over && s->conn.state == CONN_ENDED)
        over = http_end(&s->http);
    return over || s->conn.state == CONN_ENDED || s->conn.state == CONN_FAILED;
}

int side_broken(const struct side *s, struct error *e)
{
    const char *host = s->conn.url->host;
    if (s->http.state == HTTP_BAD) {
        http_error(&s->http, e);
        return error_wrap(e, "%s", host);
    }
    if (s->conn.state == CONN_FAILED) {
        *e = s->conn.error;
        return -1;
    }
    return error_set(e, E_HTTP_CLOSED, "%s closed the connection before it had answered", host);
}

static bool prepare(struct fetch *f)
{
    const struct vault_request *q = f->request;
    struct error e = {0};
    nameservers_init(&f->world.servers, q->hosts_file, q->resolv_conf);
    if (anchors_read(&f->world.anchors, q->ca_pem, q->ca_only, &e) < 0) {
        error_wrap(&e, "cloud.ca");
        fetch_fail(f, &e);
    } else if (q->login == VAULT_LOGIN_CERTIFICATE) {
        f->key = loginkey_read(secret_bytes(q->credential), &e);
        if (!f->key) {
            error_wrap(&e, "the login certificate");
            fetch_fail(f, &e);
        }
    }
    return !f->failed;
}

void fetch_sooner(uint64_t *next, uint64_t at, uint64_t now)
{
    if (at > now && at < *next)
        *next = at;
}

static bool readable(const struct side *s)
{
    size_t n;
    return conn_read(&s->conn, &n) != NULL;
}

static void wait_for_something(struct fetch *f)
{
    struct pollfd fds[2 * CONN_POLL_MAX];
    uint64_t next = f->deadline;
    unsigned count = conn_poll(&f->login.conn, fds, &next);
    count += conn_poll(&f->get.conn, fds + count, &next);
    uint64_t now = clock_ms();
    login_timer(f, now, &next);
    getter_timer(f, now, &next);
    /* What TLS has decrypted already raises no event. */
    if (readable(&f->login) || readable(&f->get))
        next = now;
    int ms = next <= now ? 0 : next - now > 60000 ? 60000 : (int)(next - now);
    (void)poll(fds, count, ms);
}

static void loop(struct fetch *f)
{
    while (!f->failed && f->done < f->request->name_count) {
        uint64_t now = clock_ms();
        if (now >= f->deadline) {
            getter_expire(f);
            return;
        }
        login_step(f, now);
        if (!f->failed)
            getter_step(f, now);
        if (!f->failed && f->done < f->request->name_count)
            wait_for_something(f);
    }
}

static void finish(struct fetch *f)
{
    struct buf record = {0};
    if (f->failed)
        record_failed(&record, &f->error);
    f->world.stats.elapsed_ms = (uint32_t)(clock_ms() - f->start);
    record_stats(&record, &f->world.stats);
    record_done(&record);
    fetch_emit(f, &record);
}

void fetch_run(const struct vault_request *request, const struct url *authority, const struct url *vault,
               const char *scope, int fd)
{
    struct fetch *f = mem_alloc(sizeof *f);
    f->request = request;
    f->authority = *authority;
    f->vault = *vault;
    strncpy(f->scope, scope, sizeof f->scope - 1);
    f->to.fd = fd;
    f->start = clock_ms();
    f->deadline = f->start + fetch_patience(request);
    f->world.now = request->now;
    f->world.progress = progress;
    f->world.arg = f;
    f->limit = FETCH_IN_FLIGHT;
    f->want_token = true;
    /* As if the first token were a renewed one: nobody logs in twice, and the vault waits as long as the person. */
    f->generation = request->login == VAULT_LOGIN_DEVICE;
    conn_init(&f->login.conn, &f->world, &f->authority);
    conn_init(&f->get.conn, &f->world, &f->vault);
    http_init(&f->login.http, request->now);
    http_init(&f->get.http, request->now);
    if (prepare(f))
        loop(f);
    finish(f);
    side_free(&f->login);
    side_free(&f->get);
    secret_free(&f->token);
    secret_free(&f->code);
    loginkey_free(f->key);
    anchors_free(&f->world.anchors);
    mem_free(f);
}
