#include "site/clear.h"

#include "base/sought.h"
#include "base/text.h"
#include "site/born.h"
#include "site/ref.h"
#include "site/tracked.h"

#include <stdio.h>
#include <string.h>

struct clear_search {
    const struct site *site;
    struct pool *pool;
    struct clear_file *file;
    /* every file so far */
    struct clear_file **files;
    /* inside data or stringData of a Secret */
    bool secret;
    /* what is secret by its key is looked for */
    bool names;
};

/* A private key, also in each of the three places that base64 can have for it, and tokens whose makers mark them. */
static bool is_marked(const char *text, size_t n)
{
    static const struct sought marks[] = {{"PRIVATE KEY-----", 0, 0},
                                          {"BSSVZBVEUgS0VZLS0t", 0, 0},
                                          {"UFJJVkFURSBLRVktLS0t", 0, 0},
                                          {"QUklWQVRFIEtFWS0tLS", 0, 0},
                                          {"AGE-SECRET-KEY-1", 0, 0},
                                          {"ghp_", 0, 20},
                                          {"github_pat_", 0, 20},
                                          {"glpat-", 0, 12},
                                          {"tskey-", 0, 12},
                                          {"8Q~", 3, 15}};
    static struct sought_masks masks;
    return sought_in(marks, sizeof marks / sizeof *marks, &masks, text, n);
}

/* Of a machine config, a variable of hearth.yaml, an environment. */
#define SECRET_NAMES \
    "auth\0*token\0*secret\0*password\0*passphrase\0*private?key\0*privatekey\0*auth?key\0*authkey\0*api?" \
    "key\0" \
    "*apikey\0*access?key\0*secret?key\0*secretkey\0*presharedkey\0"

/* None, no secret, encrypted, or of another tool. */
#define NO_VALUES "~\0true\0false\0null\0ENC[*\0*${*}*\0*{{*}}*\0"

/* Of a Secret. In base64 a certificate and a public key begin as they do here. */
#define PUBLIC_NAMES \
    "*known_hosts*\0*crt\0*cert\0*certificate\0ca\0cafile\0*pub\0*public?key\0*publickey\0*user\0*" \
    "username\0" \
    "*client?id\0*clientid\0*tenant?id\0*tenantid\0"
#define PUBLIC_VALUES \
    "-----BEGIN CERTIFICATE-----*\0-----BEGIN PUBLIC KEY-----*\0LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS*\0" \
    "LS0tLS1CRUdJTiBQVUJMSUMgS0VZ*\0ssh-* AAAA*\0ecdsa-* AAAA*\0"

/* By its key; without one, so in a list, NAME=VALUE says it, or NAME:VALUE. */
static bool is_named(const char *key, const char *text)
{
    char name[64] = "";
    size_t n = strcspn(text, "=:");
    if (!key && text[n])
        snprintf(name, sizeof name, "%.*s", (int)n, text);
    return text_like(key ? key : name, SECRET_NAMES);
}

const char *clear_shown(const char *key, const char *text)
{
    /* More than what is refused in Git: to show too little costs nothing. A key of a Talos config is a private one. */
    bool hidden = is_named(key, text) || is_marked(text, strlen(text)) ||
        (key && text_like(key, "key\0*.key\0*pass\0*passwd\0")) ||
        text_like(text, "*://*@*\0*token=*\0*key=*\0");
    return hidden ? "(a secret, not shown)" : text;
}

static void note(struct clear_file *file, struct pos pos, const char *what)
{
    if (file->count++ == 0) {
        file->pos = (struct pos){file->path, pos.line, pos.column};
        text_clean_z(file->what, sizeof file->what, what);
    }
}

static struct clear_file *add(const struct clear_search *s, const char *path)
{
    struct clear_file **end = s->files;
    for (; *end; end = &(*end)->next)
        if (strcmp((*end)->path, path) == 0)
            return *end;
    *end = pool_alloc(s->pool, sizeof **end);
    (*end)->path = pool_strdup(s->pool, path);
    return *end;
}

static int visit_ref(struct ref *ref, void *arg)
{
    const struct clear_search *s = arg;
    if (ref->kind == REF_FILE) {
        struct clear_file *file = add(s, ref->name);
        file->whole |= s->secret;
    }
    return 0;
}

static void judge_text(struct clear_search *s, const struct tree_node *node);

static void judge_node(struct clear_search *s, const struct tree_node *node)
{
    const char *key = node->key ? node->key->text : "";
    const char *text = tree_text(node);
    for (const struct tree_node *child = node->ref ? NULL : node->first; child; child = child->next)
        judge_node(s, child);
    if (node->ref && s->files) {
        struct clear_search in = *s;
        in.secret = s->secret && !text_like(key, PUBLIC_NAMES);
        ref_walk(node->ref, visit_ref, &in);
    }
    if (!text || !text[0] || text_like(text, NO_VALUES))
        return;
    bool by_name = s->secret ? !text_like(key, PUBLIC_NAMES) && !text_like(text, PUBLIC_VALUES)
                             : s->names && is_named(node->key ? key : NULL, text);
    if (by_name || is_marked(text, node->len))
        note(s->file, node->pos, node->key ? key : "an element");
    else if (s->names && strstr(text, "kind: Secret"))
        judge_text(s, node);
}

static void judge_object(struct clear_search *s, struct tree_node *root)
{
    bool is_secret = tree_is(tree_get(root, "kind"), "Secret");
    if (text_glob("*List", tree_text(tree_get(root, "kind")) ? tree_get(root, "kind")->text : ""))
        for (struct tree_node *item = tree_get(root, "items") ? tree_get(root, "items")->first : NULL; item;
             item = item->next)
            judge_object(s, item);
    for (struct tree_node *part = root && root->kind == TREE_MAP ? root->first : NULL; part;
         part = part->next) {
        s->secret =
            is_secret && text_glob("*data", part->key->text) && strcmp(part->key->text, "metadata") != 0;
        judge_node(s, part);
    }
}

/* What a machine config inlines itself: of the text the place is where it begins. */
static void judge_text(struct clear_search *s, const struct tree_node *node)
{
    struct clear_file found = {.path = ""};
    struct pool *pool = pool_new();
    struct document *docs;
    UNSET struct error ignored;
    if (tree_read_plain(pool, "", node->text, node->len, &docs, &ignored) == 0)
        for (; docs; docs = docs->next)
            clear_object(&found, docs->root);
    if (found.count)
        note(s->file, node->pos, found.what);
    pool_free(pool);
}

void clear_object(struct clear_file *file, struct tree_node *root)
{
    struct clear_search s = {.file = file};
    judge_object(&s, root);
}

/* A tree, or what only its readers parse. */
static void judge_file(struct clear_search *s, const char *path, bool tree)
{
    struct buf text = {.max = SITE_FILE_MAX + 4096};
    struct pool *pool = pool_new();
    struct clear_file *file = s->file = add(s, path);
    file->seen = true;
    s->names = strncmp(path, "bootstrap/", 10) != 0;
    struct document *docs = NULL;
    struct error e = {.code = E_NONE};
    const struct site_kept *kept = site_kept(s->site, path);
    if (kept) {
        docs = kept->documents;
    } else if (site_read(s->site, path, &text, &file->absent, &e) == 0) {
        bool keep = text.len + s->site->kept->size <= SITE_KEPT_MAX;
        if (!tree && (file->whole || is_marked(text.data, text.len)))
            note(file, (struct pos){.line = 1, .column = 1}, "the file");
        if (tree && tree_read(keep ? s->pool : pool, path, text.data, text.len, &docs, &e) == 0 && keep)
            site_keep(s->site, file->path, docs, text.len);
    }
    if (e.code)
        text_clean_z(file->what, sizeof file->what, e.text);
    for (; docs; docs = docs->next)
        judge_object(s, docs->root);
    buf_free(&text);
    pool_free(pool);
}

static int judge_folder(struct clear_search *s, const char *folder, struct error *e)
{
    const char **names;
    if (site_list(s->site, s->pool, folder, ".yaml", &names, e) != 0)
        return -1;
    for (; *names; names++)
        if (!strstr(*names, ".sops."))
            judge_file(s, pool_printf(s->pool, "%s/%s", folder, *names), true);
    return 0;
}

static int judge_files(const struct site *site, struct pool *pool, struct clear_file **out, struct error *e)
{
    struct clear_search s = {.site = site, .pool = pool, .files = out};
    *out = NULL;
    judge_file(&s, SITE_INVENTORY, true);
    const char **folders;
    if (judge_folder(&s, "talos", e) != 0 || judge_folder(&s, "bootstrap", e) != 0 ||
        site_list(site, pool, "talos", "/", &folders, e) != 0)
        return -1;
    for (; *folders; folders++)
        if (strcmp(*folders, "examples") != 0 &&
            judge_folder(&s, pool_printf(pool, "talos/%s", *folders), e) != 0)
            return -1;
    add(&s, SITE_INSTALLERS);
    const char **names;
    if (site_list(site, pool, BORN_FOLDER, ".crt", &names, e) != 0)
        return -1;
    for (; *names; names++)
        add(&s, pool_printf(pool, BORN_FOLDER "/%s", *names));
    for (unsigned i = 0; i < site->role_count; i++) {
        const struct role *role = &site->roles[i];
        if (judge_folder(&s, pool_printf(pool, "bootstrap/%s", role->name), e) != 0)
            return -1;
        add(&s, role->flux.components);
        add(&s, role->flux.sync);
        if (role->cloud.ca)
            add(&s, role->cloud.ca);
    }
    for (struct clear_file *file = *out; file; file = file->next)
        if (!file->seen)
            judge_file(&s, file->path, false);
    return 0;
}

void clear_say(const struct site *site, const struct clear_file *file, struct errors *errors)
{
    enum tracked tracked = file->count ? tracked_content(site->dir, file->path) : TRACKED_NO;
    if (tracked == TRACKED_NO || tracked == TRACKED_OUTSIDE)
        return;
    errors_at(errors, file->pos, E_SECRET_CLEAR, "%s stands here in clear%s, and %s", file->what,
              file->count > 1 ? ", and is not the only one" : "",
              tracked == TRACKED_YES ? "Git tracks the file"
                                     : "it cannot be told whether Git tracks the file");
}

struct clear_file *clear_judge(const struct site *site, struct errors *errors)
{
    struct clear_file *files;
    struct error e;
    if (judge_files(site, site->pool, &files, &e) != 0)
        errors_add(errors, &e);
    for (const struct clear_file *file = files; file; file = file->next)
        clear_say(site, file, errors);
    return files;
}
