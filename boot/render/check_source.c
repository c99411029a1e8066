/*
 * Whether Flux can pull from its source with what is inlined: what source-controller asks of the source and of the
 * Secret that it names.
 */
#include "render/check.h"

#include "base/text.h"
#include "render/certkey.h"
#include "render/known_hosts.h"

#include <string.h>

static const struct object *find_secret(const struct check *c, const char *ns, const char *name)
{
    struct check_every i = {.c = c};
    const struct object *o;
    while ((o = check_next(&i)))
        if (o->kind && strcmp(o->kind, "Secret") == 0 && o->name && strcmp(o->name, name) == 0 && o->ns &&
            strcmp(o->ns, ns) == 0)
            return o;
    return NULL;
}

static bool has_key(const struct object *secret, const char *key)
{
    return !check_empty(tree_get(tree_get(secret->node, "data"), key));
}

/* HOST and PORT of ssh://[USER@]HOST[:PORT][/PATH], in the pool. */
static void split_ssh(struct pool *pool, const char *url, const char **host, const char **port)
{
    const char *at = url + strlen("ssh://"), *end = at + strcspn(at, "/?#");

    for (const char *p = at; p < end; p++)
        if (*p == '@')
            at = p + 1;
    size_t n = (size_t)(end - at);
    const char *colon;
    if (*at == '[') {
        n = strcspn(++at, "]");
        colon = at + n + (at[n] == ']');
    } else {
        colon = memchr(at, ':', n);
        n = colon ? (size_t)(colon - at) : n;
    }
    *host = pool_memdup(pool, at, n);
    *port = colon && colon < end && *colon == ':' && colon + 1 < end
        ? pool_memdup(pool, colon + 1, (size_t)(end - colon - 1))
        : "22";
}

/* The passphrase of an encrypted one is `password`. */
static void check_identity(struct check *c, const struct object *secret)
{
    const struct tree_node *data = tree_get(secret->node, "data"), *node = tree_get(data, "identity");
    if (check_empty(node) || !tree_text(node) || check_open(c, node) ||
        !check_empty(tree_get(data, "password")))
        return;
    struct buf ignored = {.max = CERTKEY_MAX};
    const char *problem = certkey_check(CERTKEY_SSH, false, node->text, node->len, &ignored);
    if (problem)
        errors_at(c->errors, node->pos, E_FLUX_SYNC, "data.identity: %s", problem);
    buf_free(&ignored);
}

/* Nothing of the value is shown but the number of a line. */
static void check_known_hosts(struct check *c, const struct object *secret, const char *url)
{
    const struct tree_node *node = tree_get(tree_path(secret->node, "data"), "known_hosts");
    const char *host = NULL, *port = NULL;

    split_ssh(c->pool, url, &host, &port);
    const char *shown = strcmp(port, "22") == 0 ? host : pool_printf(c->pool, "[%s]:%s", host, port);
    struct buf text = {.max = PLAN_MANIFEST_MAX};
    if (tree_text(node) && !check_open(c, node) && text_base64_lines(&text, node->text, node->len, "\r\n")) {
        struct known_hosts k =
            known_hosts_judge((struct span){(unsigned char *)text.data, text.len}, host, port);

        if (k.bad)
            errors_at(c->errors, node->pos, E_FLUX_SYNC,
                      "line %u of data.known_hosts %s, and Flux then refuses all of it: keep what "
                      "`ssh-keyscan` writes for %.200s",
                      k.bad, k.problem, shown);
        else if (k.authority)
            errors_at(c->errors, node->pos, E_FLUX_SYNC,
                      "line %u of data.known_hosts is a @cert-authority for %.200s, which Flux takes for the "
                      "host's own key: put the host's keys there instead",
                      k.authority, shown);
        else if (k.keys == 0)
            errors_at(c->errors, node->pos, E_FLUX_SYNC, "data.known_hosts has no key of %.200s%s", shown,
                      k.elsewhere ? ", only of that host on another port, which Flux does not take" : "");
        else if (k.foreign)
            errors_at(
                c->warnings, node->pos, E_FLUX_SYNC,
                "line %u of data.known_hosts is of another host, with a type of key that %.200s has none of: "
                "Flux then refuses the key that it is shown. Keep the lines of that host alone",
                k.foreign, shown);
    }
    buf_free(&text);
}

/* The keys that a Secret must have, each with its NUL, an empty one ends them: fluxcd/pkg git/options.go, and the
 * controller's own words on GitHub's apps, registries and buckets. */
static const char *needed_keys(const struct check_source *s, const struct object *secret)
{
    const char *app = "githubAppID\0githubAppPrivateKey\0githubAppInstallationID\0";
    if (s->kind[0] == 'O')
        return ".dockerconfigjson\0";
    if (s->kind[0] == 'B')
        return !tree_text(s->provider) || tree_is(s->provider, "generic") ? "accesskey\0secretkey\0" : "";
    if (strncmp(s->url->text, "ssh:", 4) == 0)
        return "identity\0known_hosts\0";
    if (tree_is(s->provider, "github"))
        return has_key(secret, "githubAppInstallationOwner") ? "githubAppID\0githubAppPrivateKey\0" : app;
    return has_key(secret, "password") || has_key(secret, "username") ? "username\0password\0" : "";
}

/* Where a login begins, or the host: behind a scheme and its slashes, also where those are too few or too many. */
static const char *authority(const char *url)
{
    size_t n = strcspn(url, ":/");
    const char *host = url[n] && url[n + (url[n] == ':')] == '/' ? url + n + 1 : url;
    return host + strspn(host, "/");
}

/* A URL as it may be shown: without a login that stands in it. A port of letters, or a host that ends with ? or #, is
 * the begin of a password in which the slash or that stands; behind git@ only on the web, else scp's colon. */
static const char *shown(const char *url)
{
    const char *host = authority(url), *end = host + strcspn(host, "/?#"), *from = url;
    const char *colon = memchr(host, ':', (size_t)(end - host)), *late = strrchr(end, '@');
    bool scp = *url != 'h' && strncmp(host, "git@", 4) == 0;
    if (late && !scp && *host != '[' && colon &&
        (*end != '/' || colon + 1 + strspn(colon + 1, "0123456789") < end))
        end = late + 1;
    for (const char *p = host; p < end; p++)
        if (*p == '@' && (p != host + 3 || strncmp(host, "git", 3) != 0))
            from = p + 1;
    return from;
}

#define TOKEN_MIN 26 /* bytes of a token in the place of a user; what Azure DevOps puts there is a name */

/* A user alone is none: SSH needs one, and Azure DevOps and Bitbucket have one in what they give to clone. */
static bool has_login(const char *url)
{
    const char *host = shown(url), *user = authority(url);
    size_t n = host == url ? 0 : (size_t)(host - user) - 1;
    return memchr(user, ':', n) || (n >= TOKEN_MIN && strncmp(url, "ssh://", 6) != 0);
}

static void check_secret(struct check *c, const struct check_source *s)
{
    const struct object *secret = find_secret(c, s->ns, s->secret->text);
    if (!secret) {
        errors_at(c->own_open ? c->warnings : c->errors, s->secret->pos, E_FLUX_SYNC,
                  "nothing inlined is the Secret %s/%s that it names%s", s->ns, s->secret->text,
                  c->own_open ? " (what a secret holds as a whole is not seen here)" : "");
        return;
    }
    for (const char *key = secret->node ? needed_keys(s, secret) : ""; *key; key += strlen(key) + 1)
        if (!has_key(secret, key))
            errors_at(c->errors, secret->pos, E_FLUX_SYNC,
                      "Secret %s/%s has no data.%s, and Flux cannot pull from %.200s without", secret->ns,
                      secret->name, key, shown(s->url->text));
    if (s->kind[0] == 'G' && strncmp(s->url->text, "ssh:", 4) == 0) {
        check_identity(c, secret);
        check_known_hosts(c, secret, s->url->text);
    } else if (s->kind[0] == 'G' && has_key(secret, "githubAppID") && !tree_is(s->provider, "github"))
        errors_at(c->errors, secret->pos, E_FLUX_SYNC,
                  "Secret %s/%s is of a GitHub App, which needs provider: github", secret->ns, secret->name);
}

/* A scheme that the kind may have; the first letter tells the kinds apart. */
static bool is_scheme(char kind, const char *url)
{
    if (kind == 'O')
        return strncmp(url, "oci://", 6) == 0;
    return kind == 'B' || strncmp(url, "ssh://", 6) == 0 || strncmp(url, "https://", 8) == 0 ||
        strncmp(url, "http://", 7) == 0;
}

void check_source(struct check *c, const struct check_source *s)
{
    if (!s->url || !tree_text(s->url))
        return; /* check_flux.c has said it */
    if (!is_scheme(s->kind[0], s->url->text)) {
        errors_at(
            c->errors, s->url->pos, E_FLUX_SYNC, "\"%.120s\" begins with none of %s", shown(s->url->text),
            s->kind[0] == 'O' ? "oci://"
                              : "ssh://, https://, http://; git@HOST:PATH is written ssh://git@HOST/PATH");
        return;
    }
    if (has_login(s->url->text))
        errors_at(c->errors, s->url->pos, E_FLUX_SYNC,
                  "a login stands in the URL, and in Git for ever: make it anew, and put it into a Secret");
    if (!check_empty(s->secret) && tree_text(s->secret))
        check_secret(c, s);
    else if (strncmp(s->url->text, "ssh:", 4) == 0)
        errors_at(c->errors, s->url->pos, E_FLUX_SYNC, "ssh:// needs a Secret with a key and known hosts");
    else if (tree_is(s->provider, "github"))
        errors_at(c->errors, s->provider->pos, E_FLUX_SYNC,
                  "provider: github needs a Secret with the app's key");
}
