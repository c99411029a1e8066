#include "render/check.h"

#include "base/text.h"
#include "render/known_hosts.h"

#include <string.h>

#define FLUX "flux-system"

static const struct tree_node *find(const struct document *docs, const char *group, const char *kind)
{
    size_t n = strlen(group);
    for (; docs; docs = docs->next) {
        const char *version = tree_text(tree_get(docs->root, "apiVersion"));
        if (version && strncmp(version, group, n) == 0 && version[n] == '/' &&
            tree_is(tree_get(docs->root, "kind"), kind) &&
            tree_is(tree_path(docs->root, "metadata.name"), FLUX) &&
            tree_is(tree_path(docs->root, "metadata.namespace"), FLUX))
            return docs->root;
    }
    return NULL;
}

static const struct object *find_secret(const struct check *c, const char *name)
{
    for (unsigned i = 0; i < c->manifest_count; i++)
        for (const struct object *o = c->manifests[i].objects; o; o = o->next)
            if (o->kind && strcmp(o->kind, "Secret") == 0 && o->name && strcmp(o->name, name) == 0 && o->ns &&
                strcmp(o->ns, FLUX) == 0)
                return o;
    for (const struct object *o = c->own; o; o = o->next)
        if (o->kind && strcmp(o->kind, "Secret") == 0 && o->name && strcmp(o->name, name) == 0 && o->ns &&
            strcmp(o->ns, FLUX) == 0)
            return o;
    return NULL;
}

static void need_key(struct check *c, const struct object *secret, const char *key, const char *why)
{
    const struct tree_node *value = tree_path(secret->node, "data");
    if (secret->node && check_empty(tree_get(value, key)))
        errors_at(c->errors, secret->pos, E_FLUX_SYNC, "Secret %s/%s has no data.%s: %s", FLUX, secret->name,
                  key, why);
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

/* Nothing of the value is shown but the number of a line. */
static void check_known_hosts(struct check *c, const struct object *secret, const char *url)
{
    const struct tree_node *node = tree_get(tree_path(secret->node, "data"), "known_hosts");
    const char *host = NULL, *port = NULL;

    split_ssh(c->pool, url, &host, &port);
    const char *shown = strcmp(port, "22") == 0 ? host : pool_printf(c->pool, "[%s]:%s", host, port);
    struct buf text = {.max = RENDER_MANIFEST_MAX};
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
                      "host's "
                      "own key: put the host's keys there instead",
                      k.authority, shown);
        else if (k.keys == 0)
            errors_at(c->errors, node->pos, E_FLUX_SYNC, "data.known_hosts has no key of %.200s%s", shown,
                      k.elsewhere ? ", only of that host on another port, which Flux does not take" : "");
        else if (k.foreign)
            errors_at(c->warnings, node->pos, E_FLUX_SYNC,
                      "line %u of data.known_hosts is of another host and of a type of key that %.200s has "
                      "none of: "
                      "Flux offers the server the types of all lines and then refuses the key that it shows. "
                      "Keep the "
                      "lines of that host alone",
                      k.foreign, shown);
    }
    buf_free(&text);
}

/* What source-controller asks of a Git credential: fluxcd/pkg git/options.go. */
static void check_credential(struct check *c, const struct object *secret, const char *ssh)
{
    const struct tree_node *data = tree_get(secret->node, "data");
    if (ssh) {
        need_key(c, secret, "identity", "ssh:// needs the private key");
        need_key(c, secret, "known_hosts", "Flux refuses a Git server whose host key it does not know");
        check_known_hosts(c, secret, ssh);
    } else if (!check_empty(tree_get(data, "password"))) {
        need_key(c, secret, "username", "a password needs a user name; for a token any will do");
    }
}

static void check_source(struct check *c, const struct tree_node *git)
{
    const struct tree_node *spec = tree_get(git, "spec"), *url = tree_get(spec, "url");
    const struct tree_node *secret_name = tree_path(spec, "secretRef.name");
    if (check_empty(tree_get(spec, "ref")))
        errors_at(c->errors, git->pos, E_FLUX_SYNC, "no spec.ref.branch: Flux would take master");
    if (!tree_text(url)) {
        errors_at(c->errors, git->pos, E_FLUX_SYNC, "GitRepository %s has no spec.url", FLUX);
        return;
    }
    bool ssh = strncmp(url->text, "ssh://", 6) == 0;
    if (!ssh && strncmp(url->text, "https://", 8) != 0 && strncmp(url->text, "http://", 7) != 0) {
        errors_at(c->errors, url->pos, E_FLUX_SYNC,
                  "\"%.120s\" begins with none of ssh://, https://, http://; git@HOST:PATH is written "
                  "ssh://git@HOST/PATH",
                  url->text);
        return;
    }
    if (!tree_text(secret_name)) {
        if (ssh)
            errors_at(c->errors, url->pos, E_FLUX_SYNC,
                      "ssh:// needs spec.secretRef with a key and known hosts");
        return;
    }
    const struct object *secret = find_secret(c, secret_name->text);
    if (!secret)
        errors_at(c->errors, secret_name->pos, E_FLUX_SYNC,
                  "nothing inlined is the Secret %s/%s that it names", FLUX, secret_name->text);
    else
        check_credential(c, secret, ssh ? url->text : NULL);
}

/* Where it begins is the site's own to say, but for the folder of another role: the file was copied. */
static void check_path(struct check *c, const struct tree_node *kustomization)
{
    const struct site *site = c->plan->site;
    const struct tree_node *path = tree_path(kustomization, "spec.path");
    for (unsigned i = 0; i < site->role_count; i++) {
        const struct role *other = &site->roles[i];
        const char *theirs = pool_printf(c->pool, "./clusters/%s", other->name);
        if (other != c->plan->entry->role && (tree_is(path, theirs) || tree_is(path, theirs + 2)))
            errors_at(c->errors, path->pos, E_FLUX_SYNC, "spec.path %s is the folder of the role %s", theirs,
                      other->name);
    }
}

static void check_sync(struct check *c, const struct plan_manifest *manifest)
{
    struct document *docs = NULL;
    struct pos pos = {.file = manifest->file};
    struct error e = {0};
    if (tree_read(c->pool, manifest->file, manifest->bytes.p, manifest->bytes.n, &docs, &e) != 0) {
        errors_add(c->errors, &e);
        return;
    }
    const struct tree_node *git = find(docs, "source.toolkit.fluxcd.io", "GitRepository");
    const struct tree_node *kustomization = find(docs, "kustomize.toolkit.fluxcd.io", "Kustomization");
    if (!git)
        errors_at(c->errors, pos, E_FLUX_SYNC, "there is no GitRepository %s/%s", FLUX, FLUX);
    else
        check_source(c, git);
    if (!kustomization)
        errors_at(c->errors, pos, E_FLUX_SYNC, "there is no Kustomization %s/%s", FLUX, FLUX);
    else if (!tree_is(tree_path(kustomization, "spec.sourceRef.kind"), "GitRepository") ||
             !tree_is(tree_path(kustomization, "spec.sourceRef.name"), FLUX))
        errors_at(c->errors, kustomization->pos, E_FLUX_SYNC,
                  "Kustomization %s does not take the GitRepository %s as its source", FLUX, FLUX);
    if (kustomization)
        check_path(c, kustomization);
}

void check_flux(struct check *c)
{
    for (unsigned i = 0; i < c->manifest_count; i++) {
        const struct plan_manifest *manifest = c->manifests[i].plan;
        if (!manifest->docs && strcmp(manifest->name, PLAN_FLUX_SYNC) == 0)
            check_sync(c, manifest);
    }
}
