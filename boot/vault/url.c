#include "vault/url.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static bool host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/* Labels of 1-63 bytes; the last one not all digits, which would be an IPv4 address. */
static bool host_is_name(const char *host)
{
    size_t label = 0;
    bool digits = true;
    for (const char *p = host; *p; p++) {
        if (*p == '.') {
            if (label == 0)
                return false;
            label = 0;
            digits = true;
            continue;
        }
        if (!host_char(*p) || ++label > 63)
            return false;
        digits = digits && *p >= '0' && *p <= '9';
    }
    return label > 0 && !digits;
}

static bool port_parse(const char *p, uint16_t *out)
{
    unsigned value = 0;
    size_t n = strspn(p, "0123456789");
    if (n == 0 || n > 5)
        return false;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (unsigned)(p[i] - '0');
    p += n;
    if (*p == '/')
        p++;
    *out = (uint16_t)value;
    return *p == '\0' && value > 0 && value <= UINT16_MAX;
}

int url_parse(const char *what, const char *text, struct url *out, struct error *e)
{
    static const char scheme[] = "https://";
    *out = (struct url){.port = 443};
    if (!text || strncmp(text, scheme, sizeof scheme - 1) != 0)
        return error_set(e, E_VAULT_REQUEST, "%s: \"%s\" does not begin with https://", what,
                         text ? text : "");
    const char *host = text + sizeof scheme - 1;
    size_t n = strcspn(host, ":/?#@");
    if (n == 0 || n >= sizeof out->host)
        return error_set(e, E_VAULT_REQUEST, "%s: \"%s\" has no host name", what, text);
    for (size_t i = 0; i < n; i++)
        out->host[i] = text_lower(host[i]);
    if (!host_is_name(out->host))
        return error_set(e, E_VAULT_REQUEST, "%s: \"%s\" is not a host name", what, out->host);
    const char *rest = host + n;
    if (*rest == ':' ? !port_parse(rest + 1, &out->port) : strcmp(rest, "") != 0 && strcmp(rest, "/") != 0)
        return error_set(e, E_VAULT_REQUEST, "%s: \"%s\" is more than https://HOST:PORT", what, text);
    return 0;
}

const char *url_authority(const struct url *u, char out[URL_AUTHORITY_MAX])
{
    if (u->port == 443)
        snprintf(out, URL_AUTHORITY_MAX, "%s", u->host);
    else
        snprintf(out, URL_AUTHORITY_MAX, "%s:%u", u->host, (unsigned)u->port);
    return out;
}

bool url_below(const char *host, const char *domain)
{
    size_t h = strlen(host);
    size_t d = strlen(domain);
    return d > 0 && h > d + 1 && host[h - d - 1] == '.' && strcmp(host + h - d, domain) == 0;
}
