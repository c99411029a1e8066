/* render/check and render as a whole: what a useless config lacks is refused, with the place and the
 * reason. */
#include "render_kit.h"

#include <jansson.h>
#include <unistd.h>

#define SECRET32 "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

static const char controlplane[] = "version: v1alpha1\n"
                                   "persist: true\n"
                                   "machine:\n"
                                   "  type: controlplane\n"
                                   "  token: abcdef.0123456789abcdef\n"
                                   "  ca:\n    crt: CRT1\n    key: KEY1\n"
                                   "  certSANs: []\n"
                                   "  kubelet: {image: k}\n"
                                   "  install:\n    diskSelector: {wwid: naa.5002538d40a1b2c3}\n    wipe: "
                                   "false\n    grubUseUKICmdline: true\n"
                                   "  nodeLabels: {x: y}\n"
                                   "cluster:\n"
                                   "  id: some-id\n"
                                   "  secret: " SECRET32 "\n"
                                   "  controlPlane:\n    endpoint: https://192.168.1.10:6443\n"
                                   "  clusterName: data\n"
                                   "  network:\n    dnsDomain: cluster.local\n    podSubnets: "
                                   "[10.244.0.0/16]\n    serviceSubnets: [10.96.0.0/12]\n"
                                   "  token: 012345.abcdef0123456789\n"
                                   "  secretboxEncryptionSecret: " SECRET32 "\n"
                                   "  ca:\n    crt: CRT2\n    key: KEY2\n"
                                   "  aggregatorCA:\n    crt: CRT3\n    key: KEY3\n"
                                   "  serviceAccount:\n    key: KEY4\n"
                                   "  discovery:\n    enabled: true\n"
                                   "  etcd:\n    ca:\n      crt: CRT5\n      key: KEY5\n"
                                   "---\n"
                                   "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: data-1\n";

static const char worker[] = "version: v1alpha1\n"
                             "machine:\n"
                             "  type: worker\n"
                             "  token: abcdef.0123456789abcdef\n"
                             "  ca:\n    crt: CRT1\n    key: \"\"\n"
                             "  kubelet: {}\n"
                             "  install:\n    diskSelector: {wwid: naa.5002538d40a1b2c3}\n"
                             "cluster:\n"
                             "  controlPlane:\n    endpoint: https://192.168.1.10:6443\n"
                             "  network:\n    dnsDomain: cluster.local\n    podSubnets: [10.244.0.0/16]\n    "
                             "serviceSubnets: [10.96.0.0/12]\n"
                             "  token: 012345.abcdef0123456789\n"
                             "  ca: {crt: CRT2}\n"
                             "---\n"
                             "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: data-1\n";

/* Replaces the only `old` in text by `new`. */
static char *edited(struct pool *pool, const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    if (!at || strstr(at + 1, old))
        fail_msg("\"%s\" does not stand once in the config", old);
    return pool_printf(pool, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

/* Puts certificates and keys, one pair a digit, in place of CRTn and KEYn. */
static const char *with_keys(struct pool *pool, const char *text)
{
    struct buf out = {0};
    for (const char *p = text; *p; p++) {
        bool crt = strncmp(p, "CRT", 3) == 0, key = strncmp(p, "KEY", 3) == 0;
        if (crt || key) {
            buf_str(&out,
                    crt ? kit_certificate(pool, (unsigned char)p[3]) : kit_key(pool, (unsigned char)p[3]));
            p += 3;
        } else {
            buf_char(&out, *p);
        }
    }
    const char *whole = pool_strdup(pool, out.data);
    buf_free(&out);
    return whole;
}

static void accepted(enum machine_type type, const char *old, const char *new)
{
    const char *base = type == MACHINE_CONTROLPLANE ? controlplane : worker;
    struct kit k;
    kit_open(&k, type);
    kit_config(&k, with_keys(k.pool, old ? edited(k.pool, base, old, new) : base));
    if (kit_render(&k) != 0)
        fail_msg("%s", k.errors.items[0].text);
    kit_close(&k);
}

static void refused(enum machine_type type, const char *old, const char *new, enum error_code code,
                    const char *words)
{
    const char *base = type == MACHINE_CONTROLPLANE ? controlplane : worker;
    struct kit k;
    kit_open(&k, type);
    kit_config(&k, with_keys(k.pool, edited(k.pool, base, old, new)));
    if (kit_render(&k) == 0)
        fail_msg("not refused: %s", words);
    kit_expect(&k, code, words, NULL);
    assert_null(k.out.machine_config.data);
    assert_null(k.out.manifests);
    kit_close(&k);
}

#define CP MACHINE_CONTROLPLANE
#define WK MACHINE_WORKER

static void whole_configs_pass(void **state)
{
    (void)state;
    accepted(CP, NULL, NULL);
    accepted(WK, NULL, NULL);
    accepted(CP, "  secretboxEncryptionSecret: ", "  aescbcEncryptionSecret: ");
    accepted(CP, "  discovery:\n    enabled: true\n", "");
    accepted(CP, "  id: some-id\n", "  id: some-id\n  coreDNS: {disabled: false}\n");
    accepted(CP, "endpoint: https://192.168.1.10:6443", "endpoint: https://[fd00::1]:6443/");
    accepted(CP, "  certSANs: []\n", "  certSANs: [home.example]\n  time: {}\n");
    accepted(WK, "  network:\n", "  aggregatorCA: {}\n  network:\n");
}

static void each_field_that_a_useless_config_lacks_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        enum machine_type type;
        const char *old;
        const char *new;
        const char *words;
    } all[] = {
        {CP, "version: v1alpha1\npersist", "persist", "version must be v1alpha1"},
        {CP, "  token: abcdef.0123456789abcdef\n", "", "talos.yaml:3:1: machine.token is missing"},
        {CP, "  token: abcdef.0123456789abcdef\n", "  token: \"\"\n",
         "talos.yaml:5:10: machine.token is empty"},
        {CP, "  token: abcdef.0123456789abcdef\n", "  token: ~\n", "machine.token is empty"},
        {CP, "    crt: CRT1\n", "", "machine.ca.crt is missing"},
        {CP, "    key: KEY1\n", "", "machine.ca.key is missing"},
        {CP, "    key: KEY1\n", "    key: ''\n", "machine.ca.key is empty"},
        {CP, "  kubelet: {image: k}\n", "", "machine.kubelet is missing"},
        {CP, "endpoint: https://192.168.1.10:6443", "other: x", "cluster.controlPlane.endpoint is missing"},
        {CP, "    dnsDomain: cluster.local\n", "", "cluster.network.dnsDomain is missing"},
        {CP, "    podSubnets: [10.244.0.0/16]\n", "", "cluster.network.podSubnets is missing"},
        {CP, "    podSubnets: [10.244.0.0/16]\n", "    podSubnets: []\n", "podSubnets must be a list"},
        {CP, "    serviceSubnets: [10.96.0.0/12]\n", "", "cluster.network.serviceSubnets is missing"},
        {CP, "serviceSubnets: [10.96.0.0/12]", "serviceSubnets: [10.96.0.0]", "is no subnet"},
        {CP, "  token: 012345.abcdef0123456789\n", "", "cluster.token is missing"},
        {CP, "  secretboxEncryptionSecret: " SECRET32 "\n", "",
         "cluster.secretboxEncryptionSecret is missing"},
        {CP, "    crt: CRT2\n", "", "cluster.ca.crt is missing"},
        {CP, "    key: KEY2\n", "", "cluster.ca.key is missing"},
        {CP, "    crt: CRT3\n", "", "cluster.aggregatorCA.crt is missing"},
        {CP, "    key: KEY3\n", "", "cluster.aggregatorCA.key is missing"},
        {CP, "    key: KEY4\n", "    other: x\n", "cluster.serviceAccount.key is missing"},
        {CP, "      crt: CRT5\n", "", "cluster.etcd.ca.crt is missing"},
        {CP, "      key: KEY5\n", "", "cluster.etcd.ca.key is missing"},
        {CP, "  etcd:\n    ca:\n      crt: CRT5\n      key: KEY5\n", "", "talos.yaml:"},
        {CP, "  id: some-id\n", "", "cluster.id is missing: discovery is enabled"},
        {CP, "  secret: " SECRET32 "\n", "", "cluster.secret is missing"},
        {CP, "hostname: data-1\n", "other: x\n", "no HostnameConfig with the hostname data-1"},
        {WK, "  token: abcdef.0123456789abcdef\n", "", "machine.token is missing"},
        {WK, "    crt: CRT1\n", "", "machine.ca.crt is missing"},
        {WK, "  ca: {crt: CRT2}\n", "", "cluster.ca.crt is missing"},
        {WK, "  token: 012345.abcdef0123456789\n", "", "cluster.token is missing"},
        {WK, "  kubelet: {}\n", "", "machine.kubelet is missing"},
        {WK, "  install:\n    diskSelector: {wwid: naa.5002538d40a1b2c3}\n", "",
         "machine.install is missing"},
        {WK, "    dnsDomain: cluster.local\n", "", "cluster.network.dnsDomain is missing"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refused(all[i].type, all[i].old, all[i].new, E_RENDER_FIELD, all[i].words);
}

static void malformed_fields_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *new;
        enum error_code code;
        const char *words;
    } all[] = {
        {"persist: true", "persist: false", E_RENDER_FIELD, "persist must not be false"},
        {"  type: controlplane", "  type: worker", E_RENDER_FIELD, "machine.type must be controlplane"},
        {"  type: controlplane", "  type: init", E_RENDER_FIELD, "machine.type must be controlplane"},
        {"abcdef.0123456789abcdef", "ABCDEF.0123456789abcdef", E_RENDER_FIELD, "machine.token is no token"},
        {"abcdef.0123456789abcdef", "abcdef.0123456789abcde", E_RENDER_FIELD, "machine.token is no token"},
        {"abcdef.0123456789abcdef", "[x]", E_RENDER_FIELD, "machine.token must be text"},
        {"https://192.168.1.10:6443", "http://192.168.1.10:6443", E_RENDER_FIELD, "is not https://HOST:PORT"},
        {"https://192.168.1.10:6443", "192.168.1.10:6443", E_RENDER_FIELD, "is not https://HOST:PORT"},
        {"https://192.168.1.10:6443", "https://:6443", E_RENDER_FIELD, "is not https://HOST:PORT"},
        {"https://192.168.1.10:6443", "https://h:port", E_RENDER_FIELD, "is not https://HOST:PORT"},
        {"https://192.168.1.10:6443", "https://h:6443/path", E_RENDER_FIELD, "is not https://HOST:PORT"},
        {"https://192.168.1.10:6443", "https://u@h:6443", E_RENDER_FIELD, "is not https://HOST:PORT"},
        {"https://192.168.1.10:6443", "https://[fd00::1:6443", E_RENDER_FIELD, "is not https://HOST:PORT"},
        {"https://192.168.1.10:6443", "https://home.example:6443", E_RENDER_FIELD,
         "machine.certSANs lacks the endpoint's name home.example"},
        {"  secret: " SECRET32, "  secret: c2hvcnQ=", E_RENDER_FIELD,
         "cluster.secret is not base64 of 32 bytes"},
        {"secretboxEncryptionSecret: " SECRET32, "secretboxEncryptionSecret: x", E_RENDER_FIELD,
         "not base64 of 32 bytes"},
        {"kubelet: {image: k}", "kubelet: k", E_RENDER_FIELD, "machine.kubelet must be a mapping"},
        {"crt: CRT1", "crt: KEY1", E_RENDER_PEM, "machine.ca.crt: its PEM does not begin with a CERTIFICATE"},
        {"key: KEY1", "key: CRT1", E_RENDER_PEM, "machine.ca.key: its PEM does not begin with a private key"},
        {"key: KEY1", "key: KEY2x", E_RENDER_PEM, "machine.ca.key: it is not base64"},
        {"key: KEY2", "key: KEY9", E_RENDER_PEM, "cluster.ca.key does not belong to cluster.ca.crt"},
        {"key: KEY5", "key: KEY4", E_RENDER_PEM,
         "cluster.etcd.ca.key does not belong to cluster.etcd.ca.crt"},
        {"crt: CRT3", "crt: bm8gcGVt", E_RENDER_PEM, "it holds no PEM"},
        {"{wwid: naa.5002538d40a1b2c3}", "{wwid: naa.other}", E_RENDER_DISK,
         "is not the disk that was chosen"},
        {"{wwid: naa.5002538d40a1b2c3}", "{wwid: naa.5002538d40a1b2c3, type: ssd}", E_RENDER_DISK,
         "is not the disk"},
        {"{wwid: naa.5002538d40a1b2c3}", "{busPath: naa.5002538d40a1b2c3}", E_RENDER_DISK, "is not the disk"},
        {"    diskSelector: {wwid: naa.5002538d40a1b2c3}\n", "", E_RENDER_DISK, "has no diskSelector"},
        {"    wipe: false\n", "    disk: /dev/sda\n", E_RENDER_DISK, "machine.install.disk"},
        {"    wipe: false\n", "    extraKernelArgs: [x=y]\n", E_RENDER_CONFLICT, "exclude each other"},
        {"version: v1alpha1\npersist", "kind: X\nversion: v1alpha1\npersist", E_RENDER_FIELD,
         "no v1alpha1 document"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refused(CP, all[i].old, all[i].new, all[i].code, all[i].words);
}

static void a_worker_gets_no_key_of_the_cluster(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *new;
        const char *words;
    } all[] = {
        {"    key: \"\"\n", "    key: KEY1\n", "machine.ca.key must not be on a worker"},
        {"  ca: {crt: CRT2}\n", "  ca: {crt: CRT2, key: KEY2}\n", "cluster.ca.key must not be on a worker"},
        {"  network:\n", "  etcd: {ca: {crt: x}}\n  network:\n", "cluster.etcd must not"},
        {"  network:\n", "  aggregatorCA: {crt: x}\n  network:\n", "cluster.aggregatorCA must not"},
        {"  network:\n", "  serviceAccount: {key: x}\n  network:\n", "cluster.serviceAccount must not"},
        {"  network:\n", "  secretboxEncryptionSecret: x\n  network:\n",
         "secretboxEncryptionSecret must not"},
        {"  network:\n", "  inlineManifests: [{name: x, contents: y}]\n  network:\n",
         "cluster.inlineManifests must not"},
        {"  kubelet: {}\n", "  kubelet: {}\n  network: {interfaces: [{vip: {ip: 10.0.0.1}}]}\n",
         "shared address (vip)"},
        {"  kubelet: {}\n", "  kubelet: {}\n  network: {interfaces: [{vlans: [{vip: {ip: 10.0.0.1}}]}]}\n",
         "shared address (vip)"},
        {"---\n", "---\napiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.0.1\n---\n",
         "shared address (Layer2VIPConfig)"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refused(WK, all[i].old, all[i].new, E_RENDER_FORBIDDEN, all[i].words);
}

static void a_document_and_the_field_that_it_replaces_exclude_each_other(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        const char *field;
    } all[] = {
        {"UnattendedInstallConfig", "machine.install"},  {"KubeletConfig", "machine.kubelet"},
        {"KubeNetworkConfig", "cluster.network"},        {"KubeFlannelCNIConfig", "cluster.network"},
        {"KubeAPIServerCAConfig", "cluster.ca"},         {"KubeEtcdEncryptionConfig", "cluster.secretbox"},
        {"KubeServiceAccountConfig", "serviceAccount"},  {"KubeAggregatorCAConfig", "cluster.aggregatorCA"},
        {"KubeClusterConfig", "cluster.clusterName"},    {"DiscoveryIdentityConfig", "cluster.id"},
        {"DiscoveryServiceConfig", "cluster.discovery"}, {"KubeNodeConfig", "machine.nodeLabels"},
    };
    char text[160];

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        snprintf(text, sizeof text, "---\napiVersion: v1alpha1\nkind: %s\n---\n", all[i].kind);
        refused(CP, "---\n", text, E_RENDER_CONFLICT, all[i].field);
    }
    refused(CP, "  nodeLabels:", "  network: {hostname: x}\n  nodeLabels:", E_RENDER_CONFLICT,
            "machine.network.hostname");
    refused(CP, "hostname: data-1\n", "hostname: data-1\nauto: stable\n", E_RENDER_CONFLICT,
            "both hostname and auto");
}

/* --- manifests --- */

static const char namespaces[] = "apiVersion: v1\nkind: Namespace\nmetadata: {name: flux-system}\n";
/* github.com ssh-ed25519 AAAA... */
#define GITHUB \
    "Z2l0aHViLmNvbSBzc2gtZWQyNTUxOSBBQUFBQzNOemFDMWxaREkxTlRFNUFBQUFJQUFCQWdNRUJRWUhDQWtLQ3d3Tk" \
    "RnOFFFUklURkJVV0Z4Z1pHaHNjSFI0Zgo="
/* The head of a key alone: no key. */
#define IDENTITY \
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUA\n-----END OPENSSH PRIVATE " \
    "KEY-----\n"
#define IDENTITY_BASE64 \
    "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0KYjNCbGJuTnphQzFyWlhrdGRqRUFB" \
    "QUFBQkc1dmJtVUEKLS0tLS1FTkQgT1BFTlNTSCBQUklWQVRFIEtFWS0tLS0tCg=="
/* RFC 1421's header of an encrypted key; PKCS#8's label of one. */
#define LEGACY \
    "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpQcm9jLVR5cGU6IDQsRU5DUllQVEVECkRFSy1JbmZvOiBB" \
    "RVMtMTI4LUNCQywwMAoKQUFBQQotLS0tLUVORCBSU0EgUFJJVkFURSBLRVktLS0tLQo="
#define PKCS8 \
    "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRVktLS0tLQpNQU1DQVFFPQotLS0tLUVORCBFTkNSWVBURUQg" \
    "UFJJVkFURSBLRVktLS0tLQo="
static const char git_secret[] =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: flux-system, namespace: flux-system}\n"
    "data: {identity: !base64 {secret: git-identity}, known_hosts: " GITHUB "}\n";
static const char sync_yaml[] =
    "# This manifest was generated by flux.\n---\n"
    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata:\n  name: flux-system\n  "
    "namespace: flux-system\n"
    "spec:\n  interval: 1m0s\n  ref:\n    branch: main\n  secretRef:\n    name: flux-system\n"
    "  url: ssh://git@github.com/me/home\n---\n"
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: flux-system\n  "
    "namespace: flux-system\n"
    "spec:\n  interval: 10m0s\n  path: ./clusters/data\n  prune: true\n  sourceRef:\n    kind: "
    "GitRepository\n    name: flux-system\n";

#define CRD(group, kind) \
    "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x." group \
    "}\n" \
    "spec: {group: " group ", names: {kind: " kind "}, scope: Namespaced}\n"
#define SOURCES "source.toolkit.fluxcd.io"
static const char flux_crds[] = CRD("kustomize.toolkit.fluxcd.io", "Kustomization")
    CRD(SOURCES, "GitRepository") CRD(SOURCES, "OCIRepository") CRD(SOURCES, "Bucket");
static const char no_bucket[] =
    CRD("kustomize.toolkit.fluxcd.io", "Kustomization") CRD(SOURCES, "GitRepository");

/* What Flux's own file is to hearth: definitions of kinds. */
static void kit_flux(struct kit *k, const char *crds)
{
    kit_bytes(k, "20-flux-components", "clusters/data/flux-system/gotk-components.yaml", crds, strlen(crds));
}

static void open_controlplane(struct kit *k, const char *old, const char *new)
{
    kit_open(k, CP);
    kit_config(k, with_keys(k->pool, old ? edited(k->pool, controlplane, old, new) : controlplane));
    kit_secret(k, "git-key", NULL, "hunter2", 7);
    kit_secret(k, "git-identity", NULL, IDENTITY, sizeof IDENTITY - 1);
}

static void manifests_are_inlined_and_laid_down_alike(void **state)
{
    (void)state;
    struct kit k;

    open_controlplane(&k, NULL, NULL);
    kit_manifest(&k, "10-namespaces", NULL, namespaces);
    kit_manifest(&k, "30-flux-system", "bootstrap/flux-system.yaml", git_secret);
    kit_bytes(&k, "40-flux-sync", "clusters/data/flux-system/gotk-sync.yaml", sync_yaml,
              sizeof sync_yaml - 1);
    kit_flux(&k, flux_crds);
    if (kit_render(&k) != 0)
        fail_msg("%s", k.errors.items[0].text);
    assert_int_equal(k.out.manifest_count, 4);
    json_t *manifests = NULL;
    assert_string_equal((const char *)k.out.manifests[2].contents.p, sync_yaml);
    assert_non_null(strstr((const char *)k.out.manifests[1].contents.p, "identity: '" IDENTITY_BASE64 "'"));
    struct document *docs = NULL;
    struct error e = {0};
    assert_int_equal(tree_read(k.pool, "out", k.out.machine_config.data, k.out.machine_config.len, &docs, &e),
                     0);
    struct tree_node *list = tree_path(docs->root, "cluster.inlineManifests");
    assert_int_equal(list->count, 4);
    struct tree_node *entry = list->first;
    for (unsigned i = 0; i < 4; i++, entry = entry->next) {
        assert_true(tree_is(tree_get(entry, "name"), k.out.manifests[i].name));
        assert_true(tree_is(tree_get(entry, "contents"), (const char *)k.out.manifests[i].contents.p));
        assert_int_equal(tree_get(entry, "contents")->style, STYLE_LITERAL);
    }
    assert_true(tree_is(tree_get(docs->next->root, "hostname"), "data-1"));

    json_t *json = json_loadb(k.out.plan_json.data, k.out.plan_json.len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "apiVersion")), "hearth/v1");
    assert_string_equal(json_string_value(json_object_get(json, "kind")), "Rendered");
    manifests = json_object_get(json, "manifests");
    assert_int_equal(json_array_size(manifests), 4);
    assert_null(json_object_get(json_array_get(manifests, 1), "sha256"));
    assert_int_equal(json_string_length(json_object_get(json_array_get(manifests, 2), "sha256")), 64);
    assert_null(strstr(k.out.plan_json.data, "hunter2"));
    assert_null(strstr(k.out.plan_json.data, "aHVudGVyMg"));
    assert_null(strstr(k.out.plan_json.data, SECRET32));
    json_decref(json);
    kit_close(&k);
}

static void the_sites_own_inline_manifests_stay_in_front(void **state)
{
    (void)state;
    struct kit k;

    open_controlplane(&k, "  id: some-id\n",
                      "  id: some-id\n  inlineManifests:\n  - name: own\n    contents: |\n      apiVersion: "
                      "v1\n      kind: Namespace\n"
                      "      metadata: {name: mine}\n");
    kit_manifest(&k, "30-x", "bootstrap/x.yaml",
                 "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: mine}\n");
    if (kit_render(&k) != 0)
        fail_msg("%s", k.errors.items[0].text);
    struct document *docs = NULL;
    struct error e = {0};
    assert_int_equal(tree_read(k.pool, "out", k.out.machine_config.data, k.out.machine_config.len, &docs, &e),
                     0);
    assert_int_equal(tree_path(docs->root, "cluster.inlineManifests")->count, 2);
    assert_true(tree_is(tree_get(tree_path(docs->root, "cluster.inlineManifests")->first, "name"), "own"));
    kit_close(&k);
}

/* One parsed manifest beside the namespace flux-system. code E_NONE: it passes. */
static void manifest_is(const char *yaml, enum error_code code, const char *words)
{
    struct kit k;
    open_controlplane(&k, NULL, NULL);
    kit_manifest(&k, "10-namespaces", NULL, namespaces);
    kit_manifest(&k, "30-x", "bootstrap/x.yaml", yaml);
    int result = kit_render(&k);
    if ((result == 0) != (code == E_NONE))
        fail_msg("%s: %s", yaml, result == 0 ? "not refused" : k.errors.items[0].text);
    if (code != E_NONE) {
        kit_expect(&k, code, words, "hunter2");
        kit_expect(&k, code, "bootstrap/x.yaml:", "aHVudGVyMg");
    }
    kit_close(&k);
}

#define SECRET_HEAD "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: flux-system}\n"

static void objects_are_judged(void **state)
{
    (void)state;
    manifest_is("kind: Secret\nmetadata: {name: s, namespace: flux-system}\n", E_MANIFEST_OBJECT,
                "Secret: no apiVersion");
    manifest_is("apiVersion: v1\nmetadata: {name: s}\n", E_MANIFEST_OBJECT, "no kind");
    manifest_is("apiVersion: v1\nkind: Secret\nmetadata: {namespace: default}\n", E_MANIFEST_OBJECT,
                "Secret: no metadata.name");
    manifest_is("- a\n- b\n", E_MANIFEST_OBJECT, "no Kubernetes object");
    manifest_is("just text\n", E_MANIFEST_OBJECT, "no Kubernetes object");
    manifest_is("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n", E_MANIFEST_NAMESPACE,
                "ConfigMap c has no metadata.namespace");
    manifest_is("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: nowhere}\n",
                E_MANIFEST_NAMESPACE, "ConfigMap c: nothing inlined creates its namespace nowhere");
    manifest_is("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: !secret git-key}\n",
                E_MANIFEST_NAMESPACE, "(from a secret)");
    manifest_is("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n", E_MANIFEST_NAMESPACE,
                "has no metadata.namespace");
    manifest_is("apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: d}\n",
                E_MANIFEST_NAMESPACE, "GitRepository");
    manifest_is("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: "
                "c, namespace: kube-system}\n"
                "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: d, namespace: nowhere}\n",
                E_MANIFEST_NAMESPACE, "ConfigMap d");
    manifest_is(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ws.x.io}\n"
        "spec: {group: x.io, scope: Namespaced, names: {kind: W}}\n---\napiVersion: x.io/v1\nkind: "
        "W\nmetadata: {name: w}\n",
        E_MANIFEST_NAMESPACE, "W w has no metadata.namespace");
    manifest_is("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: kube-system}\n", E_NONE, "");
    manifest_is("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: c}\n", E_NONE,
                "");
    manifest_is("apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: c}\n", E_NONE,
                "");
    manifest_is(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ws.x.io}\n"
        "spec: {group: x.io, scope: Cluster, names: {kind: W}}\n---\napiVersion: x.io/v1\nkind: W\nmetadata: "
        "{name: w}\n",
        E_NONE, "");
}

static void secrets_are_judged(void **state)
{
    (void)state;
    manifest_is(
        SECRET_HEAD
        "data:\n  a: !base64 {secret: git-key}\n  b: \"MTIzNA==\"\n  c: \"\"\n  d: |\n    MTIz\n    NA==\n",
        E_NONE, "");
}

static void bad_secrets_are_refused(void **state)
{
    (void)state;
    manifest_is(SECRET_HEAD "stringData: {a: !secret git-key}\n", E_MANIFEST_SECRET, "uses stringData");
    manifest_is(SECRET_HEAD "data: {a: !secret git-key}\n", E_MANIFEST_SECRET,
                "data.a of the Secret is not base64");
    manifest_is(SECRET_HEAD "data: {a: \"not base64!\"}\n", E_MANIFEST_SECRET,
                "data.a of the Secret is not base64");
    manifest_is(SECRET_HEAD "data: {a: \"MTIzNA\"}\n", E_MANIFEST_SECRET, "not base64");
    manifest_is(SECRET_HEAD "data: {a: 12345678}\n", E_MANIFEST_SECRET, "data.a of the Secret is no string");
    manifest_is(SECRET_HEAD "data: {a: 0x1f}\n", E_MANIFEST_SECRET, "no string");
    manifest_is(SECRET_HEAD "data: {a: 123456e8}\n", E_MANIFEST_SECRET, "no string");
    manifest_is(SECRET_HEAD "data: {a: true}\n", E_MANIFEST_SECRET, "no string");
    manifest_is(SECRET_HEAD "data: {a: }\n", E_MANIFEST_SECRET, "no string");
    manifest_is(SECRET_HEAD "data: {a: {b: c}}\n", E_MANIFEST_SECRET, "no string");
    manifest_is(SECRET_HEAD "data: [a]\n", E_MANIFEST_SECRET, "must be a mapping");
    manifest_is(SECRET_HEAD "data: {a: 12345678e}\n", E_MANIFEST_SECRET, "not base64");
    manifest_is(SECRET_HEAD "data: {a: 1234567a}\n", E_NONE, "");
}

/* gotk-sync.yaml with one change, beside a Secret that may be another one. */
static void sync_is(const char *old, const char *new, const char *secret, const char *words)
{
    struct kit k;
    const char *text = old ? NULL : sync_yaml;
    open_controlplane(&k, NULL, NULL);
    if (old)
        text = edited(k.pool, sync_yaml, old, new);
    kit_manifest(&k, "10-namespaces", NULL, namespaces);
    if (secret)
        kit_manifest(&k, "30-x", "bootstrap/x.yaml", secret);
    kit_bytes(&k, "40-flux-sync", "clusters/data/flux-system/gotk-sync.yaml", text, strlen(text));
    kit_flux(&k, flux_crds);
    if ((kit_render(&k) == 0) == (words != NULL))
        fail_msg("%s", words ? words : k.errors.items[0].text);
    if (words)
        kit_expect(&k, E_FLUX_SYNC, words, "hunter2");
    kit_close(&k);
}

static void flux_can_pull_from_git(void **state)
{
    (void)state;
    static const char no_hosts[] = SECRET_HEAD "data: {identity: " IDENTITY_BASE64 "}\n";
    static const char password[] =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: flux-system, namespace: flux-system}\n"
        "data: {password: aGk=}\n";

    sync_is(NULL, NULL, git_secret, NULL);
    sync_is("  ref:\n    branch: main\n", "", git_secret, "no spec.ref.branch");
    sync_is("path: ./clusters/data", "path: clusters/data", git_secret, NULL);
    sync_is("path: ./clusters/data", "path: ./kubernetes/flux/cluster", git_secret, NULL);
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@github.com/me/home",
            "  url: https://github.com/me/home", NULL, NULL);
    sync_is("url: ssh://git@github.com/me/home", "url: git@github.com:me/home", git_secret,
            "begins with none of ssh://");
    sync_is("  url: ssh://git@github.com/me/home\n", "", git_secret, "GitRepository has no spec.url");
    sync_is(NULL, NULL, NULL, "nothing inlined is the Secret flux-system/flux-system");
    sync_is("  secretRef:\n    name: flux-system\n", "", git_secret, "ssh:// needs a Secret");
    sync_is("  secretRef:\n    name: flux-system\n", "  secretRef:\n    name: s\n", no_hosts,
            "has no data.known_hosts");
    sync_is("  secretRef:\n    name: flux-system\n", "  secretRef:\n    name: s\n",
            SECRET_HEAD "data: {identity: " IDENTITY_BASE64 ", known_hosts: aGVsbG8=}\n",
            "line 1 of data.known_hosts is not HOST TYPE KEY");
    sync_is("  secretRef:\n    name: flux-system\n", "  secretRef:\n    name: s\n",
            SECRET_HEAD "data: {identity: " LEGACY ", known_hosts: " GITHUB "}\n",
            "it is encrypted, and the Secret has no password");
    sync_is("  secretRef:\n    name: flux-system\n", "  secretRef:\n    name: s\n",
            SECRET_HEAD "data: {identity: " PKCS8 ", known_hosts: " GITHUB "}\n",
            "it is encrypted in a form that is not read here");
    sync_is("ssh://git@github.com/me", "ssh://git@github.com:7999/me", git_secret,
            "no key of [github.com]:7999, only of that host on another port");
    sync_is("ssh://git@github.com/me", "ssh://git@git.example/me", git_secret,
            "data.known_hosts has no key of git.example");
    sync_is("ssh://git@github.com/me", "ssh://github.com:22", git_secret, NULL);
    sync_is("ssh://git@github.com/me", "ssh://[fe80::1]:22/me", git_secret, "no key of fe80::1");
    sync_is("url: ssh://git@github.com", "url: https://github.com", password, "has no data.username");
    sync_is("kind: GitRepository\nmetadata", "kind: OCIRepository\nmetadata", git_secret,
            "there is no GitRepository flux-system/flux-system, the source of Kustomization flux-system");
    sync_is("kind: Kustomization", "kind: Kustom", git_secret, "there is no Kustomization");
    sync_is("    kind: GitRepository\n    name: flux-system\n", "    kind: GitRepository\n    name: other\n",
            git_secret, "there is no GitRepository flux-system/other");
}

/* What the API server would refuse, what Flux would wait for without an end, and logins in Git. */
static void a_sync_that_never_begins_is_refused(void **state)
{
    (void)state;
    sync_is("  prune: true\n", "  prune: true\n  suspend: true\n", git_secret, "Kustomization is suspended");
    sync_is("  ref:\n", "  suspend: true\n  ref:\n", git_secret, "GitRepository is suspended");
    sync_is("  prune: true\n", "  prune: true\n  suspend: false\n", git_secret, NULL);
    sync_is("  ref:\n    branch: main\n", "  ref: {}\n", git_secret, "no spec.ref.branch");
    sync_is("  ref:\n    branch: main\n", "  ref: main\n", git_secret,
            "spec.ref of GitRepository must be a mapping");
    sync_is("branch: main", "tag: 1.0", git_secret, "spec.ref.tag of GitRepository must be text");
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@",
            "  secretRef: [{name: x}]\n  url: https://", NULL,
            "spec.secretRef of GitRepository must be a mapping");
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@", "  secretRef: {}\n  url: https://",
            NULL, "GitRepository has no spec.secretRef.name");
    sync_is("  interval: 10m0s\n", "", git_secret, "Kustomization has no spec.interval");
    sync_is("  prune: true\n", "", git_secret, "Kustomization has no spec.prune");
    sync_is("  prune: true\n", "  prune: \"true\"\n", git_secret,
            "spec.prune of Kustomization must be true or false");
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@", "  url: https://me:hunter2@", NULL,
            "a login stands in the URL");
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@",
            "  url: https://ghp_0123456789abcdefghijklmnop@", NULL, "a login stands in the URL");
    /* What Azure DevOps and Bitbucket give to clone. */
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@", "  url: https://myorg@", NULL, NULL);
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@", "  url: https://git@me:hunter2@", NULL,
            "a login stands in the URL");
    sync_is("ssh://git@", "ssh://me@", git_secret, NULL);
    sync_is("ssh://git@", "ssh://me:hunter2@", git_secret, "a login stands in the URL");
    /* A password with a slash, or another end of a host, in it; an @ in a path is none. */
    for (const char *const *bad = (const char *const[]){"a/hunter2", "h?unter2/hunter2", "7#hunter2", NULL};
         *bad; bad++) {
        char url[80];
        snprintf(url, sizeof url, "  url: https://me:%s@", *bad);
        sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@", url, NULL,
                "a login stands in the URL");
        snprintf(url, sizeof url, "  url: ftp://me:%s@", *bad);
        sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@", url, NULL,
                "\"github.com/me/home\" begins with none");
    }
    /* Nor is one where git@ says how the host is asked, unless a web server is. */
    sync_is("ssh://git@github.com/me/home", "ssh://git@github.com:me/home@v1", git_secret,
            "no key of [github.com]:me");
    sync_is("ssh://git@github.com/me/home", "git@github.com:me/home@v1", git_secret,
            "\"git@github.com:me/home@v1\" begins with none");
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@", "  url: https://git@me:h/unter2@", NULL,
            "a login stands in the URL");
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@github.com/me/home",
            "  url: https://git.example:8443/@me/home", NULL, NULL);
    sync_is("  secretRef:\n    name: flux-system\n  url: ssh://git@github.com/me/home",
            "  url: https://[fd00::1]:8443/@me/home", NULL, NULL);
}

/* What is text, and what a time, to Kubernetes. */
static void a_sync_is_read_as_kubernetes_reads_it(void **state)
{
    (void)state;
    static const char time[] = "spec.interval of GitRepository must be a time such as 1m30s";
    sync_is("branch: main", "tag: 2026-08-10", git_secret, NULL);
    for (const char *const *good = (const char *const[]){"1h", "1m30s", "0.5h", "90s", "1.5m10ms", NULL};
         *good; good++) {
        char with[32];
        snprintf(with, sizeof with, "interval: %s\n  ref", *good);
        sync_is("interval: 1m0s\n  ref", with, git_secret, NULL);
    }
    for (const char *const *bad = (const char *const[]){"1:30", "1d", "90", "m", "1.m", "1m 30s", "\"\"",
                                                        "1m-", "5us", "2026-08-10", NULL};
         *bad; bad++) {
        char with[48];
        snprintf(with, sizeof with, "interval: %s\n  ref", *bad);
        sync_is("interval: 1m0s\n  ref", with, git_secret, time);
    }
    sync_is("  prune: true\n", "  prune: true\n  timeout: 2\n", git_secret,
            "spec.timeout of Kustomization must be");
    /* Hours are no time of a source. */
    static const char brief[] = "spec.timeout of GitRepository must be minutes and seconds such as 1m30s";
    sync_is("  prune: true\n", "  prune: true\n  timeout: 1h\n", git_secret, NULL);
    sync_is("  ref:\n", "  timeout: 1m30s\n  ref:\n", git_secret, NULL);
    sync_is("  ref:\n", "  timeout: 1.5m10ms\n  ref:\n", git_secret, NULL);
    sync_is("  ref:\n", "  timeout: 1h\n  ref:\n", git_secret, brief);
    sync_is("  ref:\n", "  timeout: 1m1h\n  ref:\n", git_secret, brief);
    /* Nothing between quotes is a text, and no other thing; nothing at all is no field. */
    sync_is("  ref:\n", "  timeout:\n  ref:\n", git_secret, NULL);
    sync_is("  ref:\n", "  timeout: ''\n  ref:\n", git_secret, brief);
    sync_is("  ref:\n", "  suspend: ''\n  ref:\n", git_secret, "spec.suspend of GitRepository must be true");
    sync_is("  ref:\n    branch: main\n", "  ref: ''\n", git_secret,
            "spec.ref of GitRepository must be a map");
    sync_is("branch: main", "branch: main\n    tag: ''", git_secret, NULL);
    sync_is("  prune: true\n", "  prune: true\n  timeout: ''\n", git_secret,
            "spec.timeout of Kustomization must be a time such as 1m30s");
    sync_is("  prune: true\n", "  prune: true\n  retryInterval: 1:00\n", git_secret, "spec.retryInterval of");
}

#define REST \
    "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: rests, " \
    "namespace: " \
    "flux-system}\nspec: {interval: 1h, suspend: true, prune: true, sourceRef: {kind: GitRepository, name: "

/* One Kustomization that rests beside one that runs is no mistake; a source that rests under one that runs is. */
static void one_that_rests_is_refused_where_none_runs(void **state)
{
    (void)state;
    static const char own[] =
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: own, "
        "namespace: flux-system}\nspec: {interval: 1h, suspend: true, ref: {branch: a}, url: "
        "\"https://git.example\"}\n";
    char with[1024];
    snprintf(with, sizeof with, "GitRepository\n    name: flux-system\n%sflux-system}}\n", REST);
    sync_is("GitRepository\n    name: flux-system\n", with, git_secret, NULL);
    snprintf(with, sizeof with, "GitRepository\n    name: flux-system\n%sown}}\n%s", REST, own);
    sync_is("GitRepository\n    name: flux-system\n", with, git_secret, NULL);
    snprintf(with, sizeof with,
             "  suspend: true\n  prune: true\n  sourceRef:\n    kind: GitRepository\n    name: "
             "flux-system\n%sown}}\n%s",
             REST, own);
    sync_is("  prune: true\n  sourceRef:\n    kind: GitRepository\n    name: flux-system\n", with, git_secret,
            "sync.yaml:24:12: Kustomization is suspended");
    /* A word of flux-operator's. */
    sync_is(
        "flux-system\nspec:\n  interval: 10m0s",
        "flux-system\n  annotations: {fluxcd.controlplane.io/reconcile: disabled}\nspec:\n  interval: 10m0s",
        git_secret, NULL);
}

/* A definition in the layout that Flux's own have; `fields` stand in its schema. */
#define DEFINITION(kind, fields) \
    "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n" \
    "metadata: {name: " kind ".y}\nspec:\n  group: y\n  names:\n    kind: " kind "\n    plural: y\n" \
    "  scope: Namespaced\n  versions:\n  - schema:\n      openAPIV3Schema:\n" fields
static const char flux_schema[] = DEFINITION(
    "GitRepository",
    "        interval:\n        ref:\n          branch:\n        secretRef:\n          name:\n        url:\n")
    DEFINITION("Kustomization",
               "        interval:\n        path:\n        prune:\n        sourceRef:\n          kind:\n      "
               "    name:\n");

/* Where the definitions have schemas, a field that its kind's has nowhere stops the API server. */
static void a_field_that_flux_lacks_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *words;
    } rows[] = {{"branch: main", "branch: main", NULL},
                {"interval: 1m0s", "interval: 1m0s\n  intervall: 1m0s", "this Flux has no field intervall"},
                {"branch: main", "branch: main\n    brunch: x", "this Flux has no field brunch"},
                {"branch: main", "branch: main\n  prune: true", "this Flux has no field prune"},
                {"kind: GitRepository\n    name", "kind: GitRepository\n    knd: x\n    name",
                 "this Flux has no field knd"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kit k;
        open_controlplane(&k, NULL, NULL);
        kit_manifest(&k, "10-namespaces", NULL, namespaces);
        kit_manifest(&k, "30-x", "bootstrap/x.yaml", git_secret);
        const char *text = edited(k.pool, sync_yaml, rows[i].old, rows[i].new);
        kit_bytes(&k, "40-flux-sync", "s.yaml", text, strlen(text));
        kit_flux(&k, pool_printf(k.pool, "%s%s", flux_crds, flux_schema));
        assert_int_equal(kit_render(&k), rows[i].words ? -1 : 0);
        if (rows[i].words)
            kit_expect(&k, E_FLUX_SYNC, rows[i].words, NULL);
        kit_close(&k);
    }
}

/* Without their kinds the API server takes none of the sync's objects. */
static void flux_without_its_kinds_is_refused(void **state)
{
    (void)state;
    static const char *const crds[] = {CRD("apps.example", "Kustomizations"),
                                       CRD("kustomize.toolkit.fluxcd.io", "Kustomization"), no_bucket};
    static const char *const words[] = {"gotk-components.yaml: it does not bring the kind Kustomization",
                                        "it does not bring the kind GitRepository", NULL};
    for (size_t i = 0; i < sizeof crds / sizeof crds[0]; i++) {
        struct kit k;
        open_controlplane(&k, NULL, NULL);
        kit_manifest(&k, "10-namespaces", NULL, namespaces);
        kit_manifest(&k, "30-x", "bootstrap/x.yaml", git_secret);
        kit_bytes(&k, "40-flux-sync", "s.yaml", sync_yaml, strlen(sync_yaml));
        kit_flux(&k, crds[i]);
        k.role.flux.components = "gotk-components.yaml";
        assert_int_equal(kit_render(&k), words[i] ? -1 : 0);
        if (words[i])
            kit_expect(&k, E_FLUX_SYNC, words[i], NULL);
        kit_close(&k);
    }
}

#define SECRET "apiVersion: v1\nkind: Secret\nmetadata: {name: pull, namespace: flux}\n"
#define PULL "secretRef: {name: pull}, "

/* Whether the sync file is taken beside a Secret of this data, or refused with these words. Closes the kit. */
static void sync_file_is(struct kit *k, const char *text, const char *data, const char *what,
                         const char *words)
{
    kit_manifest(k, "10-namespaces", NULL, "apiVersion: v1\nkind: Namespace\nmetadata: {name: flux}\n");
    if (data)
        kit_manifest(k, "30-x", "bootstrap/x.yaml", pool_printf(k->pool, SECRET "data: {%s}\n", data));
    kit_bytes(k, "40-flux-sync", "kubernetes/sync.yaml", text, strlen(text));
    if ((kit_render(k) == 0) == (words != NULL))
        fail_msg("%s: %s", what, words ? words : k->errors.items[0].text);
    if (words)
        kit_expect(k, E_FLUX_SYNC, words, "hunter2");
    kit_close(k);
}

/* A sync file of its own: what the source says, of which kind, beside which Secret. */
static void source_is(const char *kind, const char *spec, const char *data, const char *words)
{
    struct kit k;
    open_controlplane(&k, NULL, NULL);
    const char *text = pool_printf(
        k.pool,
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: %s\nmetadata: {name: home, namespace: flux}\n"
        "spec: {interval: 1m, %s}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: all, namespace: flux}\nspec: {path: a/b, interval: 1m, prune: true, sourceRef: "
        "{kind: "
        "%s, name: home}}\n",
        kind, spec, kind);
    kit_flux(&k, flux_crds);
    sync_file_is(&k, text, data, spec, words);
}

static void flux_can_pull_from_anything(void **state)
{
    (void)state;
    static const char oci[] = "url: oci://ghcr.io/me/home",
                      bucket[] = "bucketName: a, endpoint: minio.example",
                      app[] = PULL "provider: github, ref: {branch: a}, url: https://github.com/me/home",
                      git[] = PULL "ref: {branch: a}, url: https://git.example/me/home";

    source_is("OCIRepository", oci, NULL, NULL);
    source_is("OCIRepository", "timeout: 1h, url: oci://ghcr.io/me/home", NULL,
              "must be minutes and seconds");
    source_is("OCIRepository", PULL "url: oci://ghcr.io/me/home", NULL,
              "nothing inlined is the Secret flux/pull");
    source_is("OCIRepository", PULL "url: oci://ghcr.io/me/home",
              "password: aGk=", "has no data..dockerconfigjson");
    source_is("OCIRepository", PULL "url: oci://ghcr.io/me/home", ".dockerconfigjson: aGk=", NULL);
    source_is("OCIRepository", "url: ghcr.io/me/home", NULL, "begins with none of oci://");
    source_is("Bucket", bucket, NULL, NULL);
    source_is("Bucket", "timeout: 1h, bucketName: a, endpoint: e", NULL, "must be minutes and seconds");
    source_is("Bucket", PULL "bucketName: a, endpoint: e", "accesskey: aGk=", "has no data.secretkey");
    source_is("Bucket", PULL "bucketName: a, endpoint: e", "accesskey: aGk=, secretkey: aGk=", NULL);
    source_is("Bucket", PULL "bucketName: a, endpoint: e, provider: gcp", "serviceaccount: aGk=", NULL);
    source_is("Bucket", "bucketName: a", NULL, "Bucket has no spec.endpoint");
    source_is("GitRepository", git, "bearerToken: aGk=", NULL);
    source_is("GitRepository", git, "username: aGk=", "has no data.password");
    source_is("GitRepository", git, "username: aGk=, password: aGk=", NULL);
    source_is("GitRepository", git, "githubAppID: MQ==", "needs provider: github");
    source_is("GitRepository", app,
              "githubAppID: MQ==, githubAppInstallationID: MQ==, githubAppPrivateKey: MQ==", NULL);
    source_is("GitRepository", app,
              "githubAppID: MQ==, githubAppInstallationOwner: MQ==, githubAppPrivateKey: MQ==", NULL);
    source_is("GitRepository", app,
              "githubAppID: MQ==, githubAppPrivateKey: MQ==", "has no data.githubAppInstallationID");
    source_is("GitRepository", app + strlen(PULL), NULL, "provider: github needs a Secret");
}

/* What flux-operator's install.yaml is to hearth: a definition of the kind. */
#define OPERATOR \
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n" \
    "metadata: {name: fluxinstances.fluxcd.controlplane.io}\nspec:\n  group: fluxcd.controlplane.io\n" \
    "  names: {kind: FluxInstance}\n  scope: Namespaced\n"

static const char instance[] =
    "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux, namespace: "
    "flux}\nspec:\n"
    "  distribution: {version: 2.x, registry: ghcr.io/fluxcd}\n"
    "  sync: {kind: GitRepository, url: https://git.example/me, ref: refs/heads/main, path: kubernetes, "
    "pullSecret: pull}\n";

static void instance_is(const char *components, const char *old, const char *new, const char *data,
                        const char *words)
{
    struct kit k;
    open_controlplane(&k, NULL, NULL);
    const char *text = edited(k.pool, instance, old, new);
    if (components)
        kit_bytes(&k, "20-flux-components", "kubernetes/operator.yaml", components, strlen(components));
    sync_file_is(&k, text, data, new, words);
}

static void flux_operator_can_begin(void **state)
{
    (void)state;
    static const char login[] = "username: aGk=, password: aGk=";

    instance_is(OPERATOR, "ref:", "ref:", login, NULL);
    instance_is(NULL, "ref:", "ref:", login, "does not bring the kind FluxInstance");
    instance_is(OPERATOR, "name: flux,", "name: other,", login, "a FluxInstance named flux alone");
    instance_is(OPERATOR, "version: 2.x, ", "", login, "FluxInstance has no spec.distribution.version");
    instance_is(OPERATOR, ", path: kubernetes", "", login, "FluxInstance has no spec.sync.path");
    instance_is(OPERATOR, "refs/heads/main", "main", login, "refs/heads/BRANCH");
    instance_is(OPERATOR, "url: https://git.example/me, ", "", login, "FluxInstance has no spec.sync.url");
    instance_is(OPERATOR, "pullSecret: pull", "pullSecret: other", login,
                "nothing inlined is the Secret flux/other");
    instance_is(OPERATOR, "https://", "ssh://", login, "has no data.identity");
    instance_is(OPERATOR, "kind: GitRepository, url: https:", "kind: OCIRepository, url: oci:", login,
                "has no data..dockerconfigjson");
    instance_is(OPERATOR, "FluxInstance", "FluxInstanc", login,
                "there is no Kustomization, and no FluxInstance");
}

/* Its kind may stand in bootstrap/, and then Flux's own file says nothing of its fields. */
static void an_instance_is_judged_by_its_own_definition(void **state)
{
    (void)state;
    static const char login[] = "username: aGk=, password: aGk=";
    struct kit k;

    open_controlplane(&k, NULL, NULL);
    kit_flux(&k, pool_printf(k.pool, "%s%s", flux_crds, flux_schema));
    kit_manifest(&k, "30-operator", "bootstrap/operator.yaml", OPERATOR);
    sync_file_is(&k, instance, login, "beside Flux", NULL);
    open_controlplane(&k, NULL, NULL);
    kit_flux(&k, OPERATOR DEFINITION("FluxInstance", "        sync:\n"));
    sync_file_is(&k, instance, login, "its own", "this Flux has no field distribution");
    instance_is(OPERATOR, "namespace: flux}",
                "namespace: flux, annotations: {fluxcd.controlplane.io/reconcile: disabled}}", login,
                "sync.yaml:3:89: FluxInstance is suspended");
}

static void a_flux_release_brings_its_own_namespace(void **state)
{
    (void)state;
    struct kit k;

    open_controlplane(&k, NULL, NULL);
    kit_manifest(&k, "30-x", "bootstrap/x.yaml", git_secret);
    assert_int_equal(kit_render(&k), -1);
    kit_expect(&k, E_MANIFEST_NAMESPACE, "creates its namespace flux-system", NULL);
    k.plan.release_url = "https://github.com/fluxcd/flux2/releases/download/v2.9.4/install.yaml";
    assert_int_equal(kit_render(&k), 0);
    assert_non_null(strstr(k.out.plan_json.data, "install.yaml"));
    kit_close(&k);
}

/* The config has cni.name and, with extra, one manifest URL of its own. */
static void cni_is(const char *cni, const char *more, const char *manifest, const char *words)
{
    char text[300];
    snprintf(text, sizeof text, "%s  network:\n    cni: %s\n", more, cni);
    struct kit k;
    open_controlplane(&k, "  network:\n", text);
    if (manifest)
        kit_manifest(&k, "30-x", "bootstrap/x.yaml", manifest);
    if ((kit_render(&k) == 0) == (words != NULL))
        fail_msg("%s: %s", cni, words ? "not refused" : k.errors.items[0].text);
    if (words)
        kit_expect(&k, E_RENDER_CNI, words, NULL);
    kit_close(&k);
}

static void there_is_a_pod_network(void **state)
{
    (void)state;
    static const char daemon_set[] =
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: cilium, namespace: kube-system}\n";
    static const char config_map[] =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium, namespace: kube-system}\n";

    cni_is("{name: flannel}", "", NULL, NULL);
    cni_is("{}", "", NULL, NULL);
    cni_is("{name: custom, urls: [https://x/y]}", "", NULL, NULL);
    cni_is("{name: none}", "", daemon_set, NULL);
    cni_is("{name: none}", "  extraManifests: [https://x/cilium.yaml]\n", NULL, NULL);
    cni_is("{name: none}", "", NULL, "is none and nothing inlined is a CNI");
    struct kit k;
    open_controlplane(&k, "  network:\n",
                      "  extraManifests: [https://x/metrics.yaml]\n  network:\n    cni: {name: none}\n");
    assert_int_equal(kit_render(&k), 0);
    assert_int_equal(k.out.warnings.count, 1);
    assert_non_null(strstr(k.out.warnings.items[0].text, "nothing inlined is a CNI"));
    assert_non_null(strstr(k.out.warnings.items[0].text, "is not seen here"));
    kit_close(&k);
    cni_is("{name: none}", "", config_map, "is none and nothing inlined is a CNI");
    cni_is("{name: custom}", "", NULL, "custom and has no urls");
    cni_is("{name: calico}", "", NULL, "must be flannel, custom or none");
}

static void names_are_unique(void **state)
{
    (void)state;
    static const char own[] =
        "  inlineManifests:\n  - {name: 30-x, contents: ''}\n  - {name: own, contents: '# x'}\n"
        "  - {name: own, contents: ''}\n  - {name: '', contents: x}\n  id: some-id\n";
    struct kit k;

    open_controlplane(&k, "  id: some-id\n", own);
    kit_manifest(&k, "30-x", "bootstrap/x.yaml", namespaces);
    kit_manifest(&k, "30-x", "bootstrap/y.yaml", namespaces);
    assert_int_equal(kit_render(&k), -1);
    kit_expect(&k, E_MANIFEST_NAME, "two manifests are named 30-x", NULL);
    kit_expect(&k, E_MANIFEST_NAME, "hearth inlines a manifest 30-x itself", NULL);
    kit_expect(&k, E_MANIFEST_NAME, "two entries named own", NULL);
    kit_expect(&k, E_MANIFEST_OBJECT, "needs name and contents", NULL);
    kit_close(&k);
}

static void bytes_that_are_no_manifest_are_refused(void **state)
{
    (void)state;
    static const char cut[] = "apiVersion: v1\nkind: [x\n";
    static const char nameless[] =
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: flux-system\n---\n# c\n---\napiVersion: "
        "v1\nkind: "
        "ConfigMap\nmetadata:\n  name: x\n  labels: {namespace: y}\nspec:\n- metadata: {namespace: z}\n";
    struct kit k;

    open_controlplane(&k, NULL, NULL);
    kit_bytes(&k, "20-flux-components", "gotk-components.yaml", cut, sizeof cut - 1);
    assert_int_equal(kit_render(&k), -1);
    kit_expect(&k, E_MANIFEST_OBJECT, "gotk-components.yaml:3:1: not YAML", NULL);
    k.manifests[0].bytes = (struct span){(const unsigned char *)nameless, sizeof nameless - 1};
    assert_int_equal(kit_render(&k), -1);
    kit_expect(&k, E_MANIFEST_NAMESPACE, "gotk-components.yaml:8:1: ConfigMap x has no metadata.namespace",
               NULL);
    assert_int_equal(k.errors.count, 1);
    kit_close(&k);
}

static void a_manifest_may_be_one_mebibyte(void **state)
{
    (void)state;
    static const char head[] = "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n#";
    char *text = mem_alloc(PLAN_MANIFEST_MAX + 1);

    memset(text, 'x', PLAN_MANIFEST_MAX + 1);
    memcpy(text, head, sizeof head - 1);
    struct kit k;
    open_controlplane(&k, NULL, NULL);
    kit_bytes(&k, "20-flux-components", "gotk-components.yaml", text, PLAN_MANIFEST_MAX);
    assert_int_equal(kit_render(&k), 0);
    k.manifests[0].bytes.n++;
    assert_int_equal(kit_render(&k), -1);
    kit_expect(&k, E_RENDER_SIZE, "20-flux-components: 1048577 bytes", NULL);
    mem_free(text);
    kit_close(&k);
}

static void a_mistake_in_a_reference_is_not_followed_by_others(void **state)
{
    (void)state;
    struct kit k;

    open_controlplane(&k, "abcdef.0123456789abcdef", "!secret absent");
    assert_int_equal(kit_render(&k), -1);
    assert_int_equal(k.errors.count, 1);
    kit_expect(&k, E_SECRET_VALUE, "talos.yaml:5:10: secret \"absent\" was not fetched", NULL);
    kit_close(&k);
}

static void no_message_shows_a_secret(void **state)
{
    (void)state;
    static const char *const fields[] = {"abcdef.0123456789abcdef",
                                         "https://192.168.1.10:6443",
                                         "naa.5002538d40a1b2c3",
                                         "10.244.0.0/16",
                                         "KEY4",
                                         "CRT3",
                                         "cluster.local",
                                         "v1alpha1\npersist",
                                         "type: controlplane"};
    struct kit k;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *colon = strncmp(fields[i], "type", 4) == 0 ? "type: !secret git-key" : "!secret git-key";
        open_controlplane(&k, fields[i],
                          strncmp(fields[i], "v1", 2) == 0 ? "!secret git-key\npersist" : colon);
        kit_render(&k);
        for (unsigned n = 0; n < k.errors.count; n++)
            assert_null(strstr(k.errors.items[n].text, "hunter2"));
        kit_close(&k);
    }
}

/* The real thing; main() leaves the test out where it does not lie beside the repository. */
#define REAL_FLUX "../shared/data/flux/gotk-components-v2.9.4.yaml"
static void the_real_flux_is_inlined_byte_for_byte(void **state)
{
    (void)state;
    FILE *f = fopen(REAL_FLUX, "rb");

    assert_non_null(f);
    char *text = mem_alloc(1 << 20);
    size_t n = fread(text, 1, 1 << 20, f);
    fclose(f);
    struct kit k;
    open_controlplane(&k, NULL, NULL);
    kit_bytes(&k, "20-flux-components", "gotk-components.yaml", text, n);
    kit_manifest(&k, "30-x", "bootstrap/x.yaml", git_secret);
    kit_bytes(&k, "40-flux-sync", "clusters/data/flux-system/gotk-sync.yaml", sync_yaml,
              sizeof sync_yaml - 1);
    if (kit_render(&k) != 0)
        fail_msg("%s", k.errors.items[0].text);
    struct document *docs = NULL;
    struct error e = {0};
    assert_int_equal(tree_read(k.pool, "out", k.out.machine_config.data, k.out.machine_config.len, &docs, &e),
                     0);
    assert_memory_equal(tree_get(tree_path(docs->root, "cluster.inlineManifests")->first, "contents")->text,
                        text, n);
    assert_non_null(
        strstr(k.out.plan_json.data, "97da4654bc11de5637d7f506b0a73707e1e6a1f7a8e9fa8e307063c0b9befa1f"));
    mem_free(text);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_configs_pass),
        cmocka_unit_test(each_field_that_a_useless_config_lacks_is_asked_for),
        cmocka_unit_test(malformed_fields_are_refused),
        cmocka_unit_test(a_worker_gets_no_key_of_the_cluster),
        cmocka_unit_test(a_document_and_the_field_that_it_replaces_exclude_each_other),
        cmocka_unit_test(manifests_are_inlined_and_laid_down_alike),
        cmocka_unit_test(the_sites_own_inline_manifests_stay_in_front),
        cmocka_unit_test(objects_are_judged),
        cmocka_unit_test(secrets_are_judged),
        cmocka_unit_test(bad_secrets_are_refused),
        cmocka_unit_test(flux_can_pull_from_git),
        cmocka_unit_test(a_sync_that_never_begins_is_refused),
        cmocka_unit_test(a_sync_is_read_as_kubernetes_reads_it),
        cmocka_unit_test(one_that_rests_is_refused_where_none_runs),
        cmocka_unit_test(a_field_that_flux_lacks_is_refused),
        cmocka_unit_test(flux_without_its_kinds_is_refused),
        cmocka_unit_test(flux_can_pull_from_anything),
        cmocka_unit_test(flux_operator_can_begin),
        cmocka_unit_test(an_instance_is_judged_by_its_own_definition),
        cmocka_unit_test(a_flux_release_brings_its_own_namespace),
        cmocka_unit_test(there_is_a_pod_network),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(bytes_that_are_no_manifest_are_refused),
        cmocka_unit_test(a_manifest_may_be_one_mebibyte),
        cmocka_unit_test(a_mistake_in_a_reference_is_not_followed_by_others),
        cmocka_unit_test(no_message_shows_a_secret),
        cmocka_unit_test(the_real_flux_is_inlined_byte_for_byte),
    };
    const size_t all = sizeof tests / sizeof *tests; /* the real one stands last */
    return _cmocka_run_group_tests("tests", tests, access(REAL_FLUX, R_OK) == 0 ? all : all - 1, NULL, NULL);
}
