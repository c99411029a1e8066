"""The key that Flux shows to a Git server over SSH, as golang.org/x/crypto/ssh reads one: what it cannot use is
refused by `render` and `check` beside the Secret, and no byte of it is said.

A row: name, the value, whether the Secret has a passphrase, words of the refusal or None.
"""
import base64
import struct
import subprocess

HOSTS = "example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"


def openssl(*words):
    return subprocess.run(["openssl"] + list(words), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout.decode()


def openssh(cipher):
    """The head of OpenSSH's own form, PROTOCOL.key, as far as a cipher is told by it."""
    body = b"openssh-key-v1\0" + struct.pack(">I", len(cipher)) + cipher.encode() + b"\0" * 300
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n%s-----END OPENSSH PRIVATE KEY-----\n" % base64.encodebytes(body).decode()


EC = lambda: openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1")  # noqa: E731
ROWS = [
    ("ec", EC, False, None),
    ("rsa", lambda: openssl("genrsa", "-traditional", "2048"), False, None),
    ("ed25519", lambda: openssl("genpkey", "-algorithm", "ed25519"), False, None),
    ("openssh", lambda: openssh("none"), False, None),
    ("windows", lambda: EC().replace("\n", "\r\n"), False, None),
    ("no-newline", lambda: EC().rstrip("\n"), False, None),
    ("passphrase", lambda: openssh("aes256-ctr"), True, None),
    ("no-passphrase", lambda: openssh("aes256-ctr"), False, "it is encrypted, and the Secret has no password"),
    ("encrypted-pkcs8", lambda: openssl("genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x"), False, "it is encrypted in a form that is not read here; write it anew without a passphrase"),
    ("public", lambda: HOSTS.split(" ", 1)[1], False, "it holds no PEM"),
    ("one-line", lambda: EC().replace("\n", " "), False, "it holds no PEM"),
    ("cut", lambda: EC()[:-40], False, "its PEM is cut or malformed"),
    ("certificate", lambda: EC().replace("EC PRIVATE KEY", "CERTIFICATE"), False, "its PEM does not begin with a private key of a known type"),
    ("of-talos", lambda: EC().replace("EC PRIVATE", "ED25519 PRIVATE"), False, "its PEM does not begin with a private key of a known type"),
    ("openssh-not", lambda: openssh("none").replace("b3Bl", "AAAA"), False, "its PEM body is damaged"),
]


def case(value, passphrase, words):
    def run(kit):
        kit.site("vault")
        path = "site/clusters/data/flux-system/gotk-sync.yaml"
        text = kit.read(path).replace("url: https://", "url: ssh://git@").replace("  ref:", "  secretRef:\n    name: git\n  ref:")
        kit.write(path, text)
        kit.write("site/bootstrap/git.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: git, namespace: flux-system}\ndata:\n"
                  "  identity: !base64 {secret: git-key}\n  known_hosts: %s\n" % base64.b64encode(HOSTS.encode()).decode() +
                  ("  password: eA==\n" if passphrase else ""))
        kit.world({"vaults": {"*": {"hello": "x", "db-password": "y", "git-key": value()}}})
        done = kit.hearth(["render", "--site", kit.path("site"), "--facts", kit.path("site/box.json"), "--out", kit.path("out")])
        kit.expect(done, code=3 if words else 0)
        if words and "hearth: flux-sync: bootstrap/git.yaml:5:13: data.identity: %s\n" % words not in done.text("stderr"):
            kit.fail(done.text("stderr"))
    return run


def cases():
    for name, *row in ROWS:
        yield name, case(*row), bool(row[2])
