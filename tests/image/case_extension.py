"""The extension as tar and OCI layout."""
import hashlib
import json
import os
import re
import tarfile

from kit import EPOCH, REPO, expect, read, same, sha256

FILES = {
    "manifest.yaml": 0o644,
    "rootfs/usr/local/etc/containers/hearth.yaml": 0o644,
    "rootfs/usr/local/lib/containers/hearth/hearth": 0o755,
}
FOLDERS = ["rootfs", "rootfs/usr", "rootfs/usr/local", "rootfs/usr/local/etc", "rootfs/usr/local/etc/containers",
           "rootfs/usr/local/etc/hearth", "rootfs/usr/local/lib", "rootfs/usr/local/lib/containers",
           "rootfs/usr/local/lib/containers/hearth"]
SPEC = os.path.join(REPO, "embed", "extension", "hearth.yaml")


def cases(kit):
    made = {}

    def extension():
        if not made:
            made["ran"] = kit.run("extension").good()
        return made["ran"]

    def members():
        with tarfile.open(extension().path("hearth-extension.tar")) as archive:
            return {member.name: member for member in archive.getmembers()}

    def contents():
        found = members()
        same(sorted(found), sorted(list(FILES) + FOLDERS), "the members of the tar")
        order = list(found)
        for name, member in found.items():
            expect(member.isfile() or member.isdir(), "%s is neither a file nor a directory" % name)
            same(member.mode, FILES.get(name, 0o755), name + ": mode")
            same((member.uid, member.gid, member.mtime), (0, 0, EPOCH), name + ": owner and time")
            parent = os.path.dirname(name)
            expect(not parent or order.index(parent) < order.index(name), name + " comes before its directory")

    def program():
        with tarfile.open(extension().path("hearth-extension.tar")) as archive:
            body = archive.extractfile("rootfs/usr/local/lib/containers/hearth/hearth").read()
            manifest = archive.extractfile("manifest.yaml").read().decode()
        same(hashlib.sha256(body).hexdigest(), sha256(kit.binary), "the program in the extension")
        version = re.search(r"^  version: (\S+)$", manifest, re.M).group(1)
        same(version, "0.1.0-dev-test", "the version; a node label takes no +")
        expect("@" not in manifest, "the manifest has something left to fill in")

    def oci():
        top = extension().path("hearth-extension")
        index = json.loads(read(os.path.join(top, "index.json")))
        same(json.loads(read(os.path.join(top, "oci-layout"))), {"imageLayoutVersion": "1.0.0"}, "oci-layout")
        same(len(index["manifests"]), 1, "images of the index")
        entry = index["manifests"][0]
        same(entry["platform"], {"os": "linux", "architecture": "amd64"}, "the platform, without which imager skips it")

        def blob(descriptor):
            data = read(os.path.join(top, "blobs", *descriptor["digest"].split(":")))
            same((len(data), "sha256:" + hashlib.sha256(data).hexdigest()), (descriptor["size"], descriptor["digest"]), "a blob")
            return data

        manifest = json.loads(blob(entry))
        config = json.loads(blob(manifest["config"]))
        layer = blob(manifest["layers"][0])
        same(layer, read(extension().path("hearth-extension.tar")), "the layer")
        same(config["rootfs"]["diff_ids"], [manifest["layers"][0]["digest"]], "the layer's id")
        same(sum(len(names) for _, _, names in os.walk(os.path.join(top, "blobs"))), 3, "blobs; one more is one unasked for")

    def reproducible():
        other = kit.run("extension", umask=0o077, directory="/", TZ="Asia/Tokyo", LANG="de_DE.UTF-8", USER="somebody").good()
        for name in ("hearth-extension.tar", "hearth-extension"):
            same(sha256(other.path(name)), sha256(extension().path(name)), name + ", built twice")
        for folder, _, names in os.walk(other.out):
            for path in [folder] + [os.path.join(folder, name) for name in names]:
                expect(os.stat(path).st_mode & 0o044, path + " follows the user's umask: nobody else can read what is public")

    def time_matters():
        other = kit.run("extension", SOURCE_DATE_EPOCH=EPOCH + 1).good()
        expect(sha256(other.path("hearth-extension.tar")) != sha256(extension().path("hearth-extension.tar")),
               "the comparison of two builds sees no difference where there is one")

    def public():
        expect("no output holds a credential" in extension().stdout, extension().stdout)

    def sources():
        """Talos makes a missing mount source with mkdir, on a read-only root."""
        spec = read(SPEC).decode()
        found = re.findall(r"^ *- source: (\S+)$", spec, re.M)
        expect(len(found) >= 3, "the spec no longer lists its mounts so")
        waited = re.findall(r"^ *- path: (\S+)$", spec, re.M)
        for source in found:
            inside = "rootfs" + source in FOLDERS
            # Below /system/run is a tmpfs of Talos's: what is missing there is made.
            made = source.startswith("/system/run/")
            expect(inside or made or source in waited or source in ("/sys/firmware", "/dev"),
                   source + " is neither in the extension nor waited for nor always there")

    def waits():
        spec = "\n".join(line for line in read(SPEC).decode().splitlines() if not line.lstrip().startswith("#"))
        for word in ("service: cri", "configuration:", "time:", "connectivity", "addresses", "restart: always", "restart: never",
                     "environmentFile", "/sys/firmware\n      -"):
            expect(word not in spec, "the spec has %r: unmet, it reboots a healthy node after 70 minutes" % word)
        expect("is-metal-agent" not in "".join(members()), "agent mode refuses every config")

    def not_masked():
        masked = re.search(r"maskedPaths:\n((?: +- \S+\n)+)", read(SPEC).decode()).group(1)
        expect("/sys/firmware" not in masked, "/sys/firmware is masked: no SMBIOS table, no Secure Boot")
        expect("/proc/kcore" in masked, "the list replaces containerd's, so it must be whole")

    return [
        ("the tar holds these files and no other, with every directory, 0755, root's", False, contents),
        ("the program and the version in it", False, program),
        ("the OCI layout is whole and holds the same layer", False, oci),
        ("two builds are the same bytes, and readable whatever the umask", False, reproducible),
        ("another time gives other bytes", True, time_matters),
        ("it is said to be public", False, public),
        ("every mount source exists when the service starts", True, sources),
        ("the service waits for nothing that can stay unmet", True, waits),
        ("the masked paths are containerd's without /sys/firmware", True, not_masked),
        ("without a program it is refused", True, lambda: kit.refused("extension", "run make first", BINARY="/nonexistent/hearth")),
        ("without the commit's time it is refused", True, lambda: kit.refused("extension", "SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH="")),
    ]
