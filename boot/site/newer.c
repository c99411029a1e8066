#include "site/newer.h"

#include <string.h>

/* A field of the main document, the kind that has it, and where: each with its NUL, an empty field ends them. A field
 * stands for what is below it as well; the first that fits counts. */
static const char places[] = "machine.kubelet\0KubeletConfig\0\0"
                             "machine.install.image\0UnattendedInstallConfig\0installer.image\0"
                             "machine.install\0UnattendedInstallConfig\0\0"
                             "cluster.controlPlane\0KubeClusterConfig\0\0"
                             "cluster.network\0KubeNetworkConfig\0\0"
                             "cluster.apiServer.certSANs\0KubeAPIServerConfig\0certExtraSANs\0"
                             "cluster.apiServer\0KubeAPIServerConfig\0\0"
                             "cluster.ca.crt\0KubeAPIServerCAConfig\0issuingCA.cert\0"
                             "cluster.ca\0KubeAPIServerCAConfig\0issuingCA\0"
                             "cluster.aggregatorCA.crt\0KubeAggregatorCAConfig\0issuingCA.cert\0"
                             "cluster.aggregatorCA\0KubeAggregatorCAConfig\0issuingCA\0"
                             "cluster.serviceAccount.key\0KubeServiceAccountConfig\0issuer.privateKey\0"
                             "cluster.serviceAccount\0KubeServiceAccountConfig\0\0"
                             "cluster.secretboxEncryptionSecret\0KubeEtcdEncryptionConfig\0config\0"
                             "cluster.id\0DiscoveryIdentityConfig\0clusterID\0"
                             "cluster.secret\0DiscoveryIdentityConfig\0clusterSecret\0";

struct tree_node *newer_kind(const struct document *list, const char *kind)
{
    for (; list; list = list->next)
        if (list->root &&
            (kind ? tree_is(tree_get(list->root, "kind"), kind) : !tree_get(list->root, "kind")))
            return list->root;
    return NULL;
}

const struct tree_node *newer_find(const struct document *list, const char *path)
{
    const struct tree_node *main = tree_path(newer_kind(list, NULL), path), *node = main;
    for (const char *old = places, *next; (!main || tree_is_null(main)) && *old; old = next) {
        size_t n = strlen(old);
        const char *kind = old + n + 1, *field = kind + strlen(kind) + 1;
        next = field + strlen(field) + 1;
        if (strncmp(path, old, n) != 0 || (path[n] && path[n] != '.'))
            continue;
        const struct tree_node *root = newer_kind(list, kind);
        node = field[0] ? tree_path(root, field) : root;
        if (path[n])
            node = tree_path(node, path + n + 1);
        /* A worker has them all in one list. */
        else if (!node && tree_get(root, "acceptedCAs"))
            node = tree_get(root, "acceptedCAs")->first;
        break;
    }
    return node ? node : main;
}
