#include "vault/challenge.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

#define PARAMS_MAX 32

struct cursor {
    const char *p;
    const char *end;
};

static void skip(struct cursor *c, const char *set)
{
    while (c->p < c->end && *c->p && strchr(set, *c->p))
        c->p++;
}

static size_t token(struct cursor *c, const char **start)
{
    *start = c->p;
    while (c->p < c->end && (unsigned char)*c->p > ' ' && !strchr("=,\"", *c->p))
        c->p++;
    return (size_t)(c->p - *start);
}

/* A token or a quoted string into out, cut to nothing when it does not fit. False when a quote does not
 * close. */
static bool value(struct cursor *c, char out[CHALLENGE_PARAM_MAX])
{
    bool quoted = c->p < c->end && *c->p == '"';
    if (quoted)
        c->p++;
    size_t n = 0;
    bool fits = true;
    for (;; c->p++) {
        if (c->p == c->end) {
            if (quoted)
                return false;
            break;
        }
        char ch = *c->p;
        if (quoted ? ch == '"' : ch == ',' || ch == ' ')
            break;
        if (quoted && ch == '\\' && ++c->p == c->end)
            return false;
        if (n + 1 < CHALLENGE_PARAM_MAX)
            out[n++] = *c->p;
        else
            fits = false;
    }
    if (quoted)
        c->p++;
    out[fits ? n : 0] = '\0';
    return true;
}

static char *slot(struct challenge *c, const char *name, size_t n)
{
    static const struct {
        const char *name;
        size_t offset;
    } slots[] = {
        {"authorization", offsetof(struct challenge, authorization)},
        {"authorization_uri", offsetof(struct challenge, authorization)},
        {"resource", offsetof(struct challenge, resource)},
        {"scope", offsetof(struct challenge, resource)},
        {"error", offsetof(struct challenge, error)},
    };
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (strlen(slots[i].name) == n && strncasecmp(slots[i].name, name, n) == 0)
            return (char *)c + slots[i].offset;
    return NULL;
}

bool challenge_parse(const char *text, size_t n, struct challenge *out)
{
    struct cursor c = {text, text + n};
    *out = (struct challenge){0};
    skip(&c, " ,\t");
    const char *word;
    if (token(&c, &word) != 6 || strncasecmp(word, "Bearer", 6) != 0)
        return false;
    for (unsigned i = 0; i < PARAMS_MAX; i++) {
        skip(&c, " ,\t");
        size_t length = token(&c, &word);
        if (length == 0)
            return c.p == c.end;
        skip(&c, " \t");
        if (c.p == c.end || *c.p != '=')
            return true; /* the scheme of the next challenge */
        c.p++;
        skip(&c, " \t");
        char *to = slot(out, word, length);
        char scrap[CHALLENGE_PARAM_MAX];
        if (!value(&c, to ? to : scrap))
            return false;
    }
    return false;
}

void challenge_tenant(const struct challenge *c, char out[CHALLENGE_PARAM_MAX])
{
    out[0] = '\0';
    if (strncmp(c->authorization, "https://", 8) != 0)
        return;
    const char *path = strchr(c->authorization + 8, '/');
    if (!path)
        return;
    size_t n = strcspn(path + 1, "/?#");
    memcpy(out, path + 1, n);
    out[n] = '\0';
}
