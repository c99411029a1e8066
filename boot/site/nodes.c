/*
 * The `nodes` of hearth.yaml: each entry for itself, then all of them together.
 */
#include "base/text.h"
#include "facts/facts.h"
#include "facts/identity.h"
#include "site/condition.h"
#include "site/judge.h"
#include "site/ref.h"

#include <string.h>

#define CONDITIONS_MAX 32 /* of one entry; keeps the comparison of all entries with each other cheap */

static const char *const machine_types[] = {
    [MACHINE_CONTROLPLANE] = "controlplane", [MACHINE_WORKER] = "worker", NULL};
static const char *const bootstrap_modes[] = {"auto", "manual", NULL};

/* ---- name ---- */

/* The literal parts of a name, in lower case; a fact stands for at least one character. */
static bool is_name_possible(const struct ref *format)
{
    size_t len = 0;
    for (const struct ref_part *part = format->parts; part; part = part->next) {
        if (part->ref) {
            len++;
            continue;
        }
        for (const char *at = part->literal; *at; at++, len++) {
            char c = text_lower(*at);
            bool edge = len == 0 || (at[1] == '\0' && !part->next);
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && !edge)))
                return false;
        }
    }
    return len <= 63;
}

static void judge_name(struct judge *j, const struct tree_node *map, struct site_node *entry)
{
    const struct tree_node *node = judge_text(j, map, "name", true);
    if (!node)
        return;
    entry->name = node->text;
    struct error e = {0};
    struct ref *format = ref_parse(j->site->pool, REF_FORMAT, node->pos, node->text, &e);
    if (!format) {
        e.code = E_SITE_NAME;
        errors_add(j->errors, &e);
        return;
    }
    for (const struct ref_part *part = format->parts; part; part = part->next) {
        if (part->ref && part->ref->kind != REF_FACT) {
            errors_at(j->errors, node->pos, E_SITE_NAME,
                      "the name \"%.120s\" may hold facts only: {fact:serial}", node->text);
            return;
        }
        if (part->ref)
            entry->name_ref = format;
    }
    if (!is_name_possible(format))
        errors_at(j->errors, node->pos, E_SITE_NAME,
                  "the name \"%.120s\" cannot be a hostname: 1-63 letters, digits and inner hyphens",
                  node->text);
}

/* ---- match ---- */

/* A scalar that says something, or a list of such. */
static void judge_condition(struct judge *j, const struct tree_node *condition, const char *name)
{
    if (condition->kind == TREE_SEQ && condition->count == 0) {
        errors_at(j->errors, condition->pos, E_SITE_MATCH,
                  "\"%.120s\" of %s is an empty list, which nothing meets", name, j->where);
        return;
    }
    for (const struct tree_node *item = condition->kind == TREE_SEQ ? condition->first : condition; item;
         item = item->next) {
        if (!tree_text(item)) {
            errors_at(j->errors, item->pos, E_SITE_KIND, "\"%.120s\" of %s must be text, or a list of texts",
                      name, j->where);
            return;
        }
        if (item->len == 0) {
            errors_at(j->errors, item->pos, E_SITE_MATCH, "\"%.120s\" of %s is empty, which nothing meets",
                      name, j->where);
            return;
        }
        if (condition->kind != TREE_SEQ)
            break;
    }
    struct error e = {0};
    if (condition_check(condition, &e) != 0)
        errors_add(j->errors, &e);
}

static void judge_fact_name(struct judge *j, const struct tree_node *key, const char *name)
{
    const char *nearest = NULL;
    if (facts_known(name, &nearest))
        return;
    errors_at(j->errors, key->pos, E_SITE_MATCH, "%s: there is no fact named \"%.120s\"%s%s%s", j->where,
              name, nearest ? "; the nearest is \"" : "", nearest ? nearest : "", nearest ? "\"" : "");
}

static void judge_match(struct judge *j, const struct tree_node *map, struct site_node *entry)
{
    const struct tree_node *match = judge_map(j, map, "match", true);
    if (!match)
        return;
    if (match->count == 0) {
        errors_at(j->errors, match->pos, E_SITE_MATCH, "the match of %s is empty: it would be every box",
                  j->where);
        return;
    }
    entry->match = match;
    unsigned conditions = 0;
    for (const struct tree_node *child = match->first; child; child = child->next) {
        const char *name = child->key->text;
        bool list_fact = child->kind == TREE_MAP && !child->ref;
        judge_fact_name(j, child->key, name);
        conditions += list_fact ? child->count : 1;
        if (!list_fact) {
            judge_condition(j, child, name);
            continue;
        }
        if (child->count == 0)
            errors_at(j->errors, child->pos, E_SITE_MATCH, "\"%.120s\" of %s has no condition", name,
                      j->where);
        for (const struct tree_node *field = child->first; field; field = field->next) {
            const char *full = pool_printf(j->site->pool, "%.120s.%.120s", name, field->key->text);
            judge_fact_name(j, field->key, full);
            judge_condition(j, field, full);
        }
    }
    if (conditions > CONDITIONS_MAX)
        errors_at(j->errors, match->pos, E_SITE_MATCH, "%s has %u conditions; %d are possible", j->where,
                  conditions, CONDITIONS_MAX);
}

/* The identity that this condition writes out, or NULL. Blanks in front of an operator do not make it text. */
static const char *exact_text(const struct tree_node *condition)
{
    const char *text = tree_text(condition);
    if (!text)
        return NULL;
    text += strspn(text, " \t");
    return text[0] == '\0' || strpbrk(text, "*?") || strchr("<>=", text[0]) ? NULL : text;
}

/* Refuses a match that could be more than one box, where one box is meant: it names no identity, or one that others
 * have too. `does` is what the entry does. */
static void judge_exact(struct judge *j, const struct tree_node *match, struct pos pos, const char *does)
{
    const char *flawed = NULL, *flaw = NULL, *fact = NULL;
    for (enum identity i = 0; i < IDENTITY_COUNT; i++) {
        const char *text = exact_text(tree_get(match, identity_fact(i)));
        const char *why = text ? identity_flaw(i, text) : NULL;
        if (text && !why)
            return;
        if (!text || flawed)
            continue;
        flawed = text;
        flaw = why;
        fact = identity_fact(i);
    }
    if (flawed)
        errors_at(j->errors, pos, E_SITE_GUARD,
                  "%s %s but could be more than one box: its match names %s %.120s, %s", j->where, does, fact,
                  flawed, flaw);
    else
        errors_at(j->errors, pos, E_SITE_GUARD,
                  "%s %s but could be more than one box: match an exact serial, uuid, board.serial or mac",
                  j->where, does);
}

/* ---- install ---- */

static void judge_install(struct judge *j, const struct tree_node *map, struct site_node *entry)
{
    static const char *const known[] = {"wwid",       "transport", "size", "model",          "serial",
                                        "rotational", "bus_path",  "wipe", "carries_hearth", NULL};
    static const char *const truths[] = {"false", "true", NULL};
    static const struct {
        const char *key;
        const char *why;
    } refused[] = {
        {"name", "the order of sda, sdb is not the same at every boot"},
        {"dev_path", "the order of sda, sdb is not the same at every boot"},
        {"removable", "hearth never installs on a removable disk"},
        {"readonly", "hearth never installs on a disk that cannot be written"},
        {"installable", "hearth decides that itself"},
        {"partitions", "hearth looks at what is on a disk itself; see wipe"},
    };
    struct tree_node *install = judge_map(j, map, "install", false);

    if (!install)
        return;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct tree_node *node = tree_get(install, refused[i].key);
        if (!node)
            continue;
        errors_at(j->errors, node->key->pos, E_SITE_KEY,
                  "the install disk of %s cannot be chosen by \"%s\": %s; use wwid, bus_path, transport, "
                  "size or model",
                  j->where, refused[i].key, refused[i].why);
        tree_remove(install, node);
    }
    judge_keys(j, install, known);
    struct tree_node *wipe = tree_get(install, "wipe");
    if (wipe) {
        entry->wipe = judge_word(j, install, "wipe", true, truths) == 1;
        if (entry->wipe && entry->match)
            judge_exact(j, entry->match, wipe->key->pos, "may wipe a disk");
        tree_remove(install, wipe);
    }
    struct tree_node *carries = tree_get(install, "carries_hearth");
    if (carries) {
        entry->carries_hearth = judge_word(j, install, "carries_hearth", true, truths) == 1;
        tree_remove(install, carries);
    }
    for (const struct tree_node *child = install->first; child; child = child->next)
        judge_condition(j, child, child->key->text);
    if (install->count > 0)
        entry->install = install;
}

/* ---- one entry ---- */

static void judge_role_of(struct judge *j, const struct tree_node *map, struct site_node *entry)
{
    const struct tree_node *node = judge_text(j, map, "role", true);
    if (node)
        entry->role = site_role(j->site, node->text);
    if (entry->role)
        return;
    j->sound = false;
    if (!node || j->site->role_count == 0)
        return;
    const char *names[SITE_ROLES_MAX + 1] = {NULL};
    for (unsigned i = 0; i < j->site->role_count; i++)
        names[i] = j->site->roles[i].name;
    const char *nearest = text_nearest(node->text, names);
    errors_at(j->errors, node->pos, E_SITE_ROLE, "%s has the role \"%.120s\", which is not defined%s%s%s",
              j->where, node->text, nearest ? "; the nearest is \"" : "", nearest ? nearest : "",
              nearest ? "\"" : "");
}

static void judge_bootstrap(struct judge *j, const struct tree_node *map, struct site_node *entry)
{
    const struct tree_node *node = tree_get(map, "bootstrap");
    if (!node)
        return;
    int mode = judge_word(j, map, "bootstrap", true, bootstrap_modes);
    if (mode < 0) {
        j->sound = false;
        return;
    }
    if (entry->type == MACHINE_WORKER) {
        errors_at(j->errors, node->key->pos, E_SITE_BOOTSTRAP,
                  "%s is a worker; only a control plane bootstraps a cluster", j->where);
        return;
    }
    entry->bootstrap = mode == 0 ? BOOTSTRAP_AUTO : BOOTSTRAP_MANUAL;
    if (mode == 0 && entry->match)
        judge_exact(j, entry->match, node->pos, "bootstraps its cluster");
}

static void judge_login_of(struct judge *j, const struct tree_node *map, struct site_node *entry)
{
    static const char *const known[] = {"method", NULL};
    const struct tree_node *login = judge_map(j, map, "login", false);
    if (login)
        judge_keys(j, login, known);
    entry->method = judge_method(j, login, entry->role ? entry->role->login.method : LOGIN_CERTIFICATE);
}

static void judge_entry(struct judge *j, const struct tree_node *map, struct site_node *entry)
{
    static const char *const known[] = {"name",    "role", "type",  "bootstrap", "match",
                                        "install", "vars", "login", NULL};
    const char *name = tree_text(tree_get(map, "name"));
    entry->pos = map->pos;
    j->where = name && name[0] ? pool_printf(j->site->pool, "entry %.80s", name)
                               : pool_printf(j->site->pool, "entry %u", entry->index + 1);
    if (map->kind != TREE_MAP || map->ref) {
        j->sound = false;
        errors_at(j->errors, map->pos, E_SITE_KIND, "%s must be a mapping", j->where);
        return;
    }
    judge_keys(j, map, known);
    judge_name(j, map, entry);
    judge_role_of(j, map, entry);
    int type = judge_word(j, map, "type", true, machine_types);
    if (type < 0)
        j->sound = false;
    entry->type = type == MACHINE_WORKER ? MACHINE_WORKER : MACHINE_CONTROLPLANE;
    judge_login_of(j, map, entry);
    judge_match(j, map, entry);
    judge_bootstrap(j, map, entry);
    judge_install(j, map, entry);
    entry->vars = judge_vars(j, map);
}

/* ---- all of them ---- */

static void judge_names(struct judge *j)
{
    const struct site *site = j->site;
    for (unsigned i = 0; i < site->node_count; i++) {
        const struct site_node *entry = &site->nodes[i];
        for (unsigned k = 0; k < i && entry->name && !entry->name_ref; k++) {
            const struct site_node *first = &site->nodes[k];
            if (!first->name || first->name_ref || !text_equal_fold(first->name, entry->name))
                continue;
            errors_at(j->errors, entry->pos, E_SITE_DUPLICATE,
                      "two entries are named \"%.120s\"; the first is at line %u", entry->name,
                      (unsigned)first->pos.line);
            break;
        }
    }
}

static bool same_conditions(const struct tree_node *a, const struct tree_node *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == TREE_SCALAR)
        return text_equal_fold(a->text, b->text);
    for (const struct tree_node *left = a->first, *right = b->first; left;
         left = left->next, right = right->next) {
        if (left->key && strcmp(left->key->text, right->key->text) != 0)
            return false;
        if (!same_conditions(left, right))
            return false;
    }
    return true;
}

/* Whether each condition of `wide` stands in `narrow`, too. Text only: what merely amounts to the same is
 * let pass. */
static bool is_subset(const struct tree_node *wide, const struct tree_node *narrow)
{
    if (wide->count > narrow->count)
        return false;
    for (const struct tree_node *condition = wide->first; condition; condition = condition->next) {
        const struct tree_node *other = tree_get(narrow, condition->key->text);
        if (!other || !same_conditions(condition, other))
            return false;
    }
    return true;
}

static void add_warning(struct site *site, struct site_warning what)
{
    struct site_warning **end = &site->warnings;
    while (*end)
        end = &(*end)->next;
    *end = pool_alloc(site->pool, sizeof **end);
    **end = what;
}

static void warn_shadowed(struct judge *j)
{
    struct site *site = j->site;
    for (unsigned i = 0; i < site->node_count; i++) {
        const struct site_node *entry = &site->nodes[i];
        for (unsigned k = 0; k < i && entry->match; k++) {
            const struct site_node *first = &site->nodes[k];
            if (!first->match || !is_subset(first->match, entry->match))
                continue;
            add_warning(site,
                        (struct site_warning){
                            .code = E_SITE_SHADOWED,
                            .pos = entry->pos,
                            .entry = entry,
                            .other = first,
                            .text = pool_printf(site->pool,
                                                "entry %.80s can never match: entry %.80s at line %u matches "
                                                "whatever it does, and stands first",
                                                entry->name ? entry->name : "?",
                                                first->name ? first->name : "?", (unsigned)first->pos.line),
                        });
            break;
        }
    }
}

static bool same_cluster(const struct site_node *a, const struct site_node *b)
{
    return a->role->cluster && b->role->cluster && strcmp(a->role->cluster, b->role->cluster) == 0;
}

/* Judges a cluster once, at its first control plane. */
static void judge_cluster(struct judge *j, unsigned first)
{
    struct site *site = j->site;
    const struct site_node *entry = &site->nodes[first], *bootstraps = NULL;
    unsigned members = 0;
    bool countable = true;
    for (unsigned i = 0; i < site->node_count; i++) {
        const struct site_node *other = &site->nodes[i];
        if (other->type != MACHINE_CONTROLPLANE || !same_cluster(entry, other))
            continue;
        if (i < first)
            return;
        members++;
        if (other->name_ref)
            countable = false;
        if (other->bootstrap == BOOTSTRAP_NONE)
            continue;
        if (bootstraps)
            errors_at(j->errors, other->pos, E_SITE_BOOTSTRAP,
                      "cluster %.63s is bootstrapped twice: entry %.80s, and entry %.80s at line %u",
                      entry->role->cluster, other->name ? other->name : "?",
                      bootstraps->name ? bootstraps->name : "?", (unsigned)bootstraps->pos.line);
        else
            bootstraps = other;
    }
    if (!bootstraps)
        errors_at(j->errors, entry->pos, E_SITE_BOOTSTRAP,
                  "cluster %.63s has %u control plane%s and none that bootstraps it: one entry needs "
                  "bootstrap: auto",
                  entry->role->cluster, members, members == 1 ? "" : "s");
    if (countable && members % 2 == 0)
        add_warning(site,
                    (struct site_warning){
                        .code = E_SITE_EVEN,
                        .pos = entry->pos,
                        .cluster = entry->role->cluster,
                        .text = pool_printf(site->pool,
                                            "cluster %.63s has %u control planes; with an even number etcd "
                                            "survives no more failures than with one less",
                                            entry->role->cluster, members),
                    });
}

void judge_nodes(struct judge *j, const struct tree_node *nodes)
{
    struct site *site = j->site;
    if (nodes->count == 0 || nodes->count > SITE_NODES_MAX) {
        errors_at(j->errors, nodes->pos, E_SITE_VALUE, "\"nodes\" has %u entries; 1 to %d are possible",
                  (unsigned)nodes->count, SITE_NODES_MAX);
        return;
    }
    site->nodes = pool_alloc(site->pool, nodes->count * sizeof(struct site_node));
    for (const struct tree_node *map = nodes->first; map; map = map->next) {
        struct site_node *entry = &site->nodes[site->node_count];
        entry->index = site->node_count++;
        judge_entry(j, map, entry);
    }
    judge_names(j);
    if (j->errors->count == 0)
        warn_shadowed(j);
    for (unsigned i = 0; i < site->node_count && j->sound; i++)
        if (site->nodes[i].type == MACHINE_CONTROLPLANE && site->nodes[i].role->cluster)
            judge_cluster(j, i);
}

const char *site_type_word(enum machine_type type)
{
    return machine_types[type];
}

const char *site_type_words(enum machine_type type)
{
    return type == MACHINE_WORKER ? "worker" : "control plane";
}
