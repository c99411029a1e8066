"""The linters that people run on a repository, on both forms of the example, called as the guide says: what they say of
it with that, and without. kubeconform has the schemas of Kubernetes' own API description."""
import json
import os
import re
import shutil
import subprocess

import kit as kit_module

PIP = ("yamllint==1.38.0", "pre-commit-hooks==6.0.0", "detect-secrets==1.5.0")
NPM = "prettier@3.10.1"
KUBERNETES = "k8s.io/kubernetes@v1.36.3"
# What is a text in that description, and by its format a number too.
LOOSE = {"int-or-string": ["string", "integer"], "io.k8s.apimachinery.pkg.api.resource.Quantity": ["string", "number"]}
# What detect-secrets takes for secrets: where the example says which, by names of its own.
NAMES = ("ClientID", "ClientSecret", "admin", "connection-string", "database", "eso-client-id", "eso-client-secret", "flux-git-identity",
         "flux-git-known-hosts", "hearth-canary", "homelab-ca", "miniflux", "miniflux-tls", "password", r'"talos-secrets#/certs/\w+/(?:crt|key)"')
NAMED = re.compile(r" *(?:- )?(?:secretKey: @|secretName: @|secret: { secretName: @ }|remoteRef: { key: @ }|(?:\w+: )?!base64(?:decode)? { secret: @ })"
                   .replace("@", "(?:%s)" % "|".join(NAMES)))


def venv(kit):
    """{name: program} of Python's and of Node's, or None."""
    home, node = os.path.join(kit.build, "linters"), os.path.join(kit.build, "prettier")
    programs = {name: os.path.join(home, "bin", name) for name in ("yamllint", "check-yaml", "detect-secrets")}
    programs["prettier"] = os.path.join(node, "node_modules", ".bin", "prettier")
    steps = [["python3", "-m", "venv", home], [os.path.join(home, "bin", "pip"), "-q", "install", *PIP],
             ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", node, NPM]]
    if not all(os.path.exists(path) for path in programs.values()):
        for args in steps:
            if shutil.which(args[0]) is None or subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                                               stderr=subprocess.DEVNULL, timeout=600).returncode:
                return None
    return programs


def schemas(kit):
    """A folder with a schema for each kind of Kubernetes, in which an unknown field is none; or None."""
    done = subprocess.run(["go", "mod", "download", "-json", KUBERNETES], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=900)
    if done.returncode != 0:
        return None
    with open(os.path.join(json.loads(done.stdout)["Dir"], "api", "openapi-spec", "swagger.json")) as source:
        types = json.load(source)["definitions"]

    def strict(node, name=""):
        if isinstance(node, list):
            return [strict(one) for one in node]
        if not isinstance(node, dict):
            return node
        made = {key: strict(value) for key, value in node.items()}
        if "properties" in made and "additionalProperties" not in made and name.split(".")[-1] != "JSONSchemaProps":
            made["additionalProperties"] = False
        loose = LOOSE.get(name) or LOOSE.get(str(made.get("format")))
        return dict(made, type=loose) if loose else made

    def needed(node, found):
        for name in re.findall(r'"#/definitions/([^"]+)"', json.dumps(node)):
            if name not in found:
                found[name] = strict(types[name], name)
                needed(types[name], found)
        return found
    folder = kit.directory("schemas")
    for name, node in types.items():
        for kind in node.get("x-kubernetes-group-version-kind", []):
            made = dict(strict(node, name), definitions=needed(node, {}))
            kit.write(os.path.join(folder, kind["group"] or kind["version"], "%s-%s.json" % (kind["kind"].lower(), kind["version"])), json.dumps(made))
    return folder


def quoted(text, before):
    """What the guide says between backquotes behind these words."""
    return re.search(re.escape(before) + r"\s+`([^`]+)`", text).group(1)


def check(kit, ran):
    """ran(kit, name, args, directory): starts.py's."""
    where = kit.directory("linters")
    if not kit.tools["linters"] or not kit.tools["kubeconform"] or not kit.tools["schemas"]:
        kit.skipped("starts: linters", "they cannot be had")
        return
    with open(os.path.join(kit_module.REPO, "assets", "README.md")) as source:
        said = source.read().partition("**Linters.**")[2].partition("\n\n")[0]
    tools = kit.tools["linters"]
    rules = re.fullmatch("-d '(.+)'", quoted(said, "yamllint,")).group(1)
    width, left = quoted(said, "prettier,").split(), re.fullmatch(r"-ignore-filename-pattern '(.+)'", quoted(said, "kubeconform,")).group(1)
    conform = [kit.tools["kubeconform"], "-strict", "-ignore-missing-schemas", "-schema-location",
               kit.tools["schemas"] + "/{{.Group}}/{{.ResourceKind}}-{{.ResourceAPIVersion}}.json"]
    for form in ("1.13", "1.14"):
        site = os.path.join(where, form)
        kit.hearth("assets", "--talos", form, "--out", site)
        files = [os.path.join(folder, each) for folder, _, names in os.walk(site) for each in names if each.endswith(".yaml")]
        kit.expect("starts: linters: the example of %s is there" % form, len(files) > 40)
        ran(kit, "starts: yamllint of the example of " + form, [tools["yamllint"], "--strict", "-d", rules, "."], site)
        ran(kit, "starts: check-yaml of the example of " + form, [tools["check-yaml"], "--unsafe", "-m", *files], site)
        ran(kit, "starts: prettier of the example of " + form, [tools["prettier"], *width, "--check", ".", "!**/*.md"], site)
        seen = ran(kit, "starts: kubeconform of the example of " + form, conform + ["-summary", "-output", "json", "-ignore-filename-pattern", left, "."], site)
        if seen:
            kit.expect("starts: kubeconform of %s looked at many" % form, json.loads(seen)["summary"]["valid"] > 12, seen)
        for name, args in (("check-yaml", [tools["check-yaml"], *files]), ("prettier", [tools["prettier"], "--check", ".", "!**/*.md"]),
                           ("kubeconform", conform + ["."])):
            done = subprocess.run(args, cwd=site, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=900)
            kit.expect("starts: %s of %s without that is red" % (name, form), done.returncode != 0)
        found = json.loads(ran(kit, "starts: detect-secrets of the example of " + form, [tools["detect-secrets"], "scan", "--all-files", "."], site) or "{}")
        lines = [(path, one["line_number"], one["type"]) for path, rows in found.get("results", {}).items() for one in rows]
        kit.expect("starts: detect-secrets of %s finds names" % form, len(lines) > 10 and {kind for _, _, kind in lines} == {"Secret Keyword"}, str(lines))
        for path, number, _ in lines:
            with open(os.path.join(site, path)) as source:
                line = source.read().splitlines()[number - 1]
            kit.expect("starts: detect-secrets of %s: %s:%d is a name" % (form, path, number), NAMED.fullmatch(line), line)
    for line in ("  secretName: hunter2", "  password: miniflux", "  key: !base64 { secret: miniflux } hunter2"):
        kit.expect("starts: detect-secrets: %s is none" % line.strip(), not NAMED.fullmatch(line))
