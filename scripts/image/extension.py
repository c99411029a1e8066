"""The system extension: its files, as a tar, as an OCI layout, and as a squashfs layer.

Sources: Talos pkg/machinery/extensions (manifest.yaml and rootfs/ and nothing else), pkg/archiver/untar.go (a missing
directory becomes 0700, a hard link an empty file), pkg/imager/profile/input.go (ociPath: a layout directory whose index
lists the manifest itself with its platform).
"""
import datetime
import hashlib
import io
import json
import os
import tarfile

from common import ROOT, Stop, read, replace, replaceable, say, tool, write

SERVICE = "usr/local/etc/containers/hearth.yaml"
PROGRAM = "usr/local/lib/containers/hearth/hearth"
SITE = "usr/local/etc/hearth"  # where the site layer's files lie on the node, and an empty directory without it
EMBED = os.path.join(ROOT, "embed", "extension")
LAYOUT = ("oci-layout", "index.json", "blobs")


def version(settings):
    """Talos makes it the value of a node label, where "+" is not allowed."""
    return settings.version.replace("+", "-")


def manifest(settings):
    return read(os.path.join(EMBED, "manifest.yaml")).replace(b"@VERSION@", version(settings).encode())


def rootfs(settings):
    """{path below rootfs: bytes, or None for a directory}."""
    if not os.access(settings.binary, os.X_OK):
        raise Stop("%s is not there: run make first" % settings.binary)
    files = {SERVICE: read(os.path.join(EMBED, "hearth.yaml")), PROGRAM: read(settings.binary), SITE: None}
    for path in list(files):
        while os.path.dirname(path):
            path = os.path.dirname(path)
            files.setdefault(path, None)
    return files


def mode_of(path, data):
    return 0o755 if data is None or path.endswith(PROGRAM) else 0o644


def tree(settings):
    """{path: bytes or None} of the whole extension."""
    files = {"manifest.yaml": manifest(settings), "rootfs": None}
    files.update(("rootfs/" + path, data) for path, data in rootfs(settings).items())
    return files


def tar(settings, files=None, modes=mode_of):
    """files: of an extension, else hearth's own."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in sorted((files or tree(settings)).items()):
            entry = tarfile.TarInfo(path)
            entry.mtime, entry.mode = settings.epoch, modes(path, data)
            entry.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            entry.size = 0 if data is None else len(data)
            archive.addfile(entry, None if data is None else io.BytesIO(data))
    return out.getvalue()


def oci(settings, layer, path):
    """Writes the OCI layout directory (image-spec 1.1: image-layout, manifest, config)."""
    when = datetime.datetime.fromtimestamp(settings.epoch, datetime.timezone.utc)
    created = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    blobs = {}

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(data)}

    def text(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    body = blob(layer, "layer.v1.tar")
    config = blob(text({"architecture": "amd64", "os": "linux", "created": created, "config": {},
                        "rootfs": {"type": "layers", "diff_ids": [body["digest"]]},
                        "history": [{"created": created, "created_by": "hearth " + settings.version}]}), "config.v1+json")
    top = blob(text({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
                     "layers": [body]}), "manifest.v1+json")
    top["platform"] = {"architecture": "amd64", "os": "linux"}
    top["annotations"] = {"org.opencontainers.image.ref.name": version(settings)}
    write(os.path.join(path, "oci-layout"), b'{"imageLayoutVersion":"1.0.0"}')
    for digest, data in blobs.items():
        write(os.path.join(path, "blobs", "sha256", digest), data)
    write(os.path.join(path, "index.json"),
          text({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [top]}))


def lay(folder, files, modes):
    """Writes files below a folder; every directory, the top too, is 0755 unless `modes` says otherwise."""
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o755)
    for path, data in sorted(files.items()):
        target = os.path.join(folder, path)
        if data is None:
            os.makedirs(target, exist_ok=True)
        else:
            with open(target, "xb") as out:
                out.write(data)
        os.chmod(target, modes(path, data))


def squash(settings, folder, path):
    """A squashfs that Talos's kernel mounts (xz and zstd are built in, gzip is not), the same bytes every time."""
    when = str(settings.epoch)
    environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    tool(["mksquashfs", folder, path, "-all-root", "-noappend", "-no-progress", "-quiet", "-no-xattrs", "-no-exports",
          "-comp", "zstd", "-Xcompression-level", "18", "-mkfs-time", when, "-all-time", when], env=environment)
    return read(path)


def layer(settings, work):
    """The extension as a squashfs layer."""
    folder = os.path.join(work, "extension")
    lay(folder, rootfs(settings), mode_of)
    return squash(settings, folder, os.path.join(work, "extension.sqsh"))


def metadata(settings, name="hearth", about="hearth, the program"):
    """An item of extensions.yaml, below `image:`."""
    return ["metadata:", "    name: " + name, "    version: " + version(settings), "    author: hearth",
            "    description: " + about, "    compatibility:", "        talos:", "            version: '>= 1.13.0'"]


def build(settings, work):
    """`make extension`."""
    folder = os.path.join(settings.out, "hearth-extension")
    replaceable(folder, LAYOUT)
    data = tar(settings)
    oci(settings, data, os.path.join(work, "layout"))
    path = write(os.path.join(settings.out, "hearth-extension.tar"), data)
    replace(folder, os.path.join(work, "layout"), work, LAYOUT)
    say("hearth %s as a system extension for Talos 1.13 and newer; public, no site and no secret in it" % settings.version)
    return [(path, "for imager's tarballPath", []), (folder, "OCI layout: imager's ociPath, crane push, skopeo", [])]
