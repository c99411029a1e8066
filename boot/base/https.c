#include "base/https.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

static const char no_host[] = "has a host that is neither a name nor an address";

/* RFC 1123 section 2.1: labels of letters, digits and inner hyphens, 253 bytes together. */
static bool is_host_name(const char *host)
{
    if (strlen(host) > 253)
        return false;
    char label[64];
    for (const char *at = host;;) {
        size_t len = strcspn(at, ".");
        if (len == 0 || len >= sizeof label)
            return false;
        memcpy(label, at, len);
        label[len] = '\0';
        if (!text_is_label(label))
            return false;
        at += len;
        if (*at == '\0')
            return label[strspn(label, "0123456789")] != '\0';
        at++;
    }
}

const char *https_split(const char *text, bool slash, struct https *out)
{
    static const char scheme[] = "https://";
    *out = (struct https){.port = 0};
    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return "does not begin with https://";
    const char *at = text + sizeof scheme - 1;
    bool bracket = at[0] == '[';
    at += bracket;
    size_t len = strcspn(at, bracket ? "]/" : ":/");
    if (len == 0)
        return "has no host";
    if (len >= sizeof out->host)
        return "has a host that is too long";
    memcpy(out->host, at, len);
    at += len;
    if (strpbrk(out->host, "?#@"))
        return no_host;
    unsigned char address[16];
    out->address = inet_pton(bracket ? AF_INET6 : AF_INET, out->host, address) == 1;
    if (bracket && (!out->address || *at++ != ']'))
        return "has a host that is not an IPv6 address";
    if (*at == ':') {
        size_t digits = strspn(++at, "0123456789");
        for (size_t i = 0; i < digits && i < 5; i++)
            out->port = out->port * 10 + (unsigned)(at[i] - '0');
        if (digits == 0 || digits > 5 || at[0] == '0' || out->port > 65535)
            return "has a port that is not a number from 1 to 65535";
        at += digits;
    }
    if (slash && strcmp(at, "/") == 0)
        at++;
    return *at == '\0' ? NULL : "has something behind the host";
}

const char *https_parse(const char *text, bool slash, struct https *out)
{
    const char *fault = https_split(text, slash, out);
    for (char *c = out->host; *c; c++)
        *c = text_lower(*c);
    if (!fault && !out->address && !is_host_name(out->host))
        fault = no_host;
    return fault;
}
