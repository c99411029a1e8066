#include "base/date.h"
#include "base/log.h"
#include "base/pem.h"
#include "base/text.h"
#include "gitops/gitops.h"
#include "gitops/remote.h"
#include "net/x509.h"
#include "pipeline/credential.h"
#include "pipeline/history.h"
#include "pipeline/marker.h"
#include "pipeline/pipeline.h"
#include "pipeline/values.h"
#include "render/render.h"
#include "show/show.h"
#include "site/born.h"
#include "verbs/verdict.h"
#include "verbs/verbs.h"

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
        snprintf(out, cap, "%s", error_info(answer->error.code).slug);
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

static void show(const struct pipeline *run, bool json)
{
    char verdict[128];
    int64_t now = (int64_t)time(NULL);
    json_t *list = json ? json_array() : NULL;
    for (unsigned i = 0; i < run->plan->secret_count; i++) {
        const struct vault_answer *answer = &run->answers[i];
        const char *name = run->plan->secrets[i].name;
        struct pos at = run->plan->secrets[i].where->ref->pos;
        bool good = judge(answer, now, verdict, sizeof verdict);
        if (list)
            json_array_append_new(list,
                                  json_pack("{s:s, s:s, s:s, s:b, s:s, s:i}", "name", name, "version",
                                            answer->version, "verdict", verdict, "good", (int)good, "file",
                                            at.file, "line", (int)at.line));
        else
            show_printf("%-32s %-24s (%s:%u)\n", name, verdict, at.file, at.line);
    }
    if (list) {
        show_json(list);
    }
}

static void warn_end(struct errors *warnings, const char *what, const char *name, int64_t end, int64_t now)
{
    UNSET char date[DATE_TEXT_MAX];
    if (end - now < EXPIRY_WARNING)
        errors_at(warnings, (struct pos){0}, E_PLAN_ADVICE, "%s%s %s on %s", what, name,
                  end > now ? "ends" : "ended", date_text(date, end));
}

/* The vault still hands them out; whoever set the date meant that they are not to be relied on. */
static void expired_names(const struct pipeline *run, struct errors *warnings, struct errors *errors)
{
    UNSET char date[DATE_TEXT_MAX];
    int64_t now = (int64_t)time(NULL);
    for (unsigned i = 0; i < run->plan->secret_count; i++) {
        const struct vault_answer *answer = &run->answers[i];
        const char *name = run->plan->secrets[i].name;
        if (answer->error.code != E_NONE || !answer->expires)
            continue;
        if (answer->expires > now) {
            warn_end(warnings, "secret ", name, answer->expires, now);
            continue;
        }
        struct error e;
        error_set(&e, E_SECRET_EXPIRED, "secret %s expired on %s", name, date_text(date, answer->expires));
        errors_add(errors, &e);
    }
}

/* What the tree takes of the values that are in hand. */
static void taken_apart(const struct pipeline *run, struct errors *errors)
{
    struct pool *pool = pool_new();
    for (unsigned i = 0; i < run->plan->secret_count; i++) {
        const struct plan_secret *secret = &run->plan->secrets[i];
        if (run->answers[i].error.code != E_NONE || run->answers[i].value.length_ == 0)
            continue;
        for (const struct plan_where *at = secret->where; at; at = at->next) {
            const char *problem = at->ref->external
                ? remote_problem(pool, at->ref, secret_bytes(&run->answers[i].value))
                : NULL;
            if (problem)
                errors_at(errors, at->ref->pos, E_TREE, "the value of %s %s", secret->name, problem);
        }
    }
    pool_free(pool);
}

static bool see_certificate(void *arg, const char *label, struct span der)
{
    struct x509_cert *first = arg;
    struct x509_cert cert;
    if (first->not_after == 0 && strcmp(label, "CERTIFICATE") == 0 && x509_read(der, &cert))
        *first = cert;
    return true;
}

static void warn_certificate(struct errors *warnings, const char *what, const char *name,
                             const struct x509_cert *cert, int64_t now)
{
    UNSET char date[DATE_TEXT_MAX];
    if (cert->not_before > now)
        errors_at(warnings, (struct pos){0}, E_PLAN_ADVICE, "%s%s begins on %s", what, name,
                  date_text(date, cert->not_before));
    warn_end(warnings, what, name, cert->not_after, now);
}

/* A stick with a login that has ended boots, and is refused: so it is said beforehand. */
static void login_end(const struct pipeline *run, struct errors *warnings)
{
    const struct plan *plan = run->plan;
    struct secret credential = {0};
    const char *tenant, *client;
    enum vault_login login;
    UNSET struct error ignored;
    struct x509_cert cert = {0};
    int64_t now = (int64_t)time(NULL);
    if (plan->entry->method == LOGIN_CERTIFICATE &&
        credential_read(plan, &login, &tenant, &client, &credential, &ignored) == 0)
        pem_each(secret_bytes(&credential), see_certificate, &cert);
    secret_free(&credential);
    if (cert.not_after)
        warn_certificate(warnings, "the certificate of the login of role ", plan->entry->role->name, &cert,
                         now);
    const char **names;
    /* Each one of the role's: another's box is not asked before it is there. */
    for (unsigned i = 0; i < plan->site->node_count; i++) {
        const struct site_node *entry = &plan->site->nodes[i];
        if (entry->role != plan->entry->role || entry->method != LOGIN_TPM ||
            born_names(plan->site, plan->pool, entry, &names, &ignored) != 0)
            continue;
        for (; *names; names++) {
            cleanup(born_wipe) struct born born;
            if (born_read(plan->site, plan->pool, *names, &born, &ignored) == 0 &&
                x509_read(born.certificate, &cert))
                warn_certificate(warnings, "the certificate of the login of ", *names, &cert, now);
        }
    }
}

/* Rights are given secret by secret, and the tree's are the operator's to read: hearth's login needs none. */
static void forgive(struct pipeline *run, unsigned own)
{
    unsigned count = 0;
    for (unsigned i = own; i < run->plan->secret_count; i++) {
        if (run->answers[i].error.code == E_VAULT_RBAC) {
            run->answers[i].error.code = E_NONE;
            count++;
        }
    }
    if (count)
        log_warning("%u secrets of the tree are not this login's to read, so they were not checked", count);
}

static int say_marker(const struct pipeline *run, const struct rendered *rendered, struct errors *errors)
{
    static const char *const words[] = {
        [MARKER_NONE] = "not founded yet: this node founds it",
        [MARKER_OURS] = "being founded by this node, in this boot",
        [MARKER_EARLIER] =
            "said to be founded by this node: if its install did not end it founds, else a person decides",
        [MARKER_UNSURE] =
            "said to be founded by this node; nobody can tell whether it was, so a person decides",
        [MARKER_FOUNDED] = "founded: this node joins it",
    };
    struct error e;
    enum marker said;
    if (marker_read(run, rendered, &said, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    log_note("      cluster %s is %s", run->plan->entry->role->cluster, words[said]);
    return 0;
}

static const struct vault_answer *answer_of(const struct pipeline *run, const struct ref *ref)
{
    for (unsigned i = 0; ref && i < run->plan->secret_count; i++) {
        const struct plan_secret *s = &run->plan->secrets[i];
        if (strcmp(s->name, ref->name) == 0 &&
            (s->version ? ref->version && strcmp(s->version, ref->version) == 0 : !ref->version))
            return run->answers[i].error.code ? NULL : &run->answers[i];
    }
    return NULL;
}

static bool count_certificate(void *arg, const char *label, struct span der)
{
    (void)der;
    *(unsigned *)arg += strcmp(label, "CERTIFICATE") == 0;
    return true;
}

/* What the tree's store will do first in the cluster, tried once: one token, nothing is asked of the vault with it. A
 * value that is no id may be the other half: it is not shown. */
static int operator_enters(const struct pipeline *run, const struct gitops_login *login,
                           const struct secret *client, const struct secret *secret, struct error *e)
{
    if (!text_is_guid((const char *)secret_bytes(client).p))
        return error_set(e, E_OPERATOR_LOGIN, "the value of %s is not an application's id",
                         login->client->name);
    unsigned certificates = 0;
    if (login->takes_last)
        pem_each(secret_bytes(secret), count_certificate, &certificates);
    if (certificates > 1)
        log_warning("%s:%u: without useAzureSDK: true External Secrets logs in with the last certificate of "
                    "%s: the key's "
                    "own must stand behind all others, which is not looked at",
                    login->pos.file, login->pos.line, login->secret->name);
    if (pipeline_login(run, login->tenant, client, secret, login->certificate, e) == 0)
        return 0;
    if (error_info(e->code).exit == EXIT_AZURE_)
        e->code = E_OPERATOR_LOGIN;
    return error_wrap(e, "%s and %s", login->client->name, login->secret->name);
}

static void try_operator(const struct pipeline *run, const struct gitops_login *login, struct errors *errors)
{
    const struct vault_answer *client = answer_of(run, login->client),
                              *secret = answer_of(run, login->secret);
    if (!login->pos.file)
        return;
    struct error e;
    if (!login->tenant || !client || !secret) {
        log_warning(
            "%s:%u: the operator's login was not tried: its two halves are not both read from the vault",
            login->pos.file, login->pos.line);
    } else if (operator_enters(run, login, &client->value, &secret->value, &e) != 0) {
        error_wrap(&e, "%s:%u: the operator's login", login->pos.file, login->pos.line);
        errors_add(errors, &e);
    } else {
        log_note("      the operator can log in");
    }
}

static void say_warnings(struct errors *warnings)
{
    log_warnings(warnings);
    errors_free(warnings);
}

/* Whether a connection string is of the account, by its AccountName or its endpoint. */
static bool is_of_account(struct span string, const char *account)
{
    size_t n = strlen(account);
    const unsigned char *end = string.p + string.n;
    for (const unsigned char *at = string.p; (at = memmem(at, (size_t)(end - at), account, n)); at++)
        if (at > string.p && strchr("=/", at[-1]) && (at + n == end || strchr(";.", at[n])))
            return true;
    return false;
}

/* Whether a value may be a connection string at all. */
static bool is_string_of_storage(struct span value)
{
    return memmem(value.p, value.n, "AccountName=", 12) || memmem(value.p, value.n, "Endpoint=", 9);
}

/* barman takes the account from the string and never looks at the one in the path. The string is not shown. */
static void compare_account(const struct pipeline *run, const struct gitops_backup *b,
                            struct errors *warnings)
{
    bool read = false, any = false;
    for (unsigned i = 0; i < run->plan->secret_count; i++) {
        struct span value = secret_bytes(&run->answers[i].value);
        if (run->answers[i].error.code)
            continue;
        if (is_of_account(value, b->account))
            return;
        read |= is_string_of_storage(value);
        any |= value.n > 0;
    }
    /* Why nothing at all could be read is said by itself. */
    if (!any)
        return;
    if (read)
        errors_at(warnings, b->pos, E_PLAN_ADVICE,
                  "no connection string that was read is of the storage account %.64s: is one mistyped?",
                  b->account);
    else
        errors_at(warnings, b->pos, E_PLAN_ADVICE,
                  "no connection string was read, so the storage account %.64s was compared with none",
                  b->account);
}

static int check(struct pipeline *run, struct rendered *rendered, const struct options *o, unsigned *unseen,
                 struct errors *errors)
{
    if (pipeline_gather(run, o, errors) != 0)
        return -1;
    unsigned own = run->plan->secret_count;
    struct gitops_tree tree;
    *unseen = verdict_tree(run->plan, o, &tree, errors);
    struct errors warnings = {0};
    login_end(run, &warnings);
    struct error e;
    int committed = history_judge(run->plan, &warnings, &e);
    say_warnings(&warnings);
    if (committed != 0)
        errors_add(errors, &e);
    if (committed != 0 || pipeline_secrets(run, false, errors) != 0)
        return -1;
    show(run, o->json);
    taken_apart(run, errors);
    forgive(run, own);
    pipeline_failed_names(run, errors);
    for (const struct gitops_backup *b = tree.backups; b; b = b->next)
        compare_account(run, b, &warnings);
    expired_names(run, &warnings, errors);
    values_warn(run, &warnings);
    say_warnings(&warnings);
    try_operator(run, &tree.login, errors);
    if (errors->count || (run->facts && pipeline_render(run, rendered, errors) != 0))
        return -1;
    return run->facts && run->plan->marker ? say_marker(run, rendered, errors) : 0;
}

enum exit_status verb_check(const struct options *o)
{
    struct pipeline run = {.stages = STAGES, .without_facts = true, .stop_fd = -1};
    struct rendered rendered = {0};
    struct errors errors = {0};
    enum exit_status status = EXIT_DONE_;
    unsigned unseen = 0;
    if (check(&run, &rendered, o, &unseen, &errors) != 0)
        status = log_errors(&errors);
    else if (unseen)
        log_stage(4, STAGES, "documents", "%s but for %u place%s of the tree that %s not looked at",
                  run.facts ? "good" : "not judged, which needs the facts of the box; the rest is good",
                  unseen, unseen == 1 ? "" : "s", unseen == 1 ? "was" : "were");
    else
        log_stage(4, STAGES, "documents", "%s",
                  run.facts ? "good: nothing was written"
                            : "not judged: that needs the facts of the box; the rest is good");
    render_free(&rendered);
    pipeline_free(&run);
    return status;
}
