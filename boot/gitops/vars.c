#include "gitops/vars.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#define VALUE_MAX 4096 /* bytes that one text may become */
#define NEST_MAX 4     /* of defaults inside defaults */

void vars_set(struct pool *pool, struct vars *vars, const char *name, const char *value)
{
    struct var **at = &vars->first;
    char *flat = pool_strdup(pool, value), *to = flat;

    for (const char *from = flat; *from; from++)
        if (*from != '\n')
            *to++ = *from;
    *to = '\0';
    while (*at && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    if (!*at || strcmp((*at)->name, name) != 0) {
        struct var *fresh = pool_alloc(pool, sizeof *fresh);
        *fresh = (struct var){pool_strdup(pool, name), NULL, *at};
        *at = fresh;
    }
    (*at)->value = flat;
}

const struct vars *vars_intern(struct pool *pool, struct vars *vars, struct vars **known)
{

    if (!vars->first && !vars->open)
        return NULL;
    struct buf identity = {0};
    for (const struct var *v = vars->first; v; v = v->next)
        buf_printf(&identity, "%s=%s\n", v->name, v->value);
    buf_str(&identity, vars->open ? vars->open : "");
    for (const struct vars *k = *known; k; k = k->next)
        if (strcmp(k->identity, identity.data) == 0) {
            buf_free(&identity);
            return k;
        }
    vars->identity = pool_memdup(pool, identity.data, identity.len);
    buf_free(&identity);
    vars->next = *known;
    *known = vars;
    return vars;
}

struct expansion {
    struct pool *pool;
    const struct vars *vars;
    const char **name;
};

static const char *value_of(const struct vars *vars, const char *name)
{
    for (const struct var *v = vars->first; v; v = v->next)
        if (strcmp(v->name, name) == 0)
            return v->value;
    return NULL;
}

/* The length of what stands between "${" and its "}"; n when there is no end. */
static size_t inside(const char *text, size_t n)
{
    size_t i = 0;

    for (unsigned open = 1; i < n; i++) {
        if (text[i] == '$' && i + 1 < n && text[i + 1] == '{')
            open++;
        else if (text[i] == '}' && --open == 0)
            return i;
    }
    return n;
}

static enum vars_result expand(struct expansion *x, const char *text, size_t n, struct buf *out,
                               unsigned depth);

/* What stands between the braces. */
static enum vars_result replace(struct expansion *x, const char *text, size_t n, struct buf *out,
                                unsigned depth)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const char *word = pool_memdup(x->pool, text, n);
    size_t len = strspn(word, letters);
    const char *name = pool_memdup(x->pool, word, len), *rest = word + len;
    const char *value = value_of(x->vars, name);

    *x->name = name;
    if (value && *value && !*rest) {
        buf_str(out, value);
        return VARS_GOOD;
    }
    size_t sign = rest[0] == ':' && (rest[1] == '=' || rest[1] == '-') ? 2 : *rest == '=' || *rest == '-';
    if (len == 0 || (*rest && !sign) || depth == NEST_MAX) {
        *x->name = pool_printf(x->pool, "${%s}", word);
        return VARS_OPEN;
    }
    if (value && *value) {
        buf_str(out, value);
        return VARS_GOOD;
    }
    if (!value && x->vars->open) {
        *x->name = pool_printf(x->pool, "%s may give ${%s}", x->vars->open, name);
        return VARS_OPEN;
    }
    if (!sign)
        return value ? VARS_GOOD : VARS_NONE;
    return expand(x, rest + sign, strlen(rest + sign), out, depth + 1);
}

static enum vars_result expand(struct expansion *x, const char *text, size_t n, struct buf *out,
                               unsigned depth)
{
    enum vars_result result = VARS_GOOD;

    for (size_t i = 0; i < n && result == VARS_GOOD; i++) {
        if (text[i] == '$' && i + 1 < n && text[i + 1] == '$') {
            buf_char(out, text[i++]);
        } else if (text[i] == '$' && i + 1 < n && text[i + 1] == '{') {
            size_t len = inside(text + i + 2, n - i - 2);
            if (i + 2 + len == n) {
                *x->name = text + i;
                return VARS_NONE;
            }
            result = replace(x, text + i + 2, len, out, depth);
            i += len + 2;
        } else {
            buf_char(out, text[i]);
        }
    }
    return result;
}

enum vars_result vars_expand(struct pool *pool, const struct vars *vars, const char *text, const char **out,
                             const char **name)
{
    struct expansion x = {pool, vars, name};

    if (!strstr(text, "${") || !vars) {
        *out = pool_strdup(pool, text);
        *name = strstr(*out, "${");
        return *name ? VARS_NONE : VARS_GOOD;
    }
    struct buf buf = {.max = VALUE_MAX};
    enum vars_result result = expand(&x, text, strlen(text), &buf, 0);
    if (buf.full) {
        *name = "a text of more than 4,096 bytes";
        result = VARS_OPEN;
    }
    *out = pool_memdup(pool, buf.data ? buf.data : "", buf.len);
    buf_free(&buf);
    return result;
}
