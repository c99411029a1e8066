#include "base/https.h"
#include "base/text.h"
#include "show/line.h"
#include "show/show.h"
#include "site/born.h"
#include "site/ref.h"
#include "site/tracked.h"

#include <bearssl.h>
#include <string.h>

/*
 * Nothing here ever stands on a command line that is secret: /proc/PID/cmdline is everybody's. Names,
 * GUIDs and URLs were judged when the site was read; paths are quoted.
 *
 * An interactive zsh knows no comments: what stands behind a # is arguments there. So no comment stands behind a
 * command, and none holds what a shell would act on.
 */

char *az_vault_name(struct pool *pool, const struct role *role)
{
    struct https vault;
    (void)https_split(role->vault, false, &vault); /* judged with the site */
    return pool_memdup(pool, vault.host, strcspn(vault.host, "."));
}

static const char *word(struct pool *pool, const char *text)
{
    struct buf quoted = {.max = 8192};
    line_shell_word(&quoted, text);
    const char *copy = pool_strdup(pool, quoted.data);
    buf_free(&quoted);
    return copy;
}

/* A path of the site, for the shell. */
static const char *path_word(struct pool *pool, const char *directory, const char *rest)
{
    return word(pool, pool_printf(pool, "%s/%s", directory ? directory : ".", rest));
}

static const char *client_of(const struct role *role)
{
    return role->login.client ? role->login.client : "CLIENT-ID";
}

/* az asks public Azure unless it is told otherwise. */
static void show_cloud(struct buf *out, const struct role *role)
{
    static const struct {
        const char *resource;
        /* as `az cloud list` has it */
        const char *name;
    } clouds[] = {
        {"https://vault.azure.net", NULL},
        {"https://vault.usgovcloudapi.net", "AzureUSGovernment"},
        {"https://vault.azure.cn", "AzureChinaCloud"},
    };
    for (size_t i = 0; i < sizeof clouds / sizeof *clouds; i++) {
        if (strcmp(role->cloud.resource, clouds[i].resource) != 0)
            continue;
        if (clouds[i].name) {
            line_add(out, "az cloud set --name %s", clouds[i].name);
            line_add(out, "az login");
        }
        return;
    }
    line_add(
        out,
        "#    This role has a cloud of its own: %s. Register it with az cloud register and set it first.",
        role->cloud.authority);
}

static void show_vault(struct buf *out, const struct plan *plan, const char *vault)
{
    line_add(out, "# 1. The vault, once, with role-based access. You yourself need the right to write.");
    show_cloud(out, plan->entry->role);
    line_add(out,
             "az keyvault create --name %s --resource-group \"$GROUP\" --location \"$LOCATION\" "
             "--enable-rbac-authorization true",
             vault);
    line_add(out, "VAULT=$(az keyvault show --name %s --query id --output tsv)", vault);
    line_add(out, "az role assignment create --role \"Key Vault Secrets Officer\" --scope \"$VAULT\" \\");
    line_add(out, "  --assignee \"$(az ad signed-in-user show --query id --output tsv)\"");
    line_add(out, "#    Azure takes up to ten minutes to honour it. Until then 3 is refused: run it again.");
}

static void show_certificate(struct buf *out, const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    struct pool *pool = plan->pool;
    const char *dir = plan->site->dir;
    UNSET char file[SITE_LOGIN_FILE_MAX];
    const char *folder = path_word(pool, dir, ".hearth");
    const char *key = path_word(pool, dir, pool_printf(pool, ".hearth/%s.key", role->name));
    const char *cert = path_word(pool, dir, pool_printf(pool, ".hearth/%s.crt", role->name));
    const char *pem = path_word(pool, dir, plan_login_file(file, plan));
    line_add(out, "mkdir -p %s && umask 077", folder);
    line_add(out,
             "openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=hearth-%s -keyout %s -out %s",
             role->name, key, cert);
    line_add(out, "az ad app credential reset --id %s --append --cert @%s --output none \\", client_of(role),
             cert);
    line_add(out, "  --end-date \"$(openssl x509 -in %s -noout -enddate | cut -d= -f2)\"", cert);
    line_add(out, "cat %s %s > %s && shred -u %s && rm %s", key, cert, pem, key, cert);
}

/* How a certificate is taken from the app. */
static void show_out(struct buf *out, const char *whose, const char *when, struct span der)
{
    br_sha1_context context;
    br_sha1_init(&context);
    br_sha1_update(&context, der.p, der.n);
    unsigned char thumbprint[br_sha1_SIZE];
    br_sha1_out(&context, thumbprint);
    char hex[2 * br_sha1_SIZE + 1];
    text_hex(hex, thumbprint, sizeof thumbprint);
    for (char *c = hex; *c; c++)
        *c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
    struct buf base64 = {0};
    text_base64(&base64, thumbprint, sizeof thumbprint);
    line_add(out, "#    To shut %s out, %s: revoke %s %s", whose, when, hex, base64.data);
    buf_free(&base64);
}

/* One box's certificate: into the app only where its half proves that it was born with it; out of the app always. */
static void show_box(struct buf *out, const struct plan *plan, const struct site_node *entry,
                     const char *name)
{
    UNSET char path[SITE_LOGIN_FILE_MAX];
    cleanup(born_wipe) struct born born;
    struct error e;
    const char *client = client_of(plan->entry->role);
    const char *cert = path_word(plan->pool, plan->site->dir, born_certificate(path, name));
    if (born_read(plan->site, plan->pool, name, &born, &e) != 0) {
        line_add(out, "#    %s: not to be added: %s", path, e.text);
        return;
    }
    line_add(out, "%s", "");
    UNSET char half[SITE_LOGIN_FILE_MAX];
    (void)site_login_file(half, entry, name);
    enum tracked tracked = born.has_half ? tracked_content(plan->site->dir, half) : TRACKED_NO;
    if (tracked == TRACKED_YES || tracked == TRACKED_UNKNOWN) {
        line_add(out, "#    %s: not to be added: Git %s %s, and who writes to Git would choose both.", name,
                 tracked == TRACKED_YES ? "tracks" : "may track", half);
    } else if (born.has_half) {
        line_add(out, "#    %s logs in:", name);
        line_add(out, "az ad app credential reset --id %s --append --cert @%s --output none \\", client,
                 cert);
        line_add(out, "  --end-date \"$(openssl x509 -in %s -noout -enddate | cut -d= -f2)\"", cert);
    } else {
        line_add(out, "#    %s: its half, which would prove the certificate, is not here: it is not added.",
                 name);
    }
    show_out(out, name, "on the day that it must", born.certificate);
}

/* The role's own, which no node uses any more. */
static void show_left(struct buf *out, const struct plan *plan)
{
    if (!plan->login_left)
        return;
    cleanup(buf_free) struct buf pem = {0};
    struct error e;
    (void)site_read(plan->site, plan->login_left, &pem, NULL, &e);
    struct span der = born_first(plan->pool, (struct span){(const unsigned char *)pem.data, pem.len});
    if (der.n)
        show_out(out, plan->login_left, "which no node uses", der);
    else
        line_add(out,
                 "#    %s holds no readable certificate: see which to revoke in az ad app credential list "
                 "--id %s --cert",
                 plan->login_left, client_of(plan->entry->role));
}

static void show_boxes(struct buf *out, const struct plan *plan)
{
    const struct site *site = plan->site;
    const char **names;
    struct error e;
    for (unsigned i = 0; i < site->node_count; i++) {
        if (site->nodes[i].role != plan->entry->role || site->nodes[i].method != LOGIN_TPM)
            continue;
        if (born_names(site, plan->pool, &site->nodes[i], &names, &e) != 0) {
            line_add(out, "#    %s", e.text);
            continue;
        }
        if (!*names)
            line_add(out, "#    %s has no certificate yet: on the box, hearth facts --login NAME --out DIR",
                     site->nodes[i].name);
        for (; *names; names++)
            show_box(out, plan, &site->nodes[i], *names);
    }
    line_add(out, "%s", "");
    show_left(out, plan);
    line_add(out,
             "#    What takes a certificate out of the app, named by its thumbprint as az may write it:");
    line_add(out,
             "revoke() { az ad app credential delete --id %s --cert --key-id \"$(az ad app credential list "
             "--id %s "
             "--cert --query \"[?customKeyIdentifier=='$1' || customKeyIdentifier=='$2'].keyId\" --output "
             "tsv)\"; }",
             client_of(plan->entry->role), client_of(plan->entry->role));
    line_add(out, "%s", "");
    line_add(out, "#    This desk's own login for a day, in no file:");
    line_add(out,
             "export AZURE_CLIENT_SECRET=\"$(az ad app credential reset --id %s --append --end-date \"$(date "
             "-u -d tomorrow "
             "+%%F)\" --query password --output tsv)\"",
             client_of(plan->entry->role));
}

static void show_login(struct buf *out, const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    const char *client = client_of(role);
    const char *dir = plan->site->dir;
    line_add(out, "%s", "");
    line_add(
        out,
        "# 2. The login of the role %s: an app registration that may read these secrets and nothing else.",
        role->name);
    line_add(out, "#    For a new one: az ad app create --display-name hearth-%s --query appId --output tsv",
             role->name);
    line_add(out, "#    and write what it prints to roles.%s.login.client in hearth.yaml.", role->name);
    line_add(out, "az ad sp create --id %s", client);
    UNSET char file[SITE_LOGIN_FILE_MAX];
    switch (plan->entry->method) {
    case LOGIN_CERTIFICATE:
        show_certificate(out, plan);
        break;
    case LOGIN_SECRET:
        line_add(out, "mkdir -p %s && umask 077", path_word(plan->pool, dir, ".hearth"));
        line_add(out,
                 "az ad app credential reset --id %s --append --years 1 --query password --output tsv > %s",
                 client, path_word(plan->pool, dir, plan_login_file(file, plan)));
        break;
    case LOGIN_DEVICE_CODE:
        line_add(out, "az ad app update --id %s --is-fallback-public-client true", client);
        line_add(out, "#    The id is that of user_impersonation.");
        line_add(out,
                 "az ad app permission add --id %s --api \"$(az ad sp show --id %s --query appId --output "
                 "tsv)\" \\",
                 client, role->cloud.resource);
        line_add(out, "  --api-permissions f53da476-18e3-4152-8e01-aec403e6edc0=Scope");
        break;
    case LOGIN_TPM:
        show_boxes(out, plan);
        break;
    case LOGIN_FEDERATED:
        line_add(out, "# federated: name issuer, subject and audience of the token in federated.json");
        line_add(out, "az ad app federated-credential create --id %s --parameters @federated.json", client);
        break;
    }
}

static bool is_marker(const struct plan *plan, const struct plan_secret *s)
{
    return plan->marker && text_equal_fold(plan->marker, s->name);
}

static void show_secret(struct buf *out, const struct plan *plan, const struct plan_secret *s,
                        const char *vault)
{
    bool bundle = plan_is_bundle(s), marker = is_marker(plan, s);
    line_add(out, "%s", "");
    UNSET char pos[LINE_POS_MAX];
    line_add(out, "# %s: %s, first asked for at %s", s->name,
             bundle       ? "the Talos secrets bundle"
                 : marker ? "whether the cluster is founded"
                          : "a value of yours",
             line_pos(pos, sizeof pos, s->where->ref->pos));
    if (s->version)
        line_add(out,
                 "# The site asks for version %s. A new one gets another: the last part of what is printed.",
                 s->version);
    if (bundle) {
        line_add(out, "# Once in the life of a cluster: a second bundle is another cluster.");
        line_add(out, "talosctl gen secrets --output-file %s.yaml", s->name);
    } else if (marker) {
        line_add(out, "# Only while the cluster is not founded. Hearth writes it then.");
        line_add(out, "printf none > %s.value", s->name);
    } else {
        line_add(out,
                 "# Write it to the file %s.value first. A newline at its end becomes part of the value.",
                 s->name);
    }
    const char *file = bundle ? "yaml" : "value";
    line_add(out, "az keyvault secret set --vault-name %s --name %s --file %s.%s --encoding utf-8 %s \\",
             vault, s->name, s->name, file, s->version ? "--query id --output tsv" : "--output none");
    line_add(out, "  && shred -u %s.%s", s->name, file);
}

enum { READER_HEARTH = 1, READER_OPERATOR = 2 };

static unsigned readers_of(const struct plan_secret *s)
{
    unsigned readers = 0;
    for (const struct plan_where *w = s->where; w; w = w->next)
        readers |= w->ref->external ? READER_OPERATOR : READER_HEARTH;
    return readers;
}

/* Two versions of one secret are one thing to make and one right to give. Whether secret i is the first of its name
 * among those that one of the readers reads. */
static bool is_first(const struct plan *plan, unsigned i, unsigned readers)
{
    for (unsigned k = 0; k < i; k++) {
        if ((readers_of(&plan->secrets[k]) & readers) &&
            text_equal_fold(plan->secrets[k].name, plan->secrets[i].name))
            return false;
    }
    return (readers_of(&plan->secrets[i]) & readers) != 0;
}

static void show_rights_of(struct buf *out, const struct plan *plan, unsigned reader, const char *assignee)
{
    unsigned count = 0;
    for (unsigned i = 0; i < plan->secret_count; i++) {
        if (!is_first(plan, i, reader))
            continue;
        if (count++ == 0 && reader == READER_OPERATOR)
            line_add(
                out,
                "#    What ExternalSecrets name: ESO is the client id that their operator logs in with.");
        line_add(out,
                 "az role assignment create --role \"Key Vault Secrets %s\" --assignee %s --scope "
                 "\"$VAULT/secrets/%s\"",
                 is_marker(plan, &plan->secrets[i]) ? "Officer" : "User", assignee, plan->secrets[i].name);
    }
}

static void show_rights(struct buf *out, const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    bool person = plan->entry->method == LOGIN_DEVICE_CODE;
    line_add(out, "%s", "");
    line_add(out, "# 4. The right to read, secret by secret. It takes Azure up to ten minutes to honour it.");
    if (person)
        line_add(out,
                 "#    With device-code a person logs in: READER is the object id of that user or group.");
    show_rights_of(out, plan, READER_HEARTH, person ? "\"$READER\"" : client_of(role));
    show_rights_of(out, plan, READER_OPERATOR, "\"$ESO\"");
}

void show_az(struct buf *out, const struct plan *plan)
{
    const char *vault = az_vault_name(plan->pool, plan->entry->role);
    line_add(out,
             "# What fills the vault %s for %s. Skip what is done: hearth plan is offline and cannot know.",
             vault, plan->name);
    line_add(out, "# No value ever stands on a command line: files in, nothing printed.");
    line_add(out, "%s", "");
    show_vault(out, plan, vault);
    show_login(out, plan);
    line_add(out, "%s", "");
    line_add(out, "# 3. The secrets, %u of them.", plan->secret_count);
    line_add(out, "umask 077");
    for (unsigned i = 0; i < plan->secret_count; i++) {
        if (is_first(plan, i, READER_HEARTH | READER_OPERATOR))
            show_secret(out, plan, &plan->secrets[i], vault);
    }
    show_rights(out, plan);
    line_add(out, "%s", "");
    line_add(out, "# 5. Whether it is all there:");
    line_add(out, "hearth check --site %s --node %s",
             word(plan->pool, plan->site->dir ? plan->site->dir : "."), word(plan->pool, plan->entry->name));
}
