/* What a person lays into .hearth and writes as an address: PEM of any kind, a host, known_hosts. A key that is taken
 * makes an assertion. */
#include "base/mem.h"
#include "base/pem.h"
#include "net/url.h"
#include "render/known_hosts.h"
#include "require.h"
#include "vault/jwt.h"
#include "vault/loginkey.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(void *arg, const char *label, struct span der)
{
    struct buf *again = arg;
    require(strlen(label) < 64 && der.n <= PEM_OBJECT_MAX);
    pem_certificate(again, der);
    return true;
}

static void sign(const struct loginkey *key)
{
    static const unsigned char random[JWT_SALT_BYTES] = {1};
    static const struct jwt_claims claims = {"https://login.example/t/oauth2/v2.0/token", "client",
                                             1800000000};
    require(loginkey_bits(key) >= 2048 && loginkey_bits(key) <= 8 * LOGINKEY_BYTES_MAX &&
            loginkey_thumbprint(key));
    struct buf out = {0};
    struct error e = {0};
    require(jwt_assertion(&out, key, &claims, random, random, &e) == 0 || e.code == E_CRED_KEY);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {data, size};
    struct buf again = {0};
    if (pem_each(text, take, &again) && again.len > 0) {
        struct buf same = {0};
        require(pem_each((struct span){(const unsigned char *)again.data, again.len}, take, &same));
        require(same.len == again.len && memcmp(same.data, again.data, same.len) == 0);
        buf_free(&same);
    }
    buf_free(&again);
    pem_damage(text);
    struct error e = {0};
    struct loginkey *key = loginkey_read(text, &e);
    require(key ? e.code == E_NONE : e.code != E_NONE && e.text[0]);
    if (key)
        sign(key);
    loginkey_free(key);
    struct known_hosts hosts = known_hosts_judge(text, "git.example", "22");
    require(!hosts.bad == !hosts.problem);
    char *copy = mem_alloc(size + 1);
    memcpy(copy, data, size);
    copy[size] = '\0';
    struct url url;
    char authority[URL_AUTHORITY_MAX];
    if (url_parse("vault", copy, &url, &e) == 0) {
        require(strlen(url_authority(&url, authority)) < sizeof authority);
        url_below(url.host, "vault.azure.net");
    }
    mem_free(copy);
    return 0;
}
