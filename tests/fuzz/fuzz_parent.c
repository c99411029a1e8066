/* A hostile fetcher: what a parent hears from a pipe, for each kind of request. First byte chooses. */
#define _GNU_SOURCE
#include "vault/parent.h"

#include "require.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define NAMES 3
#define PIPE_BYTES (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned told;

static void on_progress(void *arg, const char *host, const char *step)
{
    (void)arg;
    require(strlen(host) < 256 && strlen(step) < 64 && ++told <= PARENT_PROGRESS_MAX);
}

static void on_code(void *arg, const struct vault_code *code)
{
    (void)arg;
    require(strlen(code->uri) < sizeof code->uri && strlen(code->user) < sizeof code->user &&
            code->expires_s <= VAULT_CODE_MAX_S);
    require(strncmp(code->uri, "https://", 8) == 0);
    require(strspn(code->uri, VAULT_CODE_URI_SET) == strlen(code->uri));
    require(strspn(code->user, VAULT_CODE_USER_SET) == strlen(code->user));
}

static void on_alive(void *arg, unsigned peer)
{
    (void)arg;
    require(peer < VAULT_PEERS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct secret_name names[NAMES] = {{"a", NULL}, {"b", NULL}, {"marker", NULL}};
    static const struct vault_peer peers[2] = {{"192.168.1.10", 6443}, {"192.168.1.11", 6443}};
    static struct vault_answer answers[NAMES];
    if (size < 1 || size > PIPE_BYTES)
        return 0;
    unsigned kind = data[0] % 5;
    struct vault_request request = {.names = names,
                                    .name_count = kind == 2 ? 0
                                        : kind == 3         ? 1
                                                            : NAMES,
                                    .stop_fd = -1,
                                    .login = kind == 1 ? VAULT_LOGIN_DEVICE : VAULT_LOGIN_SECRET,
                                    .ask = on_code,
                                    .alive = on_alive,
                                    .login_only = kind == 4,
                                    .write = kind == 3 ? "v1" : NULL};
    if (kind == 2) {
        request.peers = peers;
        request.peer_count = 2;
    }
    int ends[2];
    require(pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) >= 0);
    require(write(ends[1], data + 1, size - 1) == (ssize_t)(size - 1));
    close(ends[1]);
    memset(answers, 0, sizeof answers);
    told = 0;
    struct vault_stats stats = {0};
    struct error failed = {0}, e = {0};
    int result = parent_listen(ends[0], &request, answers, &stats, on_progress, NULL, &failed, &e);
    require(result == 0 ? e.code == E_NONE : result == -1 && e.code == E_FETCHER && e.text[0]);
    for (unsigned i = 0; i < request.name_count; i++)
        require(secret_bytes(&answers[i].value).n <= VAULT_VALUE_MAX);
    vault_answers_free(answers, request.name_count);
    close(ends[0]);
    return 0;
}
