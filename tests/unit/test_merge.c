/* merge.h: overlays over a base, each result told from Talos's own patcher (tests/conformance runs these
 * rules through it). */
#include "site/merge.h"

#include "base/buf.h"
#include "site/ref.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Flow YAML without quotes: enough to compare trees. */
static void print(struct buf *b, const struct tree_node *node)
{
    char text[256];
    if (node->ref) {
        buf_str(b, ref_print(text, sizeof text, node->ref));
        return;
    }
    if (node->kind == TREE_SCALAR) {
        buf_str(b, node->text);
        return;
    }
    buf_char(b, node->kind == TREE_MAP ? '{' : '[');
    for (const struct tree_node *child = node->first; child; child = child->next) {
        if (node->kind == TREE_MAP)
            buf_printf(b, "%s: ", child->key->text);
        print(b, child);
        if (child->next)
            buf_str(b, ", ");
    }
    buf_char(b, node->kind == TREE_MAP ? '}' : ']');
}

static struct document *read_text(struct pool *pool, const char *name, const char *text)
{
    struct document *doc = NULL;
    struct error e = {0};
    if (tree_read(pool, name, text, strlen(text), &doc, &e) != 0)
        fail_msg("%s", e.text);
    return doc;
}

static void expect(const char *base, const char *overlay, const char *wanted)
{
    struct pool *pool = pool_new();
    struct document *docs = read_text(pool, "base.yaml", base);
    struct error e = {0};
    if (merge_documents(pool, &docs, read_text(pool, "over.yaml", overlay), NULL, &e) != 0)
        fail_msg("%s\n%s", overlay, e.text);
    struct buf got = {0};
    for (; docs; docs = docs->next) {
        print(&got, docs->root);
        if (docs->next)
            buf_str(&got, " --- ");
    }
    if (strcmp(got.data ? got.data : "", wanted) != 0)
        fail_msg("%s\n+ %s\nwanted %s\ngot    %s", base, overlay, wanted, got.data);
    buf_free(&got);
    pool_free(pool);
}

static void test_merged(void **state)
{
    static const char *const rows[][3] = {
        /* maps, scalars, lists */
        {"machine: {a: 1}", "machine: {b: 2}", "{machine: {a: 1, b: 2}}"},
        {"machine: {a: 1, b: 2}", "machine: {a: 3}", "{machine: {a: 3, b: 2}}"},
        {"machine: {a: {b: {c: 1}}}", "machine: {a: {b: {d: 2}}}", "{machine: {a: {b: {c: 1, d: 2}}}}"},
        {"machine: {l: [a]}", "machine: {l: [b, a]}", "{machine: {l: [a, b, a]}}"},
        {"machine: {l: [{name: a}]}", "machine: {l: [{name: a}]}", "{machine: {l: [{name: a}, {name: a}]}}"},
        {"machine: {l: [a]}", "machine: {l: []}", "{machine: {l: [a]}}"},
        {"machine: {m: {a: b}}", "machine: {m: {}}", "{machine: {m: {a: b}}}"},
        /* what sets nothing */
        {"machine: {a: b}", "machine: {a: ~}", "{machine: {a: b}}"},
        {"machine: {a: b}", "machine: {a: null, n: null}", "{machine: {a: b}}"},
        {"machine: {a: b}", "machine: {a: }", "{machine: {a: b}}"},
        {"machine: {a: b}", "machine: {a: ''}", "{machine: {a: b}}"},
        {"machine: {a: b}", "machine: {n: ''}", "{machine: {a: b, n: }}"},
        {"machine: {a: {b: c}}", "machine: {a: ~}", "{machine: {a: {b: c}}}"},
        {"machine: {a: [b]}", "machine: {a: }", "{machine: {a: [b]}}"},
        {"machine: {a: 5}", "machine: {a: 0}", "{machine: {a: 5}}"},
        {"machine: {a: 5}", "machine: {a: 0x0}", "{machine: {a: 5}}"},
        {"machine: {time: {bootTimeout: 2m}}", "machine: {time: {bootTimeout: 0s}}",
         "{machine: {time: {bootTimeout: 2m}}}"},
        {"machine: {a: true}", "machine: {a: false}", "{machine: {a: false}}"},
        {"machine: {a: \"5\"}", "machine: {a: \"0\"}", "{machine: {a: 0}}"},
        {"machine: {a: text}", "machine: {a: 0}", "{machine: {a: 0}}"},
        {"machine: {a: b}", "machine: {a: 'null'}", "{machine: {a: null}}"},
        {"machine: {sysctls: {vm.x: 5}}", "machine: {sysctls: {vm.x: 0}}", "{machine: {sysctls: {vm.x: 0}}}"},
        {"machine: {a: ~}", "machine: {a: {b: c}}", "{machine: {a: {b: c}}}"},
        /* the table */
        {"cluster: {network: {podSubnets: [a]}}", "cluster: {network: {podSubnets: [b]}}",
         "{cluster: {network: {podSubnets: [b]}}}"},
        {"cluster: {network: {serviceSubnets: [a]}}", "cluster: {network: {serviceSubnets: ~}}",
         "{cluster: {network: {serviceSubnets: [a]}}}"},
        {"cluster: {apiServer: {auditPolicy: {a: b}}}", "cluster: {apiServer: {auditPolicy: {c: d}}}",
         "{cluster: {apiServer: {auditPolicy: {c: d}}}}"},
        {"cluster: {apiServer: {auditPolicy: {a: b}}}", "cluster: {apiServer: {auditPolicy: {}}}",
         "{cluster: {apiServer: {auditPolicy: {a: b}}}}"},
        {"cluster: {apiServer: {extraArgs: {a: [x], b: y, c: z}}}",
         "cluster: {apiServer: {extraArgs: {a: [w], b: [v], c: ''}}}",
         "{cluster: {apiServer: {extraArgs: {a: [w], b: [v], c: }}}}"},
        {"cluster: {network: {cni: {flannel: {extraArgs: [a]}}}}",
         "cluster: {network: {cni: {flannel: {extraArgs: [b]}}}}",
         "{cluster: {network: {cni: {flannel: {extraArgs: [a, b]}}}}}"},
        {"machine: {network: {interfaces: [{interface: a, mtu: 1, addresses: [x]}, {interface: b}]}}",
         "machine: {network: {interfaces: [{interface: a, mtu: 2, addresses: [y]}, {interface: c}]}}",
         "{machine: {network: {interfaces: [{interface: a, mtu: 2, addresses: [x, y]}, {interface: b}, "
         "{interface: c}]}}}"},
        {"machine: {network: {interfaces: [{deviceSelector: {driver: a, busPath: b}, mtu: 1}]}}",
         "machine: {network: {interfaces: [{deviceSelector: {busPath: b, driver: a}, mtu: 2}, "
         "{deviceSelector: {driver: a}}]}}",
         "{machine: {network: {interfaces: [{deviceSelector: {driver: a, busPath: b}, mtu: 2}, "
         "{deviceSelector: {driver: a}}]}}}"},
        /* a selector with physical: is never the same as another */
        {"machine: {network: {interfaces: [{deviceSelector: {physical: true}, mtu: 1}]}}",
         "machine: {network: {interfaces: [{deviceSelector: {physical: true}, mtu: 2}]}}",
         "{machine: {network: {interfaces: [{deviceSelector: {physical: true}, mtu: 1}, "
         "{deviceSelector: {physical: true}, mtu: 2}]}}}"},
        {"machine: {network: {interfaces: [{interface: a, vlans: [{vlanId: 5, mtu: 1}]}]}}",
         "machine: {network: {interfaces: [{interface: a, vlans: [{vlanId: 5, dhcp: true}, {vlanId: 6}]}]}}",
         "{machine: {network: {interfaces: [{interface: a, vlans: [{vlanId: 5, mtu: 1, dhcp: true}, {vlanId: "
         "6}]}]}}}"},
        {"cluster: {apiServer: {admissionControl: [{name: p, configuration: {a: 1, l: [x]}}]}}",
         "cluster: {apiServer: {admissionControl: [{name: p, configuration: {a: 2, l: [y]}}, {name: q}]}}",
         "{cluster: {apiServer: {admissionControl: [{name: p, configuration: {a: 2, l: [x, y]}}, {name: "
         "q}]}}}"},
        {"machine: {ca: {crt: a, key: b}}", "machine: {ca: {crt: c}}", "{machine: {ca: {crt: c}}}"},
        {"apiVersion: v1alpha1\nkind: ImageVerificationConfig\nrules: [{image: a, deny: true}]",
         "apiVersion: v1alpha1\nkind: ImageVerificationConfig\nrules: [{image: a, skip: true}]",
         "{apiVersion: v1alpha1, kind: ImageVerificationConfig, rules: [{image: a, skip: true}]}"},
        {"apiVersion: v1alpha1\nkind: VolumeConfig\nname: E\nprovisioning: {diskSelector: {match: x}, "
         "minSize: 1, maxSize: 2}",
         "apiVersion: v1alpha1\nkind: VolumeConfig\nname: E\nprovisioning: {grow: true}",
         "{apiVersion: v1alpha1, kind: VolumeConfig, name: E, provisioning: {diskSelector: {}, maxSize: 2, "
         "grow: true}}"},
        {"apiVersion: v1alpha1\nkind: EthernetConfig\nname: e\nrings: {rx: 5}",
         "apiVersion: v1alpha1\nkind: EthernetConfig\nname: e\nrings: {rx: 0}",
         "{apiVersion: v1alpha1, kind: EthernetConfig, name: e, rings: {rx: 0}}"},
        /* a key with nothing behind it is there, over a value it sets nothing; booleans become false */
        {"machine: {nodeLabels: {a: b}}", "machine: {nodeLabels: {\"x/y\": , a: ~}}",
         "{machine: {nodeLabels: {a: b, x/y: }}}"},
        {"cluster: {apiServer: {extraArgs: {a: x}}}", "cluster: {apiServer: {extraArgs: {a: ~, b: }}}",
         "{cluster: {apiServer: {extraArgs: {a: ~, b: }}}}"},
        {"apiVersion: v1alpha1\nkind: EthernetConfig\nname: e\nfeatures: {a: true}",
         "apiVersion: v1alpha1\nkind: EthernetConfig\nname: e\nfeatures: {a: ~, b: ~}",
         "{apiVersion: v1alpha1, kind: EthernetConfig, name: e, features: {a: false, b: ~}}"},
        {"apiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: block",
         "apiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: accept",
         "{apiVersion: v1alpha1, kind: NetworkDefaultActionConfig, ingress: block}"},
        {"apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: a\nurl: tcp://a.example:5000/",
         "apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: a\nurl: tcp://b.example:5000",
         "{apiVersion: v1alpha1, kind: KmsgLogConfig, name: a, url: tcp://b.example:5000/}"},
        {"apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: u\nfilesystem: {xfs: {minAllocationGroupSize: "
         "128GiB}}",
         "apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: u\nfilesystem: {xfs: {}}",
         "{apiVersion: v1alpha1, kind: UserVolumeConfig, name: u, filesystem: {xfs: {}}}"},
        {"apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: u\nprovisioning: {maxSize: 10GiB}",
         "apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: u\nprovisioning: {maxSize: 20%}",
         "{apiVersion: v1alpha1, kind: UserVolumeConfig, name: u, provisioning: {maxSize: 10GiB}}"},
        /* documents */
        {"machine: {a: 1}\n---\napiVersion: v1\nkind: K\nname: x\nv: 1\n---\napiVersion: v1\nkind: K\nname: "
         "y\nv: 1\n",
         "apiVersion: v1\nkind: K\nname: y\nv: 2\n---\n---\napiVersion: v1\nkind: K\nname: z\n---\ncluster: "
         "{b: 1}\n",
         "{machine: {a: 1}, cluster: {b: 1}} --- {apiVersion: v1, kind: K, name: x, v: 1} --- "
         "{apiVersion: v1, kind: K, name: y, v: 2} --- {apiVersion: v1, kind: K, name: z}"},
        {"", "machine: {a: 1}", "{machine: {a: 1}}"},
        {"machine: {a: 1}", "", "{machine: {a: 1}}"},
        {"apiVersion: v1\nkind: K\na: 1\n", "apiVersion: v2\nkind: K\na: 2\n",
         "{apiVersion: v1, kind: K, a: 1} --- {apiVersion: v2, kind: K, a: 2}"},
        /* deletes */
        {"machine: {a: 1, b: 2}", "machine: {a: {$patch: delete}, c: 3}", "{machine: {b: 2, c: 3}}"},
        {"machine: {a: {x: y}, b: [z]}", "machine: {a: {\"$patch\": \"delete\"}, b: {$patch: delete}}",
         "{machine: {}}"},
        {"machine: {a: {x: y}}", "machine: {a: {x: {$patch: delete}}}", "{machine: {a: {}}}"},
        {"machine: {l: [{name: a, v: 1}, {name: b}, {name: a, v: 2}]}",
         "machine: {l: [{name: a, $patch: delete}]}", "{machine: {l: [{name: b}, {name: a, v: 2}]}}"},
        {"machine: {l: [{name: a}]}", "machine: {l: [{$patch: delete, name: a}, {name: c}]}",
         "{machine: {l: [{name: c}]}}"},
        {"machine: {a: 1}\n---\napiVersion: v1\nkind: K\n", "apiVersion: v1\nkind: K\n$patch: delete\n",
         "{machine: {a: 1}}"},
        {"machine: {a: 1}", "apiVersion: v1\nkind: K\n$patch: delete\n", "{machine: {a: 1}}"},
        {"machine: {kubelet: {}}", "machine: {kubelet: {image: {$patch: delete}}}",
         "{machine: {kubelet: {}}}"},
        {"machine: {a: 1}", "apiVersion: v1\nkind: K\nx: {$patch: delete}\n",
         "{machine: {a: 1}} --- {apiVersion: v1, kind: K}"},
        /* references */
        {"machine: {a: !secret x}", "machine: {a: b}", "{machine: {a: b}}"},
        {"machine: {a: b}", "machine: {a: !secret x}", "{machine: {a: !secret x}}"},
        {"machine: {a: !secret x}", "machine: {a: !file y}", "{machine: {a: !file y}}"},
        {"machine: {a: !secret x}", "machine: {a: ''}", "{machine: {a: !secret x}}"},
        {"machine: {a: !secret x}", "machine: {a: ~}", "{machine: {a: !secret x}}"},
        {"machine: {d: {size: 1}}", "machine: {d: !node install.disk}", "{machine: {d: !node install.disk}}"},
        {"machine: {d: !node install.disk}", "machine: {d: {size: 1}}", "{machine: {d: {size: 1}}}"},
        {"machine: {l: [a]}", "machine: {l: [!secret x]}", "{machine: {l: [a, !secret x]}}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(rows[i][0], rows[i][1], rows[i][2]);
}

static void test_refused(void **state)
{
    static const char *const rows[][4] = {
        {"machine: {a: [b]}", "machine: {a: {b: c}}",
         "over.yaml:1:14: ", "a mapping here and a list at base.yaml:1"},
        {"machine: {a: {b: c}}", "machine: {a: [b]}", "over.yaml:1:14: ", "a list here and a mapping"},
        {"machine: {a: {b: c}}", "machine: {a: b}", "over.yaml:1:14: ", "a single value here and a mapping"},
        {"machine: {a: [b]}", "machine: {a: b}", "over.yaml:1:14: ", "a single value here and a list"},
        {"machine: {a: b}", "machine: {a: {}}", "over.yaml:1:14: ", "a mapping here and a single value"},
        {"machine: {a: b}", "machine: {a: []}", "over.yaml:1:14: ", "a list here and a single value"},
        {"machine: [a]", "machine: {a: b}", "over.yaml:1:10: ", "\"machine\""},
        {"cluster: {network: {podSubnets: [a]}}", "cluster: {network: {podSubnets: a}}",
         "over.yaml:1:33: ", "podSubnets"},
        {"machine: {a: !secret x}", "machine: {a: {b: c}}",
         "over.yaml:1:14: ", "a mapping here and a reference"},
        {"machine: {a: !secret x}", "machine: {a: [b]}", "over.yaml:1:14: ", "a list here and a reference"},
        {"machine: {a: {b: c}}", "machine: {a: !secret x}",
         "over.yaml:1:14: ", "a reference here and a mapping"},
        {"machine: {a: [b]}", "machine: {a: !node install.disk}",
         "over.yaml:1:14: ", "a reference here and a list"},
        {"machine: {a: b}", "machine: {a: !node install.disk}",
         "over.yaml:1:14: ", "a reference here and a single value"},
        {"machine: {a: b}", "machine: {x: {$patch: delete}}", "over.yaml:1:11: ", "no machine.x to delete"},
        {"machine: {a: b}", "cluster: {x: {$patch: delete}}", "over.yaml:1:11: ", "no cluster.x to delete"},
        {"cluster: {}", "cluster: {network: {podSubnets: {$patch: delete}}}",
         "over.yaml:1:21: ", "form cluster.network lies in the document KubeNetworkConfig"},
        {"machine: {a: b}", "machine: {a: {$patch: replace}}", "over.yaml:1:23: ", "only be \"delete\""},
        {"machine: {a: b}", "$patch: merge", "over.yaml:1:9: ", "only be \"delete\""},
        {"machine: {a: b}", "machine: {l: [{name: a, $patch: remove}]}",
         "over.yaml:1:33: ", "only be \"delete\""},
        {"machine: {a: b}", "machine: {a: {$patch: !fact serial}}", "over.yaml:1:23: ", "only be \"delete\""},
        {"machine: {l: [{name: a}]}", "machine: {l: [{name: b, $patch: delete}]}",
         "over.yaml:1:15: ", "no element with name: b"},
        {"machine: {l: [a]}", "machine: {l: [{name: a, $patch: delete}]}", "over.yaml:1:15: ", "no element"},
        {"machine: {a: b}", "machine: {l: [{name: a, $patch: delete}]}", "over.yaml:1:15: ", "no element"},
        {"machine: {l: [{name: a}]}", "machine: {l: [{$patch: delete}]}",
         "over.yaml:1:15: ", "says which element"},
        {"machine: {l: [{name: [a]}]}", "machine: {l: [{name: [a], $patch: delete}]}",
         "over.yaml:1:15: ", "says which element"},
        {"machine: {l: [{name: a, v: 1}]}", "machine: {l: [{name: a, v: {$patch: delete}}]}",
         "over.yaml:1:37: ", "inside an element"},
        {"machine: {l: [[{name: a}]]}", "machine: {l: [[{name: a, $patch: delete}]]}",
         "over.yaml:1:34: ", "inside an element"},
        {"machine: {a: b}", "$patch: delete", "over.yaml:1:1: ", "main document cannot be deleted"},
        {"machine: {a: b}\n---\napiVersion: v1\nkind: K\n", "apiVersion: v1\nkind: K\nx: {$patch: delete}",
         "over.yaml:3:1: ", "no x to delete"},
        {"machine: {ca: {crt: a, key: b}}", "machine: {ca: {key: {$patch: delete}}}",
         "over.yaml:1:16: ", "machine.ca as a whole only"},
        {"machine: {network: {interfaces: [{interface: a, mtu: 5}]}}",
         "machine: {network: {interfaces: [{mtu: 5, $patch: delete}]}}",
         "over.yaml:1:40: ", "mtu, which is no text"},
        {"machine: {install: {diskSelector: {size: 4GB}}}", "machine: {install: {diskSelector: {size: 5GB}}}",
         "over.yaml:1:42: ", "cannot merge this"},
        {"machine: {baseRuntimeSpecOverrides: {a: b}}", "machine: {baseRuntimeSpecOverrides: {a: 5}}",
         "over.yaml:1:41: ", "a value of another type"},
        {"machine: {baseRuntimeSpecOverrides: {a: b}}", "machine: {baseRuntimeSpecOverrides: {a: ~}}",
         "over.yaml:1:41: ", "cannot merge null"},
        {"apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: a\nurl: tcp://u@a.example\n",
         "apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: a\nurl: tcp://v@a.example\n",
         "over.yaml:4:6: ", "two user names"},
        {"machine: {a: b}", "[a]", "over.yaml:1:1: ", "must be a mapping"},
        {"machine: {a: b}", "text", "over.yaml:1:1: ", "must be a mapping"},
        {"machine: {a: b}", "!base64 {secret: x}", "over.yaml:1:1: ", "must be a mapping"},
        {"machine: {a: b}", "apiVersion: v1\na: b", "over.yaml:1:1: ", "both apiVersion and kind"},
        {"machine: {a: b}", "kind: v1\na: b", "over.yaml:1:1: ", "both apiVersion and kind"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pool *pool = pool_new();
        struct document *docs = read_text(pool, "base.yaml", rows[i][0]);
        struct error e = {0};
        if (merge_documents(pool, &docs, read_text(pool, "over.yaml", rows[i][1]), NULL, &e) == 0)
            fail_msg("accepted: %s", rows[i][1]);
        assert_int_equal(e.code, E_MERGE);
        if (strncmp(e.text, rows[i][2], strlen(rows[i][2])) != 0 || !strstr(e.text, rows[i][3]))
            fail_msg("%s\nwanted %s%s\ngot    %s", rows[i][1], rows[i][2], rows[i][3], e.text);
        pool_free(pool);
    }
}

static void test_what_is_lost_is_said(void **state)
{
    struct pool *pool = pool_new();
    struct document *docs = read_text(pool, "base.yaml", "machine:\n  kubelet: {image: a}\n");
    (void)state;
    struct document *overlay = read_text(pool, "over.yaml", "machine:\n  kubelet:\n    image: ''\n");
    struct errors warnings = {.count = 0};
    struct error e = {0};
    assert_int_equal(merge_documents(pool, &docs, overlay, &warnings, &e), 0);
    assert_int_equal(warnings.count, 1);
    assert_int_equal(warnings.items[0].code, E_MERGE_LOST);
    assert_non_null(strstr(warnings.items[0].text, "over.yaml:3:12: machine.kubelet.image: "));
    assert_non_null(strstr(warnings.items[0].text, "base.yaml:2 says"));
    overlay = read_text(pool, "over.yaml", "machine:\n  kubelet: {image: b}\n");
    assert_int_equal(merge_documents(pool, &docs, overlay, &warnings, &e), 0);
    assert_int_equal(warnings.count, 1);
    errors_free(&warnings);
    pool_free(pool);
}

static void test_too_many_documents(void **state)
{
    struct pool *pool = pool_new();
    (void)state;
    struct buf b = {0};
    for (unsigned i = 0; i < 1001; i++)
        buf_printf(&b, "---\napiVersion: v1\nkind: K%u\n", i);
    struct document *docs = NULL;
    struct error e = {0};
    assert_int_equal(merge_documents(pool, &docs, read_text(pool, "over.yaml", b.data), NULL, &e), -1);
    assert_int_equal(e.code, E_MERGE);
    buf_free(&b);
    pool_free(pool);
}

static void test_positions_stay(void **state)
{
    struct pool *pool = pool_new();
    struct document *docs = read_text(pool, "base.yaml", "machine:\n  a: 1\n  b: 2\n  l: [x]\n");
    struct document *overlay =
        read_text(pool, "over.yaml", "#\n#\nmachine:\n  b: 3\n  l:\n  - y\n  n: {m: 1}\n");
    (void)state;
    struct error e = {0};
    assert_int_equal(merge_documents(pool, &docs, overlay, NULL, &e), 0);
    struct tree_node *machine = tree_get(docs->root, "machine");
    struct tree_node *list = tree_get(machine, "l");
    assert_string_equal(tree_get(machine, "a")->pos.file, "base.yaml");
    assert_string_equal(tree_get(machine, "b")->pos.file, "over.yaml");
    assert_int_equal(tree_get(machine, "b")->pos.line, 4);
    assert_string_equal(list->first->pos.file, "base.yaml");
    assert_int_equal(list->last->pos.line, 6);
    assert_string_equal(tree_path(machine, "n.m")->pos.file, "over.yaml");
    /* The overlay itself is as it was: it may be laid over another base. */
    assert_int_equal(tree_get(overlay->root, "machine")->count, 3);
    assert_int_equal(tree_path(overlay->root, "machine.l")->count, 1);
    pool_free(pool);
}

static void test_find(void **state)
{
    struct pool *pool = pool_new();
    struct document *docs = read_text(pool, "b.yaml",
                                      "---\n---\napiVersion: v1\nkind: K\nname: x\n---\nmachine: {}\n---\n"
                                      "apiVersion: v1\nkind: K\nname: y\n");
    (void)state;
    assert_non_null(tree_get(merge_find(docs, NULL, NULL)->root, "machine"));
    assert_true(tree_is(tree_get(merge_find(docs, "K", NULL)->root, "name"), "x"));
    assert_true(tree_is(tree_get(merge_find(docs, "K", "y")->root, "name"), "y"));
    assert_null(merge_find(docs, "K", "z"));
    assert_null(merge_find(docs, "L", NULL));
    assert_null(merge_find(NULL, NULL, NULL));
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merged),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_what_is_lost_is_said),
        cmocka_unit_test(test_too_many_documents),
        cmocka_unit_test(test_positions_stay),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
