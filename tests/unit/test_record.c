/* What the parent hears from the fetcher, and what it refuses to hear. */
#include "vault/record.h"

#include "base/mem.h"
#include "vault/fetch.h"
#include "vault/parent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct vault_answer good(const char *value)
{
    struct vault_answer a = {.expires = 1800000000, .not_before = 5};
    strcpy(a.version, "0123456789abcdef0123456789abcdef");
    strcpy(a.content_type, "text/plain");
    strcpy(a.encoding, "base64");
    a.value = secret_copy(value, strlen(value));
    return a;
}

static void add_answer(struct buf *b, unsigned index, const char *value)
{
    struct vault_answer a = good(value);
    record_answer(b, index, &a);
    secret_free(&a.value);
}

static void round_trip_at_every_split(void **state)
{
    (void)state;
    const struct vault_stats stats = {2, 3, 400, 50, "TLS 1.2 X"};
    struct error e = {0};
    error_set(&e, E_TLS_EXPIRED, "the certificate");
    e.retry_after_ms = 77;
    struct buf b = {0};
    record_progress(&b, "login.test", "token");
    add_answer(&b, 3, "v\xc3\xa4lue\n");
    record_stats(&b, &stats);
    record_failed(&b, &e);
    record_done(&b);
    struct record r;
    for (size_t cut = 0; cut <= b.len; cut++) {
        struct reader in = reader_of(b.data, cut);
        enum record_result result;
        unsigned seen = 0;
        while ((result = record_read(&in, &r)) == RECORD_READ) {
            static const enum record_type order[] = {RECORD_PROGRESS, RECORD_ANSWER, RECORD_STATS,
                                                     RECORD_FAILED, RECORD_DONE};
            assert_int_equal(r.type, order[seen++]);
            if (r.type == RECORD_ANSWER) {
                assert_int_equal(r.index, 3);
                assert_true(span_is(secret_bytes(&r.answer.value), "v\xc3\xa4lue\n"));
                assert_int_equal(r.answer.expires, 1800000000);
                assert_string_equal(r.answer.content_type, "text/plain");
                assert_string_equal(r.answer.encoding, "base64");
                secret_free(&r.answer.value);
            } else if (r.type == RECORD_FAILED) {
                assert_int_equal(r.answer.error.code, E_TLS_EXPIRED);
                assert_int_equal(r.answer.error.retry_after_ms, 77);
                assert_string_equal(r.answer.error.text, "the certificate");
            } else if (r.type == RECORD_STATS) {
                assert_memory_equal(&r.stats, &stats, sizeof stats);
            }
        }
        assert_int_equal(result, RECORD_MORE);
        assert_int_equal(seen == 5, cut == b.len);
    }
    buf_free(&b);
}

/* Each byte of a good answer changed in turn: never a crash, never a value that breaks its bounds. */
static void every_byte_flipped(void **state)
{
    (void)state;
    struct buf b = {0};
    add_answer(&b, 1, "value");
    for (size_t i = 0; i < b.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            b.data[i] = (char)(b.data[i] ^ (1 << bit));
            struct reader in = reader_of(b.data, b.len);
            struct record r;
            if (record_read(&in, &r) == RECORD_READ) {
                assert_true(r.index < VAULT_NAMES_MAX);
                assert_true(secret_bytes(&r.answer.value).n <= VAULT_VALUE_MAX);
                secret_free(&r.answer.value);
            }
            b.data[i] = (char)(b.data[i] ^ (1 << bit));
        }
    }
    buf_free(&b);
}

/* A next step of one case goes with its own code only, and comes through as it was. */
static void advice(void **state)
{
    (void)state;
    for (int which = ADVICE_NONE; which <= ADVICE_END_; which++) {
        const char *next;
        enum error_code code = error_advised((enum error_advice)which, &next);
        for (int wrong = 0; wrong < 2; wrong++) {
            struct error e = {.advice = (enum error_advice)which, .text = "x"};
            e.code = wrong ? E_CLOCK : which && which < ADVICE_END_ ? code : E_TLS_UNKNOWN_ROOT;
            struct buf b = {0};
            record_failed(&b, &e);
            struct reader in = reader_of(b.data, b.len);
            bool good = which == ADVICE_NONE || (which < ADVICE_END_ && !wrong);
            struct record r;
            assert_int_equal(record_read(&in, &r), good ? RECORD_READ : RECORD_WRONG);
            if (good) {
                assert_int_equal(r.answer.error.advice, which);
                assert_string_equal(error_next(&r.answer.error), which ? next : error_info(e.code).next);
                error_wrap(&r.answer.error, "there");
                assert_int_equal(r.answer.error.advice, which);
            } else {
                assert_string_equal(error_next(&e), error_info(e.code).next);
            }
            buf_free(&b);
        }
    }
}

static enum vault_login login = VAULT_LOGIN_SECRET;
static unsigned people;

static void asked(void *arg, const struct vault_code *code)
{
    ++*(unsigned *)arg;
    assert_string_equal(code->uri, "https://a.test");
    assert_string_equal(code->user, "AB12");
    assert_int_equal(code->expires_s, 1);
}

static int hear(int stop_fd, const void *p, size_t n, struct vault_answer *answers, unsigned count,
                struct error *failed, struct error *e)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], p, n), (ssize_t)n);
    close(ends[1]);
    memset(answers, 0, count * sizeof *answers);
    *e = (struct error){0};
    const struct vault_request request = {
        .deadline_ms = 1000, .name_count = count, .login = login, .ask = asked, .stop_fd = stop_fd};
    int result = parent_listen(ends[0], &request, answers, NULL, NULL, &people, failed, e);
    close(ends[0]);
    return result;
}

/* One person is asked once, and only when the login needs one, to type what an address or a code is made of. */
static void person(void **state)
{
    (void)state;
    struct buf b = {0};
    struct vault_code code = {"https://a.test", "AB12", 1};
    record_code(&b, &code);
    struct buf twice = {0};
    record_code(&twice, &code);
    record_code(&twice, &code);
    add_answer(&b, 0, "x");
    record_done(&b);
    login = VAULT_LOGIN_DEVICE;
    people = 0;
    struct vault_answer answers[1];
    struct error failed, e;
    assert_int_equal(hear(-1, b.data, b.len, answers, 1, &failed, &e), 0);
    assert_int_equal(people, 1);
    vault_answers_free(answers, 1);
    assert_int_equal(hear(-1, twice.data, twice.len, answers, 1, &failed, &e), -1);
    assert_int_equal(e.code, E_FETCHER);
    code.expires_s = VAULT_CODE_MAX_S + 1;
    struct buf long_life = {0};
    record_code(&long_life, &code);
    assert_int_equal(hear(-1, long_life.data, long_life.len, answers, 1, &failed, &e), -1);
    static const struct vault_code odd[] = {{"https://a.test\x1b", "AB12", 1},
                                            {"https://a.test/ now", "AB12", 1},
                                            {"http://a.test", "AB12", 1},
                                            {"https://a.t\xc3\xa9st", "AB12", 1},
                                            {"https://a.test", "AB 12", 1},
                                            {"https://a.test", "", 1},
                                            {"", "AB12", 1}};
    people = 0;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct buf one = {0};
        record_code(&one, &odd[i]);
        add_answer(&one, 0, "x");
        record_done(&one);
        assert_int_equal(hear(-1, one.data, one.len, answers, 1, &failed, &e), -1);
        assert_int_equal(e.code, E_FETCHER);
        buf_free(&one);
    }
    assert_int_equal(people, 0);
    login = VAULT_LOGIN_SECRET;
    assert_int_equal(hear(-1, b.data, b.len, answers, 1, &failed, &e), -1);
    assert_int_equal(people, 0);
    buf_free(&b);
    buf_free(&twice);
    buf_free(&long_life);
}

static void alive(void *arg, unsigned peer)
{
    *(unsigned *)arg = peer;
}

static int hear_of_peers(unsigned peers, const struct buf *b, unsigned *said)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], b->data, b->len), (ssize_t)b->len);
    close(ends[1]);
    const struct vault_request request = {
        .deadline_ms = 1000, .peer_count = peers, .alive = alive, .stop_fd = -1};
    *said = 99;
    struct error failed, e = {0};
    int result = parent_listen(ends[0], &request, NULL, NULL, NULL, said, &failed, &e);
    assert_int_equal(e.code, result ? E_FETCHER : E_NONE);
    close(ends[0]);
    return result;
}

/* One peer of those that were asked, once; and no name where only peers were asked. */
static void peers(void **state)
{
    (void)state;
    struct buf one = {0};
    record_alive(&one, 2);
    record_done(&one);
    struct buf twice = {0};
    record_alive(&twice, 0);
    record_alive(&twice, 1);
    record_done(&twice);
    struct buf value = {0};
    add_answer(&value, 0, "x");
    record_done(&value);
    unsigned said;
    assert_int_equal(hear_of_peers(3, &one, &said), 0);
    assert_int_equal(said, 2);
    assert_int_equal(hear_of_peers(2, &one, &said), -1);
    assert_int_equal(said, 99);
    assert_int_equal(hear_of_peers(0, &one, &said), -1);
    assert_int_equal(hear_of_peers(3, &twice, &said), -1);
    assert_int_equal(hear_of_peers(3, &value, &said), -1);
    buf_free(&one);
    buf_free(&twice);
    buf_free(&value);
}

/* A slow vault that keeps answering has its time; one who only pretends has no more than five minutes of it. */
static void how_long_it_is_listened_to(void **state)
{
    (void)state;
    const struct vault_request request = {.name_count = VAULT_NAMES_MAX};
    struct parent_clock c;
    parent_clock_start(&c, &request, 1000);
    assert_int_equal(c.until, 1000 + VAULT_DEADLINE_MS + PARENT_GRACE_MS);
    parent_clock_answer(&c, &request, 50000);
    assert_int_equal(c.until, 50000 + VAULT_DEADLINE_MS + PARENT_GRACE_MS);
    for (uint64_t now = 50000; now < c.until; now += 30000)
        parent_clock_answer(&c, &request, now);
    assert_int_equal(c.until, 1000 + VAULT_TOTAL_MS + PARENT_GRACE_MS);

    parent_clock_start(&c, &request, 1000);
    parent_clock_person(&c, 900);
    assert_int_equal(c.until, 901000 + VAULT_DEADLINE_MS + PARENT_GRACE_MS);
    parent_clock_answer(&c, &request, 5000); /* never earlier than it was */
    assert_int_equal(c.until, 901000 + VAULT_DEADLINE_MS + PARENT_GRACE_MS);
    parent_clock_answer(&c, &request, 900000);
    parent_clock_answer(&c, &request, 5000000);
    assert_int_equal(c.until, 901000 + VAULT_TOTAL_MS + PARENT_GRACE_MS);
}

static void whole_conversation(void **state)
{
    (void)state;
    struct buf b = {0};
    add_answer(&b, 1, "two");
    add_answer(&b, 0, "one");
    record_done(&b);
    struct vault_answer answers[2];
    struct error failed, e;
    assert_int_equal(hear(-1, b.data, b.len, answers, 2, &failed, &e), 0);
    assert_true(span_is(secret_bytes(&answers[0].value), "one"));
    assert_true(span_is(secret_bytes(&answers[1].value), "two"));
    assert_int_equal(failed.code, E_NONE);
    vault_answers_free(answers, 2);
    buf_free(&b);

    error_set(&e, E_DNS_NXDOMAIN, "no such name");
    add_answer(&b, 1, "two");
    record_failed(&b, &e);
    record_done(&b);
    assert_int_equal(hear(-1, b.data, b.len, answers, 2, &failed, &e), 0);
    assert_int_equal(answers[0].error.code, E_DNS_NXDOMAIN);
    assert_int_equal(answers[1].error.code, E_NONE);
    assert_int_equal(failed.code, E_DNS_NXDOMAIN);
    vault_answers_free(answers, 2);
    buf_free(&b);
}

enum {
    NOTHING,
    GARBAGE,
    NO_LAST_WORD,
    TWICE,
    OUT_OF_RANGE,
    UNANSWERED,
    AFTER_DONE,
    TOO_LONG,
    BAD_CODE,
    CUT,
    CONTROL,
    CASES
};

static void hostile(struct buf *b, int which)
{
    struct error e = {0};
    struct vault_answer a = good("x");
    switch (which) {
    case GARBAGE:
        buf_str(b, "HTTP/1.1 200 OK\r\n\r\n");
        break;
    case NO_LAST_WORD:
        add_answer(b, 0, "one");
        break;
    case TWICE:
        add_answer(b, 0, "one");
        add_answer(b, 0, "one");
        record_done(b);
        break;
    case OUT_OF_RANGE:
        add_answer(b, 1, "one");
        record_done(b);
        break;
    case UNANSWERED:
        record_done(b);
        break;
    case AFTER_DONE:
        add_answer(b, 0, "one");
        record_done(b);
        record_progress(b, "a", "b");
        break;
    case TOO_LONG:
        buf_add(b, "\x02\xff\xff\xff\x7f", 5);
        break;
    case BAD_CODE:
        a.error.code = E_END_;
        secret_free(&a.value);
        record_answer(b, 0, &a);
        record_done(b);
        break;
    case CUT:
        add_answer(b, 0, "one");
        b->len -= 3;
        break;
    case CONTROL:
        e.code = E_TLS_ALERT;
        strcpy(e.text, "\x1b[31m");
        record_failed(b, &e);
        record_done(b);
        break;
    default:
        break;
    }
    secret_free(&a.value);
}

static void hostile_conversations(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct buf b = {0};
        hostile(&b, i);
        struct vault_answer answers[1];
        struct error failed, e;
        int result = hear(-1, b.data, b.len, answers, 1, &failed, &e);
        if (i == CONTROL) {
            assert_int_equal(result, 0);
            assert_null(strchr(failed.text, '\x1b'));
        } else {
            if (result != -1)
                print_error("case %d\n", i);
            assert_int_equal(result, -1);
            assert_int_equal(e.code, E_FETCHER);
        }
        vault_answers_free(answers, 1);
        buf_free(&b);
    }
}

/* A stop wins over whatever the fetcher has said, and nothing of that is used. */
static void told_to_stop(void **state)
{
    (void)state;
    int stop[2];
    assert_int_equal(pipe(stop), 0);
    struct buf b = {0};
    add_answer(&b, 0, "one");
    record_done(&b);
    struct vault_answer answers[1];
    struct error failed, e;
    assert_int_equal(hear(stop[0], b.data, b.len, answers, 1, &failed, &e), 0);
    vault_answers_free(answers, 1);
    assert_int_equal(write(stop[1], "x", 1), 1);
    assert_int_equal(hear(stop[0], b.data, b.len, answers, 1, &failed, &e), -1);
    assert_int_equal(e.code, E_STOPPED);
    assert_int_equal(secret_bytes(&answers[0].value).n, 0);
    close(stop[0]);
    close(stop[1]);
    buf_free(&b);
}

/* "Stopped" would end the service, "usage" would blame the person: only what can go wrong in a fetcher is taken from
 * it. */
static void codes(void **state)
{
    (void)state;
    static const enum error_code own[] = {
        E_NO_MEMORY,      E_SYSTEM,           E_SANDBOX,       E_CRED_FORM,    E_CRED_KEY,
        E_CRED_MISMATCH,  E_VAULT_CA,         E_DNS_SILENT,    E_DNS_FILTERED, E_TCP_REFUSED,
        E_TCP_RESET,      E_TLS_UNKNOWN_ROOT, E_TLS_TRUNCATED, E_HTTP_TIMEOUT, E_HTTP_STATUS,
        E_ENTRA_CLIENT,   E_ENTRA_ANSWER,     E_VAULT_RBAC,    E_VAULT_BUSY,   E_VAULT_ANSWER,
        E_SECRET_MISSING, E_SECRET_EXPIRED,   E_SECRET_VALUE};
    static const enum error_code others[] = {
        E_USAGE,        E_STOPPED,        E_FILE_READ,    E_FILE_WRITE,    E_NOT_THIS_BOX,    E_CLOCK,
        E_SITE_GUARD,   E_CRED_MISSING,   E_CRED_TRACKED, E_FETCHER,       E_OPERATOR_LOGIN,  E_MARKER_VALUE,
        E_MARKER_RIGHT, E_SECRET_POINTER, E_OUT_FOREIGN,  E_MACHINED_LOST, E_MACHINED_DENIED, E_NONE,
        E_END_};
    for (size_t i = 0; i < sizeof own / sizeof *own + sizeof others / sizeof *others; i++) {
        bool good = i < sizeof own / sizeof *own;
        const struct error said = {.code = good ? own[i] : others[i - sizeof own / sizeof *own], .text = "x"};
        struct buf b = {0};
        record_failed(&b, &said);
        record_done(&b);
        struct vault_answer answers[1];
        struct error failed, e;
        int result = hear(-1, b.data, b.len, answers, 1, &failed, &e);
        if ((result == 0) != good)
            fail_msg("code %d is %s", (int)said.code, good ? "a fetcher's" : "taken from a fetcher");
        if (good)
            assert_int_equal(failed.code, said.code);
        else
            assert_int_equal(e.code, E_FETCHER);
        buf_free(&b);
    }
}

static void shown(void *arg, const char *host, const char *step)
{
    assert_string_equal(host, "login.test");
    assert_string_equal(step, "tcp");
    ++*(unsigned *)arg;
}

/* Each is a line on somebody's terminal. */
static void how_much_progress(void **state)
{
    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        struct buf b = {0};
        for (unsigned i = 0; i < PARENT_PROGRESS_MAX + extra; i++)
            record_progress(&b, "login.test", "tcp");
        add_answer(&b, 0, "x");
        record_done(&b);
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], b.data, b.len), (ssize_t)b.len);
        close(ends[1]);
        const struct vault_request request = {.deadline_ms = 1000, .name_count = 1, .stop_fd = -1};
        struct vault_answer answers[1] = {0};
        struct error failed, e = {0};
        unsigned lines = 0;
        assert_int_equal(parent_listen(ends[0], &request, answers, NULL, shown, &lines, &failed, &e), 0);
        assert_int_equal(lines, 64);
        vault_answers_free(answers, 1);
        close(ends[0]);
        buf_free(&b);
    }
}

/* Where memory ends, the fetcher still says so: with what was made ready before. */
static void last_words(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        fetch_last_words(ends[1]);
        mem_on_exhausted(4711);
        _exit(1);
    }
    close(ends[1]);
    const struct vault_request request = {.deadline_ms = 1000, .name_count = 1, .stop_fd = -1};
    struct vault_answer answers[1] = {0};
    struct error failed, e = {0};
    assert_int_equal(parent_listen(ends[0], &request, answers, NULL, NULL, NULL, &failed, &e), 0);
    assert_int_equal(failed.code, E_NO_MEMORY);
    assert_int_equal(answers[0].error.code, E_NO_MEMORY);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(person),
        cmocka_unit_test(peers),
        cmocka_unit_test(round_trip_at_every_split),
        cmocka_unit_test(every_byte_flipped),
        cmocka_unit_test(advice),
        cmocka_unit_test(codes),
        cmocka_unit_test(how_much_progress),
        cmocka_unit_test(last_words),
        cmocka_unit_test(how_long_it_is_listened_to),
        cmocka_unit_test(whole_conversation),
        cmocka_unit_test(hostile_conversations),
        cmocka_unit_test(told_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
