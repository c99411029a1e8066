"""The network of a cluster, in the namespaces of tests/standin/world.py: a LAN with the node's address, and the
Internet that a homelab asks, under its real names: Entra and the vaults (tests/standin), Git over ssh and https, an OCI
registry, and DNS.
"""
import gzip
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import ssl
import subprocess
import tarfile
import threading
import urllib.parse

import dns as dns_module
import world as world_module

LOGIN, VAULT, GIT, REGISTRY, DNS = ("203.0.113.%d" % last for last in (1, 2, 3, 4, 53))
NODES = {"data": "192.168.1.10", "production": "192.168.1.20"}
NAMES = {"login.microsoftonline.com": LOGIN, "github.com": GIT, "ghcr.io": REGISTRY, "quay.io": REGISTRY}
NAMES.update((name, VAULT) for name in world_module.VAULTS)


def ip(*args):
    subprocess.run(("ip",) + args, check=True, stdout=subprocess.DEVNULL)


def setting(name, value):
    path = "/proc/sys/" + name
    if os.path.exists(path):
        with open(path, "w") as out:
            out.write(value)


class Names(dict):
    """DNS's table: what is outside, and the services of the cluster, which the API server knows."""

    def __init__(self):
        super().__init__({name: {"a": [address]} for name, address in NAMES.items()})
        self.service = None  # (name, namespace) -> address or None

    def get(self, name, default=None):
        found = re.fullmatch(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local", name)
        if not found:
            return super().get(name, default)
        address = self.service and self.service(*found.groups())
        return {"a": [address]} if address else {"rcode": "nxdomain"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, kind, body, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class RegistryHandler(Handler):
    """The OCI distribution protocol, for reading."""

    def do_GET(self):
        store = self.server.store
        found = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/([^/]+)", self.path)
        if self.path.rstrip("/") == "/v2":
            return self.reply(200, "application/json", b"{}")
        listed = re.fullmatch(r"/v2/(.+)/tags/list", self.path.partition("?")[0])
        host = self.headers["Host"].partition(":")[0]
        if listed:
            name = host + "/" + listed.group(1)
            tags = sorted(tag for known, tag in store.tags if known == name)
            return self.reply(200 if tags else 404, "application/json", json.dumps({"name": listed.group(1), "tags": tags}).encode())
        if found:
            name, what, reference = found.groups()
            digest = store.tags.get((host + "/" + name, reference), reference) if what == "manifests" else reference
            if digest in store.blobs:
                kind, body = store.blobs[digest]
                store.served.append((host + "/" + name, what, reference))
                return self.reply(200, kind, body, [("Docker-Content-Digest", digest)])
        self.reply(404, "application/json", b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"not here"}]}')

    do_HEAD = do_GET


class GitHandler(Handler):
    """git's own program behind https."""

    def run(self):
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        environment = dict(os.environ, GIT_PROJECT_ROOT=self.server.store, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=url.path,
                           QUERY_STRING=url.query, REQUEST_METHOD=self.command, REMOTE_USER="", REMOTE_ADDR="203.0.113.99",
                           CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
                           GIT_PROTOCOL=self.headers.get("Git-Protocol", ""))
        done = subprocess.run(["git", "-c", "safe.directory=*", "http-backend"], input=body, stdout=subprocess.PIPE, env=environment)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        status = int(headers.pop("Status", "200").split()[0])
        self.reply(status, headers.pop("Content-Type", "text/plain"), body, headers.items())

    do_GET = do_POST = run


def served(handler, address, chain, store):
    """An HTTPS server in a thread."""
    server = http.server.ThreadingHTTPServer((address, 443), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.store = store
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Registry:
    """Charts, as `helm push` lays them."""

    def __init__(self):
        self.blobs, self.tags, self.served = {}, {}, []

    def blob(self, kind, body):
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        self.blobs[digest] = (kind, body)
        return {"mediaType": kind, "digest": digest, "size": len(body)}

    def push(self, name, tag, chart, about):
        """`name` has its host; `chart` is the bytes of a chart archive, `about` what its Chart.yaml says. The
        digest."""
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": self.blob("application/vnd.cncf.helm.config.v1+json", json.dumps(about).encode()),
                    "layers": [self.blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", chart)]}
        digest = self.blob(manifest["mediaType"], json.dumps(manifest).encode())["digest"]
        self.tags[(name, tag)] = digest
        return digest


def archive(name, files):
    """A chart archive of {path: text}, the same bytes each time."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in sorted(files):
            body = files[path].encode() if isinstance(files[path], str) else files[path]
            entry = tarfile.TarInfo(name + "/" + path)
            entry.size, entry.mtime, entry.mode = len(body), 1767225600, 0o644
            tar.addfile(entry, io.BytesIO(body))
    return gzip.compress(packed.getvalue(), mtime=0)


class Forge:
    """Git over ssh, as github.com gives it: the user git, a host key, deploy keys, and repositories below a folder."""

    def __init__(self, directory):
        self.directory = directory
        self.repositories = os.path.join(directory, "repositories")
        self.home = os.path.join(directory, "home")
        os.makedirs(os.path.join(self.home, ".ssh"), mode=0o700)
        os.makedirs(self.repositories)
        self.keys = os.path.join(self.home, ".ssh", "authorized_keys")
        self.host = os.path.join(directory, "host-key")
        subprocess.run(["dropbearkey", "-t", "ed25519", "-f", self.host], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.process = None
        self.command = os.path.join(directory, "command")
        with open(self.command, "w") as out:  # the path of ssh://git@HOST/PATH is one of ours
            out.write("#!/bin/sh\nset -- $SSH_ORIGINAL_COMMAND\np=${2#\\'}; p=${p%%\\'}; cd %s\n"
                      "case $1 in git-upload-pack) exec git -c safe.directory='*' upload-pack \"./${p#/}\" ;; esac\necho no >&2; exit 1\n"
                      % self.repositories)
        os.chmod(self.command, 0o755)

    def known_hosts(self):
        done = subprocess.run(["dropbearkey", "-y", "-f", self.host], check=True, stdout=subprocess.PIPE)
        line = next(line for line in done.stdout.decode().splitlines() if line.startswith("ssh-ed25519 "))
        return "github.com " + " ".join(line.split()[:2]) + "\n"

    def user(self):
        """/etc/passwd with a user git, in this mount namespace alone."""
        path = os.path.join(self.directory, "passwd")
        with open("/etc/passwd") as source, open(path, "w") as out:
            out.writelines(line for line in source if not line.startswith("git:"))
            out.write("git:x:0:0::%s:/bin/sh\n" % self.home)
        os.chmod(path, 0o644)
        world_module.bind(path, "/etc/passwd")

    def allow(self, public):
        with open(self.keys, "a") as out:
            out.write(public.strip() + "\n")
        os.chmod(self.keys, 0o600)

    def start(self):
        log = open(os.path.join(self.directory, "log"), "ab")
        self.process = subprocess.Popen(["dropbear", "-F", "-E", "-s", "-j", "-k", "-r", self.host, "-c", self.command,
                                         "-p", GIT + ":22", "-P", os.path.join(self.directory, "pid")],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def bare(self, name):
        path = os.path.join(self.repositories, name)
        if not os.path.exists(path):
            subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True)
        return path

    def tagged(self, name, tag, files):
        """A repository with one commit, and a tag on it."""
        path, work = self.bare(name), os.path.join(self.directory, "work")
        shutil.rmtree(work, ignore_errors=True)
        for each, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(work, each)), exist_ok=True)
            with open(os.path.join(work, each), "w") as out:
                out.write(text)
        git = ["git", "-C", work, "-c", "user.name=x", "-c", "user.email=x@x"]
        for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", tag], ["tag", tag],
                     ["push", "-q", path, "main", tag]):
            subprocess.run(git + args, check=True)


class Lan:
    """Everything above, up. Enters the namespaces of the calling process, for good."""

    def __init__(self, directory, keys, config=None):
        os.makedirs(directory, exist_ok=True)
        self.world = world_module.World(directory, keys, dict(config or {}, hosts={name: [at] for name, at in NAMES.items()},
                                                              resolv="nameserver %s\n" % DNS))
        for name in ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables", "net/ipv4/conf/all/route_localnet"):
            setting(name, "1")
        ip("link", "add", "lan0", "type", "bridge")
        ip("link", "set", "lan0", "up")
        for address in [DNS, LOGIN, VAULT, GIT, REGISTRY]:
            ip("addr", "add", address + "/24", "dev", "lan0")
        for address in NODES.values():
            ip("addr", "add", address + "/24", "dev", "lan0")
        ip("route", "add", "default", "dev", "lan0", "src", NODES["data"])  # the kubelet looks for one
        for role, address in (("login", LOGIN), ("vault", VAULT)):
            self.world.azure.listen(role, address, 443)
        self.names = Names()
        self.dns = dns_module.Dns(DNS, 53, self.names)
        self.registry = Registry()
        self.forge = Forge(os.path.join(directory, "forge"))
        self.forge.user()
        self.forge.start()
        chain = keys.chain("forge")
        served(RegistryHandler, REGISTRY, chain, self.registry)
        served(GitHandler, GIT, chain, self.forge.repositories)
        self.azure = self.world.azure
