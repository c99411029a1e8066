"""Secrets for a cluster, made on the spot with the openssl command: real keys, no real use.

    python3 tests/standin/bundle.py [--sa-bits 4096] [--json]        a Talos secrets bundle, as talosctl makes it
    python3 tests/standin/bundle.py --git | --eso                    Flux git credentials, the ESO credential

The bundle is what `talosctl gen secrets` writes: lower-cased names, crt and key as base64 of PEM. Ed25519 for
the OS authority, EC P-256 for etcd, Kubernetes and the aggregator, RSA for service accounts.
"""
import argparse
import base64
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pki import openssl, write  # noqa: E402

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def word(length):
    """Random text of [a-z0-9]; 252 is the largest multiple of 36 below 256."""
    text = ""
    while len(text) < length:
        text += "".join(ALPHABET[byte % 36] for byte in os.urandom(64) if byte < 252)
    return text[:length]


def token():
    return word(6) + "." + word(16)


def b64(data):
    return base64.b64encode(data).decode()


def authority(key_pem, subject):
    """A self-signed CA certificate (PEM) of ten years for a private key (PEM)."""
    with tempfile.TemporaryDirectory() as directory:
        key = os.path.join(directory, "key")
        write(key, key_pem)
        return openssl("req", "-x509", "-new", "-key", key, "-days", "3650", "-subj", subject, "-sha256",
                       "-addext", "basicConstraints=critical,CA:TRUE",
                       "-addext", "keyUsage=critical,digitalSignature,keyCertSign",
                       "-addext", "extendedKeyUsage=serverAuth,clientAuth")


def ec_pair(subject):
    key = openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1")
    return {"crt": b64(authority(key, subject)), "key": b64(key)}


def os_pair():
    key = openssl("genpkey", "-algorithm", "ED25519")
    named = key.replace(b"PRIVATE KEY", b"ED25519 PRIVATE KEY")
    return {"crt": b64(authority(key, "/O=talos")), "key": b64(named)}


def talos_bundle(sa_bits=4096):
    """The bundle as a dict."""
    return {
        "cluster": {"id": b64(os.urandom(32)), "secret": b64(os.urandom(32))},
        "secrets": {"bootstraptoken": token(), "secretboxencryptionsecret": b64(os.urandom(32))},
        "trustdinfo": {"token": token()},
        "certs": {
            "etcd": ec_pair("/O=etcd"),
            "k8s": ec_pair("/O=kubernetes"),
            "k8saggregator": ec_pair("/CN=front-proxy"),
            "k8sserviceaccount": {"key": b64(openssl("genrsa", "-traditional", str(sa_bits)))},
            "os": os_pair(),
        },
    }


def to_yaml(value, indent=0):
    """Block YAML of nested dicts of plain strings, four blanks a level as talosctl writes it."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines.append(" " * indent + key + ":\n" + to_yaml(item, indent + 4))
        else:
            lines.append(" " * indent + "%s: %s\n" % (key, item))
    return "".join(lines)


def ssh_host_key():
    """A public key line (without host) of type ssh-ed25519, from a fresh key."""
    pem = openssl("pkey", "-pubout", "-outform", "DER", stdin=openssl("genpkey", "-algorithm", "ED25519"))
    parts = [b"ssh-ed25519", pem[-32:]]
    return "ssh-ed25519 " + b64(b"".join(len(part).to_bytes(4, "big") + part for part in parts))


def git_credentials(host="github.com"):
    """{identity, known_hosts}: what Flux's ssh secret holds."""
    key = openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1")
    return {"identity": key.decode(), "known_hosts": "%s %s\n" % (host, ssh_host_key())}


def eso_credential():
    """{ClientID, ClientSecret} of the External Secrets Operator's own application."""
    return {"ClientID": "77777777-8888-4999-8aaa-bbbbbbbbbbbb", "ClientSecret": word(8) + "8Q~" + word(29)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sa-bits", type=int, default=4096)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--git", action="store_true")
    parser.add_argument("--eso", action="store_true")
    options = parser.parse_args()
    if options.git or options.eso:
        print(json.dumps(git_credentials() if options.git else eso_credential(), indent=2))
        return 0
    made = talos_bundle(options.sa_bits)
    sys.stdout.write(json.dumps(made, indent=2) + "\n" if options.json else to_yaml(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
