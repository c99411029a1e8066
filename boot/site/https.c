#include "site/judge.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 1123 section 2.1: labels of letters, digits and inner hyphens, 253 bytes together. */
static bool is_host_name(const char *host)
{
    char label[64];

    if (strlen(host) > 253)
        return false;
    for (const char *at = host;;) {
        size_t len = strcspn(at, ".");

        if (len == 0 || len >= sizeof label)
            return false;
        memcpy(label, at, len);
        label[len] = '\0';
        if (!is_label(label))
            return false;
        at += len;
        if (*at == '\0')
            return label[strspn(label, "0123456789")] != '\0';
        at++;
    }
}

const char *https_parse(const char *text, bool slash, struct https *out)
{
    static const char scheme[] = "https://";
    const char *at = text + sizeof scheme - 1;
    unsigned char address[16];
    bool v6 = false;
    size_t len = 0;

    memset(out, 0, sizeof *out);
    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return "does not begin with https://";
    v6 = at[0] == '[';
    if (v6)
        at++;
    len = strcspn(at, v6 ? "]/" : ":/");
    if (len == 0)
        return "has no host";
    if (len >= sizeof out->host)
        return "has a host that is too long";
    for (size_t i = 0; i < len; i++)
        out->host[i] = text_lower(at[i]);
    at += len;
    if (v6) {
        if (*at != ']' || inet_pton(AF_INET6, out->host, address) != 1)
            return "has a host that is not an IPv6 address";
        at++;
    }
    out->address = v6 || inet_pton(AF_INET, out->host, address) == 1;
    if (!out->address && !is_host_name(out->host))
        return "has a host that is neither a name nor an address";
    if (*at == ':') {
        size_t digits = strspn(++at, "0123456789");

        if (digits == 0 || digits > 5 || at[0] == '0')
            return "has a port that is not a number from 1 to 65535";
        for (size_t i = 0; i < digits; i++)
            out->port = out->port * 10 + (unsigned)(at[i] - '0');
        if (out->port > 65535)
            return "has a port that is not a number from 1 to 65535";
        at += digits;
    }
    if (slash && strcmp(at, "/") == 0)
        at++;
    return *at == '\0' ? NULL : "has something behind the host";
}
