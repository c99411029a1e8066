#include "net/url.h"

#include "base/https.h"

#include <stdio.h>
#include <string.h>

int url_parse(const char *what, const char *text, struct url *out, struct error *e)
{
    struct https parts;
    const char *fault = https_parse(text ? text : "", true, &parts);
    if (!fault && parts.address)
        fault = "has an address; a certificate names a host";
    if (fault)
        return error_set(e, E_VAULT_REQUEST, "%s: \"%s\" %s", what, text ? text : "", fault);
    *out = (struct url){.port = parts.port ? (uint16_t)parts.port : 443};
    memcpy(out->host, parts.host, strlen(parts.host) + 1);
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
