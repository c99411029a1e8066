#include "base/text.h"
#include "plan/plan.h"
#include "plan/steps.h"
#include "site/newer.h"

#include <stdlib.h>
#include <string.h>

#define DIGEST "@sha256:"
#define DIGEST_CHARS 64

bool plan_keeps_hearth(const struct plan *plan)
{
    return plan->keeps != KEEPS_NO;
}

/* HOST[:PORT]/PATH:TAG[@DIGEST], and in the tag "-hearth" behind a version, as a word of its own. */
static bool is_ours_by_tag(const char *image)
{
    const char *slash = strrchr(image, '/');
    const char *tag = strchr(slash ? slash : image, ':');
    const char *mark = tag ? strstr(tag, "-hearth") : NULL;
    if (!mark || (tag[1] != 'v' && (tag[1] < '0' || tag[1] > '9')))
        return false;
    char behind = mark[strlen("-hearth")];
    const char *digest = strchr(tag, '@');
    return (!digest || mark < digest) && (behind == '\0' || behind == '-' || behind == '@');
}

static bool is_plain(const char *image)
{
    static const char *const plain[] = {"ghcr.io/siderolabs/installer", "factory.talos.dev/"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strncmp(image, plain[i], strlen(plain[i])) == 0)
            return true;
    return false;
}

/* A digest a line: "sha256:HEX", and what a person likes to write behind it; "#" begins a remark. */
static bool is_pinned(const char *list, const char *digest)
{
    for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, digest + 1, strlen("sha256:") + DIGEST_CHARS) == 0)
            return true;
    return false;
}

static int read_pin(struct plan *plan, const char *image, struct errors *errors)
{
    const char *digest = strstr(image, DIGEST);
    if (!digest || strlen(digest) != strlen(DIGEST) + DIGEST_CHARS)
        return 0;
    struct buf list = {0};
    struct error e;
    bool missing = false;
    int result = site_read(plan->site, SITE_INSTALLERS, &list, &missing, &e);
    if (result == 0 && list.data && is_pinned(list.data, digest))
        plan->keeps = KEEPS_PIN;
    buf_free(&list);
    if (result == 0 || missing)
        return 0;
    errors_add(errors, &e);
    return -1;
}

static void advise(struct plan *plan, const struct tree_node *image, const char *text)
{
    if (!image || !text || is_plain(text))
        errors_at(&plan->warnings, image ? image->pos : plan->entry->pos, E_PLAN_ADVICE,
                  "machine.install.image is %s: hearth will not be on the installed disk, and unless its "
                  "medium stays "
                  "(PERMANENT=1) founding a cluster needs `talosctl bootstrap` by hand",
                  image ? "Talos's own" : "not set");
    else
        errors_at(&plan->warnings, image->pos, E_PLAN_ADVICE,
                  "nothing shows that machine.install.image %.200s carries hearth, so for the next install "
                  "it does not: "
                  "secrets are inlined at once, and founding a cluster needs `talosctl bootstrap` by hand. "
                  "Where it does, "
                  "give it the tag that `make installer` names (VERSION-hearth-...), record its digest "
                  "in " SITE_INSTALLERS ", or say so: install: { carries_hearth: true }",
                  text);
}

int plan_image_minor(const char *image)
{
    const char *tag = image ? strstr(image, ":v1.") : NULL;
    char *end = NULL;
    long minor = tag ? strtol(tag + 4, &end, 10) : 0;
    return tag && end > tag + 4 && minor >= 0 && minor < 1000 ? (int)minor : -1;
}

int plan_installer(struct plan *plan, struct errors *errors)
{
    const struct tree_node *image = newer_find(plan->config, "machine.install.image");
    if (tree_is(image, "") || (image && tree_is_null(image)))
        image = NULL;
    const char *text = tree_text(image);
    plan->image = text;
    int minor = plan_image_minor(text);
    bool newer = newer_kind(plan->config, "UnattendedInstallConfig") != NULL;
    /* Talos 1.14.0, CHANGELOG.md */
    if (minor >= 14 && text_glob("ghcr.io/siderolabs/installer:*", text)) {
        errors_at(errors, image->pos, E_PLAN_FILE,
                  "%.120s is gone since Talos 1.14: take that of `make installer`", text);
        return -1;
    }
    if (minor >= 0 && minor < 14 && newer) {
        errors_at(errors, image->pos, E_PLAN_FILE,
                  "%.120s is older than Talos 1.14, the first that reads this form of the config", text);
        return -1;
    }
    if (plan->site->permanent)
        plan->keeps = KEEPS_PERMANENT;
    else if (image && plan->entry->carries_hearth)
        plan->keeps = KEEPS_SAID;
    else if (text && !is_plain(text) && is_ours_by_tag(text))
        plan->keeps = KEEPS_TAG;
    else if (text && read_pin(plan, text, errors) != 0)
        return -1;
    if (plan->keeps == KEEPS_NO)
        advise(plan, image, text);
    return 0;
}
