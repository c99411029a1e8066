"""Azure, talosctl, kubectl, flux and ssh-keyscan for the guide: each command line is held against commands.json, and
what the guide goes on to use is done: identities, certificates, vaults, files. Nothing of it is a cluster.

commands.json: {tool: {subcommand: its flags}}, from Talos 1.13's source, azure-cli's and flux's sources and pages,
kubectl's help. `--flag` is a switch, `--flag=` takes a value, `--flag=!` must be there; the subcommand "" has the flags
of all.
"""
import base64
import datetime
import difflib
import json
import os
import re
import socket
import sys
import tempfile
import threading
import uuid

import bundle

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENT = """\
#!%s
import json, os, socket, sys
piped = sys.stdin.read() if "-" in sys.argv[1:] else ""  # before the line is taken: what is piped in may need it
line = socket.socket(socket.AF_UNIX)
line.connect(%r)
line.sendall(json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:], os.getcwd(), piped,
                         os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "")]).encode() + b"\\n")
said = json.loads(line.makefile().readline())
sys.stdout.write(said[1])
sys.stderr.write(said[2])
sys.exit(said[0])
"""


YESTERDAY = "a-token-of-yesterday"
OWN = "---\napiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: hearth\nenvironment:\n    - HEARTH_NODE=data-1\n"


def dry_run(config):
    """What a node answers that hearth set up, and whose token is another since. Talos writes documents without
    comments."""
    before = re.sub(r"^(  token: ).*$", r"\g<1>" + YESTERDAY, config, count=1, flags=re.M) + OWN
    return "Dry run summary:\nApplied configuration without a reboot (skipped in dry-run).\nConfig diff:\n\n" + "".join(
        difflib.unified_diff(before.splitlines(True), config.splitlines(True), "a", "b"))


class Refused(Exception):
    """What the tool would say; the command ends with a status that is not 0."""


def table():
    with open(os.path.join(HERE, "commands.json")) as source:
        tools = json.load(source)
    return {tool: {name: {word.split("=")[0]: word.partition("=")[1] + word.partition("=")[2] for word in flags.split()}
                   for name, flags in rows.items()} for tool, rows in tools.items()}


TOOLS = table()


def read(tool, args):
    """(subcommand, other words, {flag: value}); Refused when the tool would not take the command line."""
    rows = TOOLS[tool]
    shared = rows.get("", {})
    leading, skip = [], False
    for word in args:
        if skip:
            skip = False
        elif word.startswith("-") and word != "-":
            if word.split("=")[0] not in shared:
                break
            skip = "=" not in word and shared[word] != ""
        else:
            leading.append(word)
    found = [name for name in rows if leading[:len(name.split())] == name.split()]
    name = max(found, key=len) if found else ""
    if not name and set(rows) != {""}:
        raise Refused("%s has no command %s" % (tool, " ".join(leading[:3]) or "without words"))
    known = dict(shared, **rows[name])
    words, flags, at = [], {}, 0
    while at < len(args):
        if args[at] == "--":  # the rest is another program's
            words += args[at + 1:]
            break
        flag, equals, value = args[at].partition("=")
        if not flag.startswith("-") or flag == "-":
            words.append(args[at])
        elif flag not in known:
            raise Refused("%s %s: unknown flag %s" % (tool, name, flag))
        elif known[flag] == "":
            flags[flag] = value if equals else "true"
        else:
            if not equals:
                at += 1
                if at == len(args) or args[at] == "":
                    raise Refused("%s %s: %s needs a value" % (tool, name, flag))
                value = args[at]
            flags[flag] = value
        at += 1
    lacking = [flag for flag, kind in known.items() if kind == "=!" and flag not in flags]
    if lacking:
        raise Refused("%s %s: %s is missing" % (tool, name, ", ".join(lacking)))
    return name, words[len(name.split()):], flags


class Cloud:
    def __init__(self, azure, tenant, directory):
        self.azure, self.tenant, self.directory = azure, tenant, directory
        self.apps, self.vaults, self.granted, self.accounts, self.groups = {}, {}, set(), set(), set()
        self.calls, self.refused, self.lines = [], [], []
        self.boxes = {}  # {address: the file with the facts of the box that has it}
        self.publish()
        self.scratch = tempfile.TemporaryDirectory()  # the path of a socket has to be short
        path = os.path.join(self.scratch.name, "line")
        self.line = socket.socket(socket.AF_UNIX)
        self.line.bind(path)
        self.line.listen(8)
        os.makedirs(os.path.join(directory, "bin"))
        for tool in TOOLS:
            client = os.path.join(directory, "bin", tool)
            with open(client, "w") as out:
                out.write(CLIENT % (sys.executable, path))
            os.chmod(client, 0o755)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                with self.line.accept()[0] as peer:
                    peer.sendall(json.dumps(self.answer(*json.loads(peer.makefile().readline()))).encode() + b"\n")
            except OSError:
                return

    def answer(self, tool, args, where, piped, connection):
        shown = " ".join([tool] + args)
        try:
            name, words, flags = read(tool, args)
            self.calls.append((tool, name, words, flags))
            self.lines.append((tool, args))
            act = getattr(self, ("%s_%s" % (tool, name)).replace(" ", "_").replace("-", "_").rstrip("_"), None)
            out = act(words, flags, where, piped, connection) if act else ""
            self.publish()
            return 0, out or "", ""
        except (Refused, OSError, ValueError) as error:
            self.refused.append("%s: %s" % (shown, error))
            return 1, "", "%s: %s\n" % (tool, error)

    def publish(self):
        """The stand-in serves what is so now; the certificates are on files."""
        self.azure.config["vaults"] = {name + ".vault.azure.net": dict(kept) for name, kept in self.vaults.items()}
        self.azure.config["clients"] = {app["id"]: {"certificate": app["certificate"], "secrets": list(app["secrets"].values())}
                                        for app in self.apps.values() if app["certificate"] or app["secrets"]}

    # -- az

    def app(self, identity):
        for app in self.apps.values():
            if app["id"] == identity:
                return app
        raise Refused("no application %r" % identity)

    def vault(self, name):
        if name not in self.vaults:
            raise Refused("no vault %s" % name)
        return self.vaults[name]

    def az_account_show(self, *_):
        return self.tenant + "\n"

    def az_group_create(self, words, flags, *_):
        self.groups.add(flags["--name"])

    def az_ad_app_create(self, words, flags, *_):
        app = self.apps.setdefault(flags["--display-name"], {"id": str(uuid.uuid4()), "secrets": {}, "certificate": None,
                                                             "principal": False})
        return app["id"] + "\n"

    def az_ad_app_list(self, words, flags, *_):
        app = self.apps.get(flags["--display-name"])
        return app["id"] + "\n" if app else ""

    def az_ad_sp_create(self, words, flags, *_):
        self.app(flags["--id"])["principal"] = True

    def az_ad_app_credential_reset(self, words, flags, where, *_):
        app = self.app(flags["--id"])
        if "--cert" in flags:
            if not flags["--cert"].startswith("@"):
                raise Refused("the certificate is not a file")
            with open(os.path.join(where, flags["--cert"][1:])) as source:
                text = source.read()
            if "PRIVATE KEY" in text or "BEGIN CERTIFICATE" not in text:
                raise Refused("this is no certificate alone")
            app["certificate"] = os.path.join(self.directory, str(uuid.uuid4()) + ".pem")
            with open(app["certificate"], "w") as out:
                out.write(text)
            return ""
        if "--append" not in flags:
            app["secrets"].clear()
        value = bundle.eso_credential()["ClientSecret"]
        app["secrets"][str(uuid.uuid4())] = value
        return value + "\n" if flags.get("--query") == "password" else ""

    def az_ad_app_credential_list(self, words, flags, *_):
        return json.dumps([{"keyId": key} for key in self.app(flags["--id"])["secrets"]]) + "\n"

    def az_ad_app_credential_delete(self, words, flags, *_):
        if flags["--key-id"] not in self.app(flags["--id"])["secrets"]:
            raise Refused("no key " + flags["--key-id"])
        del self.app(flags["--id"])["secrets"][flags["--key-id"]]

    def az_ad_signed_in_user_show(self, *_):
        return "00000000-1111-4222-8333-444444444444\n"

    def az_keyvault_create(self, words, flags, *_):
        if flags["--resource-group"] not in self.groups:
            raise Refused("no group " + flags["--resource-group"])
        self.vaults.setdefault(flags["--name"], {})

    def az_keyvault_show(self, words, flags, *_):
        self.vault(flags["--name"])
        return "/subscriptions/0/resourceGroups/g/providers/Microsoft.KeyVault/vaults/%s\n" % flags["--name"]

    def az_keyvault_secret_set(self, words, flags, where, *_):
        with open(os.path.join(where, flags["--file"])) as source:
            value = source.read()
        if not value:
            raise Refused("the value is empty")
        self.vault(flags["--vault-name"])[flags["--name"]] = {"value": value}

    def az_keyvault_secret_set_attributes(self, words, flags, *_):
        when = datetime.datetime.strptime(flags["--expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
        kept = self.vault(flags["--vault-name"])
        if flags["--name"] not in kept:
            raise Refused("no secret " + flags["--name"])
        kept[flags["--name"]]["exp"] = int(when.timestamp())

    def az_keyvault_secret_show(self, words, flags, *_):
        kept = self.vault(flags["--vault-name"])
        if flags["--name"] not in kept:
            raise Refused("no secret " + flags["--name"])
        return kept[flags["--name"]]["value"] + "\n" if flags.get("--query") == "value" else ""

    def az_keyvault_secret_download(self, words, flags, where, *_):
        kept = self.vault(flags["--vault-name"])
        if flags["--name"] not in kept:
            raise Refused("no secret " + flags["--name"])
        with open(os.path.join(where, flags["--file"]), "x") as out:
            out.write(kept[flags["--name"]]["value"])

    def az_role_assignment_create(self, words, flags, *_):
        found = re.search(r"/vaults/([^/]+)(?:/secrets/([^/]+))?$", flags["--scope"])
        if not found or found.group(1) not in self.vaults:
            raise Refused("no such scope: " + flags["--scope"])
        if found.group(2):
            if not self.app(flags["--assignee"])["principal"]:
                raise Refused("no service principal for " + flags["--assignee"])
            self.granted.add((flags["--assignee"],) + found.groups())

    def az_storage_account_create(self, words, flags, *_):
        if not re.fullmatch("[a-z0-9]{3,24}", flags["--name"]) or flags["--resource-group"] not in self.groups:
            raise Refused("not the name of a storage account, or no such group")
        self.accounts.add(flags["--name"])

    def az_storage_account_show_connection_string(self, words, flags, *_):
        if flags["--name"] not in self.accounts:
            raise Refused("no account " + flags["--name"])
        key = base64.b64encode(os.urandom(64)).decode()
        return "DefaultEndpointsProtocol=https;AccountName=%s;AccountKey=%s\n" % (flags["--name"], key)

    def az_storage_container_create(self, words, flags, where, piped, connection):
        if not any("AccountName=%s;" % name in connection for name in self.accounts):
            raise Refused("no account was named")

    # -- the others

    def talosctl_gen_secrets(self, words, flags, where, *_):
        with open(os.path.join(where, flags["--output-file"]), "x") as out:
            out.write(bundle.to_yaml(bundle.talos_bundle(2048)))

    def talosctl_gen_config(self, words, flags, where, *_):
        if len(words) != 2:
            raise Refused("gen config takes a name and an endpoint")
        with open(os.path.join(where, flags["--with-secrets"])) as source:
            if "cluster:" not in source.read():
                raise Refused("this is no bundle")
        with open(os.path.join(where, flags["--output"]), "w" if "--force" in flags else "x") as out:
            out.write("context: %s\n" % words[0])

    def talosctl_apply_config(self, words, flags, where, *_):
        with open(os.path.join(where, flags["--file"])) as source:
            config = source.read()
        if "machine:" not in config:
            raise Refused("this is no machine config")
        return dry_run(config) if "--dry-run" in flags else ""

    def talosctl_get(self, words, flags, *_):
        """A node's resources as Talos's own types write them; of its disks one is a stick, and one is not a disk."""
        with open(self.boxes[flags["--nodes"]]) as source:
            box = json.load(source)
        if flags.get("--output") != "json":
            raise Refused("only JSON is made here")
        named = ("dev_path", "size", "readonly", "model", "serial", "wwid", "bus_path", "transport")
        disks = [dict({name: disk[name] for name in named}, pretty_size="240 GB", io_size=512, sector_size=512, cdrom=False,
                      sub_system="/sys/class/block", symlinks=["/dev/disk/by-path/x"]) for disk in box["disks"]]
        disks += [dict(disks[0], dev_path="/dev/sdz", transport="usb", wwid="", serial="STICK"), dict(
            disks[0], dev_path="/dev/loop0", transport="", wwid="", readonly=True)]
        found = {"systemdisks": [("system-disk", {"diskID": box["disks"][0]["name"], "devPath": box["disks"][0]["dev_path"]})],
                 "systeminformation": [("systeminformation", {"manufacturer": "Dell Inc.", "productName": "OptiPlex 7040",
                                                              "serialnumber": box["serial"], "uuid": box["uuid"]})],
                 "disks": [(os.path.basename(disk["dev_path"]), disk) for disk in disks]}
        if words[0] not in found:
            raise Refused("no resource %s" % words[0])
        return "".join(json.dumps({"metadata": {"namespace": "runtime", "type": words[0], "id": name, "version": 1, "phase":
                                                "running"}, "node": flags["--nodes"], "spec": spec}, indent=4) + "\n"
                       for name, spec in found[words[0]])

    def talosctl_kubeconfig(self, words, flags, where, *_):
        with open(os.path.join(where, words[0]), "w") as out:
            out.write("kind: Config\n")

    def kubectl_get(self, words, flags, *_):
        if "refreshTime" in flags.get("-o", ""):
            return "time %d" % len(self.calls)
        if flags.get("-o") == "json":
            return json.dumps({"data": {"_flux-system__Namespace": "", "_other__Namespace": ""}}) + "\n"
        return "namespace/flux-system\nnamespace/other\n" if flags.get("-o") == "name" else ""

    def kubectl_apply(self, words, flags, where, *_):
        if flags["-f"] != "-":
            with open(os.path.join(where, flags["-f"])):
                pass

    def kubectl_create(self, words, flags, where, piped, *_):
        if piped.lstrip().startswith("{"):
            raise Refused("a text that begins with a brace is JSON to some versions")
        return "backup.postgresql.cnpg.io/now-x7x7x\n"

    def kubectl_kustomize(self, words, flags, where, *_):
        if not os.path.exists(os.path.join(where, words[0], "kustomization.yaml")):
            raise Refused("no kustomization.yaml in " + words[0])

    def kubectl_replace(self, words, flags, where, piped, *_):
        if list(json.loads(piped)["data"]) != ["_other__Namespace"]:
            raise Refused("the inventory that was put back is not the one without Flux")

    def ssh_keyscan(self, words, *_):
        return bundle.git_credentials(words[0])["known_hosts"].rstrip("\n") + "\n"
