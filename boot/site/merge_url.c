#include "site/merge_url.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* The parts that net/url tells apart, each "" when it is absent. */
struct url_parts {
    char scheme[32];
    char opaque[256];
    char user[256];
    char host[256];
    char path[512];
    char query[512];
    char fragment[256];
    bool has_user;
    bool force_query;
};

static bool take_part(char *out, size_t cap, const char *from, size_t n)
{
    if (n >= cap)
        return false;
    memcpy(out, from, n);
    out[n] = '\0';
    return true;
}

static bool split_url(const char *text, struct url_parts *u)
{
    const char *at = text;
    size_t scheme = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    size_t rest = strcspn(at, "#");
    *u = (struct url_parts){.force_query = false};
    if (at[rest] == '#' && !take_part(u->fragment, sizeof u->fragment, at + rest + 1, strlen(at + rest + 1)))
        return false;
    const char *end = at + rest;
    if (scheme > 0 && at[scheme] == ':' && text_lower(at[0]) >= 'a' && text_lower(at[0]) <= 'z') {
        if (!take_part(u->scheme, sizeof u->scheme, at, scheme))
            return false;
        for (char *c = u->scheme; *c; c++)
            *c = text_lower(*c);
        at += scheme + 1;
    }
    const char *query = memchr(at, '?', (size_t)(end - at));
    if (query) {
        u->force_query = query + 1 == end;
        if (!take_part(u->query, sizeof u->query, query + 1, (size_t)(end - query - 1)))
            return false;
        end = query;
    }
    if (u->scheme[0] && *at != '/')
        return take_part(u->opaque, sizeof u->opaque, at, (size_t)(end - at));
    if (end - at >= 2 && at[0] == '/' && at[1] == '/' && (u->scheme[0] || at[2] != '/')) {
        const char *host = at + 2, *slash = memchr(host, '/', (size_t)(end - host));
        const char *stop = slash ? slash : end, *sign = memrchr(host, '@', (size_t)(stop - host));
        if (sign) {
            u->has_user = true;
            if (!take_part(u->user, sizeof u->user, host, (size_t)(sign - host)))
                return false;
            host = sign + 1;
        }
        if (!take_part(u->host, sizeof u->host, host, (size_t)(stop - host)))
            return false;
        at = stop;
    }
    return take_part(u->path, sizeof u->path, at, (size_t)(end - at));
}

static void take_over(char *out, const char *from, size_t cap)
{
    if (from[0])
        snprintf(out, cap, "%s", from);
}

bool merge_url(const char *base, const char *overlay, char *out, size_t cap, bool *fixed)
{
    *fixed = false;
    struct url_parts b, o;
    if (!split_url(base, &b) || !split_url(overlay, &o))
        return false;
    *fixed = b.has_user && o.has_user;
    take_over(b.scheme, o.scheme, sizeof b.scheme);
    take_over(b.opaque, o.opaque, sizeof b.opaque);
    if (o.has_user)
        snprintf(b.user, sizeof b.user, "%s", o.user);
    b.has_user = b.has_user || o.has_user;
    take_over(b.host, o.host, sizeof b.host);
    take_over(b.path, o.path, sizeof b.path);
    take_over(b.query, o.query, sizeof b.query);
    take_over(b.fragment, o.fragment, sizeof b.fragment);
    b.force_query = o.force_query; /* a boolean: always the overlay's */
    int n = 0;
    if (b.opaque[0])
        n = snprintf(out, cap, "%s%s%s", b.scheme, b.scheme[0] ? ":" : "", b.opaque);
    else
        n = snprintf(
            out, cap, "%s%s%s%s%s%s%s%s", b.scheme, b.scheme[0] ? ":" : "",
            b.scheme[0] || b.host[0] || b.has_user ? (b.host[0] || b.has_user || b.path[0] ? "//" : "") : "",
            b.has_user ? b.user : "", b.has_user ? "@" : "", b.host,
            b.path[0] && b.path[0] != '/' && b.host[0] ? "/" : "", b.path);
    if (n < 0 || (size_t)n >= cap)
        return false;
    int m = snprintf(out + n, cap - (size_t)n, "%s%s%s%s", b.query[0] || b.force_query ? "?" : "", b.query,
                     b.fragment[0] ? "#" : "", b.fragment);
    return m >= 0 && (size_t)(n + m) < cap;
}
