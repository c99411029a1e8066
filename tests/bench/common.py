"""What the benches share: the job, its budgets (DESIGN.md, Budgets), and how samples are counted."""
import json
import os
import shutil
import subprocess

import pki
import world

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BASELINE = "baseline"
RTT_MS = 30
BUDGET = {"size_kib": 640, "memory_kib": 2560, "depth": 6, "cpu_ms": 20, "settled_ms": 225}
VAULT = "homelab-data.vault.azure.net"
SITE = os.path.join(ROOT, "tests", "blackbox", "sites", "vault")
DNS = {"login.microsoftonline.com": {"cname": "login.stand-in.test"}, "login.stand-in.test": {"a": [world.LOGIN]},
       VAULT: {"cname": "vault.stand-in.test"}, "vault.stand-in.test": {"a": [world.VAULT]}}
CLIENT = next(iter(world.azure_module.DEFAULT["clients"]))


def compile_launcher(work):
    launcher = os.path.join(work, "launch")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    subprocess.run([compiler, "-O2", "-o", launcher, os.path.join(HERE, "launch.c")], check=True)
    return launcher


def flux_file():
    for path in (os.environ.get("FLUX_COMPONENTS"), os.path.join(ROOT, "..", "shared/data/flux/gotk-components-v2.9.4.yaml")):
        if path and os.path.isfile(path):
            return path
    return None


def make_site(site, keys, names, method, flux):
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(SITE, site)
    extra = "".join("  %s: !base64 {secret: %s}\n" % (name, name) for name in names)
    with open(os.path.join(site, "bootstrap", "hello.yaml"), "w") as out:
        out.write("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: hello\n---\napiVersion: v1\nkind: Secret\n"
                  "metadata:\n  name: hello\n  namespace: hello\ntype: Opaque\ndata:\n" + extra)
    path = os.path.join(site, "hearth.yaml")
    with open(path) as source:
        text = source.read().replace("method: secret", "method: " + method)
    if flux:
        text = text.replace("from: release", "from: file")
        shutil.copy(flux, os.path.join(site, "clusters/data/flux-system/gotk-components.yaml"))
    with open(path, "w") as out:
        out.write(text)
    os.makedirs(os.path.join(site, ".hearth"))
    shutil.copy(keys.roots(), os.path.join(site, "test-root.pem"))
    pki.write(os.path.join(site, ".hearth/data.pem"), pki.read(keys.client()))
    pki.write(os.path.join(site, ".hearth/data.secret"), world.azure_module.DEFAULT["clients"][CLIENT]["secret"])


class Contestant:
    def __init__(self, name, command, size_bytes=0, environment=None):
        self.name, self.command, self.size, self.environment = name, command, size_bytes, environment or {}
        self.samples = []


def node_modules(work):
    """The directory with the SDK's modules, or None: from conformance's, else by npm."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None
    own = os.path.join(work, "node")
    for ready in (os.path.join(ROOT, "build", "conformance", "node"), own):
        # npm writes this file last.
        if os.path.exists(os.path.join(ready, "node_modules", ".package-lock.json")):
            return ready
    os.makedirs(own, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(ROOT, "tests/conformance/node", name), own)
    try:
        done = subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=own, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=240)
    except subprocess.TimeoutExpired:
        return None
    return own if done.returncode == 0 else None


def peers_environment(keys):
    """What the peers are told of the stand-in and the login."""
    return {"STANDIN_ROOTS": keys.roots(), "NODE_EXTRA_CA_CERTS": keys.roots(), "SSL_CERT_FILE": keys.roots(),
            "VAULT_URL": "https://" + VAULT, "AZURE_TENANT_ID": world.azure_module.DEFAULT["tenant"], "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": world.azure_module.DEFAULT["clients"][CLIENT]["secret"],
            "AZURE_CLIENT_CERTIFICATE_PATH": keys.client()}


def azsecrets(work):
    """Azure's SDK for Go, built; or None."""
    out = os.path.join(work, "azsecrets")
    if not shutil.which("go"):
        return None
    settings = {"GOFLAGS": "-p=2 -buildvcs=false -mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    done = subprocess.run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "."], cwd=os.path.join(HERE, "azsecrets"),
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600,
                          env=dict(os.environ, **settings))
    return out if done.returncode == 0 else None


def curl_command(work, wanted):
    where = os.path.join(work, "curl")
    os.makedirs(where, exist_ok=True)
    return ["sh", os.path.join(HERE, "curl.sh"), where] + wanted


def sdk_command(modules, work, wanted):
    script = os.path.join(modules, "bench-sdk.mjs")
    shutil.copy(os.path.join(HERE, "sdk.mjs"), script)
    return ["node", script, "certificate", os.path.join(work, "sdk.json")] + wanted


def cost(contestant, work, launcher, mode):
    """Runs it once: a sample of what each of its processes cost."""
    report = os.path.join(work, "report.json")
    with open(os.path.join(work, "output"), "w") as output:
        subprocess.run([launcher, "memory" if mode == "memory" else "cpu", report] + contestant.command, stdout=output,
                       stderr=output, stdin=subprocess.DEVNULL, timeout=120, check=True,
                       env=dict({"PATH": os.environ["PATH"], "HOME": work, "LANG": "C.UTF-8"}, **contestant.environment))
    with open(report) as source:
        sample = json.load(source)
    if sample["status"] != 0:
        with open(os.path.join(work, "output")) as source:
            raise SystemExit("bench: %s ended with %d\n%s" % (contestant.name, sample["status"], source.read()[-3000:]))
    sample.update(contestant=contestant.name, mode=mode)
    return sample


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None


def peak(processes):
    """KiB that all processes of a run had at most at one time: whenever one ends, the peaks so far of all that live are
    added up."""
    return max((one["together_kib"] for one in processes), default=0)


def print_table(rows, left=1):
    """`left` columns of words, then numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(widths[index]) if index < left else cell.rjust(widths[index])
                        for index, cell in enumerate(row)).rstrip())
