"""Container images of programs that were built here, under the names that the tree asks for: loaded into containerd
before a pod wants them, so that nothing is pulled."""
import hashlib
import io
import json
import os
import subprocess
import tarfile

PAUSE = "registry.k8s.io/pause:3.10"


def layer(files, folders=()):
    """The bytes of a layer of {path: (bytes, mode)}."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, mode in folders:
            entry = tarfile.TarInfo(path)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, mode, 1767225600
            tar.addfile(entry)
        for path, (body, mode) in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode, entry.mtime = len(body), mode, 1767225600
            tar.addfile(entry, io.BytesIO(body))
    return packed.getvalue()


def base(roots):
    """What each image has below its program: a user, places to write, and the authorities of this world."""
    with open(roots, "rb") as pem:
        trusted = pem.read()
    return layer({"etc/ssl/certs/ca-certificates.crt": (trusted, 0o644),
                  "etc/passwd": (b"root:x:0:0::/root:/sbin/nologin\nnobody:x:65534:65534::/:/sbin/nologin\n", 0o644),
                  "etc/group": (b"root:x:0:\nnobody:x:65534:\n", 0o644)},
                 [("tmp", 0o1777), ("etc", 0o755), ("root", 0o700)])


class Images:
    """An OCI layout of images, for `ctr images import`."""

    def __init__(self, path, roots):
        self.tar = tarfile.open(path, "w")
        self.path, self.index, self.there = path, [], set()
        self.base = self.blob(base(roots))
        self.add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def add(self, name, body):
        if name not in self.there:
            self.there.add(name)
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            self.tar.addfile(entry, io.BytesIO(body))

    def blob(self, body):
        digest = hashlib.sha256(body).hexdigest()
        self.add("blobs/sha256/" + digest, body)
        return {"digest": "sha256:" + digest, "size": len(body)}

    def image(self, name, layers, entrypoint, environment=(), user="65534:65534"):
        """One more image. `layers` are bytes; what STAND means: stand/main.go."""
        below = [self.base] + [self.blob(each) for each in layers]
        config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [each["digest"] for each in below]},
                  "config": {"Entrypoint": entrypoint, "User": user, "WorkingDir": "/",
                             "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] + list(environment)}}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": dict(self.blob(json.dumps(config).encode()), mediaType="application/vnd.oci.image.config.v1+json"),
                    "layers": [dict(each, mediaType="application/vnd.oci.image.layer.v1.tar") for each in below]}
        self.index.append(dict(self.blob(json.dumps(manifest).encode()), mediaType=manifest["mediaType"],
                               annotations={"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}))

    def program(self, name, path, environment=()):
        with open(path, "rb") as source:
            inside = os.path.basename(path)
            self.image(name, [layer({inside: (source.read(), 0o755)})], ["/" + inside], environment)

    def load(self, ctr):
        """Closes the layout and hands it to containerd."""
        self.add("index.json", json.dumps({"schemaVersion": 2, "manifests": self.index}).encode())
        self.tar.close()
        done = subprocess.run(ctr + ["--namespace", "k8s.io", "images", "import", "--all-platforms", self.path],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.unlink(self.path)
        if done.returncode:
            raise RuntimeError("ctr images import: " + done.stdout.decode("utf-8", "replace")[-800:])
