#include "site/ref.h"

#include "base/buf.h"
#include "base/text.h"
#include "facts/facts.h"
#include "site/path.h"

#include <stdio.h>
#include <string.h>

#define VERSION_DIGITS 32
#define VAR_NAME_MAX 64

static const char *const kind_names[] = {
    [REF_FACT] = "fact",
    [REF_NODE] = "node",
    [REF_SECRET] = "secret",
    [REF_FILE] = "file",
    [REF_FORMAT] = "format",
    [REF_BASE64] = "base64",
    [REF_BASE64DECODE] = "base64decode",
};

static const char *const node_fields[] = {"name",     "role",         "type", "cluster",
                                          "endpoint", "install.disk", NULL};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int kind_of_name(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++)
        if (strlen(kind_names[i]) == len && memcmp(kind_names[i], name, len) == 0)
            return (int)i;
    return -1;
}

const char *ref_kind_name(enum ref_kind kind)
{
    return kind_names[kind];
}

int ref_kind_of_tag(const char *tag)
{
    return tag[0] == '!' ? kind_of_name(tag + 1, strlen(tag + 1)) : -1;
}

static int parse_fact(struct ref *ref, const char *text, struct error *e)
{
    const char *nearest = NULL;
    if (!facts_known(text, &nearest))
        return error_at(e, ref->pos, E_YAML_REF, "there is no fact named \"%.120s\"%s%s%s", text,
                        nearest ? "; the nearest is \"" : "", nearest ? nearest : "", nearest ? "\"" : "");
    return 0;
}

static int parse_node(struct ref *ref, const char *text, struct error *e)
{
    if (strncmp(text, "vars.", 5) == 0) {
        const char *name = text + 5;
        size_t len = strlen(name);
        bool good = len > 0 && len <= VAR_NAME_MAX;
        for (size_t i = 0; i < len && good; i++)
            good = is_alnum(name[i]) || name[i] == '_' || name[i] == '-';
        if (!good)
            return error_at(e, ref->pos, E_YAML_REF,
                            "\"%.120s\" is not the name of a variable: 1-%d of letters, digits, _ and -",
                            text, VAR_NAME_MAX);
        return 0;
    }
    for (size_t i = 0; node_fields[i]; i++)
        if (strcmp(node_fields[i], text) == 0)
            return 0;
    const char *nearest = text_nearest(text, node_fields);
    return error_at(
        e, ref->pos, E_YAML_REF,
        "a node has no field \"%.120s\"%s%s%s; there are name, role, type, cluster, endpoint, vars.X and "
        "install.disk",
        text, nearest ? "; the nearest is \"" : "", nearest ? nearest : "", nearest ? "\"" : "");
}

static bool good_pointer(const char *pointer)
{
    if (pointer[0] != '/')
        return false;
    for (const char *at = pointer; *at; at++)
        if (*at == '~' && at[1] != '0' && at[1] != '1')
            return false;
    return true;
}

/* How many bytes of a secret's name stand here: a letter, a digit, a hyphen, or what the plan replaces; 0: none of
 * these. */
static size_t name_step(const char *at)
{
    static const char *const marks[] = {REF_NAME_CLUSTER, REF_NAME_ROLE};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strncmp(at, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return is_alnum(*at) || *at == '-';
}

static int parse_secret(struct pool *pool, struct ref *ref, const char *text, struct error *e)
{
    size_t name_len = strcspn(text, "@#");
    const char *rest = text + name_len;
    bool good = name_len > 0 && name_len <= REF_NAME_MAX;
    for (size_t i = 0, step = 0; i < name_len && good; i += step)
        good = (step = name_step(text + i)) > 0;
    if (!good)
        return error_at(e, ref->pos, E_YAML_REF,
                        "\"%.*s\" is not the name of a Key Vault secret: 1-%d of letters, digits and -, and "
                        "{node:cluster} or {node:role} among them",
                        (int)(name_len < 140 ? name_len : 140), text, REF_NAME_MAX);
    ref->name = pool_memdup(pool, text, name_len);
    if (*rest == '@') {
        size_t len = strcspn(rest + 1, "#");
        good = len == VERSION_DIGITS;
        for (size_t i = 0; i < len && good; i++)
            good = is_digit(rest[1 + i]) || (rest[1 + i] >= 'a' && rest[1 + i] <= 'f');
        if (!good)
            return error_at(e, ref->pos, E_YAML_REF,
                            "the version of secret %s, \"%.*s\", is not %d lower-case hex digits", ref->name,
                            (int)(len < 80 ? len : 80), rest + 1, VERSION_DIGITS);
        ref->version = pool_memdup(pool, rest + 1, len);
        rest += 1 + len;
    }
    if (*rest == '#') {
        if (!good_pointer(rest + 1))
            return error_at(
                e, ref->pos, E_YAML_REF,
                "\"%.200s\" is not a JSON pointer (RFC 6901): it starts with /, and ~ is written ~0",
                rest + 1);
        ref->pointer = pool_strdup(pool, rest + 1);
    }
    return 0;
}

/* Whether a part of the path is this name, as a file system without case reads it. */
static bool leads_through(const char *path, const char *name)
{
    for (size_t n; *path; path += n + (path[n] == '/')) {
        n = strcspn(path, "/");
        if (n == strlen(name) && strncasecmp(path, name, n) == 0)
            return true;
    }
    return false;
}

static int parse_file(struct ref *ref, const char *text, struct error *e)
{
    const char *fault = path_fault(text);
    if (fault)
        return error_at(e, ref->pos, E_YAML_REF, "the path \"%.200s\" %s", text, fault);
    if (leads_through(text, ".hearth"))
        return error_at(e, ref->pos, E_YAML_REF,
                        "\"%.200s\" is a login credential and is never laid into a document", text);
    if (leads_through(text, ".git"))
        return error_at(e, ref->pos, E_YAML_REF,
                        "\"%.200s\" is git's own, where the password of a remote may stand, and is never "
                        "laid into a document",
                        text);
    return 0;
}

static void add_part(struct pool *pool, struct ref_part ***tail, const char *literal, struct ref *ref)
{
    struct ref_part *part = pool_alloc(pool, sizeof *part);
    part->literal = literal;
    part->ref = ref;
    **tail = part;
    *tail = &part->next;
}

/* The inside of {kind:text}. */
static struct ref *parse_inner(struct pool *pool, struct pos pos, const char *inside, size_t len,
                               struct error *e)
{
    char *text = pool_memdup(pool, inside, len);
    char *colon = strchr(text, ':');
    int kind = colon ? kind_of_name(text, (size_t)(colon - text)) : -1;
    if (kind < 0 || kind >= REF_FORMAT) {
        (void)error_at(
            e, pos, E_YAML_REF,
            "in !format, {%.120s} is none of {fact:...}, {node:...}, {secret:...}, {file:...}; a brace "
            "itself is {{ or }}",
            text);
        return NULL;
    }
    if (kind == REF_NODE && strcmp(colon + 1, "install.disk") == 0) {
        (void)error_at(e, pos, E_YAML_REF, "install.disk is a mapping and cannot be part of a text");
        return NULL;
    }
    return ref_parse(pool, (enum ref_kind)kind, pos, colon + 1, e);
}

/* The brace that closes the one at `at`: a secret's name may have a pair of its own. */
static const char *closing(const char *at)
{
    unsigned depth = 0;
    for (; *at; at++) {
        depth += *at == '{';
        if (*at == '}' && --depth == 0)
            return at;
    }
    return NULL;
}

static int parse_format(struct pool *pool, struct ref *ref, const char *text, struct error *e)
{
    struct ref_part **tail = &ref->parts;
    size_t length = strlen(text), filled = 0;
    char *literal = pool_alloc(pool, length + 1);
    char *start = literal;
    unsigned parts = 0;
    for (const char *at = text;;) {
        if ((at[0] == '{' || at[0] == '}') && at[1] == at[0]) {
            start[filled++] = at[0];
            at += 2;
            continue;
        }
        if (at[0] == '}')
            return error_at(e, ref->pos, E_YAML_REF, "in !format, a } without its {; a brace itself is }}");
        if (at[0] != '{' && at[0] != '\0') {
            start[filled++] = *at++;
            continue;
        }
        if (filled > 0) {
            /* Literals share one allocation: together they are never longer than the text, NULs included. */
            start[filled] = '\0';
            add_part(pool, &tail, start, NULL);
            parts++;
            start += filled + 1;
            filled = 0;
        }
        if (at[0] == '\0')
            break;
        const char *end = closing(at);
        if (!end)
            return error_at(e, ref->pos, E_YAML_REF, "in !format, a { without its }; a brace itself is {{");
        struct ref *inner = parse_inner(pool, ref->pos, at + 1, (size_t)(end - at - 1), e);
        if (!inner)
            return -1;
        add_part(pool, &tail, NULL, inner);
        parts++;
        at = end + 1;
        if (parts > REF_FORMAT_PARTS_MAX)
            return error_at(e, ref->pos, E_YAML_REF, "a !format of more than %d parts", REF_FORMAT_PARTS_MAX);
    }
    return 0;
}

struct ref *ref_parse(struct pool *pool, enum ref_kind kind, struct pos pos, const char *text,
                      struct error *e)
{
    struct ref *ref = pool_alloc(pool, sizeof *ref);
    size_t len = strlen(text);
    ref->kind = kind;
    ref->pos = pos;
    if (len == 0) {
        (void)error_at(e, pos, E_YAML_REF, "!%s without a value", kind_names[kind]);
        return NULL;
    }
    /* A literal block ends in a newline: "!secret |" would otherwise ask for a name that nobody can see. */
    if (kind != REF_FORMAT && (strchr(" \t\n\r", text[0]) || strchr(" \t\n\r", text[len - 1]))) {
        (void)error_at(e, pos, E_YAML_REF, "blanks around the value of !%s", kind_names[kind]);
        return NULL;
    }
    int failed = 0;
    switch (kind) {
    case REF_FACT:
        failed = parse_fact(ref, text, e);
        break;
    case REF_NODE:
        failed = parse_node(ref, text, e);
        break;
    case REF_SECRET:
        failed = parse_secret(pool, ref, text, e);
        break;
    case REF_FILE:
        failed = parse_file(ref, text, e);
        break;
    case REF_FORMAT:
        failed = parse_format(pool, ref, text, e);
        break;
    case REF_BASE64:
    case REF_BASE64DECODE:
    default:
        failed = error_at(e, pos, E_YAML_REF, "!%s takes a mapping: {secret: NAME}", kind_names[kind]);
        break;
    }
    if (failed != 0)
        return NULL;
    if (kind == REF_FACT || kind == REF_NODE || kind == REF_FILE)
        ref->name = pool_strdup(pool, text);
    return ref;
}

static const char *kept(struct pool *pool, const char *text)
{
    return text ? pool_strdup(pool, text) : NULL;
}

struct ref *ref_keep(struct pool *pool, const char *file, const struct ref *ref)
{
    if (!ref)
        return NULL;
    struct ref *copy = pool_alloc(pool, sizeof *copy);
    *copy = *ref;
    copy->pos.file = file;
    copy->name = kept(pool, ref->name);
    copy->version = kept(pool, ref->version);
    copy->pointer = kept(pool, ref->pointer);
    copy->inner = ref_keep(pool, file, ref->inner);
    copy->parts = NULL;
    struct ref_part **tail = &copy->parts;
    for (const struct ref_part *part = ref->parts; part; part = part->next)
        add_part(pool, &tail, kept(pool, part->literal), ref_keep(pool, file, part->ref));
    return copy;
}

int ref_walk(struct ref *ref, int (*visit)(struct ref *ref, void *arg), void *arg)
{
    int stop = visit(ref, arg);
    if (stop == 0 && ref->inner)
        stop = ref_walk(ref->inner, visit, arg);
    for (struct ref_part *part = ref->parts; part && stop == 0; part = part->next)
        if (part->ref)
            stop = ref_walk(part->ref, visit, arg);
    return stop;
}

/* "NAME@VERSION#/pointer", or the text of a format. */
static void print_inside(struct buf *b, const struct ref *ref)
{
    if (ref->kind == REF_FORMAT) {
        for (const struct ref_part *part = ref->parts; part; part = part->next) {
            if (part->ref) {
                buf_printf(b, "{%s:", kind_names[part->ref->kind]);
                print_inside(b, part->ref);
                buf_char(b, '}');
                continue;
            }
            for (const char *at = part->literal; *at; at++) {
                if (*at == '{' || *at == '}')
                    buf_char(b, *at);
                buf_char(b, *at);
            }
        }
        return;
    }
    buf_str(b, ref->name);
    if (ref->version)
        buf_printf(b, "@%s", ref->version);
    if (ref->pointer)
        buf_printf(b, "#%s", ref->pointer);
}

const char *ref_print(char *out, size_t cap, const struct ref *ref)
{
    struct buf b = {0};
    bool braces = ref->kind >= REF_BASE64;
    if (braces)
        buf_printf(&b, "!%s {%s: ", kind_names[ref->kind], kind_names[ref->inner->kind]);
    else
        buf_printf(&b, "!%s%s", kind_names[ref->kind], ref->kind == REF_FORMAT ? " \"" : " ");
    print_inside(&b, braces ? ref->inner : ref);
    buf_str(&b, braces ? "}" : ref->kind == REF_FORMAT ? "\"" : "");
    (void)text_clean_z(out, cap, b.data);
    buf_free(&b);
    return out;
}
