"""Keys and certificates for the tests, made with the openssl command and kept in a directory.

    python3 tests/standin/pki.py DIR [KIND ...]     make (or find) and print the paths

A chain looks like Azure's: RSA root -> RSA-4096 intermediate -> RSA-2048 leaf. KINDS has the bad ones.
Everything is valid for the host names in NAMES; a directory older than twelve hours is made anew,
because "expired" and "not yet valid" are relative to now.
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time

NAMES = ["login.microsoftonline.com", "*.vault.azure.net", "login.microsoftonline.us",
         "*.vault.usgovcloudapi.net", "login.partner.microsoftonline.cn", "*.vault.azure.cn",
         "localhost", "*.localhost", "login.test", "*.vault.test"]

# kind: (key, issuer, extended key usage, names, from days, to days, sent chain)
RSA2, RSA4, RSA1 = "rsa:2048", "rsa:4096", "rsa:1024"
P256, P384, P521 = "ec:P-256", "ec:P-384", "ec:P-521"
SERVER = "serverAuth,clientAuth"
FORGES = ["github.com", "ghcr.io", "quay.io"]  # where Git and charts are
KINDS = {
    "forge":        (RSA2, "mid", SERVER, FORGES, -1, 90, ["mid"]),
    "good":         (RSA2, "mid", SERVER, NAMES, -1, 90, ["mid"]),
    "with-root":    (RSA2, "mid", SERVER, NAMES, -1, 90, ["mid", "root"]),
    "expired":      (RSA2, "mid", SERVER, NAMES, -40, -2, ["mid"]),
    "not-yet":      (RSA2, "mid", SERVER, NAMES, 2, 40, ["mid"]),
    "wrong-name":   (RSA2, "mid", SERVER, ["login.microsoftonline.com.evil.test", "vault.azure.net",
                                           "a.b.vault.azure.net"], -1, 90, ["mid"]),
    "unknown-root": (RSA2, "strange-mid", SERVER, NAMES, -1, 90, ["strange-mid"]),
    "self-signed":  (RSA2, None, SERVER, NAMES, -1, 90, []),
    "no-intermediate": (RSA2, "mid", SERVER, NAMES, -1, 90, []),
    "client-only":  (RSA2, "mid", "clientAuth", NAMES, -1, 90, ["mid"]),
    "no-eku":       (RSA2, "mid", None, NAMES, -1, 90, ["mid"]),
    "any-eku":      (RSA2, "mid", "anyExtendedKeyUsage", NAMES, -1, 90, ["mid"]),
    "rsa-1024":     (RSA1, "mid", SERVER, NAMES, -1, 90, ["mid"]),
    "rsa-1024-mid": (RSA2, "weak-mid", SERVER, NAMES, -1, 90, ["weak-mid"]),
    "expired-mid":  (RSA2, "old-mid", SERVER, NAMES, -1, 90, ["old-mid"]),
    "not-a-ca":     (RSA2, "leaf-mid", SERVER, NAMES, -1, 90, ["leaf-mid", "mid"]),
    "ec-p256":      (P256, "ec-mid", SERVER, NAMES, -1, 90, ["ec-mid"]),
    "ec-p384":      (P384, "ec-mid", SERVER, NAMES, -1, 90, ["ec-mid"]),
    "ec-p521":      (P521, "ec-mid-521", SERVER, NAMES, -1, 90, ["ec-mid-521"]),
    # As Microsoft's G2: one key and name as a root of its own and as a certificate of another root; each way to send
    # it.
    "bridged":       (RSA2, "bridge-mid", SERVER, NAMES, -1, 90, ["bridge-mid", "bridge"]),
    "unbridged":     (RSA2, "bridge-mid", SERVER, NAMES, -1, 90, ["bridge-mid"]),
    "bridge-root":   (RSA2, "bridge-mid", SERVER, NAMES, -1, 90, ["bridge-mid", "bridge-self"]),
    "both-bridges":  (RSA2, "bridge-mid", SERVER, NAMES, -1, 90, ["bridge-mid", "bridge-self", "bridge"]),
    "localhost":    (RSA2, "mid", SERVER, ["localhost", "*.localhost"], -1, 90, ["mid"]),
}
# authority: (key, issuer, from days, to days, is a CA[, common name[, the authority whose key it has]])
MICROSOFT = "Microsoft TLS Hearth Test Root G9"
AUTHORITIES = {
    "root":         (RSA2, None, -400, 3650, True),
    "mid":          (RSA4, "root", -300, 1000, True),
    "weak-mid":     (RSA1, "root", -300, 1000, True),
    "old-mid":      (RSA2, "root", -300, -3, True),
    "leaf-mid":     (RSA2, "mid", -300, 1000, False),
    "strange-root": (RSA2, None, -400, 3650, True),
    "strange-mid":  (RSA2, "strange-root", -300, 1000, True),
    "bridge-self":  (RSA4, None, -200, 3650, True, MICROSOFT),
    "bridge":       (RSA4, "root", -200, 1000, True, MICROSOFT, "bridge-self"),
    "bridge-mid":   (RSA4, "bridge-self", -100, 1000, True, "Microsoft TLS Hearth Test CA 02"),
    "ec-root":      (P384, None, -400, 3650, True),
    "ec-mid":       (P384, "ec-root", -300, 1000, True),
    "ec-mid-521":   (P521, "ec-root", -300, 1000, True),
}
ROOTS = ["root", "ec-root"]

CONFIG = """
[ca]
default_ca = here
[here]
new_certs_dir = {dir}/new-{name}
database = {dir}/index-{name}
serial = {dir}/serial-{name}
default_md = sha384
policy = any
unique_subject = no
x509_extensions = ext
copy_extensions = none
rand_serial = yes
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = dn
prompt = no
string_mask = utf8only
[dn]
{dn}
[ext]
subjectKeyIdentifier = hash
{ext}
"""


class PkiError(Exception):
    pass


def openssl(*args, stdin=None):
    """Run openssl and return its standard output; its words are in the exception."""
    done = subprocess.run(("openssl",) + args, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise PkiError("openssl %s: %s" % (" ".join(args[:2]), done.stderr.decode("utf-8", "replace").strip()))
    return done.stdout


def new_key(path, kind):
    """Make a private key. kind: rsa:BITS (PKCS#8), rsa1:BITS (PKCS#1), ec:CURVE (SEC1)."""
    family, size = kind.split(":")
    if family == "rsa":
        data = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + size)
    elif family == "rsa1":
        data = openssl("genrsa", "-traditional", size)
    else:
        data = openssl("ecparam", "-genkey", "-noout", "-name",
                       {"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}[size])
    write(path, data)
    return path


def write(path, data):
    if isinstance(data, str):
        data = data.encode()
    descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
    os.rename(path + ".new", path)


def read(path):
    with open(path, "rb") as source:
        return source.read()


def stamp(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))


def sign(directory, name, key, issuer, days, ext, dn, digest="sha384"):
    """Certificate directory/name.crt for the key file, signed by issuer (or by itself)."""
    crt = os.path.join(directory, name + ".crt")
    config = os.path.join(directory, name + ".cnf")
    request = os.path.join(directory, name + ".csr")
    write(config, CONFIG.format(dir=directory, name=name, dn=dn, ext=ext))
    write(os.path.join(directory, "index-" + name), "")
    os.makedirs(os.path.join(directory, "new-" + name), exist_ok=True)
    openssl("req", "-new", "-key", key, "-config", config, "-out", request)
    args = ["ca", "-batch", "-config", config, "-in", request, "-out", crt, "-notext", "-md", digest,
            "-startdate", stamp(days[0]), "-enddate", stamp(days[1])]
    if issuer is None:
        args += ["-selfsign", "-keyfile", key]
    else:
        args += ["-keyfile", os.path.join(directory, issuer + ".key"),
                 "-cert", os.path.join(directory, issuer + ".crt")]
    openssl(*args)
    for extra in (config, request, os.path.join(directory, "index-" + name)):
        for path in (extra, extra + ".attr", extra + ".old", extra + ".attr.old"):
            if os.path.exists(path):
                os.unlink(path)
    shutil.rmtree(os.path.join(directory, "new-" + name))
    return crt


class Pki:
    """A directory of keys and certificates. Safe for several processes at once."""

    def __init__(self, directory):
        self.dir = os.path.abspath(directory)
        os.makedirs(self.dir, mode=0o700, exist_ok=True)
        born = os.path.join(self.dir, "born")
        with self._lock():
            try:
                fresh = time.time() - os.stat(born).st_mtime < 12 * 3600 and read(born).decode() == self._version()
            except OSError:
                fresh = False
            if not fresh:
                for entry in os.listdir(self.dir):
                    path = os.path.join(self.dir, entry)
                    if os.path.isdir(path):
                        shutil.rmtree(path)
                    elif entry != "lock":
                        os.unlink(path)
                write(born, self._version())

    @staticmethod
    def _version():
        return hashlib.sha256(read(os.path.abspath(__file__))).hexdigest()

    def _lock(self):
        handle = open(os.path.join(self.dir, "lock"), "a")
        fcntl.flock(handle, fcntl.LOCK_EX)
        return handle

    def _path(self, name, suffix):
        return os.path.join(self.dir, name + suffix)

    def _key(self, name, kind):
        path = self._path(name, ".key")
        return path if os.path.exists(path) else new_key(path, kind)

    def _authority(self, name):
        if os.path.exists(self._path(name, ".crt")):
            return self._path(name, ".crt")
        key, issuer, start, end, is_ca, cn, whose = (AUTHORITIES[name] + (None, None))[:7]
        for other in (issuer, whose):
            if other:
                self._authority(other)
        ext = "basicConstraints = critical,CA:%s\nkeyUsage = critical,%s" % (
            ("TRUE", "keyCertSign,cRLSign,digitalSignature") if is_ca else ("FALSE", "digitalSignature"))
        return sign(self.dir, name, self._key(whose or name, key), issuer, (start, end), ext,
                    "O = Hearth tests\nCN = %s" % (cn or "Hearth test " + name))

    def chain(self, kind):
        """Server credentials of a kind: (path of the PEM chain as it is sent, path of the key)."""
        sent, key_path = self._path(kind, ".chain"), self._path(kind, ".key")
        with self._lock():
            if os.path.exists(sent):
                return sent, key_path
            key, issuer, eku, names, start, end, chain = KINDS[kind]
            if issuer:
                self._authority(issuer)
            ext = ("basicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature,keyEncipherment\n"
                   "subjectAltName = " + ",".join("DNS:" + name for name in names))
            if eku:
                ext += "\nextendedKeyUsage = " + eku
            crt = sign(self.dir, kind, self._key(kind, key), issuer, (start, end), ext, "CN = " + names[0])
            write(sent, b"".join([read(crt)] + [read(self._authority(name)) for name in chain]))
        return sent, key_path

    def roots(self):
        """Path of a PEM file with the test roots that a client should trust."""
        path = self._path("roots", ".pem")
        with self._lock():
            if not os.path.exists(path):
                write(path, b"".join(read(self._authority(name)) for name in ROOTS))
        return path

    def client(self, name="client", kind=RSA2, days=(-1, 365)):
        """A login certificate: path of one PEM file with the certificate and its private key."""
        path = self._path("login-" + name, ".pem")
        with self._lock():
            if not os.path.exists(path):
                key = self._key("login-" + name, kind)
                crt = sign(self.dir, "login-" + name, key, None, days,
                           "basicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature",
                           "CN = hearth " + name, digest="sha256")
                write(path, read(crt) + read(key))
        return path


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.stdout.write(__doc__ + "\nKINDS: " + " ".join(KINDS) + "\n")
        return 0 if len(sys.argv) > 1 and sys.argv[1] in ("-h", "--help") else 2
    if not shutil.which("openssl"):
        sys.stderr.write("pki: the openssl command is missing\n")
        return 1
    pki = Pki(sys.argv[1])
    print("roots %s" % pki.roots())
    print("client %s" % pki.client())
    for kind in sys.argv[2:] or ["good"]:
        print("%s %s %s" % ((kind,) + pki.chain(kind)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
