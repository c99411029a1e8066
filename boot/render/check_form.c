#include "render/check.h"

#include "base/https.h"
#include "base/text.h"
#include "render/certkey.h"
#include "site/clear.h"
#include "site/newer.h"
#include "site/schema_check.h"

#include <string.h>

const char *check_shown(const struct check *c, const struct tree_node *node)
{
    const char *text = tree_text(node);
    if (!text)
        return "";
    return resolve_is_secret(c->resolver, node) ? "(from a secret)"
                                                : clear_shown(node->key ? node->key->text : NULL, text);
}

bool check_open(const struct check *c, const struct tree_node *node)
{
    return node && !c->resolver->secrets && resolve_is_secret(c->resolver, node);
}

static const char *shown(const void *arg, const struct tree_node *node)
{
    return check_shown(arg, node);
}

void check_spelling(struct check *c)
{
    struct errors unsaid = {.count = 0}; /* the plan has said them */
    struct schema_check check = {
        .pool = c->pool,
        .newer = true,
        .whole = true,
        .worker = c->plan->entry->type == MACHINE_WORKER,
        .shown = shown,
        .arg = c,
        .errors = c->errors,
        .warnings = &unsaid,
    };
    schema_check(&check, c->config);
    errors_free(&unsaid);
}

bool check_true(const struct tree_node *node)
{
    static const char *const yes[] = {"true", "yes", "on", "y"};
    const char *text = tree_text(node);
    if (!text || node->style != STYLE_PLAIN)
        return false;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (text_equal_fold(text, yes[i]))
            return true;
    return false;
}

bool check_false(const struct tree_node *node)
{
    static const char *const no[] = {"false", "no", "off", "n"};
    const char *text = tree_text(node);
    if (!text || node->style != STYLE_PLAIN)
        return false;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (text_equal_fold(text, no[i]))
            return true;
    return false;
}

bool check_empty(const struct tree_node *node)
{
    if (!node)
        return true;
    return node->kind == TREE_SCALAR && (node->len == 0 || tree_is_null(node));
}

const struct tree_node *check_main(const struct check *c)
{
    for (const struct document *d = c->config; d; d = d->next)
        if (d->root && d->root->kind == TREE_MAP && !tree_get(d->root, "kind"))
            return d->root;
    return NULL;
}

struct pos check_nearest(const struct tree_node *root, const char *path)
{
    char prefix[128];
    struct pos pos = root->pos;
    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
        if ((size_t)(dot - path) >= sizeof prefix)
            break;
        memcpy(prefix, path, (size_t)(dot - path));
        prefix[dot - path] = '\0';
        const struct tree_node *at = tree_path(root, prefix);
        if (!at)
            break;
        pos = at->key ? at->key->pos : at->pos;
    }
    return pos;
}

static bool is_token(const char *text)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    return strlen(text) == 23 && strspn(text, alphabet) == 6 && text[6] == '.' &&
        strspn(text + 7, alphabet) == 16;
}

static bool is_base64_of_32(const char *text)
{
    unsigned char bytes[36];
    bool fits = strlen(text) == 44 && text_base64_decode(bytes, text, 44) == 32;
    mem_wipe(bytes, sizeof bytes);
    return fits;
}

bool check_is_plain_pem(const struct check *c, const char *path, const struct tree_node *node)
{
    return node != tree_path(check_main(c), path);
}

static void check_pem_form(struct check *c, const char *path, const struct tree_node *node,
                           enum certkey_kind kind)
{
    struct buf der = {.max = CERTKEY_MAX};
    bool plain = check_is_plain_pem(c, path, node);
    const char *problem = certkey_check(kind, plain, node->text, node->len, &der);
    if (problem && plain && !strstr(node->text, "-----"))
        problem = "it is PEM in this document, so !base64decode {secret: ...}";
    if (problem)
        errors_at(c->errors, node->pos, E_RENDER_PEM, "%s: %s", path, problem);
    buf_free(&der);
}

static void check_list(struct check *c, const char *path, const struct tree_node *list)
{
    if (list->kind != TREE_SEQ || list->count == 0) {
        errors_at(c->errors, list->pos, E_RENDER_FIELD, "%s must be a list of subnets", path);
        return;
    }
    for (const struct tree_node *item = list->first; item; item = item->next)
        if (!check_open(c, item) && (!tree_text(item) || !strchr(item->text, '/')))
            errors_at(c->errors, item->pos, E_RENDER_FIELD,
                      "%s: \"%.60s\" is no subnet such as 10.244.0.0/16", path, check_shown(c, item));
}

static void judge_form(struct check *c, const char *path, const struct tree_node *node, enum check_form form)
{
    if (check_open(c, node))
        return;
    if (form == CHECK_MAP) {
        if (node->kind != TREE_MAP)
            errors_at(c->errors, node->pos, E_RENDER_FIELD, "%s must be a mapping", path);
        return;
    }
    if (form == CHECK_LIST) {
        check_list(c, path, node);
        return;
    }
    if (!tree_text(node)) {
        errors_at(c->errors, node->pos, E_RENDER_FIELD, "%s must be text", path);
        return;
    }
    struct https url;
    if (form == CHECK_CERT || form == CHECK_KEY)
        check_pem_form(c, path, node, form == CHECK_CERT ? CERTKEY_CERTIFICATE : CERTKEY_PRIVATE);
    else if (form == CHECK_TOKEN && !is_token(node->text))
        errors_at(c->errors, node->pos, E_RENDER_FIELD,
                  "%s is no token: 6 and 16 of a-z and 0-9 with a dot between, as the secrets bundle has it",
                  path);
    else if (form == CHECK_KEY32 && !is_base64_of_32(node->text))
        errors_at(c->errors, node->pos, E_RENDER_FIELD, "%s is not base64 of 32 bytes", path);
    else if (form == CHECK_HTTPS && https_split(node->text, true, &url))
        errors_at(c->errors, node->pos, E_RENDER_FIELD, "%s: \"%.120s\" is not https://HOST:PORT", path,
                  check_shown(c, node));
}

void check_need(struct check *c, const struct tree_node *root, const char *path, enum check_form form,
                const char *without)
{
    const struct tree_node *node = newer_find(c->config, path);
    if (check_empty(node))
        errors_at(c->errors, node ? node->pos : check_nearest(root, path), E_RENDER_FIELD, "%s is %s: %s",
                  path, node ? "empty" : "missing", without);
    else
        judge_form(c, path, node, form);
}
