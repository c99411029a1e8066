#include "base/date.h"
#include "base/log.h"
#include "base/pem.h"
#include "gitops/gitops.h"
#include "line.h"
#include "marker.h"
#include "render/render.h"
#include "vault/credential.h"
#include "vault/x509.h"
#include "verbs.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define STAGES 4
#define EXPIRY_WARNING ((int64_t)30 * 86400) /* seconds ahead that an expiry is worth a word */

/* What is good or bad about one secret, in the reader's words. Returns whether it may stay as it is. */
static bool judge(const struct vault_answer *answer, int64_t now, char *out, size_t cap)
{
    int64_t days = (answer->expires - now) / 86400;
    if (answer->error.code != E_NONE)
        snprintf(out, cap, "%s", error_info(answer->error.code)->slug);
    else if (answer->not_before > now)
        snprintf(out, cap, "there, but not meant to be used yet");
    else if (answer->expires && answer->expires <= now)
        snprintf(out, cap, "there, but past its expiry date");
    else if (answer->expires && answer->expires - now < EXPIRY_WARNING)
        snprintf(out, cap, "there, expires in %lld days", (long long)days);
    else if (answer->expires)
        snprintf(out, cap, "ok, expires in %lld days", (long long)days);
    else
        snprintf(out, cap, "ok");
    return answer->error.code == E_NONE && (!answer->expires || answer->expires > now);
}

static void show(const struct line *line, bool json)
{
    char verdict[128];
    int64_t now = (int64_t)time(NULL);
    json_t *list = json ? json_array() : NULL;
    for (unsigned i = 0; i < line->plan->secret_count; i++) {
        const struct vault_answer *answer = &line->answers[i];
        const char *name = line->plan->secrets[i].name;
        struct pos at = line->plan->secrets[i].where->ref->pos;
        bool good = judge(answer, now, verdict, sizeof verdict);
        if (list)
            json_array_append_new(list,
                                  json_pack("{s:s, s:s, s:s, s:b, s:s, s:i}", "name", name, "version",
                                            answer->version, "verdict", verdict, "good", (int)good, "file",
                                            at.file, "line", (int)at.line));
        else
            printf("%-32s %-24s (%s:%u)\n", name, verdict, at.file, at.line);
    }
    if (list) {
        json_dumpf(list, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
        putchar('\n');
        json_decref(list);
    }
}

static void warn_end(const char *what, const char *name, int64_t end, int64_t now)
{
    char date[DATE_TEXT_MAX];
    if (end - now < EXPIRY_WARNING)
        log_warning("%s%s %s on %s", what, name, end > now ? "ends" : "ended", date_text(date, end));
}

/* The vault still hands them out; whoever set the date meant that they are not to be relied on. */
static void expired_names(const struct line *line, struct errors *errors)
{
    char date[DATE_TEXT_MAX];
    int64_t now = (int64_t)time(NULL);
    for (unsigned i = 0; i < line->plan->secret_count; i++) {
        const struct vault_answer *answer = &line->answers[i];
        const char *name = line->plan->secrets[i].name;
        struct error e;
        if (answer->error.code != E_NONE || !answer->expires)
            continue;
        if (answer->expires > now) {
            warn_end("secret ", name, answer->expires, now);
            continue;
        }
        error_set(&e, E_SECRET_EXPIRED, "secret %s expired on %s", name, date_text(date, answer->expires));
        errors_add(errors, &e);
    }
}

static bool see_certificate(void *arg, const char *label, struct span der)
{
    int64_t *end = arg;
    struct x509_cert cert;
    if (*end == 0 && strcmp(label, "CERTIFICATE") == 0 && x509_read(der, &cert))
        *end = cert.not_after;
    return true;
}

/* A stick with a login that has ended boots, and is refused: so it is said beforehand. */
static void login_end(const struct line *line)
{
    const struct role *role = line->plan->entry->role;
    struct secret credential = {0};
    const char *tenant, *client;
    enum vault_login login;
    struct error ignored;
    int64_t end = 0;
    if (role->login.method == LOGIN_CERTIFICATE &&
        credential_read(line->site, role, &login, &tenant, &client, &credential, &ignored) == 0)
        pem_each(secret_bytes(&credential), see_certificate, &end);
    secret_free(&credential);
    if (end)
        warn_end("the certificate of the login of role ", role->name, end, (int64_t)time(NULL));
}

/* Rights are given secret by secret, and the tree's are the operator's to read: hearth's login needs none. */
static void forgive(struct line *line, unsigned own)
{
    unsigned count = 0;
    for (unsigned i = own; i < line->plan->secret_count; i++) {
        if (line->answers[i].error.code == E_VAULT_RBAC) {
            line->answers[i].error.code = E_NONE;
            count++;
        }
    }
    if (count)
        log_warning("%u secrets of the tree are not this login's to read, so they were not checked", count);
}

static int say_marker(const struct line *line, const struct rendered *rendered, struct errors *errors)
{
    struct error e;
    bool founded;
    if (marker_read(line, rendered, &founded, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    log_note("      cluster %s is %s", line->plan->entry->role->cluster,
             founded ? "founded: this node joins it" : "not founded yet: this node founds it");
    return 0;
}

static int check(struct line *line, struct rendered *rendered, const struct options *o, struct errors *errors)
{
    struct errors warnings = {0};
    if (line_gather(line, o, errors) != 0)
        return -1;
    unsigned own = line->plan->secret_count;
    gitops_tree(line->plan, &warnings, errors);
    gitops_endpoint(line->plan, &warnings);
    for (unsigned i = 0; i < warnings.count; i++)
        log_warning("%s", warnings.items[i].text);
    errors_free(&warnings);
    login_end(line);
    if (line_secrets(line, false, errors) != 0)
        return -1;
    show(line, o->json);
    forgive(line, own);
    line_failed_names(line, errors);
    expired_names(line, errors);
    if (errors->count || (line->facts && line_render(line, rendered, errors) != 0))
        return -1;
    return line->facts && line->plan->marker ? say_marker(line, rendered, errors) : 0;
}

enum exit_status verb_check(const struct options *o)
{
    struct line line = {.stages = STAGES, .without_facts = true};
    struct rendered rendered = {0};
    struct errors errors = {0};
    enum exit_status status = EXIT_DONE_;
    if (check(&line, &rendered, o, &errors) == 0)
        log_stage(4, STAGES, "documents", "%s",
                  line.facts ? "good: nothing was written"
                             : "not judged: that needs the facts of the box; the rest is good");
    else
        status = fail(&errors);
    rendered_free(&rendered);
    line_free(&line);
    return status;
}
