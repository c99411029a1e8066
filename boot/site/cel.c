#include "site/cel.h"

#include "site/schema.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define TOKENS_MAX 512
#define BRACKETS_MAX 32

enum token_kind { TOKEN_NAME, TOKEN_INT, TOKEN_UNSIGNED, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_SIGN };

struct token {
    enum token_kind kind;
    const char *at;
    size_t n;
};

static const char units[] = "KiB,MiB,GiB,TiB,PiB,EiB,kB,MB,GB,TB,PB,EB";

static bool is(const struct token *t, const char *text)
{
    return strlen(text) == t->n && memcmp(t->at, text, t->n) == 0;
}

static bool is_in(const char *words, const struct token *t)
{
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, ",");
        if (n == t->n && memcmp(at, t->at, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

static size_t text_token(const char *at)
{
    for (size_t i = 1; at[i]; i++) {
        if (at[i] == '\\' && at[i + 1])
            i++;
        else if (at[i] == at[0])
            return i + 1;
    }
    return 0;
}

static size_t number_token(const char *at, enum token_kind *kind)
{
    size_t n = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') ? 2 + strspn(at + 2, "0123456789abcdefABCDEF")
                                                              : strspn(at, "0123456789");
    *kind = TOKEN_INT;
    if (at[n] == '.' && isdigit((unsigned char)at[n + 1])) {
        *kind = TOKEN_NUMBER;
        n += 1 + strspn(at + n + 1, "0123456789");
    }
    if ((at[n] == 'u' || at[n] == 'U') && *kind == TOKEN_INT) {
        *kind = TOKEN_UNSIGNED;
        n++;
    }
    return n;
}

/* Cuts the expression into tokens; a problem, or NULL and their count. */
static const char *tokens_of(const char *text, struct token *tokens, unsigned *count)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*",
                                        "/",  "%",  "(",  ")",  "[",  "]",  "{", "}", ",", ".", "?", ":"};
    *count = 0;
    for (const char *at = text + strspn(text, " \t\r\n"); *at; at += strspn(at, " \t\r\n")) {
        struct token *t = &tokens[*count];
        *t = (struct token){.kind = TOKEN_SIGN, .at = at};
        if (*count + 1 == TOKENS_MAX)
            return NULL;
        if (*at == '"' || *at == '\'') {
            t->kind = TOKEN_TEXT;
            t->n = text_token(at);
            if (t->n == 0)
                return "is no expression: a text in it has no end";
        } else if (isdigit((unsigned char)*at)) {
            t->n = number_token(at, &t->kind);
        } else if (isalpha((unsigned char)*at) || *at == '_') {
            t->kind = TOKEN_NAME;
            while (isalnum((unsigned char)at[t->n]) || at[t->n] == '_')
                t->n++;
        }
        for (size_t i = 0; t->n == 0 && i < sizeof signs / sizeof signs[0]; i++)
            if (strncmp(at, signs[i], strlen(signs[i])) == 0)
                t->n = strlen(signs[i]);
        if (t->n == 0)
            return *at == '=' ? "is no expression: equality is =="
                              : "is no expression: it holds a sign that CEL does not know";
        at += t->n;
        (*count)++;
    }
    return NULL;
}

static const char *brackets(const struct token *tokens, unsigned count)
{
    char open[BRACKETS_MAX];
    unsigned depth = 0;
    for (unsigned i = 0; i < count; i++) {
        if (tokens[i].kind != TOKEN_SIGN)
            continue;
        if (strchr("([{", tokens[i].at[0])) {
            if (depth == BRACKETS_MAX)
                return NULL;
            open[depth++] = tokens[i].at[0] == '(' ? ')' : tokens[i].at[0] == '[' ? ']' : '}';
        } else if (strchr(")]}", tokens[i].at[0]) && (depth == 0 || open[--depth] != tokens[i].at[0])) {
            return "is no expression: its brackets do not match";
        }
    }
    return depth > 0 ? "is no expression: a bracket is not closed" : NULL;
}

/* What stands before a dot, and the fields behind it; and the names that stand alone. */
static const struct {
    const char *name;
    /* enum schema_cel; -1: none */
    int fields;
    unsigned subjects;
} names[] = {
    {"disk", SCHEMA_CEL_DISK, 1u << CEL_DISK | 1u << CEL_VOLUME | 1u << CEL_MEMBER},
    {"volume", SCHEMA_CEL_VOLUME, 1u << CEL_VOLUME | 1u << CEL_MEMBER},
    {"link", SCHEMA_CEL_LINK, 1u << CEL_LINK},
    {"system_disk", -1, 1u << CEL_DISK | 1u << CEL_MEMBER},
    {"volume_id", -1, 1u << CEL_MEMBER},
    {"glob", -1, 1u << CEL_DISK | 1u << CEL_MEMBER | 1u << CEL_LINK},
    {"mac", -1, 1u << CEL_LINK},
};

static const char *fields_of(enum cel_subject subject, const struct token *t, bool *known)
{
    *known = is_in(
        "true,false,null,in,size,type,has,matches,int,uint,double,string,duration,timestamp,bool,dyn", t);
    if (subject != CEL_LINK)
        *known = *known || is_in(units, t);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].subjects >> subject & 1u && is(t, names[i].name)) {
            *known = true;
            return names[i].fields < 0 ? NULL : schema_text(schema_tables()->cel[names[i].fields]);
        }
    return NULL;
}

static bool has_macro(const struct token *tokens, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (tokens[i].kind == TOKEN_NAME && is_in("exists,all,map,filter,exists_one", &tokens[i]))
            return true; /* names of its own */
    return false;
}

static const char *judge_names(struct pool *pool, enum cel_subject subject, const struct token *tokens,
                               unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (tokens[i].kind != TOKEN_NAME || (i > 0 && is(&tokens[i - 1], ".")))
            continue;
        bool known = false;
        const char *fields = fields_of(subject, &tokens[i], &known);
        if (!known)
            return pool_printf(pool, "speaks of %.*s, which Talos does not know here", (int)tokens[i].n,
                               tokens[i].at);
        if (fields && i + 2 < count && is(&tokens[i + 1], ".") && tokens[i + 2].kind == TOKEN_NAME &&
            !is_in(fields, &tokens[i + 2]))
            return pool_printf(pool, "speaks of %.*s.%.*s, which Talos does not know (%s)", (int)tokens[i].n,
                               tokens[i].at, (int)tokens[i + 2].n, tokens[i + 2].at, fields);
    }
    return NULL;
}

static bool is_unsigned(const struct token *tokens, unsigned count, unsigned i)
{
    if (i >= count)
        return false;
    if (tokens[i].kind == TOKEN_NAME && is_in(units, &tokens[i]))
        return true;
    return i + 2 < count && is(&tokens[i], "disk") && is(&tokens[i + 1], ".") &&
        is_in("size,io_size,sector_size", &tokens[i + 2]);
}

static bool was_unsigned(const struct token *tokens, unsigned i)
{
    if (tokens[i].kind == TOKEN_NAME && is_in(units, &tokens[i]))
        return true;
    return i >= 2 && is_in("size,io_size,sector_size", &tokens[i]) && is(&tokens[i - 1], ".") &&
        is_in("disk,volume", &tokens[i - 2]);
}

/* CEL has no operation of an int and a uint, and Talos's sizes and units are uints. */
static const char *judge_numbers(struct pool *pool, const struct token *tokens, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (tokens[i].kind != TOKEN_INT)
            continue;
        bool after = i + 1 < count && is_in("*,+,-,/,%,<,>,<=,>=,==,!=", &tokens[i + 1]) &&
            is_unsigned(tokens, count, i + 2);
        bool before =
            i >= 2 && is_in("*,+,-,/,%,<,>,<=,>=,==,!=", &tokens[i - 1]) && was_unsigned(tokens, i - 2);
        if (after || before)
            return pool_printf(pool, "counts with %.*s beside a size, which is unsigned: write %.*su",
                               (int)tokens[i].n, tokens[i].at, (int)tokens[i].n, tokens[i].at);
    }
    return NULL;
}

static bool is_one_field(const struct token *tokens, unsigned count)
{
    return count == 3 && tokens[0].kind == TOKEN_NAME && is(&tokens[1], ".") &&
        tokens[2].kind == TOKEN_NAME && !is_in("readonly,rotational,cdrom", &tokens[2]);
}

const char *cel_problem(struct pool *pool, enum cel_subject subject, const char *text)
{
    struct token tokens[TOKENS_MAX];
    unsigned count;
    const char *problem = tokens_of(text, tokens, &count);
    if (!problem && count == 0)
        problem = "is no expression";
    if (!problem)
        problem = brackets(tokens, count);
    if (problem || subject == CEL_OTHER || count + 1 == TOKENS_MAX)
        return problem;
    if (!has_macro(tokens, count))
        problem = judge_names(pool, subject, tokens, count);
    if (!problem)
        problem = judge_numbers(pool, tokens, count);
    if (!problem && (is_one_field(tokens, count) || (count == 1 && tokens[0].kind != TOKEN_NAME)))
        problem = "is not a condition: it is neither true nor false";
    return problem;
}
