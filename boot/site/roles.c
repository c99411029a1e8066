/*
 * The `roles` of hearth.yaml, and the three clouds a role can live in.
 */
#include "base/https.h"
#include "base/text.h"
#include "site/clear.h"
#include "site/judge.h"
#include "site/path.h"

#include <stdio.h>
#include <string.h>

/* Source: Microsoft's pages on national clouds (login hosts) and on Key Vault's DNS suffixes. */
static const struct cloud {
    const char *name;
    const char *login;
    /* still answers; or NULL */
    const char *old_login;
    const char *vaults;
} clouds[] = {
    {"public Azure", "login.microsoftonline.com", "login.windows.net", "vault.azure.net"},
    {"Azure US Government", "login.microsoftonline.us", NULL, "vault.usgovcloudapi.net"},
    {"Azure China", "login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "vault.azure.cn"},
};
#define CLOUD_COUNT (sizeof clouds / sizeof *clouds)

static const char *const login_methods[] = {
    [LOGIN_CERTIFICATE] = "certificate", [LOGIN_SECRET] = "secret", [LOGIN_DEVICE_CODE] = "device-code",
    [LOGIN_FEDERATED] = "federated",     [LOGIN_TPM] = "tpm",       NULL};

const char *site_trust_words(char out[SITE_TRUST_MAX], const struct role *role)
{
    const char *ca = role->cloud.ca;
    bool only = ca && role->cloud.ca_only;
    snprintf(out, SITE_TRUST_MAX, "%s%s%.240s%s", only ? "" : "the built-in Azure roots",
             ca && !only ? " and " : "", ca ? ca : "", only ? " alone" : "");
    return out;
}

static const struct cloud *cloud_of_login(const char *host)
{
    for (size_t i = 0; i < CLOUD_COUNT; i++)
        if (strcmp(host, clouds[i].login) == 0 ||
            (clouds[i].old_login && strcmp(host, clouds[i].old_login) == 0))
            return &clouds[i];
    return NULL;
}

static const struct cloud *cloud_of_resource(const char *host)
{
    for (size_t i = 0; i < CLOUD_COUNT; i++)
        if (strcmp(host, clouds[i].vaults) == 0)
            return &clouds[i];
    return NULL;
}

static bool is_below(const char *host, const char *domain)
{
    size_t len = strlen(host), tail = strlen(domain);
    return len > tail + 1 && host[len - tail - 1] == '.' && strcmp(host + len - tail, domain) == 0;
}

static const struct cloud *cloud_of_vault(const char *host)
{
    for (size_t i = 0; i < CLOUD_COUNT; i++)
        if (is_below(host, clouds[i].vaults))
            return &clouds[i];
    return NULL;
}

/* A URL of a server that is asked over TLS by name: what it normalises to, or NULL. */
static const char *judge_server(struct judge *j, const struct tree_node *map, const char *key, bool required,
                                bool port, struct https *url)
{
    const struct tree_node *node = judge_text(j, map, key, required);
    if (!node)
        return NULL;
    const char *fault = https_parse(node->text, true, url);
    if (!fault && url->address)
        fault = "has an address; a certificate names a host";
    if (!fault && url->port && !port)
        fault = "has a port; it is only a name here";
    if (fault) {
        errors_at(j->errors, node->pos, E_SITE_VALUE, "\"%s\" of %s, \"%.200s\", %s", key, j->where,
                  clear_shown(key, node->text), fault);
        return NULL;
    }
    if (judge_example_host(j, node->pos, url->host))
        return NULL;
    if (url->port && url->port != 443)
        return pool_printf(j->site->pool, "https://%s:%u", url->host, url->port);
    return pool_printf(j->site->pool, "https://%s", url->host);
}

static void judge_endpoint(struct judge *j, const struct tree_node *map, struct role *role)
{
    const struct tree_node *node = judge_text(j, map, "endpoint", true);
    if (!node)
        return;
    struct https url;
    const char *fault = https_parse(node->text, false, &url);
    if (!fault && !url.port)
        fault = "has no port; Kubernetes is usually at :6443";
    if (fault)
        errors_at(j->errors, node->pos, E_SITE_VALUE, "\"endpoint\" of %s, \"%.200s\", %s", j->where,
                  clear_shown("endpoint", node->text), fault);
    else if (!judge_example_host(j, node->pos, url.host))
        role->endpoint = node->text;
}

static void judge_tenant(struct judge *j, const struct tree_node *node)
{
    struct https url;
    const char *text = node->text;
    const char *as_url = pool_printf(j->site->pool, "https://%.300s", text);
    bool domain = strchr(text, '.') && !https_parse(as_url, false, &url) && !url.address && !url.port;
    if (text_equal_fold(text, "common") || text_equal_fold(text, "organizations") ||
        text_equal_fold(text, "consumers"))
        errors_at(j->errors, node->pos, E_SITE_VALUE,
                  "\"tenant\" of %s is \"%s\", which is no tenant: an application logs in to its own",
                  j->where, text);
    else if (domain)
        (void)judge_example_host(j, node->pos, url.host);
    else if (!text_is_guid(text))
        errors_at(j->errors, node->pos, E_SITE_VALUE,
                  "\"tenant\" of %s, \"%.200s\", is neither a GUID nor a domain", j->where,
                  clear_shown("tenant", text));
}

enum login_method judge_method(struct judge *j, const struct tree_node *login, enum login_method otherwise)
{
    int method = judge_word(j, login, "method", false, login_methods);
    return method < 0 ? otherwise : (enum login_method)method;
}

static void judge_login(struct judge *j, const struct tree_node *map, struct role *role)
{
    static const char *const known[] = {"tenant", "client", "method", NULL};
    const struct tree_node *login = judge_map(j, map, "login", true);
    if (!login)
        return;
    judge_keys(j, login, known);
    const struct tree_node *tenant = judge_text(j, login, "tenant", true);
    const struct tree_node *client = judge_text(j, login, "client", true);
    if (tenant) {
        role->login.tenant = tenant->text;
        judge_tenant(j, tenant);
    }
    if (client) {
        role->login.client = client->text;
        if (!text_is_guid(client->text))
            errors_at(j->errors, client->pos, E_SITE_VALUE,
                      "\"client\" of %s, \"%.200s\", is not a GUID; it is the application (client) ID",
                      j->where, clear_shown("client", client->text));
    }
    role->login.method = judge_method(j, login, LOGIN_CERTIFICATE);
}

/* A file of the site that hearth.yaml may name, or NULL. */
static const char *judge_file(struct judge *j, const struct tree_node *map, const char *key)
{
    const struct tree_node *node = judge_text(j, map, key, false);
    const char *fault = node ? path_fault(node->text) : NULL;
    if (fault)
        errors_at(j->errors, node->pos, E_SITE_PATH, "\"%s\" of %s: the path \"%.200s\" %s", key, j->where,
                  node->text, fault);
    return node && !fault ? node->text : NULL;
}

static void judge_ca(struct judge *j, const struct tree_node *cloud, struct role *role)
{
    const struct tree_node *ca = tree_get(cloud, "ca");
    role->cloud.ca = judge_file(j, cloud, "ca");
    int only = judge_word(j, cloud, "ca_only", false, (const char *const[]){"false", "true", NULL});
    if (only == 1 && !ca)
        errors_at(j->errors, tree_get(cloud, "ca_only")->pos, E_SITE_VALUE,
                  "\"ca_only\" of %s leaves no root that is trusted: name one with \"ca\"", j->where);
    role->cloud.ca_only = only == 1;
}

/*
 * Where the credential is sent and what for. A token for a known cloud's vaults is asked of that cloud's own
 * login host only; a resource that is nobody's we know may have any authority, because hearth.yaml names
 * both.
 */
static void judge_cloud(struct judge *j, const struct tree_node *map, struct role *role)
{
    static const char *const known[] = {"authority", "resource", "ca", "ca_only", NULL};
    const struct tree_node *cloud = judge_map(j, map, "cloud", false), *vault = tree_get(map, "vault");
    struct https vault_url = {0};
    role->vault = judge_server(j, map, "vault", true, true, &vault_url);
    struct https login_url = {0}, resource_url = {0};
    if (cloud) {
        judge_keys(j, cloud, known);
        role->cloud.own = cloud->count > 0;
        role->cloud.authority = judge_server(j, cloud, "authority", false, true, &login_url);
        role->cloud.resource = judge_server(j, cloud, "resource", false, false, &resource_url);
        judge_ca(j, cloud, role);
        if ((tree_get(cloud, "authority") && !role->cloud.authority) ||
            (tree_get(cloud, "resource") && !role->cloud.resource))
            return;
    }
    if (!role->vault)
        return;
    const struct cloud *by_vault = cloud_of_vault(vault_url.host);
    if (!role->cloud.resource) {
        if (!by_vault) {
            errors_at(j->errors, vault->pos, E_SITE_CLOUD,
                      "the vault \"%s\" of %s is not below vault.azure.net, vault.usgovcloudapi.net or "
                      "vault.azure.cn; "
                      "another cloud needs cloud.resource",
                      vault_url.host, j->where);
            return;
        }
        role->cloud.resource = pool_printf(j->site->pool, "https://%s", by_vault->vaults);
        memcpy(resource_url.host, by_vault->vaults, strlen(by_vault->vaults) + 1);
    }
    if (!is_below(vault_url.host, resource_url.host)) {
        errors_at(j->errors, vault->pos, E_SITE_CLOUD,
                  "the vault \"%s\" of %s is not below its cloud.resource \"%s\"", vault_url.host, j->where,
                  resource_url.host);
        return;
    }
    const struct cloud *by_resource = cloud_of_resource(resource_url.host);
    if (!role->cloud.authority)
        role->cloud.authority =
            pool_printf(j->site->pool, "https://%s", (by_resource ? by_resource : clouds)->login);
    else if (by_resource && cloud_of_login(login_url.host) != by_resource)
        errors_at(j->errors, tree_get(cloud, "authority")->pos, E_SITE_CLOUD,
                  "the authority \"%s\" of %s is not that of %s, where its vault is: %s", login_url.host,
                  j->where, by_resource->name, by_resource->login);
}

static void judge_flux(struct judge *j, const struct tree_node *map, struct role *role)
{
    static const char *const known[] = {"components", "sync", NULL};
    const struct tree_node *flux = judge_map(j, map, "flux", false);
    const char **files[] = {&role->flux.components, &role->flux.sync};
    if (flux) {
        role->flux.pos = flux->pos;
        judge_keys(j, flux, known);
    }
    for (size_t i = 0; i < 2; i++)
        if (!flux || !(*files[i] = judge_file(j, flux, known[i])))
            *files[i] =
                pool_printf(j->site->pool, "clusters/%.63s/flux-system/gotk-%s.yaml", role->name, known[i]);
    role->flux.from = tree_get(flux, "components") ? FLUX_FILE : j->site->flux.from;
}

static void judge_role(struct judge *j, const struct tree_node *map, struct role *role)
{
    static const char *const known[] = {"cluster", "endpoint", "vault", "login",
                                        "vars",    "cloud",    "flux",  NULL};
    role->name = map->key->text;
    role->pos = map->key->pos;
    j->where = pool_printf(j->site->pool, "role %.63s", role->name);
    if (!text_is_label(role->name))
        errors_at(j->errors, role->pos, E_SITE_NAME,
                  "the role \"%.120s\" is not a name of 1-63 lower-case letters, digits and inner hyphens",
                  role->name);
    if (map->kind != TREE_MAP || map->ref) {
        errors_at(j->errors, map->pos, E_SITE_KIND, "%s must be a mapping", j->where);
        return;
    }
    judge_keys(j, map, known);
    const struct tree_node *cluster = judge_text(j, map, "cluster", true);
    if (cluster) {
        role->cluster = cluster->text;
        if (!text_is_label(cluster->text))
            errors_at(
                j->errors, cluster->pos, E_SITE_NAME,
                "the cluster \"%.120s\" is not a name of 1-63 lower-case letters, digits and inner hyphens",
                cluster->text);
    }
    judge_endpoint(j, map, role);
    judge_cloud(j, map, role);
    judge_login(j, map, role);
    judge_flux(j, map, role);
    role->vars = judge_vars(j, map);
}

void judge_roles(struct judge *j, const struct tree_node *roles)
{
    if (roles->count == 0 || roles->count > SITE_ROLES_MAX) {
        errors_at(j->errors, roles->pos, E_SITE_VALUE, "\"roles\" has %u entries; 1 to %d are possible",
                  (unsigned)roles->count, SITE_ROLES_MAX);
        return;
    }
    j->site->roles = pool_alloc(j->site->pool, roles->count * sizeof(struct role));
    for (const struct tree_node *map = roles->first; map; map = map->next)
        judge_role(j, map, &j->site->roles[j->site->role_count++]);
}

const char *site_method_word(enum login_method method)
{
    return login_methods[method];
}

const char *site_login_file(char out[SITE_LOGIN_FILE_MAX], const struct site_node *entry, const char *name)
{
    switch (entry->method) {
    case LOGIN_CERTIFICATE:
        snprintf(out, SITE_LOGIN_FILE_MAX, ".hearth/%.63s.pem", entry->role->name);
        return out;
    case LOGIN_SECRET:
        snprintf(out, SITE_LOGIN_FILE_MAX, ".hearth/%.63s.secret", entry->role->name);
        return out;
    case LOGIN_TPM:
        snprintf(out, SITE_LOGIN_FILE_MAX, SITE_HALF, name ? name : "");
        return name ? out : NULL;
    case LOGIN_DEVICE_CODE:
    case LOGIN_FEDERATED:
        break;
    }
    return NULL;
}
