#include "vault/json.h"

#include <string.h>

json_t *json_object_read(const char *p, size_t n, enum json_problem *problem)
{
    *problem = JSON_SYNTAX;
    if (!p || n == 0)
        return NULL;
    json_error_t why;
    json_t *root = json_loadb(p, n, JSON_REJECT_DUPLICATES, &why);
    if (!root) {
        if (json_error_code(&why) == json_error_null_character ||
            json_error_code(&why) == json_error_null_byte_in_key)
            *problem = JSON_HAS_NUL;
        return NULL;
    }
    if (!json_is_object(root)) {
        json_decref(root);
        *problem = JSON_NOT_AN_OBJECT;
        return NULL;
    }
    *problem = JSON_OK;
    return root;
}

const char *json_member_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int64_t json_member_number(const json_t *object, const char *name, int64_t missing)
{
    const json_t *member = json_object_get(object, name);
    if (json_is_integer(member))
        return json_integer_value(member) >= 0 ? json_integer_value(member) : missing;
    const char *text = json_string_value(member);
    size_t n = text ? strspn(text, "0123456789") : 0;
    if (n == 0 || n > 15 || text[n])
        return missing;
    int64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}
