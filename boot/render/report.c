#include "render/report.h"

#include "embed/version.h"

#include "base/text.h"

#include <bearssl_hash.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *disk_json(const struct plan_disk *disk)
{
    return disk->field && disk->value ? json_pack("{s:s}", disk->field, disk->value) : json_null();
}

/* Of the unresolved documents: a name that is a reference is not shown. */
static json_t *documents_json(const struct document *docs)
{
    json_t *list = json_array();
    for (; docs; docs = docs->next) {
        const char *kind = tree_text(tree_get(docs->root, "kind"));
        const char *name = tree_text(tree_get(docs->root, "name"));
        if (!docs->root)
            continue;
        json_t *entry = json_pack("{s:s}", "kind", kind ? kind : "v1alpha1");
        if (kind && name)
            json_object_set_new(entry, "name", json_string(name));
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *manifests_json(const struct plan *plan, const struct rendered *rendered)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < rendered->manifest_count; i++) {
        const struct rendered_manifest *m = &rendered->manifests[i];
        json_t *entry = json_pack("{s:s, s:I}", "name", m->name, "bytes", (json_int_t)m->contents.n);
        json_object_set_new(entry, "file", json_sprintf("manifests/%s.yaml", m->name));
        json_object_set_new(entry, "source", text_or_null(plan->manifests[i].file));
        if (!plan->manifests[i].docs) {
            br_sha256_context hash;
            br_sha256_init(&hash);
            br_sha256_update(&hash, m->contents.p, m->contents.n);
            unsigned char sum[br_sha256_SIZE];
            br_sha256_out(&hash, sum);
            char hex[2 * br_sha256_SIZE + 1];
            text_hex(hex, sum, sizeof sum);
            json_object_set_new(entry, "sha256", json_string(hex));
        }
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *secrets_json(const struct plan *plan)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < plan->secret_count; i++) {
        json_t *entry = json_pack("{s:s}", "name", plan->secrets[i].name);
        json_object_set_new(entry, "version", text_or_null(plan->secrets[i].version));
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *report(const struct plan *plan, const struct rendered *rendered)
{
    const struct site *site = plan->site;
    bool controlplane = plan->entry->type == MACHINE_CONTROLPLANE;
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "apiVersion", REPORT_API_VERSION, "kind",
                  REPORT_KIND, "hearth", version_text, "name", plan->name, "role", plan->entry->role->name,
                  "cluster", plan->entry->role->cluster, "type", site_type_word(plan->entry->type));
    json_t *config = json_pack("{s:s, s:I}", "file", "machine-config.yaml", "bytes",
                               (json_int_t)rendered->machine_config.len);
    json_object_set_new(root, "disk", disk_json(&plan->disk));
    if (controlplane && site->flux.version) {
        json_t *flux = json_pack("{s:s}", "version", site->flux.version);
        json_object_set_new(flux, "from", json_string(plan->release_url ? "release" : "file"));
        if (plan->release_url)
            json_object_set_new(flux, "url", json_string(plan->release_url));
        json_object_set_new(root, "flux", flux);
    }
    json_object_set_new(config, "documents", documents_json(plan->config));
    json_object_set_new(root, "machineConfig", config);
    json_object_set_new(root, "manifests", manifests_json(plan, rendered));
    json_object_set_new(root, "secrets", secrets_json(plan));
    return root;
}

static int add(const char *p, size_t n, void *arg)
{
    buf_add(arg, p, n);
    return 0;
}

int report_write(const struct plan *plan, struct rendered *rendered, struct error *e)
{
    json_t *root = report(plan, rendered);
    int result = root ? json_dump_callback(root, add, &rendered->plan_json, JSON_INDENT(2)) : -1;
    buf_char(&rendered->plan_json, '\n');
    json_decref(root);
    return result == 0 && !rendered->plan_json.full ? 0 : error_set(e, E_NO_MEMORY, "plan.json");
}
