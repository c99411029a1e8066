#include "base/https.h"
#include "show/line.h"
#include "show/show.h"

#include <string.h>

static const struct plan_secret *bundle_of(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->secret_count; i++) {
        if (plan_is_bundle(&plan->secrets[i]))
            return &plan->secrets[i];
    }
    return NULL;
}

void show_access(struct buf *out, const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    struct https endpoint;
    (void)https_split(role->endpoint, false, &endpoint); /* judged with the site */
    const char *host = endpoint.host;
    const char *vault = az_vault_name(plan->pool, role);
    const struct plan_secret *bundle = bundle_of(plan);
    const char *name = bundle ? bundle->name : "NAME-OF-THE-TALOS-BUNDLE";

    line_add(out, "# How to reach the cluster %s once %s runs. Everything follows from its Talos bundle.",
             role->cluster, plan->name);
    if (!bundle)
        line_add(out,
                 "# No document of this node points into a Talos bundle: name the secret that holds it.");
    line_add(out, "umask 077");
    line_add(out,
             "az keyvault secret download --vault-name %s --name %s%s%s --file bundle.yaml --encoding utf-8",
             vault, name, bundle && bundle->version ? " --version " : "",
             bundle && bundle->version ? bundle->version : "");
    line_add(out,
             "talosctl gen config %s %s --with-secrets bundle.yaml --output-types talosconfig --output "
             "talosconfig-%s --force",
             role->cluster, role->endpoint, role->cluster);
    line_add(out, "shred -u bundle.yaml");
    line_add(out, "export TALOSCONFIG=$PWD/talosconfig-%s KUBECONFIG=$PWD/kubeconfig", role->cluster);
    line_add(out, "talosctl config endpoint %s", host);
    line_add(out, "talosctl config node %s", host);
    if (plan->entry->bootstrap == BOOTSTRAP_MANUAL) {
        line_add(out, "# Once in the life of a cluster:");
        line_add(out, "talosctl bootstrap");
    }
    line_add(out, "talosctl health");
    line_add(out, "# One file, and in it a context a cluster: admin@%s", role->cluster);
    line_add(out, "talosctl kubeconfig --force kubeconfig");
    line_add(out, "kubectl get nodes");
    line_add(
        out,
        "# True four times is the end, Unknown is waiting. Where the reason of a wait or a False stands:");
    line_add(out, "#   flux get sources git -A");
    line_add(out, "#   flux get helmreleases -A");
    line_add(out, "#   kubectl -n external-secrets describe externalsecrets");
    line_add(out, "flux get kustomizations --watch");
}
