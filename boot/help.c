#include "help.h"

const char help_overview[] =
    "hearth - from a blank box to a node of a GitOps cluster\n"
    "\n"
    "usage: hearth VERB [options]\n"
    "\n"
    "  facts     what this box is, as JSON\n"
    "  plan      which node this box becomes, offline: entry, disk, secrets, documents\n"
    "  check     plan, and look whether the vault holds every secret it needs\n"
    "  render    fetch the secrets and write the machine config and manifests\n"
    "  assets    list or extract the example homelab inside this program\n"
    "  explain   an error code: its cause and the next step\n"
    "  version   version, build date, every library with its version and hash\n"
    "\n"
    "  --site DIR      the homelab repository with hearth.yaml (default: this directory)\n"
    "  --sysroot DIR   read /proc and /sys below DIR instead of this box\n"
    "  --facts FILE    use what `hearth facts` printed on another box\n"
    "  --node NAME     take this entry of hearth.yaml instead of matching\n"
    "  --json          results, and what is said on stderr, as JSON\n"
    "\n"
    "A first look, with the example that is inside:\n"
    "  hearth assets --out homelab && cd homelab    # then fill in the values marked CHANGE-ME\n"
    "  hearth plan --explain                        # offline, changes nothing\n"
    "  hearth render --out out                      # needs the credential in .hearth/\n"
    "\n"
    "exit: 0 done, 1 failed, 2 usage, 3 site wrong, 4 refused (node, disk, guard),\n"
    "      5 Azure needs a human, 6 machined refused\n"
    "`hearth VERB --help` has the details of one verb.\n";

const char help_plan[] =
    "usage: hearth plan [--site DIR] [--sysroot DIR | --facts FILE] [--node NAME]\n"
    "                   [--explain] [--all] [--az] [--access] [--json]\n"
    "\n"
    "Says what this box would become. Pure and offline: no vault, no network, no change.\n"
    "The first entry of hearth.yaml whose `match:` this box meets is chosen. When none is,\n"
    "plan refuses (exit 4), shows each entry with the condition that failed, and prints a\n"
    "`match:` for this box that you can paste.\n"
    "\n"
    "  --explain   for each entry, each condition, the fact it was compared to, met or not\n"
    "  --all       every entry of the site, and the proof that all control planes of a\n"
    "              cluster carry identical manifests\n"
    "  --az        the Azure commands that fill the vault for this plan\n"
    "  --access    how to reach the cluster once it runs\n"
    "  --facts F   plan for another box: F is what `hearth facts` printed there\n"
    "  --node N    skip matching and plan this entry\n";

const char help_check[] =
    "usage: hearth check [--site DIR] [--sysroot DIR | --facts FILE] [--node NAME] [--json]\n"
    "\n"
    "Everything `plan` does, then the vault: is each secret there, enabled, of the form the\n"
    "documents need, and not about to expire (30 days)? Renders in memory and judges the\n"
    "result, writes nothing. Exit 5 when a human must act at Azure.\n";

const char help_render[] =
    "usage: hearth render --out DIR [--site DIR] [--sysroot DIR | --facts FILE]\n"
    "                     [--node NAME] [--json]\n"
    "\n"
    "Fetches the secrets of the plan and writes DIR, whole or not at all:\n"
    "\n"
    "  machine-config.yaml     what Talos is given, the Flux manifests inlined\n"
    "  manifests/NN-name.yaml  the same manifests one by one\n"
    "  plan.json               what was decided; holds no secret\n"
    "\n"
    "Files are 0600, the directory 0700. An earlier output of hearth is replaced; any other\n"
    "directory that is not empty is refused. The login is .hearth/<role>.pem or\n"
    ".hearth/<role>.secret of the site, else the AZURE_* variables.\n";

const char help_facts[] =
    "usage: hearth facts [--sysroot DIR | --facts FILE]\n"
    "\n"
    "Prints what this box is, as JSON: CPU, memory, disks, links, firmware, SMBIOS identity.\n"
    "Unknown values, and those the vendor left at a default, are null. The names are those of\n"
    "`match:` in hearth.yaml. Save it and plan elsewhere: hearth facts > box.json, then\n"
    "hearth plan --facts box.json. Run it as root: serial numbers are not for everybody.\n";

const char help_assets[] =
    "usage: hearth assets [PATH | --out DIR] [--json]\n"
    "\n"
    "The example homelab inside this program: a complete site for two clusters, data and\n"
    "production. Without arguments lists its files; with PATH prints one; with --out writes all\n"
    "of them to a new or empty directory. Values that you must fill in are marked CHANGE-ME, and\n"
    "every verb refuses them.\n";

const char help_explain[] =
    "usage: hearth explain [CODE] [--json]\n"
    "\n"
    "What an error code means, the next step, the exit status, and whether and when hearth tries\n"
    "again by itself. Without CODE lists them all.\n";

const char help_version[] =
    "usage: hearth version [--json]\n"
    "\n"
    "Version and build date, every library inside with its Debian version and the SHA-256 of its\n"
    "source, and the trust roots for Azure with their fingerprints.\n";
