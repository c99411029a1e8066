/* site.h: hearth.yaml judged whole, and reads that never leave the site. */
#include "site/site.h"

#include "base/file.h"
#include "site/ref.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SERIAL_AND_INSTALL \
    "{ serial: 790H8D2 }\n    install: { transport: sata, size: \">= 200GB\", wipe: true }\n"

static const char good[] = "apiVersion: hearth/v1\n"
                           "flux: { version: v2.9.4, from: file }\n"
                           "roles:\n"
                           "  data:\n"
                           "    cluster: data\n"
                           "    endpoint: https://192.168.1.10:6443\n"
                           "    vault: https://Homelab-Data.vault.azure.net/\n"
                           "    login: { tenant: 5f1c8d6e-0000-4000-8000-1234567890ab, client: "
                           "5F1C8D6E-0000-4000-8000-1234567890AC }\n"
                           "    vars: { gateway: 192.168.1.1, mtu: 1500 }\n"
                           "  apps:\n"
                           "    cluster: production\n"
                           "    endpoint: https://[fd00::1]:6443\n"
                           "    vault: https://homelab-prod.vault.usgovcloudapi.net:443\n"
                           "    login: { tenant: contoso.onmicrosoft.com, client: "
                           "5f1c8d6e-0000-4000-8000-1234567890ac, method: device-code }\n"
                           "nodes:\n"
                           "  - name: data-1\n"
                           "    role: data\n"
                           "    type: controlplane\n"
                           "    bootstrap: auto\n"
                           "    match: { serial: 790H8D2 }\n"
                           "    install: { transport: sata, size: \">= 200GB\", wipe: true }\n"
                           "    vars: { mtu: 9000 }\n"
                           "  - name: \"worker-{fact:serial}\"\n"
                           "    role: apps\n"
                           "    type: worker\n"
                           "    match: { board.product_name: 096JG8, disks: { transport: [sata, nvme] } }\n";

static char dir[] = "/tmp/hearth-test-site-XXXXXX";

static void put_bytes(const char *name, const char *text, size_t len)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    struct error e = {0};
    if (file_write(fd, name, text, len, 0600, &e) != 0)
        fail_msg("%s", e.text);
    (void)close(fd);
}

static void put(const char *name, const char *text)
{
    put_bytes(name, text, strlen(text));
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[sizeof dir + 16];
    (void)snprintf(command, sizeof command, "rm -rf %s", dir);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* The good file with one text replaced: "" keeps all, and old must stand there exactly once. */
static struct site *open_changed(const char *old, const char *new, struct errors *errors)
{
    const char *at = strstr(good, old);
    if (!at || (old[0] && strstr(at + 1, old)))
        fail_msg("not once in the file: %s", old);
    struct buf b = {0};
    buf_add(&b, good, (size_t)(at - good));
    buf_str(&b, new);
    buf_str(&b, at + strlen(old));
    put_bytes("hearth.yaml", b.data, b.len);
    buf_free(&b);
    memset(errors, 0, sizeof *errors);
    struct site *site = site_open(dir, errors);
    assert_true(!site == (errors->count > 0));
    return site;
}

static void test_good(void **state)
{
    struct errors errors;
    struct site *site = open_changed("", "", &errors);
    (void)state;
    if (!site)
        fail_msg("%s", errors.items[0].text);
    assert_null(site->warnings);
    assert_string_equal(site->flux.version, "v2.9.4");
    assert_int_equal(site->flux.from, FLUX_FILE);
    assert_int_equal(site->role_count, 2);
    const struct role *data = site_role(site, "data");
    const struct role *apps = site_role(site, "apps");
    assert_null(site_role(site, "production"));
    assert_string_equal(data->vault, "https://homelab-data.vault.azure.net");
    assert_string_equal(data->cloud.authority, "https://login.microsoftonline.com");
    assert_string_equal(data->cloud.resource, "https://vault.azure.net");
    assert_false(data->cloud.own);
    assert_int_equal(data->login.method, LOGIN_CERTIFICATE);
    assert_string_equal(apps->vault, "https://homelab-prod.vault.usgovcloudapi.net");
    assert_string_equal(apps->cloud.authority, "https://login.microsoftonline.us");
    assert_int_equal(apps->login.method, LOGIN_DEVICE_CODE);
    assert_int_equal(site->node_count, 2);
    assert_ptr_equal(site->nodes[0].role, data);
    assert_int_equal(site->nodes[0].type, MACHINE_CONTROLPLANE);
    assert_int_equal(site->nodes[0].bootstrap, BOOTSTRAP_AUTO);
    assert_true(site->nodes[0].wipe);
    assert_null(site->nodes[0].name_ref);
    assert_int_equal(site->nodes[0].install->count, 2);
    assert_null(tree_get(site->nodes[0].install, "wipe"));
    assert_int_equal(site->nodes[1].index, 1);
    assert_non_null(site->nodes[1].name_ref);
    assert_int_equal(site->nodes[1].pos.line, 23);
    assert_int_equal(site->nodes[1].bootstrap, BOOTSTRAP_NONE);
    assert_null(site->nodes[1].install);
    assert_true(tree_is(site_var(&site->nodes[0], "gateway"), "192.168.1.1"));
    assert_true(tree_is(site_var(&site->nodes[0], "mtu"), "9000"));
    assert_null(site_var(&site->nodes[1], "mtu"));
    site_close(site);
    site_close(NULL);
}

static void test_also_good(void **state)
{
    static const char *const rows[][2] = {
        {"https://192.168.1.10:6443", "https://data.homelab.lan:6443"},
        {"    vars: { gateway: 192.168.1.1, mtu: 1500 }\n",
         "    cloud: { authority: https://login.microsoftonline.com/, ca: certs/ca.pem }\n"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.cn\n    cloud: { authority: https://login.chinacloudapi.cn }\n"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.homelab.lan:8443\n    cloud: { authority: https://login.homelab.lan:8444, "
         "resource: https://vault.homelab.lan }\n"},
        {"from: file", "from: release"},
        {"bootstrap: auto", "bootstrap: manual"},
        {"    bootstrap: auto\n    match: { serial: 790H8D2 }",
         "    bootstrap: auto\n    match: { mac: \"00:00:5e:00:53:01\", system.family: \"*\" }"},
        {"    bootstrap: auto\n    match: { serial: 790H8D2 }",
         "    bootstrap: auto\n    match: { board.serial: \"/790H8D2/CN7016366100AB/\" }"},
        {"    bootstrap: auto\n    match: { serial: 790H8D2 }",
         "    bootstrap: auto\n    match: { serial: \"12345\", uuid: 4C4C4544-0039-3010-8048-B7C04F384432 }"},
        {"name: data-1", "name: DATA-1"},
        {"name: \"worker-{fact:serial}\"", "name: \"{fact:serial}-{fact:uuid}\""},
        {", wipe: true", ""},
        {"{ transport: sata, size: \">= 200GB\", wipe: true }", "{ wipe: false }"},
        {"type: worker", "type: controlplane\n    bootstrap: manual"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct errors errors;
        struct site *site = open_changed(rows[i][0], rows[i][1], &errors);
        if (!site)
            fail_msg("%s\n%s", rows[i][1], errors.items[0].text);
        assert_null(site->warnings);
        site_close(site);
    }
}

static void test_own_cloud(void **state)
{
    struct errors errors;
    struct site *site = open_changed(
        "https://Homelab-Data.vault.azure.net/\n",
        "https://v.vault.homelab.lan:8443\n    cloud: { authority: https://Login.homelab.lan:8444/, "
        "resource: https://vault.homelab.lan, ca: ca.pem }\n",
        &errors);
    (void)state;
    assert_non_null(site);
    assert_true(site->roles[0].cloud.own);
    assert_string_equal(site->roles[0].vault, "https://v.vault.homelab.lan:8443");
    assert_string_equal(site->roles[0].cloud.authority, "https://login.homelab.lan:8444");
    assert_string_equal(site->roles[0].cloud.resource, "https://vault.homelab.lan");
    assert_string_equal(site->roles[0].cloud.ca, "ca.pem");
    site_close(site);
}

static void test_refused(void **state)
{
    static const struct {
        const char *old;
        const char *new;
        enum error_code code;
        const char *place;
        const char *says;
    } rows[] = {
        {"hearth/v1", "hearth/v2", E_SITE_VERSION, "1:13", "\"hearth/v2\""},
        {"apiVersion: hearth/v1\n", "", E_SITE_VERSION, "1:1", "missing"},
        {"apiVersion: hearth/v1", "apiVersion: [hearth/v1]", E_SITE_VERSION, "1:13", "not text"},
        {"nodes:\n", "---\nnodes:\n", E_SITE_KIND, "15:1", "second document"},
        {"flux: {", "fulx: {}\nflux: {", E_SITE_KEY, "2:1", "the nearest is \"flux\""},
        {"flux: { version: v2.9.4, from: file }\n", "", E_SITE_REQUIRED, "1:1", "lacks \"flux\""},
        {"v2.9.4", "2.9.4", E_SITE_VALUE, "2:18", "v2.9.4"},
        {"v2.9.4", "v2.9", E_SITE_VALUE, "2:18", "form"},
        {"v2.9.4", "v2.9.4-rc.1", E_SITE_VALUE, "2:18", "form"},
        {"from: file", "from: git", E_SITE_VALUE, "2:32", "file or release"},
        {", from: file", "", E_SITE_REQUIRED, "2:7", "lacks \"from\""},
        {"from: file", "from: !fact serial", E_SITE_KIND, "2:32", "is a reference"},
        /* roles */
        {"  data:\n",
         "  Data: { cluster: d, endpoint: https://d:6443, vault: https://d.vault.azure.net,\n          "
         "login: { tenant: d.lan, "
         "client: 5f1c8d6e-0000-4000-8000-1234567890ac } }\n  data:\n",
         E_SITE_NAME, "4:3", "role \"Data\""},
        {"  data:\n", "  spare: text\n  data:\n", E_SITE_KIND, "4:10", "role spare must be a mapping"},
        {"cluster: data", "cluster: data_1", E_SITE_NAME, "5:14", "cluster"},
        {"    cluster: data\n", "", E_SITE_REQUIRED, "5:5", "role data lacks \"cluster\""},
        {"    cluster: data\n", "    clster: data\n    cluster: data\n", E_SITE_KEY, "5:5",
         "the nearest is \"cluster\""},
        {"cluster: data\n", "cluster: [data]\n", E_SITE_KIND, "5:14", "must be text"},
        {"cluster: data\n", "cluster:\n", E_SITE_REQUIRED, "5:", "is empty"},
        {"https://192.168.1.10:6443", "https://192.168.1.10", E_SITE_VALUE, "6:15", "no port"},
        {"https://192.168.1.10:6443", "http://192.168.1.10:6443", E_SITE_VALUE, "6:15", "https://"},
        {"https://192.168.1.10:6443", "https://192.168.1.10:6443/", E_SITE_VALUE, "6:15", "behind the host"},
        {"https://192.168.1.10:6443", "https://192.168.1.10:65536", E_SITE_VALUE, "6:15", "65535"},
        {"https://192.168.1.10:6443", "https://192.168.1.10:0", E_SITE_VALUE, "6:15", "65535"},
        {"https://192.168.1.10:6443", "https://192.168.1.256:6443", E_SITE_VALUE, "6:15",
         "neither a name nor an address"},
        {"https://192.168.1.10:6443", "https://u@host:6443", E_SITE_VALUE, "6:15", "neither"},
        {"https://192.168.1.10:6443", "https://a_b:6443", E_SITE_VALUE, "6:15", "neither"},
        {"https://192.168.1.10:6443", "https://:6443", E_SITE_VALUE, "6:15", "no host"},
        {"https://[fd00::1]:6443", "https://[fd00::g]:6443", E_SITE_VALUE, "12:15", "IPv6"},
        {"https://192.168.1.10:6443", "https://data.example:6443", E_SITE_PLACEHOLDER, "6:15",
         "data.example"},
        {"https://192.168.1.10:6443", "https://k8s.Example.COM:6443", E_SITE_PLACEHOLDER, "6:15", "example"},
        {"https://Homelab-Data.vault.azure.net/", "https://homelab.vault.example", E_SITE_PLACEHOLDER, "7:12",
         "example"},
        {"https://Homelab-Data.vault.azure.net/", "http://v.vault.azure.net", E_SITE_VALUE, "7:12",
         "https://"},
        {"https://Homelab-Data.vault.azure.net/", "https://v.vault.azure.net/secrets", E_SITE_VALUE, "7:12",
         "behind"},
        {"https://Homelab-Data.vault.azure.net/", "https://10.0.0.1", E_SITE_VALUE, "7:12", "address"},
        {"https://Homelab-Data.vault.azure.net/", "https://vault.azure.net", E_SITE_CLOUD, "7:12",
         "not below"},
        {"https://Homelab-Data.vault.azure.net/", "https://xvault.azure.net", E_SITE_CLOUD, "7:12",
         "not below"},
        {"https://Homelab-Data.vault.azure.net/", "https://v.vault.azure.net.evil.net", E_SITE_CLOUD, "7:12",
         "not below"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { resource: https://vault.azure.cn }\n", E_SITE_CLOUD, "7:12",
         "not below its cloud.resource"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { authority: https://login.microsoftonline.us }\n",
         E_SITE_CLOUD, "8:25", "login.microsoftonline.com"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { authority: https://login.evil.net }\n", E_SITE_CLOUD,
         "8:25", "login.evil.net"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { authority: https://login.evil.net, resource: "
         "https://vault.azure.net }\n",
         E_SITE_CLOUD, "8:25", "login.evil.net"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { resource: https://vault.azure.net:8443 }\n", E_SITE_VALUE,
         "8:24", "port"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { ca: ../ca.pem }\n", E_SITE_PATH, "8:18", "\"..\""},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { insecure: true }\n", E_SITE_KEY, "8:14",
         "no key \"insecure\""},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { ca_only: true }\n", E_SITE_VALUE, "8:23",
         "leaves no root that is trusted"},
        {"https://Homelab-Data.vault.azure.net/\n",
         "https://v.vault.azure.net\n    cloud: { ca: a.pem, ca_only: 1 }\n", E_SITE_VALUE, "8:34",
         "false or true"},
        {"tenant: 5f1c8d6e-0000-4000-8000-1234567890ab", "tenant: common", E_SITE_VALUE, "8:22", "no tenant"},
        {"tenant: 5f1c8d6e-0000-4000-8000-1234567890ab", "tenant: Organizations", E_SITE_VALUE, "8:22",
         "no tenant"},
        {"tenant: 5f1c8d6e-0000-4000-8000-1234567890ab", "tenant: consumers", E_SITE_VALUE, "8:22",
         "no tenant"},
        {"tenant: 5f1c8d6e-0000-4000-8000-1234567890ab", "tenant: mine", E_SITE_VALUE, "8:22",
         "neither a GUID nor a domain"},
        {"tenant: 5f1c8d6e-0000-4000-8000-1234567890ab", "tenant: a.b/c", E_SITE_VALUE, "8:22", "neither"},
        {"tenant: 5f1c8d6e-0000-4000-8000-1234567890ab", "tenant: 00000000-0000-0000-0000-000000000000",
         E_SITE_PLACEHOLDER, "8:22", "all-zero"},
        {"tenant: 5f1c8d6e-0000-4000-8000-1234567890ab", "tenant: homelab.example", E_SITE_PLACEHOLDER,
         "8:22", "example"},
        {"5F1C8D6E-0000-4000-8000-1234567890AC", "00000000-0000-0000-0000-000000000000", E_SITE_PLACEHOLDER,
         "8:", "\"client\""},
        {"5F1C8D6E-0000-4000-8000-1234567890AC", "5F1C8D6E-0000-4000-8000-1234567890A", E_SITE_VALUE,
         "8:", "not a GUID"},
        {"5F1C8D6E-0000-4000-8000-1234567890AC", "5F1C8D6E-0000-4000-8000-1234567890AG", E_SITE_VALUE,
         "8:", "not a GUID"},
        {"device-code", "password", E_SITE_VALUE,
         "14:", "certificate, secret, device-code, federated or tpm"},
        {"vars: { gateway: 192.168.1.1", "vars: { gateway: [192.168.1.1]", E_SITE_KIND, "9:22",
         "text or a number"},
        {"vars: { gateway: 192.168.1.1", "vars: { gateway: !secret x", E_SITE_KIND, "9:22",
         "text or a number"},
        {"vars: { gateway: 192.168.1.1", "vars: { gate.way: 192.168.1.1", E_SITE_VALUE, "9:13",
         "name of a variable"},
        /* entries */
        {"name: data-1", "name: data_1", E_SITE_NAME, "16:11", "cannot be a hostname"},
        {"name: data-1", "name: -data", E_SITE_NAME, "16:11", "cannot be a hostname"},
        {"name: data-1", "name: data-", E_SITE_NAME, "16:11", "cannot be a hostname"},
        {"name: data-1", "name: data.lan", E_SITE_NAME, "16:11", "cannot be a hostname"},
        {"name: data-1", "name: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg",
         E_SITE_NAME, "16:11", "1-63"},
        {"name: \"worker-{fact:serial}\"", "name: \"{fact:serial}-\"", E_SITE_NAME, "23:11",
         "cannot be a hostname"},
        {"name: \"worker-{fact:serial}\"", "name: \"{secret:serial}\"", E_SITE_NAME, "23:11", "facts only"},
        {"name: \"worker-{fact:serial}\"", "name: \"{node:role}\"", E_SITE_NAME, "23:11", "facts only"},
        {"name: \"worker-{fact:serial}\"", "name: \"{fact:sreial}\"", E_SITE_NAME, "23:11",
         "the nearest is \"serial\""},
        {"name: \"worker-{fact:serial}\"", "name: \"{fact:serial\"", E_SITE_NAME, "23:11", "without its }"},
        {"name: \"worker-{fact:serial}\"", "name: !format \"{fact:serial}\"", E_SITE_KIND, "23:11",
         "is a reference"},
        {"name: \"worker-{fact:serial}\"", "name: Data-1", E_SITE_DUPLICATE, "23:5",
         "the first is at line 16"},
        {"role: data\n", "role: dato\n", E_SITE_ROLE, "17:11", "the nearest is \"data\""},
        {"    role: data\n", "", E_SITE_REQUIRED, "16:5", "lacks \"role\""},
        {"type: worker", "type: controlpane", E_SITE_VALUE, "25:11", "controlplane or worker"},
        {"    type: worker\n", "", E_SITE_REQUIRED, "23:5", "lacks \"type\""},
        {"bootstrap: auto", "bootstrap: yes", E_SITE_VALUE, "19:16", "auto or manual"},
        {"    bootstrap: auto\n", "", E_SITE_BOOTSTRAP, "16:5", "none that bootstraps"},
        {"type: worker", "type: worker\n    bootstrap: manual", E_SITE_BOOTSTRAP, "26:5", "is a worker"},
        {"  - name: \"worker-{fact:serial}\"\n",
         "  - { name: data-2, role: data, type: controlplane, bootstrap: manual, match: { serial: A } }\n"
         "  - name: \"worker-{fact:serial}\"\n",
         E_SITE_BOOTSTRAP, "23:5", "bootstrapped twice"},
        {SERIAL_AND_INSTALL, "{ serial: \"790*\" }\n", E_SITE_GUARD, "19:16", "could be more than one box"},
        {SERIAL_AND_INSTALL, "{ serial: \"== 790\" }\n", E_SITE_GUARD, "19:16", "could be more"},
        {SERIAL_AND_INSTALL, "{ serial: System Serial Number }\n", E_SITE_GUARD, "19:16",
         "which many boxes share"},
        {SERIAL_AND_INSTALL, "{ uuid: 4C4C4544-0000-2010-8020-80C04F202020 }\n", E_SITE_GUARD, "19:16",
         "its match names uuid 4C4C4544-0000-2010-8020-80C04F202020, which stands for a blank service tag"},
        {SERIAL_AND_INSTALL, "{ board.serial: \"/790*\" }\n", E_SITE_GUARD, "19:16", "board.serial or mac"},
        {"bootstrap: auto\n    match: { serial: 790H8D2",
         "bootstrap: manual\n    match: { mac: \"88:88:88:88:87:88\"", E_SITE_GUARD, "21:51",
         "may wipe a disk but could be more than one box: its match names mac"},
        {SERIAL_AND_INSTALL, "{ serial: [790H8D2] }\n", E_SITE_GUARD, "19:16", "could be more"},
        {SERIAL_AND_INSTALL, "{ system.family: amd64 }\n", E_SITE_GUARD, "19:16", "could be more"},
        {"bootstrap: auto\n    match: { serial: 790H8D2", "bootstrap: manual\n    match: { serial: \"790?\"",
         E_SITE_GUARD, "21:51", "may wipe"},
        {"    match: { serial: 790H8D2 }\n", "", E_SITE_REQUIRED, "16:5", "lacks \"match\""},
        {"{ serial: 790H8D2 }", "{}", E_SITE_MATCH, "20:12", "would be every box"},
        {"{ serial: 790H8D2 }", "[serial]", E_SITE_KIND, "20:12", "a mapping"},
        {"board.product_name: 096JG8", "serial: ", E_SITE_MATCH, "26:", "is empty"},
        {"serial: 790H8D2", "serial: CHANGE-ME", E_SITE_PLACEHOLDER, "20:22", "CHANGE-ME"},
        {"board.product_name: 096JG8", "serial: [A, CHANGE-ME-2]", E_SITE_PLACEHOLDER, "26:26", "CHANGE-ME"},
        {"board.product_name: 096JG8", "serail: 790H8D2", E_SITE_MATCH, "26:14", "the nearest is \"serial\""},
        {"serial: 790H8D2", "serial: 790H8D2, memory.size_mib: \">= lots\"", E_SITE_MATCH, "20:", "lots"},
        {"board.product_name: 096JG8", "board.product_name: []", E_SITE_MATCH, "26:34", "empty list"},
        {"board.product_name: 096JG8", "board.product_name: [a, [b]]", E_SITE_KIND, "26:38",
         "a list of texts"},
        {"board.product_name: 096JG8", "board.product_name: !file x", E_SITE_KIND, "26:34", "text"},
        {"disks: { transport: [sata, nvme] }", "disks: { transprot: sata }", E_SITE_MATCH,
         "26:", "disks.transprot"},
        {"disks: { transport: [sata, nvme] }", "disks: {}", E_SITE_MATCH, "26:", "no condition"},
        {"disks: { transport: [sata, nvme] }", "disks: { transport: {a: b} }", E_SITE_KIND,
         "26:", "disks.transport"},
        {"transport: sata,", "name: sda,", E_SITE_KEY, "21:16", "the order of sda"},
        {"transport: sata,", "dev_path: /dev/sda,", E_SITE_KEY, "21:16", "the order of sda"},
        {"transport: sata,", "removable: true,", E_SITE_KEY, "21:16", "never installs"},
        {"transport: sata,", "transprt: sata,", E_SITE_KEY, "21:16", "the nearest is \"transport\""},
        {"size: \">= 200GB\"", "size: \">= 200XB\"", E_SITE_MATCH, "21:39", "XB"},
        {"wipe: true", "wipe: maybe", E_SITE_VALUE, "21:57", "false or true"},
        {"vars: { mtu: 9000 }", "vars: 9000", E_SITE_KIND, "22:11", "a mapping"},
        {"vars: { mtu: 9000 }", "vasr: { mtu: 9000 }", E_SITE_KEY, "22:5", "the nearest is \"vars\""},
        /* what stops the parse */
        {"    cluster: data\n", "    cluster: data\n    cluster: data\n", E_YAML_REFUSED, "6:5",
         "first at line 5"},
        {"  apps:\n", "  data:\n", E_YAML_REFUSED, "10:3", "first at line 4"},
        {"    cluster: data\n", "\tcluster: data\n", E_YAML_SYNTAX, "5:1", ""},
    };

    (void)state;
    unsigned failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct errors errors;
        struct site *site = open_changed(rows[i].old, rows[i].new, &errors);
        const struct error *first = errors.items;
        if (site) {
            print_error("accepted: %s\n", rows[i].new);
            failed++;
            site_close(site);
            continue;
        }
        char place[32];
        (void)snprintf(place, sizeof place, "hearth.yaml:%s", rows[i].place);
        if (errors.count != 1 || first->code != rows[i].code ||
            strncmp(first->text, place, strlen(place)) != 0 || !strstr(first->text, rows[i].says)) {
            print_error("%s\nwanted one: %s: %s: %s\n", rows[i].new, error_info(rows[i].code).slug, place,
                        rows[i].says);
            for (unsigned k = 0; k < errors.count; k++)
                print_error("got %s: %s\n", error_info(errors.items[k].code).slug, errors.items[k].text);
            failed++;
        }
        errors_free(&errors);
    }
    assert_int_equal(failed, 0);
}

static void test_all_mistakes_at_once(void **state)
{
    (void)state;
    struct errors errors;
    assert_null(open_changed("  - name: \"worker-{fact:serial}\"\n    role: apps\n    type: worker\n",
                             "  - name: a_b\n    role: app\n    type: w\n    extra: 1\n", &errors));
    assert_int_equal(errors.count, 4);
    errors_free(&errors);
}

static void test_no_more_than_twenty(void **state)
{
    (void)state;
    struct buf b = {0};
    for (unsigned i = 0; i < 25; i++)
        buf_printf(&b, "key%u: 1\n", i);
    buf_str(&b, "nodes:\n");
    struct errors errors;
    assert_null(open_changed("nodes:\n", b.data, &errors));
    assert_int_equal(errors.count, ERRORS_MAX);
    assert_int_equal(errors.dropped, 5);
    buf_free(&b);
    errors_free(&errors);
}

static void warn(const char *old, const char *new, enum error_code code, const char *says)
{
    struct errors errors;
    struct site *site = open_changed(old, new, &errors);
    if (!site)
        fail_msg("%s", errors.items[0].text);
    if (code == E_NONE) {
        assert_null(site->warnings);
    } else {
        assert_non_null(site->warnings);
        assert_null(site->warnings->next);
        assert_int_equal(site->warnings->code, code);
        if (!strstr(site->warnings->text, says))
            fail_msg("%s", site->warnings->text);
    }
    site_close(site);
}

static void test_warnings(void **state)
{
    static const char last[] = "disks: { transport: [sata, nvme] } }\n";
    static const struct {
        const char *match;
        enum error_code code;
    } rows[] = {
        {"{ serial: 790h8d2, system.family: amd64 }", E_SITE_SHADOWED},
        {"{ board.product_name: 096jg8, system.family: amd64, disks: { transport: [sata, nvme] } }",
         E_SITE_SHADOWED},
        {"{ board.product_name: 096JG8, disks: { transport: [nvme, sata] } }", E_NONE},
        {"{ board.product_name: 096JG8, disks: { transport: [sata, nvme], size: \">= 1GB\" } }", E_NONE},
        {"{ board.product_name: 096JG8 }", E_NONE},
        {"{ serial: \"790*\" }", E_NONE},
    };

    (void)state;
    char text[512];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(text, sizeof text, "%s  - { name: x, role: apps, type: worker, match: %s }\n", last,
                       rows[i].match);
        warn(last, text, rows[i].code, "entry x can never match");
    }
    (void)snprintf(text, sizeof text,
                   "%s  - { name: x, role: data, type: controlplane, match: { serial: A } }\n", last);
    warn(last, text, E_SITE_EVEN, "2 control planes");
    (void)snprintf(
        text, sizeof text,
        "%s  - { name: \"x-{fact:serial}\", role: data, type: controlplane, match: { system.family: A } }\n",
        last);
    warn(last, text, E_NONE, "");
}

static void refuse_size(const char *old, const char *new)
{
    struct errors errors;
    assert_null(open_changed(old, new, &errors));
    assert_int_equal(errors.items[0].code, E_SITE_VALUE);
    errors_free(&errors);
}

static void test_sizes(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_str(&b, "nodes:\n");
    for (unsigned i = 0; i < SITE_NODES_MAX; i++)
        buf_printf(&b, "  - { name: n%u, role: apps, type: worker, match: { serial: S%u } }\n", i, i);
    refuse_size("nodes:\n", b.data);
    buf_free(&b);
    buf_str(&b, "roles:\n");
    for (unsigned i = 0; i < SITE_ROLES_MAX; i++)
        buf_printf(&b, "  r%u: {}\n", i);
    refuse_size("roles:\n", b.data);
    buf_free(&b);
    buf_str(&b, "serial: 790H8D2");
    for (unsigned i = 0; i < 32; i++)
        buf_printf(&b, ", k%u: x", i);
    struct errors errors;
    assert_null(open_changed("serial: 790H8D2", b.data, &errors));
    assert_int_equal(errors.items[errors.count - 1].code, E_SITE_MATCH);
    buf_free(&b);
    errors_free(&errors);
    put("hearth.yaml",
        "apiVersion: hearth/v1\nflux: { version: v1.2.3, from: file }\nroles: {}\nnodes: []\n");
    assert_null(site_open(dir, &errors));
    assert_int_equal(errors.count, 2);
    errors_free(&errors);
    put("hearth.yaml", "# nothing\n");
    assert_null(site_open(dir, &errors));
    assert_int_equal(errors.items[0].code, E_SITE_REQUIRED);
    errors_free(&errors);
    put("hearth.yaml", "[a]\n");
    assert_null(site_open(dir, &errors));
    assert_int_equal(errors.items[0].code, E_SITE_KIND);
    errors_free(&errors);
}

static void test_no_site(void **state)
{
    (void)state;
    struct errors errors = {0};
    assert_null(site_open("no/such/dir", &errors));
    assert_int_equal(errors.items[0].code, E_SITE_MISSING);
    errors_free(&errors);
    assert_int_equal(mkdir("empty", 0700), 0);
    assert_null(site_open("empty", &errors));
    assert_int_equal(errors.items[0].code, E_SITE_MISSING);
    assert_non_null(strstr(errors.items[0].text, "empty has no hearth.yaml"));
    errors_free(&errors);
    assert_int_equal(rmdir("empty"), 0);
}

static void read_refused(const struct site *site, const char *path, enum error_code code)
{
    struct buf out = {0};
    struct error e = {0};
    bool missing = true;
    if (site_read(site, path, &out, &missing, &e) == 0)
        fail_msg("read: %s", path);
    assert_false(missing);
    if (e.code != code)
        fail_msg("%s: %s", path, e.text);
    buf_free(&out);
}

static void test_read(void **state)
{
    struct errors errors;
    struct site *site = open_changed("", "", &errors);
    char *big = mem_alloc(SITE_FILE_MAX + 1);
    (void)state;
    assert_int_equal(mkdir("talos", 0700), 0);
    put("talos/a.yaml", "a: 1\n");
    assert_int_equal(symlink("a.yaml", "talos/link.yaml"), 0);
    assert_int_equal(symlink("../hearth.yaml", "talos/up.yaml"), 0);
    assert_int_equal(symlink("../../etc/passwd", "talos/out.yaml"), 0);
    assert_int_equal(symlink("/etc/passwd", "talos/absolute.yaml"), 0);
    assert_int_equal(symlink("/etc", "etc"), 0);
    assert_int_equal(symlink("nowhere", "talos/dangling.yaml"), 0);
    assert_int_equal(symlink("loop.yaml", "talos/loop.yaml"), 0);
    assert_int_equal(symlink("/proc/self/fd/0", "talos/magic.yaml"), 0);
    assert_int_equal(mkdir("talos/dir.yaml", 0700), 0);
    assert_int_equal(mkfifo("talos/fifo.yaml", 0600), 0);
    put_bytes("big", big, SITE_FILE_MAX + 1);
    put_bytes("full", big, SITE_FILE_MAX);
    mem_free(big);

    struct buf out = {0};
    struct error e = {0};
    assert_int_equal(site_read(site, "talos/a.yaml", &out, NULL, &e), 0);
    bool missing = false;
    assert_int_equal(site_read(site, "talos/link.yaml", &out, &missing, &e), 0);
    assert_string_equal(out.data, "a: 1\na: 1\n");
    assert_int_equal(site_read(site, "talos/up.yaml", &out, &missing, &e), 0);
    buf_free(&out);
    assert_int_equal(site_read(site, "full", &out, &missing, &e), 0);
    assert_int_equal(out.len, SITE_FILE_MAX);
    buf_free(&out);

    read_refused(site, "../x", E_SITE_PATH);
    read_refused(site, "talos/../../x", E_SITE_PATH);
    read_refused(site, "/etc/passwd", E_SITE_PATH);
    read_refused(site, "", E_SITE_PATH);
    read_refused(site, "talos/", E_SITE_PATH);
    read_refused(site, "talos/out.yaml", E_SITE_PATH);
    read_refused(site, "talos/absolute.yaml", E_SITE_PATH);
    read_refused(site, "etc/passwd", E_SITE_PATH);
    read_refused(site, "talos/loop.yaml", E_SITE_PATH);
    read_refused(site, "talos/magic.yaml", E_SITE_PATH);
    read_refused(site, "talos/dangling.yaml", E_FILE_READ);
    read_refused(site, "talos/dir.yaml", E_FILE_READ);
    read_refused(site, "talos/fifo.yaml", E_FILE_READ);
    read_refused(site, "talos/a.yaml/b", E_FILE_READ);
    read_refused(site, "big", E_FILE_TOO_LARGE);

    e.code = E_NONE;
    assert_int_equal(site_read(site, "talos/none.yaml", &out, &missing, &e), -1);
    assert_true(missing);
    assert_int_equal(e.code, E_NONE);
    assert_int_equal(site_read(site, "talos/none.yaml", &out, NULL, &e), -1);
    assert_int_equal(e.code, E_FILE_READ);
    buf_free(&out);
    site_close(site);
}

/* A kernel before 5.6, or a container that hides the call: then no link is followed at all. */
static bool forbid_openat2(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int read_code(const struct site *site, const char *path)
{
    struct buf out = {0};
    struct error e = {0};
    int failed = site_read(site, path, &out, NULL, &e);
    buf_free(&out);
    return failed == 0 ? E_NONE : (int)e.code;
}

static void test_read_without_openat2(void **state)
{
    struct errors errors;
    struct site *site = open_changed("", "", &errors);
    (void)state;
    assert_int_equal(mkdir("old", 0700), 0);
    put("old/a.yaml", "a: 1\n");
    assert_int_equal(symlink("a.yaml", "old/link.yaml"), 0);
    assert_int_equal(symlink("old", "olden"), 0);
    assert_int_equal(symlink("/etc/passwd", "old/out.yaml"), 0);
    pid_t child = fork();
    if (child == 0) {
        if (!forbid_openat2())
            _exit(77);
        _exit(read_code(site, "old/a.yaml") != E_NONE               ? 1
                  : read_code(site, "old/link.yaml") != E_SITE_PATH ? 2
                  : read_code(site, "old/out.yaml") != E_SITE_PATH  ? 3
                  : read_code(site, "old/none.yaml") != E_FILE_READ ? 4
                  : read_code(site, "../passwd") != E_SITE_PATH     ? 5
                  : read_code(site, "olden/a.yaml") == E_NONE       ? 6
                                                                    : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    site_close(site);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_tree_and_list(void **state)
{
    struct errors errors;
    struct site *site = open_changed("", "", &errors);
    (void)state;
    assert_int_equal(mkdir("list", 0700), 0);
    assert_int_equal(mkdir("list/dir.yaml", 0700), 0);
    put("list/b.yaml", "b: [\n");
    put("list/a.yaml", "a: 1\n");
    put("list/.hidden.yaml", "");
    put("list/note.txt", "");
    assert_int_equal(symlink("a.yaml", "list/c.yaml"), 0);
    assert_int_equal(symlink("nowhere", "list/d.yaml"), 0);
    assert_int_equal(symlink("dir.yaml", "list/e.yaml"), 0);
    struct error e = {0};
    const char **names = NULL;
    assert_int_equal(site_list(site, site->pool, "list", ".yaml", &names, &e), 0);
    assert_string_equal(names[0], "a.yaml");
    assert_string_equal(names[1], "b.yaml");
    assert_string_equal(names[2], "c.yaml");
    assert_string_equal(names[3], "d.yaml");
    assert_string_equal(names[4], "dir.yaml");
    assert_string_equal(names[5], "e.yaml");
    assert_null(names[6]);
    assert_int_equal(site_list(site, site->pool, "none", ".yaml", &names, &e), 0);
    assert_null(names[0]);
    assert_int_equal(site_list(site, site->pool, "../", ".yaml", &names, &e), -1);
    assert_int_equal(e.code, E_SITE_PATH);
    assert_int_equal(site_list(site, site->pool, "hearth.yaml", ".yaml", &names, &e), -1);
    assert_int_equal(e.code, E_FILE_READ);
    struct document *doc = NULL;
    bool missing = false;
    assert_int_equal(site_tree(site, site->pool, "list/a.yaml", &doc, NULL, &missing, &e), 0);
    assert_string_equal(tree_get(doc->root, "a")->pos.file, "list/a.yaml");
    assert_int_equal(site_tree(site, site->pool, "list/b.yaml", &doc, NULL, &missing, &e), -1);
    assert_int_equal(e.code, E_YAML_SYNTAX);
    assert_null(doc);
    assert_int_equal(site_tree(site, site->pool, "list/z.yaml", &doc, NULL, &missing, &e), -1);
    assert_true(missing);
    site_close(site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_also_good),
        cmocka_unit_test(test_own_cloud),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_all_mistakes_at_once),
        cmocka_unit_test(test_no_more_than_twenty),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_site),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_without_openat2),
        cmocka_unit_test(test_tree_and_list),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
