/*
 * vault.h - names in, secrets out: Azure Key Vault behind one call; and all else that is sent to a network.
 *
 * vault_fetch() forks the fetcher: a process that gets one flat request and keeps nothing else of its parent's heap,
 * opens no file after the fork, and runs under no_new_privs, rlimits and a seccomp allow-list without open, exec and
 * AF_UNIX. It owns DNS, TLS, HTTP, the Entra login and the Key Vault GETs on one poll loop, and sends back a stream of
 * progress, error and value records with stated maxima, which the parent treats as hostile.
 *
 * It never follows a redirect, uses a proxy, sends a byte of HTTP before the server's chain has been judged at a time
 * that is trusted, or logs a token, a credential or a value.
 */
#ifndef HEARTH_VAULT_VAULT_H
#define HEARTH_VAULT_VAULT_H

#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

#define VAULT_NAMES_MAX 64
#define VAULT_VALUE_MAX 25600 /* bytes: Key Vault's own limit of 25 KB, in UTF-8 octets */

#define VAULT_PEERS_MAX 16
#define VAULT_WRITE_MAX 256
#define VAULT_DEADLINE_MS 60000u /* without a name answered */
#define VAULT_TOTAL_MS 300000u   /* however many are: beside a person's login */
#define VAULT_CODE_MAX_S 3600    /* seconds that a person is waited for, whatever the server says */

enum vault_login {
    VAULT_LOGIN_CERTIFICATE,
    VAULT_LOGIN_SECRET,
    VAULT_LOGIN_FEDERATED,
    VAULT_LOGIN_TPM,
    VAULT_LOGIN_DEVICE
};

#define VAULT_CODE_USER_SET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"
#define VAULT_CODE_URI_SET VAULT_CODE_USER_SET ":/._~%?=&#+"

/* What a person must know to log in for this box (RFC 8628 section 3.3): meant to be shown. */
struct vault_code {
    /* https://..., of VAULT_CODE_URI_SET */
    char uri[256];
    /* of VAULT_CODE_USER_SET */
    char user[32];
    uint32_t expires_s;
};
typedef void vault_ask(void *arg, const struct vault_code *code);

struct secret_name {
    /* 1-127 of [0-9A-Za-z-] */
    const char *name;
    /* 32 hex, or NULL: the newest */
    const char *version;
};

/* Somebody who may take a TCP connection. */
struct vault_peer {
    /* an address; of the first one a name too */
    char host[256];
    uint16_t port;
};
/* The one with this index took it. */
typedef void vault_alive(void *arg, unsigned peer);

/* What to fetch. Everything is borrowed and was read before the call. */
struct vault_request {
    /* https://HOST[:PORT] */
    const char *authority;
    /* https://HOST[:PORT] */
    const char *vault;
    /* https://HOST, the token's audience */
    const char *resource;
    const char *tenant;
    const char *client;
    enum vault_login login;
    /* the client secret; or PEM with an RSA key and a certificate; or a signed assertion, with VAULT_LOGIN_TPM lines
     * of one each, of which none is sent twice: when all were, what the last try met is the error; or NULL */
    const struct secret *credential;
    const struct secret_name *names;
    unsigned name_count;
    /* the token is all that is wanted: no name, nothing is asked of the vault */
    bool login_only;
    /* NULL, or what the one name is set to before it is read: at most VAULT_WRITE_MAX of [0-9A-Za-z._-] */
    const char *write;
    /* The second kind of request: who of these takes a connection within deadline_ms? No login, no name; of what is
     * above nothing is read. */
    const struct vault_peer *peers;
    /* at most VAULT_PEERS_MAX */
    unsigned peer_count;
    /* called once at most, with the arg of progress */
    vault_alive *alive;
    /* PEM text of extra roots for these hosts alone, or NULL */
    const char *ca_pem;
    /* with ca_pem: the Azure roots are not trusted */
    bool ca_only;
    /* text of /etc/hosts, may be "" */
    const char *hosts_file;
    /* text of /etc/resolv.conf, may be "" */
    const char *resolv_conf;
    /* seconds since 1970, trusted by the caller */
    int64_t now;
    /* from one answer to the next, but for a person's login; 0: VAULT_DEADLINE_MS */
    uint32_t deadline_ms;
    /* with VAULT_LOGIN_DEVICE: called once at most, with the arg of progress */
    vault_ask *ask;
    /* readable: give up at once with E_STOPPED; -1: none */
    int stop_fd;
};

/* One answer, in the order of names. */
struct vault_answer {
    /* empty when only attributes were asked for or the name failed */
    struct secret value;
    /* code E_NONE when the value is there */
    struct error error;
    /* attributes.exp, seconds since 1970; 0: none */
    int64_t expires;
    /* attributes.nbf; 0: none */
    int64_t not_before;
    /* which one answered */
    char version[33];
    char content_type[256];
    /* "base64" or "hex" where az says that it encoded the value (its tag file-encoding); else "" */
    char encoding[8];
};

/* What it cost, for the user and the bench. */
struct vault_stats {
    uint32_t connections;
    uint32_t requests;
    /* application bytes */
    uint32_t bytes_in;
    uint32_t elapsed_ms;
    /* "TLS 1.2 ECDHE-RSA-AES256-GCM-SHA384" */
    char tls[64];
};

/* Progress while it runs: host and step ("login.microsoftonline.com", "token"). May be NULL. */
typedef void vault_progress(void *arg, const char *host, const char *step);

/* Fetches all names, or asks the peers. 0 when every value is there. -1 with e when it failed as a whole or when any
 * name failed (e is then the first one's error; each answer has its own). answers has name_count elements, zeroed here,
 * freed by vault_answers_free() in either case. */
int vault_fetch(const struct vault_request *request, struct vault_answer *answers, struct vault_stats *stats,
                vault_progress *progress, void *arg, struct error *e);
void vault_answers_free(struct vault_answer *answers, unsigned count);

#endif
