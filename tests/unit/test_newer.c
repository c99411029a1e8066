/* site/newer: a field of the main document, or of the document of Talos 1.14 that took its place. */
#include "site/newer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char config[] =
    "version: v1alpha1\nmachine: {install: }\ncluster: {network: , id: old}\n---\n"
    "{kind: UnattendedInstallConfig, installer: {image: i}}\n---\n{kind: KubeNetworkConfig, dnsDomain: "
    "d}\n---\n"
    "{kind: KubeClusterConfig, endpoint: e}\n---\n{kind: DiscoveryIdentityConfig, clusterID: new}\n---\n"
    "{kind: KubeAPIServerConfig, certExtraSANs: [a, b]}\n---\n"
    "{kind: KubeAPIServerCAConfig, acceptedCAs: [first, second]}\n";

/* The text that is there, the first of a list's; NULL when there is none. */
static const char *text_at(const struct document *docs, const char *path)
{
    const struct tree_node *node = newer_find(docs, path);
    return tree_text(node && node->kind == TREE_SEQ ? node->first : node);
}

static void finds(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *text;
    } rows[] = {
        {"cluster.id", "old"}, /* the main document has it still */
        {"machine.install.image", "i"},
        {"cluster.network.dnsDomain", "d"}, /* nothing is written at cluster.network itself */
        {"cluster.controlPlane.endpoint", "e"},
        {"cluster.apiServer.certSANs", "a"}, /* by these the founder's peers are found */
        {"cluster.ca.crt", "first"},
        {"cluster.secret", NULL},
        {"cluster.aggregatorCA.crt", NULL},
    };
    struct pool *pool = pool_new();
    struct document *docs = NULL;
    struct error e;
    assert_int_equal(tree_read(pool, "c.yaml", config, strlen(config), &docs, &e), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = text_at(docs, rows[i].path);
        if (!rows[i].text != !text || (text && strcmp(text, rows[i].text) != 0))
            fail_msg("%s: %s, not %s", rows[i].path, text ? text : "nothing",
                     rows[i].text ? rows[i].text : "nothing");
    }
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds)};
    return cmocka_run_group_tests_name("newer", tests, NULL, NULL);
}
