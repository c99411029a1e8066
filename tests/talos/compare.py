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
# What hearth reads of each, as boot/talos/look.c and boot/node/bootstrap.c do; an element of a list is "#". Of the
# other kinds it reads everything.
READ = {
    "MachineStatuses": "stage status.ready", "SystemDisks": "diskid", "DevicesStatuses": "ready",
    "TimeStatuses": "synced syncdisabled", "NodeAddresses": "addresses.#", "SystemInformations": "uuid",
    "Disks": "size readonly model serial wwid bus_path transport rotational cdrom dev_path",
    "DiscoveredVolumes": "size name label partition_label type parent", "EtcdMembers": "",
}
# Of these a value differs by box: that they are there is compared.
BOX = {
    "SystemInformations": "uuid", "NodeAddresses": "addresses.#", "Disks": "size model serial wwid bus_path",
    "DiscoveredVolumes": "size",
}
# (what differs, why it may). The whole of "KIND/ID.FIELD real ... stand-in ..." is searched.
EXPLAINED = [
    (r"^NodeAddresses/\w+-(no|only)-k8s only in real", "hearth reads current"),
    (r"^(Disks|DiscoveredVolumes)/sdb only in stand-in", "a founded node of the stand-in has its stick plugged in"),
    (r"^MachineStatuses/machine\.status\.ready real False stand-in True", "founded, it waits for the node; its kubelet is a stand-in"),
]


def flat(value, path=""):
    """{dotted path: leaf}; a list is its elements by number."""
    if isinstance(value, dict):
        return {key: leaf for name, child in value.items() for key, leaf in flat(child, "%s.%s" % (path, str(name).lower())).items()}
    if isinstance(value, list):
        return {key: leaf for number, child in enumerate(value) for key, leaf in flat(child, "%s.%d" % (path, number)).items()}
    return {path: value}


def listed(names, kind, path):
    """Whether a table has this field of a kind."""
    return kind not in names or re.sub(r"\.\d+\b", ".#", path[1:]) in names[kind].split()


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
        kind = name.partition("/")[0]
        if name not in standin or name not in real:
            rows.append("%s only in %s" % (name, "real" if name in real else "stand-in"))
            continue
        left, right = real[name], standin[name]
        for path in sorted(set(left) | set(right)):
            if path == ".error" or listed(READ, kind, path):
                rows += differs(name, path, left, right, kind in BOX and listed(BOX, kind, path))
    return rows


def differs(name, path, left, right, box):
    if path not in right or path not in left:
        return ["%s%s only in %s" % (name, path, "real" if path in left else "stand-in")]
    if left[path] == right[path] or box:
        return []
    return ["%s%s real %r stand-in %r" % (name, path, left[path], right[path])]


def table(rows):
    """(the table as text, the rows that nothing explains)."""
    lines, open_rows = [], []
    for row in rows:
        why = next((why for pattern, why in EXPLAINED if re.search(pattern, row)), None)
        lines.append("  %-70s %s" % (row, why or "NOT EXPLAINED"))
        if why is None:
            open_rows.append(row)
    return "\n".join(lines), open_rows
