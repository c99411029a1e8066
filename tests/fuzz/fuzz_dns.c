/* A hostile name server, hosts file and certificate: first byte chooses. */
#include "net/dns.h"

#include "net/x509.h"
#include "require.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void message(const uint8_t *p, size_t n)
{
    struct dns_address found[DNS_ADDRESSES_MAX];
    for (int six = 0; six < 2; six++) {
        unsigned count = 99;
        enum dns_outcome outcome = dns_answer(p, n, 7, "vault.test", six ? DNS_AAAA : DNS_A, found, &count);
        require(count <= DNS_ADDRESSES_MAX);
        require((outcome == DNS_FOUND) == (count > 0));
        for (unsigned i = 0; i < count; i++)
            require(found[i].v6 == six);
    }
}

static void text(const uint8_t *p, size_t n)
{
    char *copy = malloc(n + 1);
    memcpy(copy, p, n);
    copy[n] = '\0';
    struct dns_address found[4];
    require(dns_hosts(copy, "vault.test", found, 4) <= 4);
    require(dns_servers(copy, found) <= DNS_SERVERS_MAX);
    free(copy);
}

static void certificate(const uint8_t *p, size_t n)
{
    struct x509_cert c;
    if (x509_read((struct span){p, n}, &c))
        require(strlen(c.subject_cn) < X509_CN_MAX && strlen(c.issuer_cn) < X509_CN_MAX &&
                (c.has_eku || !c.server_auth));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(const uint8_t *, size_t) = {message, text, certificate};
    if (size > 0)
        targets[data[0] % 3](data + 1, size - 1);
    return 0;
}
