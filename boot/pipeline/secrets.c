#include "pipeline/pipeline.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "embed/version.h"
#include "pipeline/boxkey.h"
#include "pipeline/credential.h"
#include "pipeline/values.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SYSTEM_FILE_MAX ((size_t)64 << 10) /* bytes of /etc/hosts and /etc/resolv.conf */

static void progress(void *arg, const char *host, const char *step)
{
    (void)arg;
    log_note("      %-34s %s", host, step);
}

/* On the console, where the one who logs in must see which box asks for it. */
static void ask(void *arg, const struct vault_code *code)
{
    const struct pipeline *run = arg;
    const struct role *role = run->plan->entry->role;
    unsigned minutes = (code->expires_s + 59) / 60;
    char serial[128], text[512];
    const char *tag = facts_text(facts_get(run->facts, "serial"), serial, sizeof serial);
    snprintf(text, sizeof text, "log in: open %s and enter %s within %u min", code->uri, code->user, minutes);
    log_event("login",
              json_pack("{s:s, s:s, s:i, s:s, s:s?, s:s, s:s}", "uri", code->uri, "code", code->user,
                        "minutes", (int)minutes, "node", run->plan->name, "serial", tag, "client",
                        role->login.client, "tenant", role->login.tenant),
              "      ", text);
    log_note("      for %s, serial %s: client %s in tenant %s", run->plan->name, tag ? tag : "unknown",
             role->login.client, role->login.tenant);
}

static void read_system_file(const char *path, struct buf *out)
{
    UNSET struct error ignored;
    /* Absent is normal: then there is nothing in it. */
    if (file_read(AT_FDCWD, path, SYSTEM_FILE_MAX, out, &ignored) != 0)
        buf_free(out);
    buf_add(out, "", 0);
}

/* The texts of /etc/hosts and /etc/resolv.conf; "" for what is not there. */
static void system_files(struct buf *hosts, struct buf *resolv_conf)
{
    read_system_file("/etc/hosts", hosts);
    read_system_file("/etc/resolv.conf", resolv_conf);
}

/* The fetcher sees bytes, not where they came from. */
static void name_credential(const struct plan *plan, struct error *e)
{
    static const enum error_code codes[] = {E_CRED_FORM, E_CRED_ENCRYPTED, E_CRED_PFX, E_CRED_KEY,
                                            E_CRED_MISMATCH};
    const struct site_node *entry = plan->entry;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (e->code == codes[i] && entry->method == LOGIN_CERTIFICATE)
            error_wrap(e, ".hearth/%s.pem (or AZURE_CLIENT_CERTIFICATE_PATH)", entry->role->name);
    if (e->code == E_ENTRA_CLIENT && entry->method == LOGIN_TPM)
        error_wrap(e, "login of %s", plan->name);
}

/* The credential of a request, or the assertions in its place. */
static int log_in(struct pipeline *run, struct vault_request *request, struct secret *credential,
                  struct error *e)
{
    const struct role *role = run->plan->entry->role;
    if (run->plan->entry->method != LOGIN_TPM || !run->box)
        return credential_read(run->plan, &request->login, &request->tenant, &request->client, credential, e);
    request->login = VAULT_LOGIN_TPM;
    request->tenant = role->login.tenant;
    request->client = role->login.client;
    return boxkey_sign(run, request, credential, e);
}

/* So many secrets of the plan from `first` on into run->answers; or, with `write`, that into the marker, and what is
 * there then into *marker. */
static int fetch(struct pipeline *run, unsigned first, unsigned count, const char *write,
                 struct vault_answer *marker, struct error *e)
{
    const struct plan *plan = run->plan;
    const struct role *role = plan->entry->role;
    struct secret_name names[VAULT_NAMES_MAX];
    struct vault_request request = {
        .authority = role->cloud.authority,
        .vault = role->vault,
        .resource = role->cloud.resource,
        .names = names,
        .name_count = write ? 1 : count,
        .write = write,
        .now = (int64_t)time(NULL),
        .ask = ask,
        .stop_fd = run->stop_fd,
    };
    for (unsigned i = 0; i < count; i++)
        names[i] = (struct secret_name){plan->secrets[first + i].name, plan->secrets[first + i].version};
    if (write)
        names[0] = (struct secret_name){plan->marker, NULL};
    int result = -1;
    struct buf hosts = {0}, resolv = {0}, ca = {0};
    struct secret credential = {0};
    if (clock_judge(request.now, version_epoch, e) == 0 &&
        (!role->cloud.ca || site_read(run->site, role->cloud.ca, &ca, NULL, e) == 0) &&
        log_in(run, &request, &credential, e) == 0) {
        system_files(&hosts, &resolv);
        request.credential = &credential;
        request.ca_pem = role->cloud.ca ? ca.data : NULL;
        request.ca_only = role->cloud.ca_only;
        request.hosts_file = hosts.data;
        request.resolv_conf = resolv.data;
        result = vault_fetch(&request, write ? marker : run->answers + first, &run->stats,
                             run->stages ? progress : NULL, run, e);
        if (result != 0)
            name_credential(plan, e);
        for (unsigned i = 0; i < count && !write; i++)
            name_credential(plan, &run->answers[first + i].error);
    }
    secret_free(&credential);
    buf_free(&hosts);
    buf_free(&resolv);
    buf_free(&ca);
    return result;
}

int pipeline_login(const struct pipeline *run, const char *tenant, const struct secret *client,
                   const struct secret *secret, bool certificate, struct error *e)
{
    const struct role *role = run->plan->entry->role;
    struct buf hosts = {0}, resolv = {0}, ca = {0};
    int result = -1;
    struct vault_request request = {
        .authority = role->cloud.authority,
        .vault = role->vault,
        .resource = role->cloud.resource,
        .tenant = tenant,
        .client = (const char *)secret_bytes(client).p,
        .login = certificate ? VAULT_LOGIN_CERTIFICATE : VAULT_LOGIN_SECRET,
        .credential = secret,
        .login_only = true,
        .now = (int64_t)time(NULL),
        .stop_fd = run->stop_fd,
    };
    if (clock_judge(request.now, version_epoch, e) == 0 &&
        (!role->cloud.ca || site_read(run->site, role->cloud.ca, &ca, NULL, e) == 0)) {
        system_files(&hosts, &resolv);
        request.ca_pem = role->cloud.ca ? ca.data : NULL;
        request.ca_only = role->cloud.ca_only;
        request.hosts_file = hosts.data;
        request.resolv_conf = resolv.data;
        result = vault_fetch(&request, NULL, NULL, NULL, NULL, e);
    }
    buf_free(&hosts);
    buf_free(&resolv);
    buf_free(&ca);
    return result;
}

/* The node's own are no more than one run takes; with what the tree adds to them there may be several runs. */
static int fetch_all(struct pipeline *run, struct error *e)
{
    unsigned all = run->plan->secret_count;
    int result = 0;

    for (unsigned i = 0, n; i < all; i += n) {
        struct vault_answer *answers = run->answers + i;
        n = all - i < VAULT_NAMES_MAX ? all - i : VAULT_NAMES_MAX;
        struct error other;
        if (fetch(run, i, n, NULL, NULL, result == 0 ? e : &other) == 0)
            continue;
        result = -1;
        /* What fails as a whole says the same of every name, and would of those to come. */
        if (n > 1 && answers[0].error.code && strcmp(answers[0].error.text, answers[n - 1].error.text) == 0)
            for (unsigned k = i + n; k < all; k++)
                run->answers[k].error = answers[0].error;
        if (i + n < all && run->answers[i + n].error.code)
            break;
    }
    return result;
}

int pipeline_probe(const struct pipeline *run, const struct vault_peer *peers, unsigned count, uint32_t ms,
                   vault_alive *alive, void *arg, struct error *e)
{
    struct buf hosts = {0}, resolv = {0};
    system_files(&hosts, &resolv);
    const struct vault_request request = {
        .peers = peers,
        .peer_count = count,
        .alive = alive,
        .hosts_file = hosts.data,
        .resolv_conf = resolv.data,
        .deadline_ms = ms,
        .stop_fd = run->stop_fd,
    };
    int result = vault_fetch(&request, NULL, NULL, NULL, arg, e);
    buf_free(&hosts);
    buf_free(&resolv);
    return result;
}

int pipeline_secrets(struct pipeline *run, bool need_all, struct errors *errors)
{
    const struct plan *plan = run->plan;
    if (run->stages)
        log_stage(3, run->stages, "secrets", "%u from %s", plan->secret_count, plan->entry->role->vault);
    run->answers = mem_alloc_array(plan->secret_count + 1, sizeof *run->answers);
    struct error e = {0};
    bool fetched = fetch_all(run, &e) == 0;
    if (values_judge(run) == 0 && fetched)
        return 0;
    unsigned failed = 0;
    for (unsigned i = 0; i < plan->secret_count; i++)
        failed += run->answers[i].error.code != E_NONE;
    if (failed && !need_all)
        return 0;
    if (!failed)
        errors_add(errors, &e);
    pipeline_failed_names(run, errors);
    return -1;
}

int pipeline_write_marker(struct pipeline *run, const char *value, struct error *e)
{
    struct vault_answer now = {0};
    int result = fetch(run, 0, 0, value, &now, e);
    if (result != 0 && (e->code == E_VAULT_RBAC || e->code == E_VAULT_POLICY || e->code == E_VAULT_FORBIDDEN))
        e->code = E_MARKER_RIGHT;
    else if (result == 0 && !span_is(secret_bytes(&now.value), value))
        result = error_set(e, E_MARKER_VALUE, "secret %s: somebody else wrote to it at the same time",
                           run->plan->marker);
    vault_answers_free(&now, 1);
    return result;
}

/* A name server or a login that fails, fails every secret in the same words. */
static bool is_said(const struct errors *errors, const struct error *e)
{
    for (unsigned i = 0; i < errors->count; i++)
        if (errors->items[i].code == e->code && strcmp(errors->items[i].text, e->text) == 0)
            return true;
    return false;
}

void pipeline_failed_names(const struct pipeline *run, struct errors *errors)
{
    for (unsigned i = 0; i < run->plan->secret_count; i++) {
        const struct error *e = &run->answers[i].error;
        if (e->code != E_NONE && !is_said(errors, e))
            errors_add(errors, e);
    }
}
