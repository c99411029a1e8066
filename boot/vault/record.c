#include "vault/record.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

#define HEAD 5

static void put(struct buf *b, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_char(b, (char)(value >> (8 * i)));
}

static void put_bytes(struct buf *b, const void *p, size_t n)
{
    put(b, n, 4);
    buf_add(b, p, n);
}

static void put_text(struct buf *b, const char *s)
{
    put_bytes(b, s, strlen(s));
}

/* The length is filled in by end(). */
static size_t begin(struct buf *b, enum record_type type)
{
    size_t at = b->len;
    put(b, (uint64_t)type, 1);
    put(b, 0, 4);
    return at;
}

static void end(struct buf *b, size_t at)
{
    if (b->full)
        return;
    size_t n = b->len - at - HEAD;
    for (unsigned i = 0; i < 4; i++)
        b->data[at + 1 + i] = (char)(n >> (8 * i));
}

static void put_error(struct buf *b, const struct error *e)
{
    put(b, (uint64_t)e->code, 2);
    put(b, (uint64_t)e->advice, 1);
    put(b, e->retry_after_ms, 4);
    put_text(b, e->text);
}

void record_progress(struct buf *out, const char *host, const char *step)
{
    size_t at = begin(out, RECORD_PROGRESS);
    put_text(out, host);
    put_text(out, step);
    end(out, at);
}

void record_answer(struct buf *out, unsigned index, const struct vault_answer *answer)
{
    struct span value = secret_bytes(&answer->value);
    size_t at = begin(out, RECORD_ANSWER);
    put(out, index, 2);
    put_error(out, &answer->error);
    put(out, (uint64_t)answer->expires, 8);
    put(out, (uint64_t)answer->not_before, 8);
    put_text(out, answer->version);
    put_text(out, answer->content_type);
    put_text(out, answer->encoding);
    put_bytes(out, value.p, value.n);
    end(out, at);
}

void record_stats(struct buf *out, const struct vault_stats *stats)
{
    size_t at = begin(out, RECORD_STATS);
    put(out, stats->connections, 4);
    put(out, stats->requests, 4);
    put(out, stats->bytes_in, 4);
    put(out, stats->elapsed_ms, 4);
    put_text(out, stats->tls);
    end(out, at);
}

void record_failed(struct buf *out, const struct error *e)
{
    size_t at = begin(out, RECORD_FAILED);
    put_error(out, e);
    end(out, at);
}

void record_done(struct buf *out)
{
    end(out, begin(out, RECORD_DONE));
}

void record_code(struct buf *out, const struct vault_code *code)
{
    size_t at = begin(out, RECORD_CODE);
    put_text(out, code->uri);
    put_text(out, code->user);
    put(out, code->expires_s, 4);
    end(out, at);
}

void record_alive(struct buf *out, unsigned index)
{
    size_t at = begin(out, RECORD_ALIVE);
    put(out, index, 2);
    end(out, at);
}

/* A text of at most cap - 1 bytes, cleaned: what a broken fetcher says must not reach a terminal raw. */
static void get_text(struct reader *r, char *out, size_t cap)
{
    struct span s = reader_take(r, reader_u32le(r));
    out[0] = '\0';
    if (s.n >= cap || (s.n && memchr(s.p, '\0', s.n))) {
        r->bad = true;
        return;
    }
    UNSET char raw[ERROR_TEXT_MAX];
    if (s.n >= sizeof raw) {
        r->bad = true;
        return;
    }
    if (s.n)
        memcpy(raw, s.p, s.n);
    raw[s.n] = '\0';
    text_clean_z(out, cap, raw);
}

/* A text that a person is asked to type: some of these characters, and no other. */
static void get_typed(struct reader *r, char *out, size_t cap, const char *set)
{
    get_text(r, out, cap);
    r->bad = r->bad || !out[0] || out[strspn(out, set)] != '\0';
}

static void get_error(struct reader *r, struct error *e)
{
    unsigned code = reader_u16le(r);
    unsigned advice = reader_u8(r);
    e->retry_after_ms = reader_u32le(r);
    get_text(r, e->text, sizeof e->text);
    const char *next;
    if (code >= (unsigned)E_END_ || advice >= (unsigned)ADVICE_END_ ||
        (advice && error_advised((enum error_advice)advice, &next) != (enum error_code)code)) {
        r->bad = true;
        return;
    }
    e->code = (enum error_code)code;
    e->advice = (enum error_advice)advice;
}

static void get_answer(struct reader *r, struct record *out)
{
    struct vault_answer *a = &out->answer;
    out->index = reader_u16le(r);
    get_error(r, &a->error);
    a->expires = (int64_t)reader_u64le(r);
    a->not_before = (int64_t)reader_u64le(r);
    get_text(r, a->version, sizeof a->version);
    get_text(r, a->content_type, sizeof a->content_type);
    get_text(r, a->encoding, sizeof a->encoding);
    struct span value = reader_take(r, reader_u32le(r));
    bool wrong = out->index >= VAULT_NAMES_MAX || value.n > VAULT_VALUE_MAX || a->expires < 0 ||
        a->not_before < 0 || (a->error.code != E_NONE && value.n) || !text_is_utf8(value.p, value.n) ||
        (value.n && memchr(value.p, '\0', value.n));
    if (r->bad || r->n || wrong)
        r->bad = true;
    else if (a->error.code == E_NONE)
        a->value = secret_copy(value.p, value.n);
}

static void get_fields(struct reader *r, struct record *out)
{
    switch (out->type) {
    case RECORD_PROGRESS:
        get_text(r, out->host, sizeof out->host);
        get_text(r, out->step, sizeof out->step);
        break;
    case RECORD_ANSWER:
        get_answer(r, out);
        break;
    case RECORD_STATS:
        out->stats.connections = reader_u32le(r);
        out->stats.requests = reader_u32le(r);
        out->stats.bytes_in = reader_u32le(r);
        out->stats.elapsed_ms = reader_u32le(r);
        get_text(r, out->stats.tls, sizeof out->stats.tls);
        break;
    case RECORD_FAILED:
        get_error(r, &out->answer.error);
        if (out->answer.error.code == E_NONE)
            r->bad = true;
        break;
    case RECORD_CODE:
        get_typed(r, out->code.uri, sizeof out->code.uri, VAULT_CODE_URI_SET);
        get_typed(r, out->code.user, sizeof out->code.user, VAULT_CODE_USER_SET);
        out->code.expires_s = reader_u32le(r);
        r->bad =
            r->bad || strncmp(out->code.uri, "https://", 8) != 0 || out->code.expires_s > VAULT_CODE_MAX_S;
        break;
    case RECORD_ALIVE:
        out->index = reader_u16le(r);
        break;
    case RECORD_DONE:
        break;
    default:
        r->bad = true;
    }
}

enum record_result record_read(struct reader *r, struct record *out)
{
    struct reader head = *r;
    unsigned type = reader_u8(&head);
    size_t n = reader_u32le(&head);
    memset(out, 0, sizeof *out);
    if (head.bad)
        return RECORD_MORE;
    if (n > RECORD_MAX - HEAD || type < RECORD_PROGRESS || type > RECORD_ALIVE)
        return RECORD_WRONG;
    if (n > head.n)
        return RECORD_MORE;
    struct span payload = reader_take(&head, n);
    struct reader fields = reader_of(payload.p, payload.n);
    out->type = (enum record_type)type;
    get_fields(&fields, out);
    if (fields.bad || fields.n) {
        secret_free(&out->answer.value);
        return RECORD_WRONG;
    }
    *r = head;
    return RECORD_READ;
}
