#include "plan/disk.h"
#include "plan/match.h"
#include "show/line.h"
#include "show/show.h"
#include "site/born.h"
#include "site/ref.h"

#include <string.h>

static json_t *at(struct pos pos)
{
    UNSET char text[LINE_POS_MAX];
    return json_string(line_pos(text, sizeof text, pos));
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
    return json_pack("{s:s, s:s, s:i, s:o, s:s, s:s, s:s?}", "name", plan->name, "entry", entry->name,
                     "index", (int)entry->index, "at", at(entry->pos), "role", entry->role->name, "type",
                     site_type_word(entry->type), "bootstrap", modes[entry->bootstrap]);
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
        json_object_set_new(object, fields[i], value ? json_incref(value) : json_null());
    }
    json_object_set_new(object, "selector", json_pack("{s:s}", disk->field, disk->value));
    json_object_set_new(object, "contents", json_string(disk->contents_unknown ? "unknown" : "known"));
    json_object_set_new(object, "wipe", json_boolean(plan->entry->wipe));
    return object;
}

/* Which installer image, and what shows that hearth is there after the install. */
static json_t *installer_json(const struct plan *plan)
{
    static const char *const evidence[] = {[KEEPS_NO] = NULL,
                                           [KEEPS_PERMANENT] = "medium",
                                           [KEEPS_TAG] = "tag",
                                           [KEEPS_PIN] = "pin",
                                           [KEEPS_SAID] = "said"};
    return json_pack("{s:s?, s:s?}", "image", plan->image, "carriesHearth", evidence[plan->keeps]);
}

static json_t *files_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < plan->file_count; i++) {
        const struct plan_file *file = &plan->files[i];
        json_t *gives = json_array();
        for (const char **at = file->gives; *at; at++)
            json_array_append_new(gives, json_string(*at));
        json_array_append_new(
            list,
            json_pack("{s:s, s:o, s:o}", "path", file->path, "bytes", number(file->bytes), "gives", gives));
    }
    return list;
}

static json_t *documents_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (const struct document *d = plan->config; d; d = d->next)
        if (d->root)
            json_array_append_new(list,
                                  json_pack("{s:s?, s:s?}", "kind", tree_text(tree_get(d->root, "kind")),
                                            "name", tree_text(tree_get(d->root, "name"))));
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
        json_array_append_new(list,
                              json_pack("{s:s, s:s?, s:b, s:o, s:o}", "name", m->name, "file", m->file,
                                        "verbatim", !m->docs, "bytes",
                                        m->file ? number(m->size) : json_null(), "objects",
                                        m->docs ? number(objects) : json_null()));
    }
    return list;
}

static json_t *secrets_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < plan->secret_count; i++) {
        const struct plan_secret *s = &plan->secrets[i];
        json_t *places = json_array();
        for (const struct plan_where *w = s->where; w; w = w->next)
            json_array_append_new(places, at(w->ref->pos));
        json_array_append_new(
            list, json_pack("{s:s, s:s?, s:o}", "name", s->name, "version", s->version, "usedAt", places));
    }
    return list;
}

static json_t *login_json(const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    UNSET char file[SITE_LOGIN_FILE_MAX];
    json_t *login =
        json_pack("{s:s, s:s?, s:s?, s:s?}", "method", site_method_word(plan->entry->method), "tenant",
                  role->login.tenant, "client", role->login.client, "file", plan_login_file(file, plan));
    const char **names;
    UNSET struct error ignored;
    if (plan->entry->method == LOGIN_TPM &&
        born_names(plan->site, plan->pool, plan->entry, &names, &ignored) == 0) {
        json_t *list = json_array();
        for (; *names; names++)
            json_array_append_new(list, json_string(*names));
        json_object_set_new(login, "born", list);
    }
    return login;
}

static json_t *cloud_json(const struct role *role)
{
    if (!role->cloud.own)
        return json_null();
    return json_pack("{s:s?, s:s?, s:s?, s:b}", "authority", role->cloud.authority, "resource",
                     role->cloud.resource, "ca", role->cloud.ca, "ca_only", (int)role->cloud.ca_only);
}

/* All that were kept, kind by kind. */
static json_t *warnings_json(const struct errors *warnings)
{
    json_t *list = json_array();
    struct errors_kind kinds[ERRORS_MAX];
    unsigned count = errors_kinds(warnings, kinds);
    for (unsigned k = 0; k < count; k++) {
        for (unsigned i = 0; i < warnings->count; i++) {
            const struct error *e = &warnings->items[i];
            if (!errors_is_kind(&kinds[k], e))
                continue;
            json_t *one = json_pack("{s:s, s:s}", "code", error_info(e->code).slug, "text", e->text);
            if (e->more)
                json_object_set_new(one, "more", json_integer(e->more));
            json_array_append_new(list, one);
        }
    }
    return list;
}

json_t *show_plan_json(const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    return json_pack(
        "{s:s, s:s, s:o, s:{s:s, s:s}, s:o, s:s?, s:o, s:o, s:o, s:o, s:s?, s:s, s:o, s:o, s:o, s:o}",
        "apiVersion", "hearth/v1", "kind", "Plan", "node", node_json(plan), "cluster", "name", role->cluster,
        "endpoint", role->endpoint, "disk", disk_json(plan), "state", plan->state, "installer",
        installer_json(plan), "files", files_json(plan), "documents", documents_json(plan), "manifests",
        manifests_json(plan), "releaseUrl", plan->release_url, "vault", role->vault, "secrets",
        secrets_json(plan), "login", login_json(plan), "cloud", cloud_json(role), "warnings",
        warnings_json(&plan->warnings));
}

static json_t *conditions_json(const struct match *match)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < match->count; i++) {
        const struct match_result *r = &match->results[i];
        struct buf text = {.max = 4096};
        line_condition(&text, r->condition);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:b, s:o}", "fact", r->condition->key->text,
                                        "condition", text.data ? text.data : "", "value",
                                        r->fact.data ? r->fact.data : "", "met", (int)r->met, "at",
                                        at(r->condition->pos)));
        buf_free(&text);
    }
    return list;
}

json_t *show_disk_table_json(const struct disk_table *t)
{
    static const char *const fields[] = {"name", "size", "model", "transport", "wwid", "bus_path"};
    json_t *list = json_array();
    for (unsigned i = 0; i < t->count; i++) {
        const struct disk_verdict *row = &t->rows[i];
        json_t *object = json_object();
        for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
            json_t *value = json_object_get(row->fact, fields[f]);
            json_object_set_new(object, fields[f], value ? json_incref(value) : json_null());
        }
        json_object_set_new(object, "candidate", json_boolean(row->candidate));
        json_object_set_new(object, "why", json_string(row->why.data ? row->why.data : ""));
        json_array_append_new(list, object);
    }
    return list;
}
json_t *show_explain_json(const struct site *site, const json_t *facts, const struct site_node *chosen)
{
    json_t *entries = json_array();
    for (unsigned i = 0; i < site->node_count; i++) {
        const struct site_node *node = &site->nodes[i];
        struct match match;
        match_judge(node->match, facts, &match);
        json_array_append_new(entries,
                              json_pack("{s:s, s:s, s:o, s:b, s:b, s:o}", "name", node->name, "role",
                                        node->role->name, "at", at(node->pos), "met", (int)match.met,
                                        "chosen", node == chosen, "conditions", conditions_json(&match)));
        match_free(&match);
    }
    struct disk_table table;
    disk_judge(chosen ? chosen->install : NULL, facts, &table);
    json_t *disks = chosen ? show_disk_table_json(&table) : json_null();
    disk_table_free(&table);
    return json_pack("{s:s, s:s, s:s?, s:o, s:o}", "apiVersion", "hearth/v1", "kind", "Explanation", "chosen",
                     chosen ? chosen->name : NULL, "entries", entries, "disks", disks);
}
