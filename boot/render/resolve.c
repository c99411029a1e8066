#include "render/resolve.h"

#include "base/text.h"
#include "site/ref.h"

#include <string.h>

#define RESOLVE_UNKNOWN "(from a secret)"

/* What a reference became on the way to a node. */
struct value {
    struct buf text;
    /* holds a secret's bytes */
    bool secret;
};

void resolve_init(struct resolver *r, const struct plan *plan, const struct render_secrets *secrets,
                  struct pool *pool, struct errors *errors)
{
    *r = (struct resolver){.plan = plan, .secrets = secrets, .pool = pool, .errors = errors};
    r->parsed = mem_alloc_array(plan->secret_count, sizeof *r->parsed);
}

void resolve_free(struct resolver *r)
{
    for (unsigned i = 0; i < r->plan->secret_count; i++)
        pointer_value_free(&r->parsed[i]);
    mem_free(r->parsed);
    mem_free(r->from_secrets);
    r->parsed = NULL;
    r->from_secrets = NULL;
    r->from_count = r->from_room = 0;
}

static void remember_text(const struct resolver *r, const void *p, size_t n)
{
    if (r->texts)
        secret_note(r->texts, p, n);
}

static void remember_secret(struct resolver *r, const struct tree_node *node)
{
    if (r->from_count == r->from_room) {
        r->from_room = r->from_room ? 2 * r->from_room : 32;
        r->from_secrets = mem_resize(r->from_secrets, r->from_room * sizeof(const struct tree_node *));
    }
    r->from_secrets[r->from_count++] = node;
}

bool resolve_is_secret(const struct resolver *r, const struct tree_node *node)
{
    for (unsigned i = 0; i < r->from_count; i++)
        if (r->from_secrets[i] == node)
            return true;
    return false;
}

static bool same_version(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The index of a secret in the plan, or the count when it is not there. Names have no case, as in the plan. */
static unsigned secret_index(const struct resolver *r, const struct ref *ref)
{
    for (unsigned i = 0; i < r->plan->secret_count; i++)
        if (text_equal_fold(r->plan->secrets[i].name, ref->name) &&
            same_version(r->plan->secrets[i].version, ref->version))
            return i;
    return r->plan->secret_count;
}

static int pointer_problem(struct error *e, const struct ref *ref, enum pointer_result result, unsigned line,
                           int depth)
{
    switch (result) {
    case POINTER_UNREADABLE:
        if (line)
            return error_at(
                e, ref->pos, E_SECRET_POINTER,
                "secret \"%s\": its value is neither YAML nor JSON (line %u of it), so %s leads nowhere",
                ref->name, line, ref->pointer);
        return error_at(e, ref->pos, E_SECRET_POINTER,
                        "secret \"%s\": its value is not one YAML or JSON document, so %s leads nowhere",
                        ref->name, ref->pointer);
    case POINTER_MISSING:
        return error_at(e, ref->pos, E_SECRET_POINTER, "secret \"%s\" holds nothing at %.*s", ref->name,
                        depth, ref->pointer);
    case POINTER_NULL:
        return error_at(e, ref->pos, E_SECRET_POINTER, "secret \"%s\" holds null at %s", ref->name,
                        ref->pointer);
    case POINTER_TAGGED:
        return error_at(e, ref->pos, E_SECRET_POINTER,
                        "secret \"%s\" holds a reference at %.*s; a secret holds plain values", ref->name,
                        depth, ref->pointer);
    case POINTER_CONTAINER:
    case POINTER_TEXT:
    default:
        return error_at(e, ref->pos, E_SECRET_POINTER,
                        "secret \"%s\" holds a mapping or a list at %s; name one value in it", ref->name,
                        ref->pointer);
    }
}

static int add_secret(struct resolver *r, const struct ref *ref, struct value *out, struct error *e)
{
    unsigned i = secret_index(r, ref);
    out->secret = true;
    if (!r->secrets) {
        buf_str(&out->text, RESOLVE_UNKNOWN);
        return 0;
    }
    if (i >= r->secrets->count)
        return error_at(e, ref->pos, E_SECRET_VALUE, "secret \"%s\" was not fetched", ref->name);
    struct span bytes = secret_bytes(&r->secrets->values[i]);
    if (!ref->pointer) {
        remember_text(r, bytes.p, bytes.n);
        buf_add(&out->text, bytes.p, bytes.n);
        return 0;
    }
    struct pointer_found found = {0};
    enum pointer_result result = pointer_get(&r->parsed[i], r->pool, bytes, ref->pointer, &found);
    if (result != POINTER_TEXT)
        return pointer_problem(e, ref, result, r->parsed[i].line, (int)found.depth);
    remember_text(r, found.text, found.len);
    buf_add(&out->text, found.text, found.len);
    return 0;
}

/* Whether nobody here knows what a reference is: only the box does. */
static bool is_unknown(const struct resolver *r)
{
    return !r->secrets && !r->plan->facts;
}

static int add_value(struct resolver *r, const struct ref *ref, struct value *out, struct error *e)
{
    const struct tree_node *node = plan_value(r->plan, ref, e);
    if (!node && is_unknown(r)) {
        out->secret = true;
        buf_str(&out->text, RESOLVE_UNKNOWN);
        return 0;
    }
    if (!node)
        return -1;
    if (!tree_text(node))
        return error_at(e, ref->pos, E_YAML_REF, "%s is a mapping or a list and cannot be part of a text",
                        ref->name);
    buf_add(&out->text, node->text, node->len);
    return 0;
}

static int add_file(struct resolver *r, const struct ref *ref, struct value *out, struct error *e)
{
    cleanup(buf_free) struct buf file = {.max = SITE_FILE_MAX};
    if (site_read(r->plan->site, ref->name, &file, NULL, e) != 0) {
        char where[64];
        snprintf(where, sizeof where, "%u:%u", (unsigned)ref->pos.line, (unsigned)ref->pos.column);
        return error_wrap(e, "%s:%s", ref->pos.file ? ref->pos.file : "", where);
    }
    buf_add(&out->text, file.data, file.len);
    return 0;
}

/* Only a secret and a file can hold anything but text; inside !base64 they may. */
static int check_text(const struct ref *ref, const struct buf *text, size_t from, struct error *e)
{
    const char *bytes = text->data ? text->data + from : "";
    size_t n = text->len - from;
    bool nul = n > 0 && memchr(bytes, 0, n) != NULL;
    if (!nul && text_is_utf8(bytes, n))
        return 0;
    if (ref->kind == REF_FILE)
        return error_at(e, ref->pos, E_FILE_TEXT, "%s %s", ref->name,
                        nul ? "holds a NUL byte" : "is not UTF-8");
    return error_at(e, ref->pos, E_SECRET_VALUE,
                    "secret \"%s\" %s; as bytes it can only be used through !base64",
                    ref->name ? ref->name : "", nul ? "holds a NUL byte" : "is not UTF-8");
}

/* The grammar nests three deep at most: base64 of a format of a secret. */
static int add_ref(struct resolver *r, const struct ref *ref, bool bytes, struct value *out, struct error *e)
{
    size_t from = out->text.len;
    int result = 0;
    switch (ref->kind) {
    case REF_FACT:
    case REF_NODE:
        return add_value(r, ref, out, e);
    case REF_SECRET:
        result = add_secret(r, ref, out, e);
        return result == 0 && !bytes ? check_text(ref, &out->text, from, e) : result;
    case REF_FILE:
        result = add_file(r, ref, out, e);
        return result == 0 && !bytes ? check_text(ref, &out->text, from, e) : result;
    case REF_FORMAT:
        for (const struct ref_part *part = ref->parts; part && result == 0; part = part->next) {
            if (part->literal)
                buf_str(&out->text, part->literal);
            else
                result = add_ref(r, part->ref, bytes, out, e);
        }
        return result;
    case REF_BASE64:
    case REF_BASE64DECODE: {
        struct value inner = {.text = {.max = RESOLVE_TEXT_MAX}};
        result = add_ref(r, ref->inner, true, &inner, e);
        const char *text = inner.text.data ? inner.text.data : "";
        out->text.full |= inner.text.full;
        out->secret |= inner.secret;
        if (ref->kind == REF_BASE64)
            text_base64(&out->text, text, inner.text.len);
        else if (result == 0 && inner.secret && !r->secrets)
            buf_str(&out->text, RESOLVE_UNKNOWN);
        else if (result == 0 && !text_base64_lines(&out->text, text, inner.text.len, "\r\n"))
            result = error_at(e, ref->pos, E_SECRET_VALUE, "what !base64decode is given is no base64");
        if (result == 0 && ref->kind == REF_BASE64DECODE)
            result = check_text(ref->inner, &out->text, from, e);
        buf_free(&inner.text);
        return result;
    }
    default:
        return error_at(e, ref->pos, E_YAML_REF, "a reference of no kind");
    }
}

static struct tree_node *text_node(struct resolver *r, const struct ref *ref, struct pos pos)
{
    struct value value = {.text = {.max = RESOLVE_TEXT_MAX}};
    struct error e = {0};
    int result = add_ref(r, ref, false, &value, &e);
    if (result == 0 && value.text.full)
        result = error_at(&e, ref->pos, E_RENDER_SIZE, "the text that this becomes is longer than %zu bytes",
                          RESOLVE_TEXT_MAX);
    struct tree_node *node = NULL;
    if (result != 0)
        errors_add(r->errors, &e);
    else
        /* Literal says "a string, as readable as it can be"; the emitter quotes what that style would
         * change. */
        node = tree_scalar(r->pool, pos, value.text.data ? value.text.data : "", value.text.len,
                           value.text.len && memchr(value.text.data, '\n', value.text.len) ? STYLE_LITERAL
                                                                                           : STYLE_SINGLE);
    if (node && value.secret) {
        remember_secret(r, node);
        if (ref->kind != REF_SECRET)
            remember_text(r, node->text, node->len);
    }
    buf_free(&value.text);
    return node;
}

static struct tree_node *kept_node(struct resolver *r, const struct ref *ref, struct pos pos)
{
    struct error e = {0};
    const struct tree_node *value = plan_value(r->plan, ref, &e);
    if (!value && is_unknown(r)) {
        struct tree_node *unknown =
            tree_scalar(r->pool, pos, RESOLVE_UNKNOWN, strlen(RESOLVE_UNKNOWN), STYLE_SINGLE);
        remember_secret(r, unknown);
        return unknown;
    }
    if (!value) {
        errors_add(r->errors, &e);
        return NULL;
    }
    struct tree_node *node = tree_copy(r->pool, value);
    node->pos = pos;
    node->next = NULL;
    return node;
}

/* Bounded by TREE_DEPTH_MAX: the trees were read by tree_read(). */
static struct tree_node *resolve_node(struct resolver *r, const struct tree_node *from)
{
    struct tree_node *node = NULL;
    if (from->ref) {
        bool keeps_kind = from->ref->kind == REF_FACT || from->ref->kind == REF_NODE;
        node = keeps_kind ? kept_node(r, from->ref, from->pos) : text_node(r, from->ref, from->pos);
        if (!node)
            node = tree_scalar(r->pool, from->pos, "", 0, STYLE_SINGLE);
    } else {
        node = pool_alloc(r->pool, sizeof *node);
        *node = *from;
        node->first = node->last = node->next = NULL;
        node->count = 0;
        for (const struct tree_node *child = from->first; child; child = child->next)
            tree_add(r->pool, node, NULL, resolve_node(r, child));
    }
    /* Keys and texts of the plan outlive the rendering, so they are shared, not copied. */
    node->key = from->key;
    return node;
}

struct document *resolve_documents(struct resolver *r, const struct document *docs)
{
    struct document *first = NULL, **end = &first;
    for (; docs; docs = docs->next) {
        struct document *d = pool_alloc(r->pool, sizeof *d);
        d->pos = docs->pos;
        d->root = docs->root ? resolve_node(r, docs->root) : NULL;
        *end = d;
        end = &d->next;
    }
    return first;
}
