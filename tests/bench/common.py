"""What the benches share: the job, its budgets (DESIGN.md, Budgets), and how samples are counted."""
import os
import shutil
import subprocess

import pki
import world

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
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
