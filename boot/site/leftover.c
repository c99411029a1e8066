#include "site/leftover.h"

#include "base/text.h"

#include <string.h>

#define TEMPLATES "*${*}*\0*{{*}}*\0op://*\0ref+*://*\0<*>\0"
/* What Talos itself fills in: ${uuid}, ${serial}, ${mac}, ${hostname}, ${code} of a URL. */
#define TALOS_FILLS "talos.config=*\0"
/* Whose values mean something to others alone. */
#define ANYBODYS "pods\0nodeLabels\0nodeAnnotations\0labels\0annotations\0"
#define FORMATS "*{secret:*}*\0*{fact:*}*\0*{node:*}*\0*{file:*}*\0"

/* What only a reference says: NAME#/pointer, {fact:...} of a !format, a field of the entry. */
static const char *lost_tag(const char *text)
{
    size_t name = strcspn(text, "#/. ");
    if (name > 0 && strncmp(text + name, "#/", 2) == 0)
        return "!secret";
    if (text_like(text, FORMATS))
        return "!format";
    return text_like(text, "install.disk\0vars.?*\0") && !strpbrk(text, " :/") ? "!node" : NULL;
}

/* {secret: NAME} and its like, where a mapping of one key makes sense to nobody else. */
static const char *lost_base64(const struct tree_node *node)
{
    const struct tree_node *only = node->first;
    if (node->kind != TREE_MAP || node->count != 1 || !tree_text(only) || !only->text[0])
        return NULL;
    bool format = tree_is(only->key, "format") && text_like(only->text, FORMATS);
    return format || text_like(only->key->text, "secret\0file\0") ? "!base64" : NULL;
}

static void judge(const struct tree_node *node, bool config, struct errors *errors)
{
    const char *key = node->key ? node->key->text : "an element";
    const char *text = tree_text(node);
    if (node->ref || (text && strchr(text, '\n')))
        return;
    const char *tag = text ? lost_tag(text) : text_glob("node*", key) ? NULL : lost_base64(node);
    if (tag)
        errors_at(errors, node->pos, E_YAML_REF,
                  "\"%.120s\" holds what %s has behind it, without the tag (yq -y, sops)", key, tag);
    else if (text && config && text_like(text, TEMPLATES) && !text_like(text, TALOS_FILLS))
        errors_at(errors, node->pos, E_SITE_PLACEHOLDER, "\"%.120s\" holds a template that nothing replaced",
                  key);
    for (const struct tree_node *child = node->first; child; child = child->next) {
        const char *name = child->key ? child->key->text : "";
        bool script = child->kind == TREE_SCALAR && text_glob("content*", name);
        if (!config || (!script && !text_like(name, ANYBODYS)))
            judge(child, config, errors);
    }
}

void leftover_judge(const struct tree_node *root, bool config, struct errors *errors)
{
    if (config)
        judge(root, true, errors);
    else if (tree_is(tree_get(root, "kind"), "Secret"))
        for (const struct tree_node *part = root->first; part; part = part->next)
            for (const struct tree_node *value =
                     text_like(part->key->text, "data\0stringData\0") && !part->ref ? part->first : NULL;
                 value; value = value->next)
                judge(value, false, errors);
}
