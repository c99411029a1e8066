/*
 * Talos refuses unknown keys only when a config is applied, on the box. These are the keys of the levels where a typing
 * mistake is likeliest. The v1alpha1 document grows no more: new things are documents of their own. Source: Talos machinery
 * 1.13.9 and 1.14.1, config/types/v1alpha1/v1alpha1_types.go.
 */
#include "base/text.h"
#include "render/check.h"

#include <string.h>

static const char *const top[] = {"version", "debug", "persist", "machine", "cluster", NULL};

static const char *const machine[] = {
    "type",
    "token",
    "ca",
    "acceptedCAs",
    "certSANs",
    "kubelet",
    "controlPlane",
    "pods",
    "network",
    "disks",
    "install",
    "files",
    "env",
    "time",
    "sysctls",
    "sysfs",
    "registries",
    "features",
    "udev",
    "logging",
    "kernel",
    "nodeLabels",
    "nodeTaints",
    "nodeAnnotations",
    "seccompProfiles",
    "systemDiskEncryption",
    "baseRuntimeSpecOverrides",
    NULL,
};

static const char *const cluster[] = {
    "id",
    "secret",
    "controlPlane",
    "clusterName",
    "network",
    "token",
    "aescbcEncryptionSecret",
    "secretboxEncryptionSecret",
    "ca",
    "acceptedCAs",
    "aggregatorCA",
    "serviceAccount",
    "apiServer",
    "controllerManager",
    "proxy",
    "scheduler",
    "discovery",
    "etcd",
    "coreDNS",
    "externalCloudProvider",
    "extraManifests",
    "extraManifestHeaders",
    "inlineManifests",
    "adminKubeconfig",
    "allowSchedulingOnMasters",
    "allowSchedulingOnControlPlanes",
    NULL,
};

static bool is_in(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void check_level(struct check *c, const struct node *map, const char *where, const char *const *names)
{
    for (const struct node *child = map && map->kind == NODE_MAP ? map->first : NULL; child;
         child = child->next) {
        const char *key = child->key->text;
        const char *near = text_nearest(key, names);

        if (!is_in(names, key))
            errors_at(c->errors, child->key->pos, E_RENDER_KEY, "Talos knows no %s%s%s%s%s", where, key,
                      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
}

void check_known(struct check *c)
{
    const struct node *root = check_main(c);

    check_level(c, root, "", top);
    check_level(c, node_get(root, "machine"), "machine.", machine);
    check_level(c, node_get(root, "cluster"), "cluster.", cluster);
}
