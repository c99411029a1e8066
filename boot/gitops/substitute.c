#include "gitops/substitute.h"

#include "base/buf.h"
#include "site/scalar.h"

#include <string.h>

/* What the text is as a plain scalar of YAML 1.1, in words; NULL: the same text. */
static const char *becomes(const struct tree_node *value)
{
    struct tree_node plain = *value;
    plain.style = STYLE_PLAIN;
    if (value->len == 0)
        return "nothing";
    if (strstr(value->text, " #"))
        return "cut at \" #\"";
    switch (scalar_type_11(&plain)) {
    case SCALAR_TEXT:
        return NULL;
    case SCALAR_NULL:
        return "nothing";
    case SCALAR_BOOL:
        return "a boolean";
    case SCALAR_TIME:
        return "a date";
    case SCALAR_INT:
    case SCALAR_FLOAT:
    default:
        return "a number";
    }
}

void substitute_types(struct pool *pool, const char *file, const struct tree_node *vars,
                      struct errors *warnings)
{
    struct buf list = {0};
    const struct tree_node *first = NULL;
    for (const struct tree_node *n = vars ? vars->first : NULL; n; n = n->next) {
        const char *word = n->key && tree_text(n) ? becomes(n) : NULL;
        if (!word)
            continue;
        buf_printf(&list, "%s%.80s is %s", first ? ", " : "", n->key->text, word);
        first = first ? first : n;
    }
    if (first) {
        struct pos at = {pool_strdup(pool, file), first->pos.line, first->pos.column};
        errors_at(
            warnings, at, E_PLAN_ADVICE,
            "quotes around ${name} are gone when Flux puts the value in: %.600s. Where text is needed, write "
            "${quote}${name}${quote} and give quote: '\"' here",
            list.data);
    }
    buf_free(&list);
}
