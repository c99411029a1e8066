#include "site/merge_delete.h"

#include "site/scalar.h"

#include <string.h>

int merge_says_delete(struct merging *m, const struct tree_node *map)
{
    const struct tree_node *patch = tree_get(map, "$patch");
    if (!patch)
        return 0;
    if (tree_is(patch, "delete"))
        return 1;
    return error_at(m->e, patch->pos, E_MERGE, "$patch can only be \"delete\"");
}

static int refuse_patch(struct tree_node *node, void *arg)
{
    const struct tree_node *patch = tree_get(node, "$patch");
    struct merging *m = arg;
    return patch ? error_at(m->e, patch->pos, E_MERGE,
                            "nothing inside an element of a list can be deleted; "
                            "delete the element and add it anew")
                 : 0;
}

/* Whether elements are found by this field: Talos compares texts, and numbers and booleans have none. A duration it
 * prints anew (1m0s of a 60s), so that what was written would not be found. */
static bool can_select(const struct schema_field *field)
{
    static const unsigned forms = 1u << FORM_TEXT | 1u << FORM_ENUM | 1u << FORM_TABLE | 1u << FORM_ADDR |
        1u << FORM_PREFIX | 1u << FORM_ADDRPORT | 1u << FORM_URL;
    const struct schema_type *type = schema_type(field);
    return !field ||
        (!(field->flags & SCHEMA_POINTER) && type->node == SCHEMA_SCALAR && forms >> type->form & 1u);
}

/* What Talos prints of a field that is not given: "" of a text, the zero of the others, and of an address no text that
 * can be written. */
static bool is_zero_text(const struct schema_type *type, const char *text)
{
    const char *words = type->form == FORM_ENUM ? schema_text(type->words) : "";
    size_t first = strcspn(words, ",");
    if (type->form == FORM_ENUM)
        return type->zero && strlen(text) == first && memcmp(words, text, first) == 0;
    if (type->form == FORM_TABLE)
        return strcmp(text, "unspec") == 0;
    return type->form == FORM_TEXT && text[0] == '\0';
}

static bool is_selected(const struct schema_field *field, const struct tree_node *element,
                        const struct tree_node *selector)
{
    const struct tree_node *own = tree_get(element, selector->key->text);
    const struct schema_type *type = schema_type(field);
    if (element->kind != TREE_MAP)
        return false;
    if (!own || tree_is_null(own) || (own->len == 0 && type->form != FORM_TEXT))
        return field ? is_zero_text(type, selector->text) : false;
    return tree_is(own, selector->text);
}

/* Takes the first element out of the base list whose field equals the overlay element's first other key. */
static int delete_element(struct merging *m, const char *path, const struct schema_type *type,
                          struct tree_node *base, const struct tree_node *element)
{
    const struct tree_node *selector = element->first;
    if (strcmp(selector->key->text, "$patch") == 0)
        selector = selector->next;
    if (!selector || !tree_text(selector))
        return error_at(m->e, element->pos, E_MERGE,
                        "%s: $patch: delete in a list needs a key with text that says which element", path);
    const struct schema_field *field = type ? schema_field(type, selector->key->text) : NULL;
    if (!can_select(field))
        return error_at(
            m->e, selector->pos, E_MERGE,
            "%s: Talos finds no element by %.120s, which is no text: name the element by a text of it", path,
            selector->key->text);
    for (struct tree_node *at = base && base->kind == TREE_SEQ ? base->first : NULL; at; at = at->next) {
        if (!is_selected(field, at, selector))
            continue;
        tree_remove(base, at);
        return 0;
    }
    return error_at(m->e, element->pos, E_MERGE, "%s: there is no element with %.120s: %.200s to delete",
                    path, selector->key->text, selector->text);
}

static int delete_in_list(struct merging *m, const char *path, const struct schema_type *type,
                          struct tree_node *base, struct tree_node *overlay)
{
    for (struct tree_node *element = overlay->first, *next = NULL; element; element = next) {
        int deletes = element->kind == TREE_MAP ? merge_says_delete(m, element) : 0;
        next = element->next;
        if (deletes < 0)
            return -1;
        if (deletes == 0) {
            if (tree_walk(element, refuse_patch, m) != 0)
                return -1;
            continue;
        }
        if (delete_element(m, path, type, base, element) != 0)
            return -1;
        tree_remove(overlay, element);
    }
    return 0;
}

/* What a delete below an overlay map finds in the base. */
struct target {
    const char *path;
    /* NULL: not written */
    struct tree_node *base;
    /* NULL: nothing is known of it */
    const struct schema_type *type;
    /* Talos finds it, written or not: it is held by value */
    bool there;
};

static struct target target_of(struct merging *m, struct target at, const char *key)
{
    const struct schema_field *field = at.type ? schema_child(at.type, key) : NULL;
    struct tree_node *old = tree_get(at.base, key);
    bool value = field && at.type->node == SCHEMA_STRUCT && !(field->flags & SCHEMA_POINTER) &&
        schema_type(field)->node == SCHEMA_STRUCT;
    return (struct target){pool_printf(m->pool, "%s%s%s", at.path, at.path[0] ? "." : "", key), old,
                           field ? schema_type(field) : NULL,
                           (old && !tree_is_null(old)) || (at.there && value)};
}

/* The row of the document of Talos 1.14 that has what used to be this field of the main one, or NULL. Of two for one
 * field the last has it, but of one that counts by its value (admissionControl) the first. */
static const struct schema_conflict *successor(const char *path)
{
    const struct schema_part part = schema_tables()->conflicts;
    const struct schema_conflict *rows = schema_rows(part), *found = NULL;
    size_t longest = 0;
    for (const struct schema_conflict *row = rows; row < rows + part.count; row++) {
        const char *field = schema_text(row->main);
        size_t n = strlen(field);
        if (n < longest + row->value || strncmp(path, field, n) != 0 || (path[n] && path[n] != '.'))
            continue;
        found = row;
        longest = n;
    }
    return found;
}

/* Deletes a key of a map: what Talos knows of can be deleted even where it is not written. */
static int delete_key(struct merging *m, struct target at, struct target below, const struct tree_node *child)
{
    struct tree_node *old = below.base;
    if (at.type && at.type->merge == MERGE_WHOLE)
        return error_at(m->e, child->key->pos, E_MERGE, "%s: Talos deletes %s as a whole only", below.path,
                        at.path);
    if (old) {
        tree_remove(at.base, old);
        return 0;
    }
    if (at.there && schema_field(at.type, child->key->text))
        return 0;
    const struct schema_conflict *row = successor(below.path);
    const char *name = row ? schema_text(row->name) : NULL;
    if (!row)
        return error_at(m->e, child->key->pos, E_MERGE, "there is no %.200s to delete", below.path);
    return error_at(m->e, child->key->pos, E_MERGE,
                    "there is no %.200s to delete; in Talos 1.14's own form %s lies in the document %s%s%s",
                    below.path, schema_text(row->main), schema_text(row->kind), name ? " " : "",
                    name ? name : "");
}

/* Carries out every delete below an overlay map and takes it out of the overlay; a map or list that holds
 * nothing else goes, too. Depth is the tree's, at most TREE_DEPTH_MAX. */
static int delete_in_map(struct merging *m, struct target at, struct tree_node *overlay)
{
    for (struct tree_node *child = overlay->first, *next = NULL; child; child = next) {
        struct target below = target_of(m, at, child->key->text);
        int deletes = child->kind == TREE_MAP ? merge_says_delete(m, child) : 0;
        uint32_t count = child->count;
        next = child->next;
        if (deletes < 0)
            return -1;
        if (deletes > 0) {
            if (delete_key(m, at, below, child) != 0)
                return -1;
            tree_remove(overlay, child);
            continue;
        }
        if (child->kind == TREE_MAP && delete_in_map(m, below, child) != 0)
            return -1;
        if (child->kind == TREE_SEQ &&
            delete_in_list(m, below.path, below.type ? schema_type(&below.type->elem) : NULL, below.base,
                           child) != 0)
            return -1;
        if (count > 0 && child->count == 0)
            tree_remove(overlay, child);
    }
    return 0;
}

int merge_delete(struct merging *m, const struct schema_type *type, struct tree_node *base,
                 struct tree_node *overlay)
{
    return delete_in_map(m, (struct target){"", base, type, true}, overlay);
}

int merge_drop_deletes(struct merging *m, struct tree_node *overlay)
{
    for (struct tree_node *child = overlay->first, *next = NULL; child; child = next) {
        int deletes = child->kind == TREE_MAP ? merge_says_delete(m, child) : 0;
        uint32_t count = child->count;
        next = child->next;
        if (deletes < 0 || (deletes == 0 && child->kind != TREE_SCALAR && merge_drop_deletes(m, child) != 0))
            return -1;
        if (deletes > 0 || (count > 0 && child->count == 0))
            tree_remove(overlay, child);
    }
    return 0;
}
