#include "net/http.h"

#include "base/date.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void http_init(struct http *h, int64_t now)
{
    *h = (struct http){.now = now, .state = HTTP_STATUS};
    h->line.max = HTTP_LINE_MAX + 1;
    h->body.max = HTTP_BODY_MAX;
    h->challenge.max = HTTP_CHALLENGE_MAX;
}

void http_free(struct http *h)
{
    buf_free(&h->line);
    buf_free(&h->body);
    buf_free(&h->challenge);
    *h = (struct http){0};
}

bool http_begun(const struct http *h)
{
    return h->state != HTTP_STATUS || h->line.len > 0 || h->interim > 0;
}

int http_error(const struct http *h, struct error *e)
{
    return error_set(e, h->code, "%s", h->why);
}

static void bad(struct http *h, enum error_code code, const char *why)
{
    h->state = HTTP_BAD;
    h->code = code;
    h->why = why;
}

static void malformed(struct http *h, const char *why)
{
    bad(h, E_HTTP_MALFORMED, why);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void status_line(struct http *h, const char *s, size_t n)
{
    if (n < 12 || memcmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1') || s[8] != ' ' ||
        !is_digit(s[9]) || !is_digit(s[10]) || !is_digit(s[11]) || (n > 12 && s[12] != ' ')) {
        malformed(h, "the status line is not HTTP/1.1");
        return;
    }
    h->status = (s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0');
    if (h->status < 100 || h->status > 599 || h->status == 101) {
        malformed(h, "the status is none that was asked for");
        return;
    }
    h->keep_alive = s[7] == '1';
    h->has_length = h->chunked = h->until_close = h->has_retry_after = false;
    h->length = 0;
    h->encoded = false;
    h->content_type[0] = '\0';
    h->state = HTTP_FIELDS;
}

/* Decimal digits only; false when there are none, too many, or something else. */
static bool number(const char *s, size_t n, uint64_t *out)
{
    if (n == 0 || n > 15)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(s[i]))
            return false;
        value = value * 10 + (uint64_t)(s[i] - '0');
    }
    *out = value;
    return true;
}

static void retry_after(struct http *h, uint64_t ms)
{
    h->has_retry_after = true;
    h->retry_after_ms = ms > HTTP_RETRY_AFTER_MAX_MS ? HTTP_RETRY_AFTER_MAX_MS : (uint32_t)ms;
}

/* IMF-fixdate (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT". The two obsolete forms are not read. */
static bool http_date(const char *s, size_t n, int64_t *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char shape[] = "aaa, 00 aaa 0000 00:00:00 GMT";
    if (n != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool letter = (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= 'a' && s[i] <= 'z');
        if (shape[i] == '0' ? !is_digit(s[i]) : shape[i] == 'a' ? !letter : s[i] != shape[i])
            return false;
    }
    int64_t month = 0;
    for (int64_t m = 0; m < 12; m++)
        if (memcmp(months + 3 * m, s + 8, 3) == 0)
            month = m + 1;
#define TWO(at) ((s[at] - '0') * 10 + (s[(at) + 1] - '0'))
    int64_t day = TWO(5), year = TWO(12) * 100 + TWO(14), hour = TWO(17), minute = TWO(20), second = TWO(23);
#undef TWO
    if (!month || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return false;
    *out = date_seconds(year, month, day, hour, minute, second);
    return true;
}

/* The next element of a comma-separated list, without the blanks around it (RFC 9110 5.6.1); false at the end. */
static bool next_element(const char **at, const char *end, const char **element, size_t *n)
{
    if (!*at)
        return false;
    const char *comma = memchr(*at, ',', (size_t)(end - *at));
    const char *from = *at, *to = comma ? comma : end;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    *element = from;
    *n = (size_t)(to - from);
    *at = comma ? comma + 1 : NULL;
    return true;
}

/* Once, or the same number again, in one field or several (RFC 9110 8.6). */
static void field_content_length(struct http *h, const char *v, size_t n)
{
    uint64_t length;
    size_t size;
    const char *at = v, *element;
    while (next_element(&at, v + n, &element, &size)) {
        if (!number(element, size, &length) || (h->has_length && h->length != length)) {
            malformed(h, "Content-Length is not one number");
            return;
        }
        h->has_length = true;
        h->length = length;
    }
}

static bool equal_fold(const char *v, size_t n, const char *word)
{
    if (strlen(word) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (text_lower(v[i]) != word[i])
            return false;
    return true;
}

static void field_transfer_encoding(struct http *h, const char *v, size_t n)
{
    if (h->chunked || !equal_fold(v, n, "chunked")) {
        malformed(h, "Transfer-Encoding is not chunked");
        return;
    }
    h->chunked = true;
}

static void field_connection(struct http *h, const char *v, size_t n)
{
    size_t size;
    const char *at = v, *element;
    while (next_element(&at, v + n, &element, &size)) {
        if (equal_fold(element, size, "close"))
            h->keep_alive = false;
        else if (equal_fold(element, size, "keep-alive"))
            h->keep_alive = true;
    }
}

static void field_retry_after(struct http *h, const char *v, size_t n)
{
    uint64_t seconds;
    int64_t date;
    if (number(v, n, &seconds))
        retry_after(h, seconds > HTTP_RETRY_AFTER_MAX_MS ? HTTP_RETRY_AFTER_MAX_MS : seconds * 1000);
    else if (http_date(v, n, &date))
        retry_after(h, date > h->now ? (uint64_t)(date - h->now) * 1000 : 0);
}

static void field_retry_after_ms(struct http *h, const char *v, size_t n)
{
    uint64_t ms;
    if (number(v, n, &ms))
        retry_after(h, ms);
}

static void field_challenge(struct http *h, const char *v, size_t n)
{
    if (h->challenge.len)
        buf_str(&h->challenge, ", ");
    buf_add(&h->challenge, v, n);
}

static void field_content_type(struct http *h, const char *v, size_t n)
{
    snprintf(h->content_type, sizeof h->content_type, "%.*s", (int)n, v);
}

static void field_content_encoding(struct http *h, const char *v, size_t n)
{
    h->encoded = n > 0 && !equal_fold(v, n, "identity");
}

static const struct field {
    const char *name;
    void (*take)(struct http *h, const char *v, size_t n);
} fields[] = {
    {"content-length", field_content_length},
    {"transfer-encoding", field_transfer_encoding},
    {"connection", field_connection},
    {"retry-after", field_retry_after},
    {"retry-after-ms", field_retry_after_ms},
    {"x-ms-retry-after-ms", field_retry_after_ms},
    {"www-authenticate", field_challenge},
    {"content-type", field_content_type},
    {"content-encoding", field_content_encoding},
};

static bool token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
        (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void field_line(struct http *h, const char *s, size_t n, bool keep)
{
    size_t name = 0;
    while (name < n && token_char(s[name]))
        name++;
    if (name == 0 || name == n || s[name] != ':') {
        malformed(h, "a header field has no name");
        return;
    }
    const char *v = s + name + 1;
    size_t length = n - name - 1;
    while (length && (*v == ' ' || *v == '\t')) {
        v++;
        length--;
    }
    while (length && (v[length - 1] == ' ' || v[length - 1] == '\t'))
        length--;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)v[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            malformed(h, "a header field holds a control character");
            return;
        }
    }
    for (size_t i = 0; keep && i < sizeof fields / sizeof *fields; i++)
        if (equal_fold(s, name, fields[i].name))
            fields[i].take(h, v, length);
}

/* The empty line after the fields: how the body is delimited (RFC 9112 6.3). */
static void head_end(struct http *h)
{
    h->head_bytes = 0;
    if (h->status < 200) {
        if (++h->interim > HTTP_INTERIM_MAX)
            bad(h, E_HTTP_TOO_LARGE, "too many interim responses");
        else
            h->state = HTTP_STATUS;
        return;
    }
    if (h->chunked && h->has_length) {
        malformed(h, "both Content-Length and Transfer-Encoding are given");
    } else if (h->status == 204 || h->status == 304) {
        h->state = HTTP_DONE;
    } else if (h->chunked) {
        h->state = HTTP_CHUNK;
    } else if (!h->has_length) {
        h->until_close = true;
        h->keep_alive = false;
        h->state = HTTP_BODY;
    } else if (h->length > HTTP_BODY_MAX) {
        bad(h, E_HTTP_TOO_LARGE, "the body is larger than 256 KiB");
    } else {
        h->remaining = h->length;
        h->state = h->length ? HTTP_BODY : HTTP_DONE;
    }
}

static void chunk_line(struct http *h, const char *s, size_t n)
{
    uint64_t size = 0;
    size_t i = 0;
    for (; i < n && i < 9; i++) {
        char c = text_lower(s[i]);
        if (is_digit(c))
            size = size * 16 + (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            size = size * 16 + (uint64_t)(c - 'a' + 10);
        else
            break;
    }
    if (i == 0 || i == 9 || (i < n && !strchr("; \t", s[i]))) {
        malformed(h, "a chunk has no size");
        return;
    }
    if (size > HTTP_BODY_MAX - h->body.len) {
        bad(h, E_HTTP_TOO_LARGE, "the body is larger than 256 KiB");
        return;
    }
    h->remaining = size;
    h->state = size ? HTTP_BODY : HTTP_TRAILERS;
}

static void line_end(struct http *h)
{
    const char *s = h->line.data ? h->line.data : "";
    size_t n = h->line.len;
    h->head_bytes += n + 2;
    if (h->head_bytes > HTTP_HEAD_MAX) {
        bad(h, E_HTTP_TOO_LARGE,
            h->state == HTTP_STATUS || h->state == HTTP_FIELDS
                ? "the header block is larger than 32 KiB"
                : "the lines between its chunks are larger than 32 KiB");
        return;
    }
    switch (h->state) {
    case HTTP_STATUS:
        status_line(h, s, n);
        break;
    case HTTP_FIELDS:
        if (n)
            field_line(h, s, n, true);
        else
            head_end(h);
        break;
    case HTTP_CHUNK:
        chunk_line(h, s, n);
        break;
    case HTTP_CHUNK_END:
        if (n)
            malformed(h, "a chunk is longer than its size");
        else
            h->state = HTTP_CHUNK;
        break;
    case HTTP_TRAILERS:
        if (n)
            field_line(h, s, n, false);
        else
            h->state = HTTP_DONE;
        break;
    case HTTP_BODY:
    case HTTP_DONE:
    case HTTP_BAD:
        break;
    }
    h->line.len = 0;
    if (h->line.data)
        h->line.data[0] = '\0';
}

static size_t feed_line(struct http *h, const char *p, size_t n)
{
    const char *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) : n;
    if (h->line.len + take > HTTP_LINE_MAX + 1) {
        bad(h, E_HTTP_TOO_LARGE, "a header line is larger than 8 KiB");
        return take;
    }
    buf_add(&h->line, p, take);
    if (!lf)
        return take;
    if (h->line.len == 0 || h->line.data[h->line.len - 1] != '\r') {
        malformed(h, "a line does not end in CR LF");
        return take + 1;
    }
    h->line.data[--h->line.len] = '\0';
    if (memchr(h->line.data, '\r', h->line.len) || memchr(h->line.data, '\0', h->line.len))
        malformed(h, "a line holds CR or NUL");
    else
        line_end(h);
    return take + 1;
}

static size_t feed_body(struct http *h, const char *p, size_t n)
{
    size_t take = !h->until_close && n > h->remaining ? (size_t)h->remaining : n;
    if (take > HTTP_BODY_MAX - h->body.len) {
        bad(h, E_HTTP_TOO_LARGE, "the body is larger than 256 KiB");
        return 0;
    }
    buf_add(&h->body, p, take);
    if (h->until_close)
        return take;
    h->remaining -= take;
    if (h->remaining == 0)
        h->state = h->chunked ? HTTP_CHUNK_END : HTTP_DONE;
    return take;
}

size_t http_feed(struct http *h, const void *p, size_t n)
{
    const char *bytes = p;
    size_t used = 0;
    while (used < n && h->state != HTTP_DONE && h->state != HTTP_BAD)
        used += h->state == HTTP_BODY ? feed_body(h, bytes + used, n - used)
                                      : feed_line(h, bytes + used, n - used);
    return used;
}

bool http_end(struct http *h)
{
    if (h->state == HTTP_BODY && h->until_close)
        h->state = HTTP_DONE;
    return h->state == HTTP_DONE;
}
