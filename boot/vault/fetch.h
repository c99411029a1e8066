/*
 * fetch.h - the child's side: both conversations on one poll loop.
 *
 * The login connection and the vault's are opened at once; when the token is there all GETs are pipelined, at
 * most FETCH_IN_FLIGHT at a time. What fails for a reason that passes is tried again after 1, 2, 4, 8 s with
 * full jitter, or when the server says so, at most FETCH_TRIES times in a row and never past the deadline; timeouts
 * were waited for long enough and are not. The deadline moves with each name that is answered, to VAULT_TOTAL_MS in
 * all.
 *
 * Two kinds of trouble cost no try, each once: on a connection that carried several requests at once (it ended, spoke
 * wrongly, fell silent) the rest is asked one at a time; and before an address has answered anything the next
 * one of the host is asked.
 *
 * login.c owns the token, getter.c the secrets, fetch.c the loop and what they share.
 */
#ifndef HEARTH_VAULT_FETCH_H
#define HEARTH_VAULT_FETCH_H

#include "net/conn.h"
#include "net/http.h"
#include "net/url.h"
#include "vault/keyvault.h"
#include "vault/loginkey.h"
#include "vault/vault.h"

#define FETCH_IN_FLIGHT 32
#define FETCH_TRIES 5
#define FETCH_TURNS_MAX LOOKUP_ADDRESSES_MAX /* to another address of one host */
#define FETCH_END_MS 1000                    /* from the last record to the end of the process */
#define FETCH_ANSWER_MS 20000                /* without a whole response after a request */

/* Records to the parent. What one step has to say is said at its end, in one piece: each write wakes the parent. */
struct fetch_out {
    int fd;
    struct buf waiting;
};

/* One connection with its half-written requests and half-read response. */
struct exchange {
    struct conn conn;
    struct http http;
    /* requests not yet taken by TLS; wiped when freed */
    struct buf out;
    /* on this connection */
    unsigned answered;
    /* this connection has carried more than one request at a time */
    bool crowded;
    /* to another address */
    unsigned turns;
    /* failures in a row */
    unsigned tries;
    /* clock_ms: no new connection earlier */
    uint64_t not_before;
    /* clock_ms; 0: nothing is awaited */
    uint64_t answer_by;
    /* the last failure of a connection */
    struct error last;
};

enum fetch_state { FETCH_TODO, FETCH_SENT, FETCH_DONE };

struct fetch_job {
    enum fetch_state state;
    unsigned tries;
    uint64_t not_before;
    /* of the token it was sent with */
    unsigned generation;
    /* how many there had been when it was sent */
    unsigned pause;
    struct error last;
};

struct fetch {
    const struct vault_request *request;
    struct url authority;
    struct url vault;
    char scope[URL_AUTHORITY_MAX + 32];
    struct conn_world world;
    struct vault_stats stats;
    uint64_t start;
    uint64_t deadline;
    /* what the deadline never passes */
    uint64_t end;
    struct fetch_out to;

    struct exchange login;
    /* with VAULT_LOGIN_CERTIFICATE */
    struct loginkey *key;
    struct secret token;
    /* tokens received so far */
    unsigned generation;
    bool want_token;
    /* requests for a token that were sent, answered or not */
    unsigned logins;
    /* the login request is on its way */
    bool asked;
    /* device_code: a person has been asked */
    struct secret code;
    /* between polls for that person's login */
    uint64_t interval_ms;

    struct exchange get;
    struct fetch_job jobs[VAULT_NAMES_MAX];
    unsigned done;
    /* jobs in flight, in the order they were sent */
    unsigned queue[FETCH_IN_FLIGHT];
    unsigned queued;
    /* of requests in flight: FETCH_IN_FLIGHT, less once that was too many */
    unsigned limit;
    /* for which the vault asked */
    unsigned pauses;
    /* the last of them, clock_ms */
    uint64_t pause_until;
    /* the server closed while the token was awaited: opened again when it is there */
    bool idle_end;
    /* request->write is in the vault */
    bool written;
    /* that secrets are being read */
    bool said;

    /* as a whole, with error */
    bool failed;
    struct error error;
    /* kept while the token is awaited: the login may fail for a better reason */
    struct error vault_error;
};

/* Runs everything; the result goes to fd as records, last of all RECORD_DONE. The request was checked before. */
void fetch_run(const struct vault_request *request, const struct url *authority, const struct url *vault,
               const char *scope, int fd);

/* The same in pieces, on the caller's own clock: begin, { step; poll } until a step is the last, end. */

#define FETCH_POLL_MAX (2 * CONN_POLL_MAX)

struct fetch *fetch_begin(const struct vault_request *request, const struct url *authority,
                          const struct url *vault, const char *scope, int fd, uint64_t now);
/* Moves what can be moved without waiting; false when there is nothing more to do. */
bool fetch_step(struct fetch *f, uint64_t now);
/* Descriptors to wait for, at most FETCH_POLL_MAX, and until when: *next, which may be past. */
unsigned fetch_poll(const struct fetch *f, uint64_t now, struct pollfd *fds, uint64_t *next);
/* The last records; frees f. */
void fetch_end(struct fetch *f, uint64_t now);

/* login.c */
void login_step(struct fetch *f, uint64_t now);
/* Makes the request for a token, signed, if one will be needed and is not made yet. */
void login_prepare(struct fetch *f);
void login_timer(const struct fetch *f, uint64_t now, uint64_t *next);

/* Nobody used the code in time. Always -1. */
int login_unused(struct error *e);

/* getter.c */
void getter_step(struct fetch *f, uint64_t now);
void getter_timer(const struct fetch *f, uint64_t now, uint64_t *next);
/* The deadline has passed: everything unanswered fails with what it was waiting for. */
void getter_expire(struct fetch *f, uint64_t now);

/* In a child: from now on the end of memory is a record on fd, not a line on a terminal. */
void fetch_last_words(int fd);

/* Shared, fetch.c. */
bool fetch_finished(
    const struct fetch *f); /* every name has its answer, or the token is all that was wanted */
/* Says it before the step ends; frees the record. */
void fetch_emit(struct fetch *f, struct buf *record);
/* Milliseconds without an answer, for what needs no person. */
uint32_t fetch_patience(const struct vault_request *request);
void fetch_sooner(uint64_t *next, uint64_t at, uint64_t now); /* *next becomes `at` when that lies between */
void fetch_fail(struct fetch *f, const struct error *e);
bool fetch_passes(enum error_code code); /* a reason that may pass within the deadline */
/* When a thing that has failed `tries` times may be tried again; 0 when it may not: too often, or past the
 * deadline. */
uint64_t fetch_again_at(const struct fetch *f, unsigned tries, const struct error *e, uint64_t now);
/* A name is answered, with a value or an error: the deadline moves. */
void fetch_answer(struct fetch *f, unsigned index, const struct vault_answer *answer, uint64_t now);

void fetch_open(struct fetch *f, struct exchange *s, uint64_t now);
void fetch_close(struct exchange *s);
/* Before this connection had an answer there was trouble: true when the next one, at once, begins with another
 * address. */
bool fetch_turn(struct exchange *s);
/* Hands what is in s->out to TLS and the socket as far as they take it. */
void fetch_write(struct exchange *s, uint64_t now);
/* Feeds the response; true when it is whole or bad, or the connection is over: look at s->http.state and
 * s->conn.state. */
bool fetch_read(struct fetch *f, struct exchange *s, uint64_t now);
/* The connection ended, in order or not, or spoke wrongly, before the response was whole: why. Always -1. */
int fetch_broken(const struct exchange *s, struct error *e);
/* Time is up: what went wrong last, or what is being waited for. Always -1. */
int fetch_overdue(const struct exchange *s, struct error *e);

#endif
