/* A hostile body: as a token, as an error, as a secret; and a hostile record stream and challenge. First byte
 * chooses. */
#include "require.h"
#include "vault/challenge.h"
#include "vault/entra.h"
#include "vault/keyvault.h"
#include "vault/record.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void body(int status, const uint8_t *p, size_t n, struct http *h)
{
    http_init(h, 0);
    h->state = HTTP_DONE;
    h->status = status;
    buf_add(&h->body, p, n);
    buf_add(&h->challenge, p, n < 200 ? n : 200);
}

static void entra(int status, const uint8_t *p, size_t n)
{
    struct http h;
    body(status, p, n, &h);
    struct secret token = {0};
    struct error e = {0};
    int result = entra_answer(&h, (enum vault_login)(n % 4), &token, &e);
    require((result == 0) == (e.code == E_NONE));
    require(result < 0 ||
            (secret_bytes(&token).n > 0 && !memchr(secret_bytes(&token).p, '\n', secret_bytes(&token).n)));
    secret_free(&token);
    http_free(&h);
}

static void vault(int status, const uint8_t *p, size_t n)
{
    static const struct secret_name name = {"db-pass", NULL};
    struct http h;
    body(status, p, n, &h);
    struct vault_answer a = {0};
    struct error e = {0};
    int result = keyvault_answer(&h, &name, &a, &e);
    require((result == 0) == (e.code == E_NONE));
    require(secret_bytes(&a.value).n <= VAULT_VALUE_MAX && a.expires >= 0 && a.not_before >= 0);
    secret_free(&a.value);
    http_free(&h);
}

/* What was read is written as it can be read. */
static void again(const struct record *record)
{
    struct buf out = {0};
    switch (record->type) {
    case RECORD_PROGRESS:
        record_progress(&out, record->host, record->step);
        break;
    case RECORD_ANSWER:
        record_answer(&out, record->index, &record->answer);
        break;
    case RECORD_STATS:
        record_stats(&out, &record->stats);
        break;
    case RECORD_FAILED:
        record_failed(&out, &record->answer.error);
        break;
    case RECORD_DONE:
        record_done(&out);
        break;
    case RECORD_CODE:
        record_code(&out, &record->code);
        break;
    case RECORD_ALIVE:
        record_alive(&out, record->index);
    }
    struct reader r = reader_of(out.data, out.len);
    struct record *same = malloc(sizeof *same);
    require(same && record_read(&r, same) == RECORD_READ && same->type == record->type &&
            same->index == record->index);
    secret_free(&same->answer.value);
    free(same);
    buf_free(&out);
}

static void records(const uint8_t *p, size_t n)
{
    struct reader r = reader_of(p, n);
    struct record *record = malloc(sizeof *record);
    while (record_read(&r, record) == RECORD_READ) {
        require(record->index < VAULT_NAMES_MAX && secret_bytes(&record->answer.value).n <= VAULT_VALUE_MAX);
        again(record);
        secret_free(&record->answer.value);
    }
    free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 401, 403, 404, 429, 503};
    if (size < 2)
        return 0;
    int status = statuses[data[1] % 7];
    struct challenge c;
    char tenant[CHALLENGE_PARAM_MAX];
    switch (data[0] % 4) {
    case 0:
        entra(status, data + 2, size - 2);
        break;
    case 1:
        vault(status, data + 2, size - 2);
        break;
    case 2:
        records(data + 2, size - 2);
        break;
    default:
        if (challenge_parse((const char *)data + 2, size - 2, &c))
            challenge_tenant(&c, tenant);
    }
    return 0;
}
