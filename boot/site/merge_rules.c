#include "site/merge_rules.h"

#include <string.h>

/* Talos 1.14.1: the fields with a `merge:"replace"` tag and the types with a Merge method of their own.
 * 1.13.9 is the same, except that it appends to ResolverConfig's domains. */
static const struct merge_rule rules[] = {
    {NULL, "cluster.network.podSubnets", MERGE_REPLACE, NULL},
    {NULL, "cluster.network.serviceSubnets", MERGE_REPLACE, NULL},
    {NULL, "cluster.apiServer.auditPolicy", MERGE_REPLACE, NULL},
    {NULL, "machine.ca", MERGE_REPLACE,
     NULL}, /* a pair: an absent half decodes to an empty one, which replaces */
    {NULL, "cluster.ca", MERGE_REPLACE, NULL},
    {NULL, "cluster.aggregatorCA", MERGE_REPLACE, NULL},
    {NULL, "cluster.etcd.ca", MERGE_REPLACE, NULL},
    {NULL, "machine.kubelet.extraArgs", MERGE_ARGUMENTS, NULL},
    {NULL, "cluster.apiServer.extraArgs", MERGE_ARGUMENTS, NULL},
    {NULL, "cluster.controllerManager.extraArgs", MERGE_ARGUMENTS, NULL},
    {NULL, "cluster.proxy.extraArgs", MERGE_ARGUMENTS, NULL},
    {NULL, "cluster.scheduler.extraArgs", MERGE_ARGUMENTS, NULL},
    {NULL, "cluster.etcd.extraArgs", MERGE_ARGUMENTS, NULL},
    {NULL, "machine.network.interfaces", MERGE_KEYED, "interface"},
    {NULL, "machine.network.interfaces.vlans", MERGE_KEYED, "vlanId"},
    {NULL, "cluster.apiServer.admissionControl", MERGE_KEYED, "name"},
    {"ExtensionServiceConfig", "configFiles", MERGE_KEYED, "mountPath"},
    {"ImageVerificationConfig", "rules", MERGE_KEYED_WHOLE, "image"},
    {"NetworkRuleConfig", "ingress", MERGE_REPLACE, NULL},
    {"NetworkRuleConfig", "portSelector.ports", MERGE_REPLACE, NULL},
    {"ResolverConfig", "searchDomains.domains", MERGE_REPLACE, NULL},
    {"BGPInstanceConfig", "advertise", MERGE_REPLACE, NULL},
    {"BGPInstanceConfig", "importRoutes", MERGE_REPLACE, NULL},
    {"BGPInstanceConfig", "neighbors", MERGE_REPLACE, NULL},
    {"KubeNetworkConfig", "podSubnets", MERGE_REPLACE, NULL},
    {"KubeNetworkConfig", "serviceSubnets", MERGE_REPLACE, NULL},
    {"KubeAuditPolicyConfig", "configuration", MERGE_REPLACE, NULL},
    {"KubeAuthenticationConfig", "configuration", MERGE_REPLACE, NULL},
    {"KubeCredentialProviderConfig", "configuration", MERGE_REPLACE, NULL},
    {"KubeStaticPodConfig", "pod", MERGE_REPLACE, NULL},
    {"CRIBaseRuntimeSpecConfig", "overrides", MERGE_REPLACE, NULL},
    {"KubeletConfig", "extraArgs", MERGE_ARGUMENTS, NULL},
    {"KubeAPIServerConfig", "extraArgs", MERGE_ARGUMENTS, NULL},
    {"KubeControllerManagerConfig", "extraArgs", MERGE_ARGUMENTS, NULL},
    {"KubeSchedulerConfig", "extraArgs", MERGE_ARGUMENTS, NULL},
    {"KubeProxyConfig", "extraArgs", MERGE_ARGUMENTS, NULL},
};

/* CEL expressions and sizes: their Merge method copies what the overlay has, and an overlay without one has
 * an empty one. */
static const struct {
    const char *kind;
    const char *path;
} forgets[] = {
    {"VolumeConfig", "provisioning.diskSelector.match"},
    {"VolumeConfig", "provisioning.minSize"},
    {"RawVolumeConfig", "provisioning.diskSelector.match"},
    {"RawVolumeConfig", "provisioning.minSize"},
    {"SwapVolumeConfig", "provisioning.diskSelector.match"},
    {"SwapVolumeConfig", "provisioning.minSize"},
    {"UserVolumeConfig", "provisioning.diskSelector.match"},
    {"UserVolumeConfig", "provisioning.minSize"},
    {"LVMLogicalVolumeConfig", "provisioning.minSize"},
    {"ExistingVolumeConfig", "discovery.volumeSelector.match"},
    {"LVMVolumeGroupConfig", "provisioning.volumeSelector.match"},
    {"RAIDArrayConfig", "provisioning.volumeSelector.match"},
    {"UnattendedInstallConfig", "provisioning.diskSelector.match"},
    {"LinkAliasConfig", "selector.match"},
    {"OOMConfig", "triggerExpression"},
    {"OOMConfig", "cgroupRankingExpression"},
};

/* Maps of texts: below these keys a plain 0 is the text "0". */
static const char *const text_maps[] = {
    "sysctls", "sysfs",  "nodeLabels", "nodeAnnotations",      "nodeTaints",
    "env",     "params", "labels",     "annotations",          "taints",
    "headers", "tags",   "extraTags",  "extraManifestHeaders", "variables"};

/* Numbers that Talos holds by pointer: there 0 is a value. path NULL: all of the kind. */
static const struct {
    const char *kind;
    const char *path;
} zero_sets[] = {
    {"EthernetConfig", NULL},          {"LinkConfig", "routePriority"},   {"BondConfig", "routePriority"},
    {"BondConfig", "miimon"},          {"BondConfig", "updelay"},         {"BondConfig", "downdelay"},
    {"BondConfig", "arpInterval"},     {"BondConfig", "adActorSysPrio"},  {"BondConfig", "adUserPortKey"},
    {"BondConfig", "resendIGMP"},      {"BondConfig", "minLinks"},        {"BondConfig", "lpInterval"},
    {"BondConfig", "packetsPerSlave"}, {"BondConfig", "numPeerNotif"},    {"BondConfig", "tlbLogicalLb"},
    {"BondConfig", "allSlavesActive"}, {"BondConfig", "peerNotifDelay"},  {"BondConfig", "missedMax"},
    {"KubeSpanConfig", "mtu"},         {"ZswapConfig", "maxPoolPercent"}, {"KubeAPIServerConfig", "apiPort"},
};

static bool same_kind(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

const struct merge_rule *merge_rule(const char *kind, const char *path)
{
    static const struct merge_rule general = {NULL, "", MERGE_GENERAL, NULL};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (same_kind(kind, rules[i].kind) && strcmp(path, rules[i].path) == 0)
            return &rules[i];
    return &general;
}

const char *merge_forgets(const char *kind, unsigned i)
{
    for (size_t row = 0; row < sizeof forgets / sizeof *forgets; row++)
        if (same_kind(kind, forgets[row].kind) && i-- == 0)
            return forgets[row].path;
    return NULL;
}

bool is_null(const struct node *node)
{
    const char *text = node_text(node);

    return text && node->style == STYLE_PLAIN &&
        (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
         strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0);
}

/* 0 in any of YAML's spellings, an exponent left out: what decodes to a number's zero value. */
static bool is_zero(const char *text)
{
    const char *at = text + (text[0] == '-' || text[0] == '+');

    if (at[0] == '0' && at[1] != '\0' && strchr("xob", at[1]) && at[2] != '\0')
        at += 2;
    return at[0] == '0' && at[strspn(at, "0_.")] == '\0';
}

static bool is_number(const char *text)
{
    const char *at = text + (text[0] == '-' || text[0] == '+');

    return *at >= '0' && *at <= '9' && at[strspn(at, "0123456789abcdefABCDEFxo_.+-")] == '\0';
}

/* Go's duration: numbers, each with a unit. */
static bool is_duration(const char *text)
{
    const char *at = text;

    while (*at) {
        size_t digits = strspn(at, "0123456789."), unit = strspn(at + digits, "nmush");
        if (digits == 0 || unit == 0 || unit > 2)
            return false;
        at += digits + unit;
    }
    return at != text;
}

/* The key that holds the map a path ends in: "machine.sysctls" of "machine.sysctls.vm.swappiness". Keys may
 * hold dots, so every part counts. */
static bool is_in_text_map(const char *path)
{
    for (const char *at = path;;) {
        size_t len = strcspn(at, ".");

        if (at[len] == '\0')
            return false;
        for (size_t i = 0; i < sizeof text_maps / sizeof *text_maps; i++)
            if (strlen(text_maps[i]) == len && memcmp(at, text_maps[i], len) == 0)
                return true;
        at += len + 1;
    }
}

bool merge_keeps(const char *kind, const char *path, const struct node *base, const struct node *overlay)
{
    const char *text = node_text(overlay), *old = node_text(base);

    if (!text)
        return false;
    if (is_null(overlay) || text[0] == '\0')
        return true;
    if (overlay->style != STYLE_PLAIN || !old)
        return false;
    if (is_duration(text) && text[strspn(text, "0.nmush")] == '\0')
        return is_duration(old);
    if (!is_zero(text) || base->style != STYLE_PLAIN || !is_number(old) || is_in_text_map(path))
        return false;
    for (size_t i = 0; i < sizeof zero_sets / sizeof *zero_sets; i++)
        if (same_kind(kind, zero_sets[i].kind) &&
            (!zero_sets[i].path || strcmp(zero_sets[i].path, path) == 0))
            return false;
    return true;
}
