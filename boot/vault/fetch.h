/*
 * fetch.h - the child's side: both conversations on one poll loop.
 *
 * The login connection and the vault's are opened at once; when the token is there all GETs are pipelined, at
 * most FETCH_IN_FLIGHT at a time. What fails for a reason that passes is tried again after 1, 2, 4, 8 s with
 * full jitter, or when the server says so, at most FETCH_TRIES times and never past the deadline; timeouts
 * were waited for long enough and are not.
 *
 * login.c owns the token, getter.c the secrets, fetch.c the loop and what they share.
 */
#ifndef HEARTH_VAULT_FETCH_H
#define HEARTH_VAULT_FETCH_H

#include "vault/conn.h"
#include "vault/http.h"
#include "vault/keyvault.h"
#include "vault/loginkey.h"
#include "vault/url.h"
#include "vault/vault.h"

#define FETCH_IN_FLIGHT 16
#define FETCH_TRIES 5
#define FETCH_END_MS 1000     /* from the last record to the end of the process */
#define FETCH_ANSWER_MS 20000 /* without a whole response after a request */

struct fetch_out { /* records to the parent */
    int fd;
};

/* One connection with its half-written requests and half-read response. */
struct side {
    struct conn conn;
    struct http http;
    struct buf out;      /* requests not yet taken by TLS; wiped when freed */
    unsigned tries;      /* failures in a row */
    uint64_t not_before; /* clock_ms: no new connection earlier */
    uint64_t answer_by;  /* clock_ms; 0: nothing is awaited */
    struct error last;   /* the failure that is being waited out */
};

enum job_state { JOB_TODO, JOB_SENT, JOB_DONE };

struct job {
    enum job_state state;
    unsigned tries;
    uint64_t not_before;
    unsigned generation; /* of the token it was sent with */
    struct error last;
};

struct fetch {
    const struct vault_request *request;
    struct url authority;
    struct url vault;
    char scope[URL_AUTHORITY_MAX + 32];
    struct conn_world world;
    uint64_t start;
    uint64_t deadline;
    struct fetch_out to;

    struct side login;
    struct loginkey *key; /* with VAULT_LOGIN_CERTIFICATE */
    struct secret token;
    unsigned generation; /* tokens received so far */
    bool want_token;
    bool asked;           /* the login request is on its way */
    struct secret code;   /* device_code: a person has been asked */
    uint64_t interval_ms; /* between polls for that person's login */

    struct side get;
    struct job jobs[VAULT_NAMES_MAX];
    unsigned done;
    unsigned queue[FETCH_IN_FLIGHT]; /* jobs in flight, in the order they were sent */
    unsigned queued;
    unsigned limit;    /* of requests in flight: FETCH_IN_FLIGHT, or 1 once the server closed early */
    unsigned answered; /* on this connection */
    bool idle_end;     /* the server closed while the token was awaited: opened again when it is there */
    bool written;      /* request->write is in the vault */
    bool said;         /* that secrets are being read */

    bool failed; /* as a whole, with error */
    struct error error;
    struct error vault_error; /* kept while the token is awaited: the login may fail for a better reason */
};

/* Runs everything; the result goes to fd as records, last of all RECORD_DONE. The request was checked before. */
void fetch_run(const struct vault_request *request, const struct url *authority, const struct url *vault,
               const char *scope, int fd);

/* login.c */
void login_step(struct fetch *f, uint64_t now);
void login_timer(const struct fetch *f, uint64_t now, uint64_t *next);

/* Nobody used the code in time. Always -1. */
int login_unused(struct error *e);

/* getter.c */
void getter_step(struct fetch *f, uint64_t now);
void getter_timer(const struct fetch *f, uint64_t now, uint64_t *next);
/* The deadline has passed: everything unanswered fails with what it was waiting for. */
void getter_expire(struct fetch *f);

/* Shared, fetch.c. */
void fetch_emit(struct fetch *f, struct buf *record); /* frees the record */
/* Milliseconds for what needs no person. */
uint32_t fetch_patience(const struct vault_request *request);
void fetch_sooner(uint64_t *next, uint64_t at, uint64_t now); /* *next becomes `at` when that lies between */
void fetch_fail(struct fetch *f, const struct error *e);
bool fetch_passes(enum error_code code); /* a reason that may pass within the deadline */
/* When a thing that has failed `tries` times may be tried again; 0 when it may not: too often, or past the
 * deadline. */
uint64_t fetch_again_at(const struct fetch *f, unsigned tries, const struct error *e, uint64_t now);
void fetch_answer(struct fetch *f, unsigned index, const struct vault_answer *answer);

void side_free(struct side *s);
/* Hands what is in s->out to TLS as far as it fits. */
void side_write(struct side *s);
/* Feeds the response; true when it is whole or bad, or the connection is over: look at s->http.state and
 * s->conn.state. */
bool side_read(struct fetch *f, struct side *s, uint64_t now);
/* The connection ended, in order or not, or spoke wrongly, before the response was whole: why. Always -1. */
int side_broken(const struct side *s, struct error *e);

#endif
