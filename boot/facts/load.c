#include "base/file.h"
#include "base/text.h"
#include "facts/facts.h"
#include "facts/identity.h"
#include "facts/names.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_ 128
#define ELEMENTS_MAX 1024
#define STRING_MAX_ 2048

/* Where the walk is, for the message. */
struct place {
    /* the file */
    const char *path;
    char name[NAME_MAX_];
    /* of the list element we are in, from 0 */
    size_t index;
    bool in_list;
};

static bool fits(const json_t *value, enum fact_type type)
{
    switch (type) {
    case FACT_STRING:
        return json_is_string(value);
    case FACT_INTEGER:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case FACT_BOOLEAN:
        return json_is_boolean(value);
    case FACT_GROUP:
        return json_is_object(value);
    case FACT_LIST:
        return json_is_array(value);
    }
    return false;
}

static int wrong(const struct place *at, struct error *e, const char *what)
{
    if (at->in_list)
        return error_set(e, E_FACTS_FILE, "%s: %s (element %zu): %s", at->path, at->name, at->index + 1,
                         what);
    return error_set(e, E_FACTS_FILE, "%s: %s: %s", at->path, at->name, what);
}

static int check_value(const json_t *value, const struct fact_name *row, const struct place *at,
                       struct error *e)
{
    if (json_is_null(value) && row->type != FACT_GROUP)
        return 0;
    char text[96];
    if (!fits(value, row->type)) {
        snprintf(text, sizeof text, "must be %s%s", names_type_text(row->type),
                 row->type == FACT_GROUP ? "" : " or null");
        return wrong(at, e, text);
    }
    if (json_is_string(value) && json_string_length(value) > STRING_MAX_) {
        snprintf(text, sizeof text, "longer than %d bytes", STRING_MAX_);
        return wrong(at, e, text);
    }
    return 0;
}

static int check_object(const json_t *object, const char *prefix, struct place at, struct error *e);

static int check_list(const json_t *list, struct place at, struct error *e)
{
    char prefix[NAME_MAX_];
    snprintf(prefix, sizeof prefix, "%s", at.name);
    if (json_array_size(list) > ELEMENTS_MAX)
        return wrong(&at, e, "more than 1024 elements");
    at.in_list = true;
    for (at.index = 0; at.index < json_array_size(list); at.index++) {
        const json_t *element = json_array_get(list, at.index);
        if (!json_is_object(element))
            return wrong(&at, e, "must be an object");
        if (check_object(element, prefix, at, e) != 0)
            return -1;
    }
    return 0;
}

/* Recursion ends with the vocabulary: no name in it is deeper than three. */
static int check_object(const json_t *object, const char *prefix, struct place at, struct error *e)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const char *nearest = NULL;
        const struct fact_name *row = NULL;
        bool whole = (size_t)snprintf(at.name, sizeof at.name, "%s%s%s", prefix, *prefix ? "." : "", key) <
            sizeof at.name;
        /* "a.b" as one key is not the b of a. */
        if (whole && !strchr(key, '.'))
            row = names_find(at.name, &nearest);
        if (!row) {
            char what[NAME_MAX_ + 48] = "no fact has this name";
            if (nearest)
                snprintf(what, sizeof what, "no fact has this name; the nearest is %s", nearest);
            return wrong(&at, e, what);
        }
        if (check_value(value, row, &at, e) != 0)
            return -1;
        if (row->type == FACT_GROUP && check_object(value, row->name, at, e) != 0)
            return -1;
        if (json_is_array(value) && check_list(value, at, e) != 0)
            return -1;
    }
    return 0;
}

/* An older hearth took samples for identities. Groups are objects by now. */
static void drop_flawed(json_t *facts)
{
    for (enum identity i = 0; i < IDENTITY_COUNT; i++) {
        const char *name = identity_fact(i);
        const char *value = json_string_value(facts_get(facts, name));
        const char *dot = strchr(name, '.');
        json_t *group = dot ? json_object_get(facts, "board") : facts;
        if (value && identity_flaw(i, value))
            json_object_set_new(group, dot ? dot + 1 : name, json_null());
    }
}

json_t *facts_load(const char *path, struct error *e)
{
    struct buf b = {.max = FACTS_JSON_MAX + 1};
    if (file_read(AT_FDCWD, path, FACTS_JSON_MAX, &b, e) != 0) {
        buf_free(&b);
        return NULL;
    }
    json_error_t at;
    json_t *facts = json_loadb(b.data ? b.data : "", b.len, JSON_REJECT_DUPLICATES, &at);
    buf_free(&b);
    if (!facts) {
        error_set(e, E_FACTS_FILE, "%s:%d:%d: not JSON: %s", path, at.line, at.column, at.text);
        return NULL;
    }
    if (!json_is_object(facts))
        error_set(e, E_FACTS_FILE, "%s: not a JSON object", path);
    else if (check_object(facts, "", (struct place){.path = path}, e) == 0) {
        drop_flawed(facts);
        return facts;
    }
    json_decref(facts);
    return NULL;
}
