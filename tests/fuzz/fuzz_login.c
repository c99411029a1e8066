/* A hostile Entra or vault as HTTP: the bytes of a response, judged as the answer to each kind of request. The first
 * byte chooses. */
#include "require.h"
#include "vault/entra.h"
#include "vault/keyvault.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct secret_name names[] = {{"db-pass", NULL},
                                               {"db-pass", "0123456789abcdef0123456789abcdef"}};
    if (size < 1)
        return 0;
    struct http h;
    http_init(&h, 1800000000);
    http_feed(&h, data + 1, size - 1);
    struct error e = {0};
    if (!http_end(&h)) {
        if (h.state == HTTP_BAD)
            require(http_error(&h, &e) == -1 && e.text[0]);
        http_free(&h);
        return 0;
    }
    struct secret value = {0};
    struct vault_code shown = {0};
    struct vault_answer answer = {0};
    uint64_t interval = 0;
    int result;
    unsigned kind = data[0] % 8;
    if (kind < 5) {
        result = entra_answer(&h, (enum vault_login)kind, &value, &e);
        require(result != 0 || secret_bytes(&value).n <= ENTRA_TOKEN_MAX);
    } else if (kind == 5) {
        result = entra_code(&h, &value, &shown, &interval, &e);
        if (result == 0) {
            require(interval > 0 && shown.expires_s <= VAULT_CODE_MAX_S);
            require(strncmp(shown.uri, "https://", 8) == 0);
            require(strspn(shown.uri, VAULT_CODE_URI_SET) == strlen(shown.uri));
            require(strspn(shown.user, VAULT_CODE_USER_SET) == strlen(shown.user));
        }
    } else {
        result = keyvault_answer(&h, &names[kind - 6], &answer, &e);
        require(secret_bytes(&answer.value).n <= VAULT_VALUE_MAX);
    }
    require(result == 0 ? e.code == E_NONE : result == -1 && e.code != E_NONE && e.text[0]);
    secret_free(&value);
    secret_free(&answer.value);
    http_free(&h);
    return 0;
}
