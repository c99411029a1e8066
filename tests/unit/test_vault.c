/* Requests that never leave the box, and the first failures that need no server. */
#include "vault/vault.h"

#include "vault_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct secret credential;
static const struct secret_name one = {"a", NULL};

static struct vault_request sound(void)
{
    return (struct vault_request){.stop_fd = -1,
                                  .authority = "https://login.test",
                                  .vault = "https://a.vault.test",
                                  .resource = "https://vault.test",
                                  .tenant = "t",
                                  .client = "c",
                                  .login = VAULT_LOGIN_SECRET,
                                  .credential = &credential,
                                  .names = &one,
                                  .name_count = 1,
                                  .hosts_file = "",
                                  .resolv_conf = "",
                                  .now = 1800000000,
                                  .deadline_ms = 3000};
}

static void fails(const struct vault_request *q, enum error_code want)
{
    struct vault_answer answers[VAULT_NAMES_MAX];
    struct error e = {0};
    assert_int_equal(vault_fetch(q, answers, NULL, NULL, NULL, &e), -1);
    if (e.code != want)
        print_error("%d %s\n", (int)e.code, e.text);
    assert_int_equal(e.code, want);
    vault_answers_free(answers, q->name_count > VAULT_NAMES_MAX ? 0 : q->name_count);
}

static void malformed_requests(void **state)
{
    (void)state;
    static const struct secret_name bad_name = {"a_b", NULL};
    static const struct secret_name bad_version = {"a", "1"};
    struct vault_request q = sound();
    q.authority = "http://login.test";
    fails(&q, E_VAULT_REQUEST);
    q = sound();
    q.vault = "https://a.vault.test/x";
    fails(&q, E_VAULT_REQUEST);
    q = sound();
    q.resource = "";
    fails(&q, E_VAULT_REQUEST);
    q = sound();
    q.name_count = 0;
    fails(&q, E_VAULT_REQUEST);
    q = sound();
    q.names = &bad_name;
    fails(&q, E_VAULT_REQUEST);
    q.names = &bad_version;
    fails(&q, E_VAULT_REQUEST);
    q = sound();
    q.tenant = "t/../../x";
    fails(&q, E_VAULT_REQUEST);
    q = sound();
    q.client = "c\",\"x\":\"";
    fails(&q, E_VAULT_REQUEST);
    q = sound();
    static const struct secret_name two[] = {{"a", NULL}, {"b", NULL}};
    q.write = "x\"y"; /* nothing that JSON would have to escape */
    fails(&q, E_VAULT_REQUEST);
    q.write = "";
    fails(&q, E_VAULT_REQUEST);
    q.write = "fine";
    q.names = two;
    q.name_count = 2;
    fails(&q, E_VAULT_REQUEST);
    q = sound();
    struct secret empty = {0};
    q.credential = &empty;
    fails(&q, E_CRED_FORM);
}

/* A token for one cloud is never sent to another, nor to a look-alike. */
static void vault_outside_its_cloud(void **state)
{
    (void)state;
    static const char *const rows[] = {"https://a.vault.azure.net", "https://avault.test",
                                       "https://vault.test", "https://a.vault.test.evil.test"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vault_request q = sound();
        q.vault = rows[i];
        fails(&q, E_VAULT_HOST);
    }
}

static void nobody_there(void **state)
{
    (void)state;
    struct vault_request q = sound();
    fails(&q, E_DNS_NO_SERVER);
    /* Nothing listens on the discard port of this address. */
    q.hosts_file = "127.0.0.1 login.test a.vault.test\n";
    q.authority = "https://login.test:9";
    q.vault = "https://a.vault.test:9";
    fails(&q, E_TCP_REFUSED);
    q.hosts_file = "";
    q.resolv_conf = "nameserver 127.0.0.254\n";
    q.deadline_ms = 1000;
    fails(&q, E_DNS_SILENT);
}

static void child_reads_credentials(void **state)
{
    (void)state;
    struct vault_request q = sound();
    struct secret pem = secret_copy(KEY_2048_PKCS1 CERT_OTHER, strlen(KEY_2048_PKCS1 CERT_OTHER));
    q.credential = &pem;
    q.login = VAULT_LOGIN_CERTIFICATE;
    fails(&q, E_CRED_MISMATCH);
    secret_free(&pem);
    q = sound();
    q.ca_pem = "no certificates here";
    fails(&q, E_VAULT_CA);
}

static void alive(void *arg, unsigned peer)
{
    *(int *)arg = (int)peer;
}

/* -1: nobody. */
static int who(const struct vault_peer *peers, unsigned count, const char *hosts_file)
{
    int said = -1;
    struct error e = {0};
    const struct vault_request q = {.peers = peers,
                                    .peer_count = count,
                                    .alive = alive,
                                    .hosts_file = hosts_file,
                                    .resolv_conf = "nameserver 127.0.0.254\n",
                                    .deadline_ms = 1000,
                                    .stop_fd = -1};
    if (vault_fetch(&q, NULL, NULL, NULL, &said, &e) != 0) {
        assert_int_equal(e.code, E_VAULT_REQUEST);
        return -2;
    }
    return said;
}

/* The second kind of request: an address or a name that takes a connection, and nobody. */
static void who_answers(void **state)
{
    (void)state;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof own;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&own, n), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&own, &n), 0);
    struct vault_peer peers[VAULT_PEERS_MAX + 1] = {{"api.test", 9}, {"127.0.0.1", 9}, {"127.0.0.1", 9}};
    assert_int_equal(who(peers, 3, "127.0.0.1 api.test\n"), -1);
    assert_int_equal(who(peers, 3, ""), -1); /* found nowhere */
    peers[2].port = ntohs(own.sin_port);
    assert_int_equal(who(peers, 3, ""), 2);
    peers[0].port = ntohs(own.sin_port);
    assert_int_equal(who(peers, 1, "127.0.0.1 api.test\n"), 0);
    strcpy(peers[2].host, "api.test"); /* no address, and not the first: left out */
    assert_int_equal(who(peers + 1, 2, "127.0.0.1 api.test\n"), -1);
    assert_int_equal(who(peers, VAULT_PEERS_MAX + 1, ""), -2);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_requests), cmocka_unit_test(vault_outside_its_cloud),
        cmocka_unit_test(nobody_there),       cmocka_unit_test(child_reads_credentials),
        cmocka_unit_test(who_answers),
    };
    credential = secret_copy("secret", 6);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    secret_free(&credential);
    return failed;
}
