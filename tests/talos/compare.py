"""What the stand-in of tests/conformance/machined tells otherwise than the real machined: resource by resource, by a
program.

Both are dumped as a reader in maintenance mode, and as an administrator once they are founded. Compared is what hearth
reads: which resources there are, which fields they have, and the values that decide something. A difference is
explained here, or it is an error: a fake that is kinder than the world.
"""
import json
import re

KINDS = [kind + ".talos.dev" for kind in (
    "MachineStatuses.runtime", "MachineConfigs.config", "MachineTypes.config", "SystemDisks.block", "Disks.block",
    "DiscoveredVolumes.block", "DevicesStatuses.runtime", "TimeStatuses.v1alpha1", "NodeAddresses.net",
    "SystemInformations.hardware", "Services.v1alpha1", "ExtensionServiceConfigs.runtime", "EtcdMembers.etcd")]
# Of these the value is compared as well, the others differ by box.
DECIDES = re.compile(r"\.(stage|status\.ready|running|healthy|unknown|readonly|ready|synced|name|parent|type|error|diskid|partition_label|environment\.\d+)$")
# (what differs, why it may). The whole of "KIND/ID.FIELD real ... stand-in ..." is searched.
EXPLAINED = [
    (r"^Disks/loop\d+ only in", "one loop a layer of the medium; both have the rootfs, hearth and the site"),
    (r"^(Disks|DiscoveredVolumes)/[a-z]+\d*(\.\w+)* .*only in real", "hearth does not read it"),
    (r"^Disks/\w+\.(sub_system|modalias|symlinks|io_size|sector_size|uuid|firmware_version|secondary_disks|rotational|cdrom)",
     "hearth does not read it, or it is left out where false"),
    (r"^DiscoveredVolumes/\w+\.(device_path|offset|block_size|filesystem_block_size|probed_size|uuid|partition_\w+|sector_size|io_size|label)",
     "hearth reads type, name, label, partition_label, parent and size"),
    (r"^DiscoveredVolumes/sdb", "the stick: one volume, iso9660"),
    (r"^SystemInformations/systeminformation\.\w+ only in real", "hearth reads uuid"),
    (r"^MachineStatuses/machine\.status\.unmetconditions", "empty in both"),
    (r"^NodeAddresses/\w+\.addresses", "the addresses of two LANs"),
]


def flat(value, path=""):
    """{dotted path: leaf}; a list is its elements by number."""
    if isinstance(value, dict):
        return {key: leaf for name, child in value.items() for key, leaf in flat(child, "%s.%s" % (path, str(name).lower())).items()}
    if isinstance(value, list):
        return {key: leaf for number, child in enumerate(value) for key, leaf in flat(child, "%s.%d" % (path, number)).items()}
    return {path: value}


def read(lines):
    """{KIND/ID: {path: leaf}} of the client's dump; a kind that is refused is KIND.error."""
    found = {}
    for line in lines:
        row = json.loads(line)
        kind = row["type"].partition(".")[0]
        if "error" in row:
            found[kind] = {".error": "PermissionDenied" if "PermissionDenied" in row["error"] else row["error"]}
        else:  # a config is that of its site
            found["%s/%s" % (kind, row["id"])] = {} if kind == "MachineConfigs" else flat(row["spec"])
    return found


def differences(real, standin):
    """[what]; both as read() gives them."""
    rows = []
    for name in sorted(set(real) | set(standin)):
        if name not in standin or name not in real:
            rows.append("%s only in %s" % (name, "real" if name in real else "stand-in"))
            continue
        left, right = real[name], standin[name]
        for path in sorted(set(left) | set(right)):
            if path not in right or path not in left:
                rows.append("%s%s only in %s" % (name, path, "real" if path in left else "stand-in"))
            elif DECIDES.search(path) and left[path] != right[path]:
                rows.append("%s%s real %r stand-in %r" % (name, path, left[path], right[path]))
    return rows


def table(rows):
    """(the table as text, the rows that nothing explains)."""
    lines, open_rows = [], []
    for row in rows:
        why = next((why for pattern, why in EXPLAINED if re.search(pattern, row)), None)
        lines.append("  %-70s %s" % (row, why or "NOT EXPLAINED"))
        if why is None:
            open_rows.append(row)
    return "\n".join(lines), open_rows
