#include "site/merge.h"

#include "site/merge_delete.h"
#include "site/merge_url.h"
#include "site/ref.h"
#include "site/scalar.h"
#include "site/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENTS_MAX 1000 /* of one file */

/* ---- documents ---- */

/* Text by which documents are told apart. A reference is compared as it is written. */
static const char *identity(struct pool *pool, const struct tree_node *root, const char *key)
{
    const struct tree_node *node = tree_get(root, key);
    if (!node)
        return "";
    if (!node->ref)
        return node->kind == TREE_SCALAR ? node->text : "";
    char *out = pool_alloc(pool, 512);
    return ref_print(out, 512, node->ref);
}

static bool is_main(const struct tree_node *root)
{
    return !tree_get(root, "kind");
}

static bool is_same_document(struct pool *pool, const struct tree_node *a, const struct tree_node *b)
{
    static const char *const keys[] = {"apiVersion", "kind", "name"};
    if (is_main(a) || is_main(b))
        return is_main(a) && is_main(b);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(identity(pool, a, keys[i]), identity(pool, b, keys[i])) != 0)
            return false;
    return true;
}

struct document *merge_find(struct document *list, const char *kind, const char *name)
{
    for (; list; list = list->next) {
        if (!list->root || list->root->kind != TREE_MAP || list->root->ref)
            continue;
        if (kind ? !tree_is(tree_get(list->root, "kind"), kind) : !is_main(list->root))
            continue;
        if (!name || tree_is(tree_get(list->root, "name"), name))
            return list;
    }
    return NULL;
}

/* ---- merge ---- */

static int merge_field(struct merging *m, const char *path, struct tree_node *parent, struct tree_node *old,
                       struct tree_node *value, const struct schema_field *use);
static int merge_struct(struct merging *m, const char *path, const struct schema_type *type,
                        struct tree_node *base, struct tree_node *overlay);

static const char *kind_name(const struct tree_node *node)
{
    static const char *const names[] = {
        [TREE_SCALAR] = "a single value", [TREE_MAP] = "a mapping", [TREE_SEQ] = "a list"};
    return node->ref ? "a reference" : names[node->kind];
}

static const char *join(struct merging *m, const char *path, const char *key)
{
    return pool_printf(m->pool, "%s%s%s", path, path[0] ? "." : "", key);
}

/* Puts a value where another stood: the order of the base stays, the position is the overlay's. */
static void replace(struct tree_node *parent, struct tree_node *old, struct tree_node *value)
{
    struct tree_node **link = &parent->first;
    while (*link && *link != old)
        link = &(*link)->next;
    value->next = old->next;
    *link = value;
    if (parent->last == old)
        parent->last = value;
}

static bool is_same_value(const struct tree_node *a, const struct tree_node *b)
{
    if (a->ref || b->ref || a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == TREE_SCALAR)
        return strcmp(a->text, b->text) == 0;
    if (a->kind == TREE_SEQ) {
        const struct tree_node *right = b->first;
        for (const struct tree_node *left = a->first; left; left = left->next, right = right->next)
            if (!is_same_value(left, right))
                return false;
        return true;
    }
    for (const struct tree_node *left = a->first; left; left = left->next) {
        const struct tree_node *right = tree_get(b, left->key->text);
        if (!right || !is_same_value(left, right))
            return false;
    }
    return true;
}

/* Says that the overlay's value does not arrive, or takes more away than it says, unless that changes nothing. */
static void __attribute__((format(printf, 4, 5)))
lost(struct merging *m, const struct tree_node *old, const struct tree_node *value, const char *fmt, ...)
{
    if (!m->warnings || (old && value && is_same_value(old, value)))
        return;
    va_list ap;
    va_start(ap, fmt);
    UNSET char text[ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, words_text(fmt), ap);
    va_end(ap);
    errors_at(m->warnings, value ? value->pos : old->pos, E_MERGE_LOST, "%s", text);
}
#define lost(m, old, value, fmt, ...) SAY(lost, fmt, m, old, value, said_, ##__VA_ARGS__)

static const char *where(struct merging *m, const struct tree_node *node)
{
    return pool_printf(m->pool, "%s:%u", node->pos.file ? node->pos.file : "the base",
                       (unsigned)node->pos.line);
}

/* What a value that sets nothing, or less than it says, leaves standing. */
static void kept(struct merging *m, const char *path, const struct tree_node *old,
                 const struct tree_node *value, const char *why)
{
    lost(m, old, value,
         "%s: Talos takes %s for not given when it merges, so what %s says stays; take it out there, or "
         "delete it first with "
         "`$patch: delete`",
         path, why, where(m, old));
}

static int differ(struct merging *m, const char *path, const struct tree_node *old,
                  const struct tree_node *value)
{
    return error_at(m->e, value->pos, E_MERGE, "\"%.200s\" is %s here and %s at %s:%u", path,
                    kind_name(value), kind_name(old), old->pos.file, (unsigned)old->pos.line);
}

static int unmergeable(struct merging *m, const char *path, const struct tree_node *old,
                       const struct tree_node *value, const char *why)
{
    return error_at(
        m->e, value->pos, E_MERGE,
        "\"%.200s\": Talos cannot merge %s with what stands at %s; delete it first with `$patch: delete`",
        path, why, where(m, old));
}

static bool is_disk(const struct tree_node *node)
{
    return node->ref && node->ref->kind == REF_NODE && strcmp(node->ref->name, "install.disk") == 0;
}

/* Both sides are scalars as far as anybody can know yet; only install.disk becomes a mapping. */
static int merge_reference(struct merging *m, const char *path, struct tree_node *parent,
                           struct tree_node *old, struct tree_node *value)
{
    bool old_map = old->ref ? is_disk(old) : old->kind == TREE_MAP;
    bool new_map = value->ref ? is_disk(value) : value->kind == TREE_MAP;
    bool old_scalar = old->ref ? !old_map : old->kind == TREE_SCALAR;
    bool new_scalar = value->ref ? !new_map : value->kind == TREE_SCALAR;
    if (!(old_scalar && new_scalar) && !(old_map && new_map))
        return differ(m, path, old, value);
    if (new_scalar && !value->ref && value->len == 0)
        kept(m, path, old, value, "an empty text");
    else
        replace(parent, old, value);
    return 0;
}

static int merge_text_url(struct merging *m, const char *path, struct tree_node *parent,
                          struct tree_node *old, struct tree_node *value)
{
    if (value->len == 0) {
        kept(m, path, old, value, "an empty text");
        return 0;
    }
    char whole[1536];
    bool fixed = false;
    bool known = old->len == 0 || merge_url(old->text, value->text, whole, sizeof whole, &fixed);
    if (!known || fixed)
        return unmergeable(m, path, old, value, fixed ? "two user names of a URL" : "this URL");
    if (old->len > 0 && strcmp(whole, value->text) != 0) {
        lost(m, old, value,
             "%s: Talos merges a URL by its parts, so what this one lacks stays from %s; take it out there, "
             "or delete it first "
             "with `$patch: delete`",
             path, where(m, old));
        value->text = pool_strdup(m->pool, whole);
        value->len = strlen(whole);
        value->style = STYLE_DOUBLE;
    }
    replace(parent, old, value);
    return 0;
}

static int merge_scalar(struct merging *m, const char *path, struct tree_node *parent, struct tree_node *old,
                        struct tree_node *value, const struct schema_field *use)
{
    const struct schema_type *type = schema_type(use);
    bool pointer = use->flags & SCHEMA_POINTER;
    bool address = type->form == FORM_ADDR || type->form == FORM_PREFIX || type->form == FORM_ADDRPORT;
    if (type->merge == MERGE_FIXED)
        return unmergeable(m, path, old, value, "this");
    if (type->merge == MERGE_URL)
        return merge_text_url(m, path, parent, old, value);
    if (type->merge == MERGE_SIZE && scalar_is_percent(value) && !scalar_is_percent(old) && old->len > 0) {
        lost(m, old, value,
             "%s: to Talos bytes and percent are two values of which bytes win, so what %s says stays", path,
             where(m, old));
        return 0;
    }
    bool bytes = type->form == FORM_MAC || type->form == FORM_BASE64;
    if ((!pointer || address || type->merge == MERGE_SIZE) && type->merge != MERGE_COPY &&
        type->form != FORM_BOOL && !bytes && scalar_is_zero(type, value)) {
        kept(m, path, old, value,
             value->len == 0               ? "an empty text"
                 : type->form == FORM_ENUM ? "the first value of this enumeration"
                                           : "a zero");
        return 0;
    }
    replace(parent, old, value);
    return 0;
}

/* Anything over anything, as long as Go would hold both in the same type. */
static int merge_any(struct merging *m, const char *path, struct tree_node *parent, struct tree_node *old,
                     struct tree_node *value, bool known)
{
    if (value->kind != old->kind)
        return differ(m, path, old, value);
    if (value->kind == TREE_SEQ) {
        for (struct tree_node *element = value->first, *next = NULL; element; element = next) {
            next = element->next;
            tree_add(m->pool, old, NULL, element);
        }
        return 0;
    }
    if (value->kind == TREE_MAP) {
        for (struct tree_node *child = value->first, *next = NULL; child; child = next) {
            struct tree_node *below = tree_get(old, child->key->text);
            next = child->next;
            if (!below)
                tree_add(m->pool, old, NULL, child);
            else if (merge_field(m, join(m, path, child->key->text), old, below, child, NULL) != 0)
                return -1;
        }
        return 0;
    }
    enum scalar_type left = scalar_type(old), right = scalar_type(value);
    if (known && (left != right || right == SCALAR_TIME))
        return unmergeable(m, path, old, value, "a value of another type");
    bool zero = right == SCALAR_TEXT
        ? value->len == 0
        : left == right && (right == SCALAR_INT || right == SCALAR_FLOAT) && strtod(value->text, NULL) == 0;
    if (zero)
        kept(m, path, old, value, value->len == 0 ? "an empty text" : "a zero");
    else
        replace(parent, old, value);
    return 0;
}

/* What counts as the text of a key of a list's element: "" when it is not given, NULL when it is not known. */
static const char *key_text(const struct tree_node *element, const char *key)
{
    const struct tree_node *own = tree_get(element, key);
    if (!own || tree_is_null(own))
        return "";
    return tree_text(own);
}

/* Whether two elements have the same key. Numbers are compared as numbers: 0 is a key that is not given. */
static bool same_key(const struct schema_type *type, const struct tree_node *a, const struct tree_node *b)
{
    const struct schema_field *field = schema_field(schema_type(&type->elem), schema_text(type->key));
    const char *left = key_text(a, schema_text(type->key)), *right = key_text(b, schema_text(type->key));
    if (!left || !right)
        return false;
    if (schema_type(field)->form != FORM_INT)
        return strcmp(left, right) == 0;
    uint64_t m = 0, n = 0;
    return (!*left || scalar_number(tree_get(a, schema_text(type->key)), &m)) &&
        (!*right || scalar_number(tree_get(b, schema_text(type->key)), &n)) && m == n;
}

/* Whether two device selectors are the same to Go's ==: field by field, and a pointer (physical) never is. */
static bool same_selector(const struct tree_node *a, const struct tree_node *b)
{
    const struct tree_node *const sides[] = {a, b};
    for (size_t i = 0; i < 2; i++)
        for (const struct tree_node *field = sides[i]->first; field; field = field->next) {
            const char *left = key_text(a, field->key->text), *right = key_text(b, field->key->text);
            if (!left || !right || strcmp(left, right) != 0 ||
                (strcmp(field->key->text, "physical") == 0 && !tree_is_null(field)))
                return false;
        }
    return true;
}

/* The element of a keyed list, looked for up to and with `end`, that an overlay's element means; or NULL. Of several,
 * rules of images go by the last, all else by the first. */
static struct tree_node *find_element(const struct schema_type *type, const struct tree_node *base,
                                      const struct tree_node *end, const struct tree_node *element)
{
    const char *text = key_text(element, schema_text(type->key));
    if (!text)
        return NULL;
    const struct tree_node *selector = NULL;
    if (text[0] == '\0' && strcmp(schema_text(type->key), "interface") == 0) {
        selector = tree_get(element, "deviceSelector");
        if (!selector || selector->kind != TREE_MAP)
            return NULL;
    }
    struct tree_node *found = NULL;
    for (struct tree_node *at = base->first; at; at = at == end ? NULL : at->next) {
        const struct tree_node *own = tree_get(at, "deviceSelector");
        bool same = selector ? own && own->kind == TREE_MAP && same_selector(own, selector)
                             : same_key(type, at, element);
        if (!same || at->kind != TREE_MAP)
            continue;
        found = at;
        if (type->merge == MERGE_KEYED)
            break;
    }
    return found;
}

static int merge_keyed(struct merging *m, const char *path, const struct schema_type *type,
                       struct tree_node *base, struct tree_node *overlay)
{
    bool whole = type->merge == MERGE_KEYED_WHOLE;
    const struct tree_node *end = base->last;
    for (struct tree_node *element = overlay->first, *next = NULL; element; element = next) {
        next = element->next;
        struct tree_node *old = NULL;
        if (element->kind == TREE_MAP && !element->ref && (!whole || end))
            old = find_element(type, base, whole ? end : NULL, element);
        if (!old) {
            tree_add(m->pool, base, NULL, element);
        } else if (whole) {
            end = old == end ? element : end;
            replace(base, old, element);
        } else if (merge_struct(m, path, schema_type(&type->elem), old, element) != 0) {
            return -1;
        }
    }
    return 0;
}

static int merge_list(struct merging *m, const char *path, const struct schema_type *type,
                      struct tree_node *base, struct tree_node *overlay)
{
    if (type->merge == MERGE_KEYED || type->merge == MERGE_KEYED_WHOLE)
        return merge_keyed(m, path, type, base, overlay);
    if (overlay->count == 0 && base->count > 0)
        lost(m, base, overlay,
             "%s: Talos appends lists, so [] changes nothing and what %s lists stays; `$patch: delete` "
             "empties it",
             path, where(m, base));
    for (struct tree_node *element = overlay->first, *next = NULL; element; element = next) {
        next = element->next;
        tree_add(m->pool, base, NULL, element);
    }
    return 0;
}

static int merge_map(struct merging *m, const char *path, const struct schema_type *type,
                     struct tree_node *base, struct tree_node *overlay)
{
    for (struct tree_node *child = overlay->first, *next = NULL; child; child = next) {
        struct tree_node *old = tree_get(base, child->key->text);
        next = child->next;
        if (!old) /* null too: a key with nothing behind it is there */
            tree_add(m->pool, base, NULL, child);
        else if (type->merge == MERGE_ARGUMENTS)
            replace(base, old, child);
        else if (merge_field(m, join(m, path, child->key->text), base, old, child, &type->elem) != 0)
            return -1;
    }
    return 0;
}

/* null over a value: most often it keeps it. */
static int merge_null(struct merging *m, const char *path, struct tree_node *parent, struct tree_node *old,
                      struct tree_node *value, const struct schema_field *use)
{
    const struct schema_type *type = schema_type(use);
    bool by_value = use && !(use->flags & SCHEMA_POINTER) && type->node == SCHEMA_SCALAR;
    if (tree_is_null(old))
        return 0;
    if (use && type->node == SCHEMA_ANY)
        return unmergeable(m, path, old, value, "null");
    if (by_value && type->form == FORM_BOOL) {
        bool was = false;
        if (scalar_bool(old, &was) && was)
            lost(m, old, value, "%s: nothing means false to Talos here", path);
        struct tree_node *none = tree_scalar(m->pool, value->pos, "false", 5, STYLE_PLAIN);
        none->key = value->key;
        replace(parent, old, none);
        return 0;
    }
    if (by_value && type->merge == MERGE_COPY)
        return 0; /* forgotten with what the overlay does not say */
    kept(m, path, old, value, "null");
    return 0;
}

/* A value over the one that stands there already. */
static int merge_field(struct merging *m, const char *path, struct tree_node *parent, struct tree_node *old,
                       struct tree_node *value, const struct schema_field *use)
{
    const struct schema_type *type = schema_type(use);
    if (tree_is_null(value))
        return merge_null(m, path, parent, old, value, use);
    if (tree_is_null(old)) {
        replace(parent, old, value);
        return 0;
    }
    if (value->ref || old->ref)
        return merge_reference(m, path, parent, old, value);
    if (type->node == SCHEMA_ANY)
        return merge_any(m, path, parent, old, value, use != NULL);
    if (value->kind != old->kind)
        return differ(m, path, old, value);
    if (use->flags & SCHEMA_REPLACE || type->merge == MERGE_WHOLE) {
        if (value->kind != TREE_MAP || value->count > 0 || type->merge == MERGE_WHOLE)
            replace(parent, old, value);
        return 0;
    }
    if (type->node == SCHEMA_STRUCT && value->kind == TREE_MAP)
        return merge_struct(m, path, type, old, value);
    if (type->node == SCHEMA_MAP && value->kind == TREE_MAP)
        return merge_map(m, path, type, old, value);
    if (type->node == SCHEMA_LIST && value->kind == TREE_SEQ)
        return merge_list(m, path, type, old, value);
    if (type->node == SCHEMA_SCALAR && value->kind == TREE_SCALAR)
        return merge_scalar(m, path, parent, old, value, use);
    return merge_any(m, path, parent, old, value, false);
}

/* Clears what Talos clears when an overlay of the struct around it does not say it anew: its Go value is there all the
 * same, as an empty one. */
static void forget(struct merging *m, const char *path, const struct schema_type *type,
                   struct tree_node *base, const struct tree_node *overlay, const struct tree_node *place)
{
    for (unsigned i = 0; i < type->count; i++) {
        const struct schema_field *field = schema_field_at(type->first + i);
        const struct schema_type *below = schema_type(field);
        struct tree_node *old = tree_get(base, schema_key(field));
        const struct tree_node *said = tree_get(overlay, schema_key(field));
        if (!old || field->flags & (SCHEMA_POINTER | SCHEMA_REPLACE) || (said && !tree_is_null(said)))
            continue;
        const char *at = join(m, path, schema_key(field));
        bool was = false;
        if (below->node == SCHEMA_STRUCT && below->merge == MERGE_GENERAL && old->kind == TREE_MAP) {
            forget(m, at, below, old, NULL, place);
        } else if (below->node == SCHEMA_SCALAR && below->merge == MERGE_COPY) {
            lost(m, place, NULL,
                 "%s: Talos forgets what %s says here, because an overlay of %s must say it anew", at,
                 where(m, old), path[0] ? path : "this document");
            tree_remove(base, old);
        } else if (below->form == FORM_BOOL && below->node == SCHEMA_SCALAR && scalar_bool(old, &was) &&
                   was) {
            lost(m, place, NULL, "%s: Talos sets it to false, because an overlay of %s must say it anew", at,
                 path[0] ? path : "this document");
            tree_remove(base, old);
        }
    }
}

static int merge_struct(struct merging *m, const char *path, const struct schema_type *type,
                        struct tree_node *base, struct tree_node *overlay)
{
    forget(m, path, type, base, overlay, overlay);
    for (struct tree_node *child = overlay->first, *next = NULL; child; child = next) {
        const struct schema_field *field = schema_field(type, child->key->text);
        struct tree_node *old = tree_get(base, child->key->text);
        next = child->next;
        if (!old && tree_is_null(child))
            continue;
        if (!old && field && schema_type(field)->merge == MERGE_KEYED && child->kind == TREE_SEQ) {
            /* Elements of one key merge even where the base has none. */
            old = tree_seq(m->pool, child->pos);
            tree_add(m->pool, base, child->key->text, old);
        }
        if (!old)
            tree_add(m->pool, base, NULL, child);
        else if (merge_field(m, join(m, path, child->key->text), base, old, child, field) != 0)
            return -1;
    }
    return 0;
}

/* ---- one overlay ---- */

/* `twice`: whether a document may stand in the list again. */
static int check(struct pool *pool, const struct document *list, bool twice, struct error *e)
{
    unsigned count = 0;
    for (const struct document *at = list; at; at = at->next) {
        const struct tree_node *root = at->root;
        if (!root)
            continue;
        if (++count > DOCUMENTS_MAX)
            return error_at(e, root->pos, E_MERGE, "more than %d documents in one file", DOCUMENTS_MAX);
        if (root->kind != TREE_MAP || root->ref)
            return error_at(e, root->pos, E_MERGE, "a document must be a mapping");
        if (!tree_get(root, "kind") != !tree_get(root, "apiVersion"))
            return error_at(e, root->pos, E_MERGE, "a document has both apiVersion and kind, or neither");
        for (const struct document *first = list; !twice && first != at; first = first->next)
            if (first->root && is_same_document(pool, first->root, root))
                return error_at(e, root->pos, E_MERGE,
                                "this document stands twice in the file; first at line %u",
                                (unsigned)first->pos.line);
    }
    return 0;
}

int merge_check(struct pool *pool, const struct document *list, struct error *e)
{
    return check(pool, list, false, e);
}

static struct document **find_pair(struct pool *pool, struct document **base, const struct tree_node *root)
{
    struct document **link = base;
    while (*link &&
           !((*link)->root && (*link)->root->kind == TREE_MAP && is_same_document(pool, (*link)->root, root)))
        link = &(*link)->next;
    return link;
}

static int merge_document(struct pool *pool, struct document **base, const struct document *overlay,
                          struct errors *warnings, struct error *e)
{
    struct tree_node *root = tree_copy(pool, overlay->root);
    struct document **pair = find_pair(pool, base, root);
    const struct schema_document *known =
        schema_document(is_main(root) ? NULL : identity(pool, root, "kind"));
    const struct schema_type *type = known ? schema_type_at(known->type) : NULL;
    struct merging m = {.pool = pool, .warnings = warnings, .e = e};
    int deletes = merge_says_delete(&m, root);
    if (deletes < 0)
        return -1;
    if (deletes > 0) {
        if (is_main(root))
            return error_at(e, root->pos, E_MERGE, "the main document cannot be deleted");
        if (*pair)
            *pair = (*pair)->next;
        return 0;
    }
    if (*pair) {
        struct tree_node *target = (*pair)->root;
        if (merge_delete(&m, type, target, root) != 0)
            return -1;
        if (type)
            return merge_struct(&m, "", type, target, root);
        return merge_any(&m, "", NULL, target, root, false);
    }
    if (merge_drop_deletes(&m, root) != 0)
        return -1;
    *pair = pool_alloc(pool, sizeof **pair);
    (*pair)->root = root;
    (*pair)->pos = overlay->pos;
    return 0;
}

int merge_documents(struct pool *pool, struct document **base, const struct document *overlay,
                    struct errors *warnings, struct error *e)
{
    if (check(pool, overlay, true, e) != 0)
        return -1;
    for (const struct document *at = overlay; at; at = at->next)
        if (at->root && merge_document(pool, base, at, warnings, e) != 0)
            return -1;
    return 0;
}
