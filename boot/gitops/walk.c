#include "gitops/walk.h"
#include "gitops/inventory.h"

#include "base/buf.h"
#include "base/sought.h"
#include "base/text.h"
#include "site/tracked.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SLOTS (2u * GITOPS_ITEMS_MAX) /* a power of two */

static bool is_yaml(const char *path)
{
    return text_glob("*.y*ml", path);
}

/* dir/relative without "." and ".."; too many of these leave nothing. */
static char *join(struct pool *pool, const char *dir, const char *relative)
{
    size_t n = strlen(dir);
    char *out = pool_alloc(pool, n + strlen(relative) + 2);

    memcpy(out, dir, n);
    while (*relative) {
        size_t len = strcspn(relative, "/");

        if (len == 2 && relative[0] == '.' && relative[1] == '.') {
            while (n > 0 && out[--n] != '/') {
            }
        } else if (len > 1 || (len == 1 && relative[0] != '.')) {
            if (n > 0)
                out[n++] = '/';
            memcpy(out + n, relative, len);
            n += len;
        }
        relative += len;
        relative += *relative == '/';
    }
    out[n] = '\0';
    return out;
}

void(walk_unseen)(struct walk *w, struct pos pos, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    UNSET char text[ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, words_text(fmt), ap);
    va_end(ap);
    errors_at(&w->tree->unseen, pos, E_TREE_UNSEEN, "%s", text);
}

struct pos walk_pos(const struct walk_item *item, const struct tree_node *at)
{
    return (struct pos){item->path, at->pos.line, at->pos.column};
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The slot of an equal item, or the free one where it belongs. */
static uint16_t *slot_of(struct walk *w, const struct walk_item *item)
{
    for (uint32_t i = text_hash(text_hash(TEXT_HASH, item->path), item->ns ? item->ns : "");; i++) {
        uint16_t *slot = &w->slots[i % SLOTS];
        const struct walk_item *other = *slot ? &w->items[*slot - 1] : NULL;
        if (!other ||
            (strcmp(other->path, item->path) == 0 && other->vars == item->vars &&
             same_text(other->ns, item->ns)))
            return slot;
    }
}

void walk_follow(struct walk *w, const struct walk_item *by, const char *dir, const char *relative,
                 const struct tree_node *at)
{
    struct walk_item item = *by;

    item.path = join(w->pool, dir, relative);
    item.depth++;
    item.sync = false;
    item.from = at ? walk_pos(by, at) : (struct pos){0};
    struct pos pos = at ? item.from : (struct pos){.file = item.path};
    uint16_t *slot = slot_of(w, &item);
    if (*slot)
        return;
    if (by->depth == GITOPS_DEPTH_MAX) {
        walk_unseen(w, pos, "%s lies more than %d steps from where Flux begins", item.path, GITOPS_DEPTH_MAX);
    } else if (w->count == GITOPS_ITEMS_MAX) {
        w->tree->cut++;
        if (w->tree->cut == 1)
            walk_unseen(w, pos, "%s and what comes after it: more than %d files and directories", item.path,
                        GITOPS_ITEMS_MAX);
    } else {
        w->items[w->count++] = item;
        *slot = (uint16_t)w->count;
    }
}

void walk_need(struct walk *w, const struct walk_item *by, const char *dir, const char *relative,
               const struct tree_node *at)
{
    const char *path = join(w->pool, dir, relative);
    struct stat st;

    if (fstatat(w->plan->site->fd, path, &st, 0) == 0) {
        if (S_ISREG(st.st_mode))
            inventory_file(w->inventory, path);
    } else if (errno == ENOENT || errno == ENOTDIR) {
        errors_at(w->errors, walk_pos(by, at), E_TREE, "%.200s is not there", path);
    }
}

const char *walk_text(struct walk *w, const struct walk_item *item, const struct tree_node *node)
{
    const char *text = tree_text(node);

    if (!node)
        return NULL;
    if (!text) {
        walk_unseen(w, walk_pos(item, node), "a text belongs here");
        return NULL;
    }
    const char *out = NULL;
    const char *name = NULL;
    enum vars_result result = vars_expand(w->pool, item->vars, text, &out, &name);
    if (result == VARS_GOOD)
        return out;
    if (result == VARS_OPEN || item->patched)
        walk_unseen(w, walk_pos(item, node),
                    "%.200s: what Flux makes of it is known only in the cluster (%.200s)", text, name);
    else
        errors_at(w->errors, walk_pos(item, node), E_TREE,
                  "%.200s: nothing gives %.100s a value, in no postBuild.substitute", text, name);
    return NULL;
}

static bool contains(const struct buf *text, const char *word)
{
    return memmem(text->data, text->len, word, strlen(word)) != NULL;
}

static bool is_worth_parsing(const struct walk *w, const char *path, const struct buf *text)
{
    /* Of Flux what is past is a beta. */
    static const struct sought marks[] = {{"Kustomization", 0, 0},   {"Secret", 0, 0},
                                          {SITE_EXAMPLE_MARK, 0, 0}, {"FluxInstance", 0, 0},
                                          {"cnpg.io/", 0, 0},        {"fluxcd.io/v1beta", 0, 0},
                                          {"fluxcd.io/v2beta", 0, 0}};
    static struct sought_masks masks;

    const char *slash = strrchr(path, '/');
    /* Laid down byte for byte, and far larger than all the rest. */
    if ((slash && strcmp(slash, "/gotk-components.yaml") == 0) ||
        strcmp(path, w->plan->entry->role->flux.components) == 0)
        return false;
    if (sought_in(marks, sizeof marks / sizeof *marks, &masks, text->data, text->len))
        return true;
    return inventory_wants(w->inventory, text);
}

/* Reads a file; false when there is none. One that cannot be judged is said and empty. */
static bool read_file(struct walk *w, struct pool *pool, const struct walk_item *item, const char *path,
                      bool whole, struct document **docs)
{
    struct buf text = {.max = SITE_FILE_MAX + 4096};
    struct error e;
    bool missing = false;
    int failed = site_read(w->plan->site, path, &text, &missing, &e);

    *docs = NULL;
    if (!failed && text.data && (whole || item->sync || is_worth_parsing(w, path, &text)))
        failed = tree_read_plain(pool, path, text.data, text.len, docs, &e);
    else if (!failed && text.data && contains(&text, "HelmRelease"))
        inventory_chart(w->inventory, item);
    buf_free(&text);
    if (missing)
        return false;
    if (failed) {
        *docs = NULL;
        walk_unseen(w, (struct pos){0}, "%s", e.text);
    }
    return true;
}

/* Whether it is there. */
static bool directory(struct walk *w, const struct walk_item *item, struct pool *pool)
{
    static const char *const names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};

    struct document *docs = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *file = join(w->pool, item->path, names[i]);
        if (read_file(w, pool, item, file, true, &docs)) {
            inventory_file(w->inventory, file);
            if (docs && docs->root)
                kinds_kustomization(w, item, file, docs->root);
            return true;
        }
    }
    if (!item->path[0]) {
        walk_unseen(w, item->from, "the whole repository is one Kustomization: it begins at the top");
        return true;
    }
    struct error e;
    const char **files = NULL;
    const char **folders = NULL;
    if (site_list(w->plan->site, pool, item->path, "ml", &files, &e) != 0 ||
        site_list(w->plan->site, pool, item->path, "/", &folders, &e) != 0) {
        walk_unseen(w, (struct pos){0}, "%s", e.text);
        return true;
    }
    bool there = files[0] || folders[0];
    for (; *files; files++)
        if (is_yaml(*files))
            walk_follow(w, item, item->path, *files, NULL);
    for (; *folders; folders++)
        walk_follow(w, item, item->path, *folders, NULL);
    return there;
}

static void visit(struct walk *w, const struct walk_item *item)
{
    struct pool *pool = pool_new();
    struct document *docs = NULL;
    bool file = is_yaml(item->path);

    if (file ? read_file(w, pool, item, item->path, false, &docs) : directory(w, item, pool)) {
        if (file)
            inventory_file(w->inventory, item->path);
    } else if (item->from.file) {
        errors_at(w->errors, item->from, E_TREE, "%.200s is not there", item->path);
    } else if (item->sync && w->plan->entry->type == MACHINE_CONTROLPLANE) {
        walk_unseen(w, (struct pos){.file = item->path}, "the file is not there, and Flux begins with it");
    }
    for (; docs; docs = docs->next)
        if (docs->root && docs->root->kind == TREE_MAP) {
            site_examples(docs->root, w->errors);
            kinds_take(w, item, docs->root);
        }
    pool_free(pool);
}

static void say_untracked(struct walk *w)
{
    const char *first = NULL;
    unsigned count =
        tracked_missing(w->plan->site->dir, w->inventory->files, w->inventory->file_count, &first);

    if (count == 1)
        errors_at(w->warnings, (struct pos){.file = first}, E_PLAN_ADVICE,
                  "git does not track this file, so Flux lacks it: `git add`");
    else if (count)
        errors_at(w->warnings, (struct pos){.file = first}, E_PLAN_ADVICE,
                  "one of %u files that git does not track, so Flux lacks them: `git add`", count);
}

/* One walk from the file that Flux begins with. */
static void run(struct walk *w)
{
    struct walk_item start = {.sync = true, .path = w->plan->entry->role->flux.sync};

    w->items[0] = start;
    w->count = 1;
    *slot_of(w, &start) = 1;
    for (unsigned i = 0; i < w->count; i++) {
        struct walk_item item = w->items[i];
        visit(w, &item);
    }
}

void gitops_tree(struct plan *plan, struct gitops_tree *tree, struct errors *warnings, struct errors *errors)
{
    struct inventory inventory = {.pool = plan->pool};

    *tree = (struct gitops_tree){0};
    /* A variable that a ConfigMap of the tree gives is known once that has been read: then again from the start. */
    for (unsigned again = 0; again < INVENTORY_ROUNDS; again++) {
        struct walk w = {.plan = plan, .pool = plan->pool, .inventory = &inventory, .tree = tree};
        struct errors said = {0};

        w.warnings = &said;
        struct errors wrong = {0};
        w.errors = &wrong;
        w.items = mem_alloc_array(GITOPS_ITEMS_MAX, sizeof *w.items);
        w.slots = mem_alloc_array(SLOTS, sizeof *w.slots);
        run(&w);
        bool more = again + 1 < INVENTORY_ROUNDS && inventory_learnt(&inventory);
        if (!more) {
            needs_judge(&inventory, &w);
            say_untracked(&w);
            errors_move(warnings, &said);
            errors_move(errors, &wrong);
        } else {
            inventory_forget(&inventory);
            errors_free(&tree->unseen);
            *tree = (struct gitops_tree){0};
        }
        errors_free(&said);
        errors_free(&wrong);
        mem_free(w.items);
        mem_free(w.slots);
        if (!more)
            break;
    }
}
