#include "vault/fetch.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "vault/record.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define PIECES_MAX 64                 /* records read in one step */
#define WAITING_ENOUGH ((size_t)4096) /* bytes for the parent that wait for no end of a step */

static void say_waiting(struct fetch_out *to)
{
    size_t at = 0;
    while (at < to->waiting.len) {
        ssize_t n = write(to->fd, to->waiting.data + at, to->waiting.len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            mem_wipe_all();
            _exit(1); /* nobody listens any more */
        }
        at += (size_t)n;
    }
    buf_free(&to->waiting);
}

void fetch_emit(struct fetch *f, struct buf *record)
{
    buf_add(&f->to.waiting, record->data, record->len);
    buf_free(record);
    if (f->to.waiting.len >= WAITING_ENOUGH)
        say_waiting(&f->to);
}

/* When memory ends there is none to make these of. */
static struct buf last_words;
static int last_fd = -1;

static void say_last_words(size_t n)
{
    (void)n;
    ssize_t ignored = write(last_fd, last_words.data, last_words.len);
    (void)ignored;
    mem_wipe_all();
    _exit(0);
}

void fetch_last_words(int fd)
{
    struct error e = {0};
    error_set(&e, E_NO_MEMORY, "in the process that speaks to the network");
    record_failed(&last_words, &e);
    record_done(&last_words);
    last_fd = fd;
    mem_on_exhausted = say_last_words;
}

static void progress(void *arg, const char *host, const char *step)
{
    struct buf record = {0};
    record_progress(&record, host, step);
    fetch_emit(arg, &record);
}

static void move_deadline(struct fetch *f, uint64_t now)
{
    uint64_t later = now + fetch_patience(f->request);
    f->deadline = later < f->end ? later : f->end;
}

void fetch_answer(struct fetch *f, unsigned index, const struct vault_answer *answer, uint64_t now)
{
    struct buf record = {0};
    record_answer(&record, index, answer);
    fetch_emit(f, &record);
    f->jobs[index].state = FETCH_DONE;
    f->done++;
    move_deadline(f, now);
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
    uint32_t random = 0;
    (void)random_fill(&random, sizeof random);
    /* On top of what the server asks for too: a rack of boxes was told the same. */
    uint64_t wait = (uint64_t)e->retry_after_ms + 1 + random % (1000u << (tries ? tries - 1 : 0));
    return now + wait < f->deadline ? now + wait : 0;
}

void fetch_open(struct fetch *f, struct exchange *s, uint64_t now)
{
    http_free(&s->http);
    http_init(&s->http, f->request->now);
    s->answered = 0;
    s->crowded = false;
    conn_open(&s->conn, now);
}

void fetch_close(struct exchange *s)
{
    conn_close(&s->conn);
    http_free(&s->http);
    buf_free(&s->out);
    s->answer_by = 0;
}

bool fetch_turn(struct exchange *s)
{
    return s->answered == 0 && conn_turn(&s->conn) && ++s->turns <= FETCH_TURNS_MAX;
}

void fetch_write(struct exchange *s, uint64_t now)
{
    while (s->out.len) {
        size_t n = conn_write(&s->conn, s->out.data, s->out.len);
        buf_consume(&s->out, n);
        /* A record is full, and no event says so. */
        if (conn_step(&s->conn, now) != CONN_READY || n == 0)
            return;
    }
    buf_free(&s->out);
}

bool fetch_read(struct fetch *f, struct exchange *s, uint64_t now)
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
        f->stats.bytes_in += (uint32_t)n;
        over = s->http.state == HTTP_DONE || s->http.state == HTTP_BAD;
    }
    if (!over && s->conn.state == CONN_ENDED)
        over = http_end(&s->http);
    return over || s->conn.state == CONN_ENDED || s->conn.state == CONN_FAILED;
}

int fetch_broken(const struct exchange *s, struct error *e)
{
    UNSET char peer[CONN_PEER_MAX];
    conn_peer(&s->conn, peer);
    if (s->http.state == HTTP_BAD) {
        http_error(&s->http, e);
        return error_wrap(e, "%s", peer);
    }
    if (s->conn.state == CONN_FAILED) {
        *e = s->conn.error;
        return -1;
    }
    return error_set(e, E_HTTP_CLOSED, "%s closed the connection before it had answered", peer);
}

int fetch_overdue(const struct exchange *s, struct error *e)
{
    if (s->last.code == E_NONE || s->conn.state == CONN_READY)
        return conn_overdue(&s->conn, e);
    *e = s->last;
    return -1;
}

static void prepare(struct fetch *f)
{
    const struct vault_request *q = f->request;
    lookup_servers(&f->world.servers, q->hosts_file, q->resolv_conf);
    struct error e = {0};
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
}

void fetch_sooner(uint64_t *next, uint64_t at, uint64_t now)
{
    if (at > now && at < *next)
        *next = at;
}

static bool readable(const struct exchange *s)
{
    size_t n;
    return conn_read(&s->conn, &n) != NULL;
}

unsigned fetch_poll(const struct fetch *f, uint64_t now, struct pollfd *fds, uint64_t *next)
{
    *next = f->deadline;
    unsigned count = conn_poll(&f->login.conn, fds, next);
    count += conn_poll(&f->get.conn, fds + count, next);
    login_timer(f, now, next);
    getter_timer(f, now, next);
    /* What TLS has decrypted already raises no event. */
    if (readable(&f->login) || readable(&f->get))
        *next = now;
    return count;
}

bool fetch_finished(const struct fetch *f)
{
    return f->request->login_only ? f->token.length_ != 0 : f->done == f->request->name_count;
}

static bool is_over(const struct fetch *f)
{
    return f->failed || fetch_finished(f);
}

bool fetch_step(struct fetch *f, uint64_t now)
{
    if (!is_over(f) && now >= f->deadline)
        getter_expire(f, now);
    if (!is_over(f))
        login_step(f, now);
    if (!is_over(f))
        getter_step(f, now);
    /* What takes milliseconds of work is done while the first packets are under way. */
    bool opening = f->login.conn.state > CONN_IDLE && f->login.conn.state < CONN_READY;
    if (!is_over(f) && f->key && opening)
        login_prepare(f);
    say_waiting(&f->to);
    return !is_over(f);
}

static void loop(struct fetch *f)
{
    while (fetch_step(f, clock_ms())) {
        struct pollfd fds[FETCH_POLL_MAX];
        uint64_t next;
        uint64_t now = clock_ms();
        unsigned count = fetch_poll(f, now, fds, &next);
        int ms = next <= now ? 0 : next - now > 60000 ? 60000 : (int)(next - now);
        (void)poll(fds, count, ms);
    }
}

static void finish(struct fetch *f, uint64_t now)
{
    struct buf record = {0};
    if (f->failed)
        record_failed(&record, &f->error);
    f->stats.connections = f->world.connections;
    memcpy(f->stats.tls, f->world.tls, sizeof f->stats.tls);
    f->stats.elapsed_ms = (uint32_t)(now - f->start);
    record_stats(&record, &f->stats);
    record_done(&record);
    fetch_emit(f, &record);
    say_waiting(&f->to);
}

struct fetch *fetch_begin(const struct vault_request *request, const struct url *authority,
                          const struct url *vault, const char *scope, int fd, uint64_t now)
{
    struct fetch *f = mem_alloc(sizeof *f);
    f->request = request;
    f->authority = *authority;
    f->vault = *vault;
    strncpy(f->scope, scope, sizeof f->scope - 1);
    f->to.fd = fd;
    f->start = now;
    f->deadline = now + fetch_patience(request);
    f->end = now + VAULT_TOTAL_MS;
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
    prepare(f);
    return f;
}

void fetch_end(struct fetch *f, uint64_t now)
{
    finish(f, now);
    fetch_close(&f->login);
    fetch_close(&f->get);
    secret_free(&f->token);
    secret_free(&f->code);
    loginkey_free(f->key);
    anchors_free(&f->world.anchors);
    mem_free(f);
}

void fetch_run(const struct vault_request *request, const struct url *authority, const struct url *vault,
               const char *scope, int fd)
{
    struct fetch *f = fetch_begin(request, authority, vault, scope, fd, clock_ms());
    loop(f);
    fetch_end(f, clock_ms());
}
