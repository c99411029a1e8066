#include "site/site.h"

#include "site/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define API_VERSION "hearth/v1"

const struct role *site_role(const struct site *site, const char *name)
{
    for (unsigned i = 0; i < site->role_count; i++)
        if (strcmp(site->roles[i].name, name) == 0)
            return &site->roles[i];
    return NULL;
}

static const struct tree_node *find_var(const struct site_var *vars, const char *name)
{
    for (; vars; vars = vars->next)
        if (strcmp(vars->name, name) == 0)
            return vars->value;
    return NULL;
}

const struct tree_node *site_var(const struct site_node *entry, const char *name)
{
    const struct tree_node *own = find_var(entry->vars, name);
    return own ? own : find_var(entry->role->vars, name);
}

/* vN.N.N, nothing before or behind. */
static bool is_version(const char *text)
{
    const char *at = text + 1;
    for (unsigned part = 0; text[0] == 'v'; part++) {
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 6)
            return false;
        at += digits;
        if (part == 2)
            return *at == '\0';
        if (*at++ != '.')
            return false;
    }
    return false;
}

static void judge_flux(struct judge *j, const struct tree_node *root)
{
    static const char *const known[] = {"version", "from", NULL};
    static const char *const sources[] = {[FLUX_FILE] = "file", [FLUX_RELEASE] = "release", NULL};
    const struct tree_node *flux = judge_map(j, root, "flux", true);
    if (!flux)
        return;
    j->where = "flux";
    judge_keys(j, flux, known);
    const struct tree_node *version = judge_text(j, flux, "version", true);
    if (version && !is_version(version->text))
        errors_at(j->errors, version->pos, E_SITE_VALUE,
                  "\"version\" of flux, \"%.120s\", is not of the form v2.9.4", version->text);
    else if (version)
        j->site->flux.version = version->text;
    j->site->flux.from =
        judge_word(j, flux, "from", true, sources) == FLUX_RELEASE ? FLUX_RELEASE : FLUX_FILE;
}

/* True when the rest of the file can be judged at all. */
static bool judge_version(struct judge *j, const struct tree_node *root)
{
    const struct tree_node *version = tree_get(root, "apiVersion");
    if (tree_is(version, API_VERSION))
        return true;
    if (!version)
        errors_at(j->errors, root->pos, E_SITE_VERSION, "apiVersion is missing; this hearth reads %s",
                  API_VERSION);
    else
        errors_at(j->errors, version->pos, E_SITE_VERSION, "apiVersion is \"%.120s\"; this hearth reads %s",
                  tree_text(version) ? tree_text(version) : "not text", API_VERSION);
    return false;
}

static void judge_inventory(struct judge *j, const struct document *documents)
{
    static const char *const known[] = {"apiVersion", "flux", "roles", "nodes", NULL};
    struct pos whole = {SITE_INVENTORY, 0, 0};
    struct tree_node *root = documents ? documents->root : NULL;
    if (documents && documents->next) {
        errors_at(j->errors, documents->next->pos, E_SITE_KIND, "a second document; an inventory is one");
        return;
    }
    if (!root) {
        errors_at(j->errors, whole, E_SITE_REQUIRED, "the file says nothing");
        return;
    }
    if (root->kind != TREE_MAP || root->ref) {
        errors_at(j->errors, root->pos, E_SITE_KIND, "the inventory must be a mapping");
        return;
    }
    if (!judge_version(j, root))
        return;
    j->where = SITE_INVENTORY;
    judge_keys(j, root, known);
    const struct tree_node *roles = judge_map(j, root, "roles", true);
    const struct tree_node *nodes = judge_list(j, root, "nodes", true);
    judge_flux(j, root);
    site_examples(root, j->errors);
    if (roles)
        judge_roles(j, roles);
    if (nodes)
        judge_nodes(j, nodes);
}

struct site *site_open(const char *dir, struct errors *errors)
{
    struct site *site = mem_alloc(sizeof *site);
    struct judge j = {.site = site, .errors = errors, .where = SITE_INVENTORY, .sound = true};
    unsigned before = errors_total(errors);
    site->pool = pool_new();
    site->kept = pool_alloc(site->pool, sizeof *site->kept);
    site->dir = pool_strdup(site->pool, dir);
    site->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct document *documents = NULL;
    struct error e = {0};
    bool missing = false;
    struct stat other;
    if (site->fd < 0) {
        (void)error_errno(&e, E_SITE_MISSING, errno, "%s", dir);
        errors_add(errors, &e);
    } else if (site_tree(site, site->pool, SITE_INVENTORY, &documents, NULL, &missing, &e) != 0) {
        if (missing)
            (void)error_set(&e, E_SITE_MISSING, "%s has no %s%s", dir, SITE_INVENTORY,
                            fstatat(site->fd, "hearth.yml", &other, 0) == 0 ? "; rename its hearth.yml" : "");
        errors_add(errors, &e);
    } else {
        judge_inventory(&j, documents);
        site_keep(site, SITE_INVENTORY, documents, 0);
        site->permanent = fstatat(site->fd, SITE_PERMANENT, &other, 0) == 0;
    }
    if (errors_total(errors) == before)
        return site;
    site_close(site);
    return NULL;
}

void site_warnings(const struct site *site, const struct site_node *entry, struct errors *out)
{
    for (const struct site_warning *w = site->warnings; w; w = w->next)
        if (!entry || w->entry == entry || w->other == entry ||
            (w->cluster && strcmp(w->cluster, entry->role->cluster) == 0))
            errors_at(out, w->pos, w->code, "%s", w->text);
}

void site_close(struct site *site)
{
    if (!site)
        return;
    if (site->fd >= 0)
        (void)close(site->fd);
    pool_free(site->pool);
    mem_free(site);
}
