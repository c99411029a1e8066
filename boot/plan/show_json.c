#include "plan/disk.h"
#include "plan/lines.h"
#include "plan/match.h"
#include "plan/show.h"
#include "site/ref.h"

#include <string.h>

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static json_t *at(struct pos pos)
{
    char text[POS_TEXT_MAX];
    return json_string(pos_text(text, sizeof text, pos));
}

static json_t *number(size_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *node_json(const struct plan *plan)
{
    static const char *const modes[] = {
        [BOOTSTRAP_NONE] = NULL, [BOOTSTRAP_AUTO] = "auto", [BOOTSTRAP_MANUAL] = "manual"};
    const struct site_node *entry = plan->entry;
    json_t *node = json_object();
    put(node, "name", json_string(plan->name));
    put(node, "entry", json_string(entry->name));
    put(node, "index", number(entry->index));
    put(node, "at", at(entry->pos));
    put(node, "role", json_string(entry->role->name));
    put(node, "type", json_string(entry->type == MACHINE_WORKER ? "worker" : "controlplane"));
    put(node, "bootstrap", text_or_null(modes[entry->bootstrap]));
    return node;
}

static json_t *disk_json(const struct plan *plan)
{
    static const char *const fields[] = {"name", "size", "model", "transport"};
    const struct plan_disk *disk = &plan->disk;
    if (!disk->fact)
        return json_null();
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        json_t *value = json_object_get(disk->fact, fields[i]);
        put(object, fields[i], value ? json_incref(value) : json_null());
    }
    json_t *selector = json_object();
    put(selector, disk->field, json_string(disk->value));
    put(object, "selector", selector);
    put(object, "contents", json_string(disk->contents_unknown ? "unknown" : "known"));
    put(object, "wipe", json_boolean(plan->entry->wipe));
    return object;
}

static json_t *files_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < plan->file_count; i++) {
        json_t *file = json_object();
        put(file, "path", json_string(plan->files[i].path));
        put(file, "bytes", number(plan->files[i].bytes));
        json_array_append_new(list, file);
    }
    return list;
}

static json_t *documents_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (const struct document *d = plan->config; d; d = d->next) {
        if (!d->root)
            continue;
        json_t *document = json_object();
        put(document, "kind", text_or_null(node_text(node_get(d->root, "kind"))));
        put(document, "name", text_or_null(node_text(node_get(d->root, "name"))));
        json_array_append_new(list, document);
    }
    return list;
}

static json_t *manifests_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < plan->manifest_count; i++) {
        const struct plan_manifest *m = &plan->manifests[i];
        size_t objects = 0;
        for (const struct document *d = m->docs; d; d = d->next)
            objects++;
        json_t *manifest = json_object();
        put(manifest, "name", json_string(m->name));
        put(manifest, "file", text_or_null(m->file));
        put(manifest, "verbatim", json_boolean(m->bytes.n > 0));
        put(manifest, "bytes", m->file ? number(m->size) : json_null());
        put(manifest, "objects", m->docs ? number(objects) : json_null());
        json_array_append_new(list, manifest);
    }
    return list;
}

static json_t *secrets_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < plan->secret_count; i++) {
        const struct plan_secret *s = &plan->secrets[i];
        json_t *secret = json_object();
        json_t *places = json_array();
        for (const struct plan_where *w = s->where; w; w = w->next)
            json_array_append_new(places, at(w->ref->pos));
        put(secret, "name", json_string(s->name));
        put(secret, "version", text_or_null(s->version));
        put(secret, "usedAt", places);
        json_array_append_new(list, secret);
    }
    return list;
}

static json_t *login_json(const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    json_t *login = json_object();
    put(login, "method", json_string(method_word(role->login.method)));
    put(login, "tenant", text_or_null(role->login.tenant));
    put(login, "client", text_or_null(role->login.client));
    put(login, "file", text_or_null(login_file(plan->pool, role)));
    return login;
}

static json_t *cloud_json(const struct role *role)
{
    if (!role->cloud.own)
        return json_null();
    json_t *cloud = json_object();
    put(cloud, "authority", text_or_null(role->cloud.authority));
    put(cloud, "resource", text_or_null(role->cloud.resource));
    put(cloud, "ca", text_or_null(role->cloud.ca));
    return cloud;
}

static json_t *warnings_json(const struct errors *warnings)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < warnings->count; i++) {
        json_t *warning = json_object();
        put(warning, "code", json_string(error_info(warnings->items[i].code)->slug));
        put(warning, "text", json_string(warnings->items[i].text));
        json_array_append_new(list, warning);
    }
    return list;
}

json_t *show_plan_json(const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    json_t *root = json_object();
    put(root, "apiVersion", json_string("hearth/v1"));
    put(root, "kind", json_string("Plan"));
    put(root, "node", node_json(plan));
    json_t *cluster = json_object();
    put(cluster, "name", json_string(role->cluster));
    put(cluster, "endpoint", json_string(role->endpoint));
    put(root, "cluster", cluster);
    put(root, "disk", disk_json(plan));
    put(root, "files", files_json(plan));
    put(root, "documents", documents_json(plan));
    put(root, "manifests", manifests_json(plan));
    put(root, "releaseUrl", text_or_null(plan->release_url));
    put(root, "vault", json_string(role->vault));
    put(root, "secrets", secrets_json(plan));
    put(root, "login", login_json(plan));
    put(root, "cloud", cloud_json(role));
    put(root, "warnings", warnings_json(&plan->warnings));
    return root;
}

static json_t *conditions_json(const struct match *match)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < match->count; i++) {
        const struct match_result *r = &match->results[i];
        struct buf text = {.max = 4096};
        condition_text(&text, r->condition);
        json_t *condition = json_object();
        put(condition, "fact", json_string(r->condition->key->text));
        put(condition, "condition", json_string(text.data ? text.data : ""));
        put(condition, "value", json_string(r->fact.data ? r->fact.data : ""));
        put(condition, "met", json_boolean(r->met));
        put(condition, "at", at(r->condition->pos));
        json_array_append_new(list, condition);
        buf_free(&text);
    }
    return list;
}

json_t *show_explain_json(const struct site *site, const json_t *facts, const struct site_node *chosen)
{
    json_t *root = json_object();
    json_t *entries = json_array();
    put(root, "apiVersion", json_string("hearth/v1"));
    put(root, "kind", json_string("Explanation"));
    put(root, "chosen", text_or_null(chosen ? chosen->name : NULL));
    for (unsigned i = 0; i < site->node_count; i++) {
        const struct site_node *node = &site->nodes[i];
        struct match match;
        match_judge(node->match, facts, &match);
        json_t *entry = json_object();
        put(entry, "name", json_string(node->name));
        put(entry, "role", json_string(node->role->name));
        put(entry, "at", at(node->pos));
        put(entry, "met", json_boolean(match.met));
        put(entry, "chosen", json_boolean(node == chosen));
        put(entry, "conditions", conditions_json(&match));
        json_array_append_new(entries, entry);
        match_free(&match);
    }
    put(root, "entries", entries);
    struct disk_table table;
    disk_judge(chosen ? chosen->install : NULL, facts, &table);
    put(root, "disks", chosen ? disk_table_json(&table) : json_null());
    disk_table_free(&table);
    return root;
}
