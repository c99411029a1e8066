"""`hearth check` at the person's desk: the example inside the program, filled in, with databases/ as the play's Git has
it now. Its vault is tests/standin under the vault's own name, and holds what the play's vault holds: the connection
string of the account that the database archives to.
"""
import os
import shutil

import build
import bundle
import example
import parts as parts_module

BOX = os.path.join(build.REPO, "tests", "blackbox", "sites", "vault", "box.json")
EXAMPLE = "https://homelab-account.blob.core.windows.net/postgres"
SECRET = "postgres-backup-connection"


class Desk:
    def __init__(self, box):
        self.box, self.site, self.printed = box, os.path.join(box.directory, "site"), ""
        status, _, said = box.kit.hearth("assets", "--out", self.site)
        if status:
            raise RuntimeError("hearth assets: " + said)
        example.fill(self.site, build.REPO)
        keys = box.lan.world.keys
        for name, source in (("test-root.pem", keys.roots()), (".hearth/data.pem", keys.client())):
            os.makedirs(os.path.dirname(os.path.join(self.site, name)), mode=0o700, exist_ok=True)
            shutil.copy(source, os.path.join(self.site, name))
            os.chmod(os.path.join(self.site, name), 0o600)
        self.others = dict(example.BOTH, **{"talos-secrets": bundle.to_yaml(bundle.talos_bundle(2048))})
        with open(self.path()) as source:
            self.databases = source.read()
        if EXAMPLE not in self.databases:
            raise RuntimeError("the example names no " + EXAMPLE)

    def path(self):
        return os.path.join(self.site, "clusters", "data", "databases.yaml")

    def vault(self):
        return {name: parts_module.read(os.path.join(self.box.vault, name)).decode() for name in os.listdir(self.box.vault)}

    def put(self, value):
        """Into the vault alone, and not into the cluster."""
        self.box.value(os.path.join(self.box.vault, SECRET), value)

    def check(self, backups, faults=()):
        """(status, what it says of the connection string and of the storage account), of a site with these
        `backups:`."""
        shutil.copytree(os.path.join(self.box.git, "databases"), os.path.join(self.site, "databases"), dirs_exist_ok=True)
        self.box.value(self.path(), self.databases.replace(EXAMPLE, backups))
        azure = self.box.lan.azure
        azure.config.update(vaults={"*": dict(self.others, **self.vault())}, faults=list(faults))
        azure.config["clients"].update(example.OPERATOR)
        status, out, err = self.box.kit.hearth("check", "--site", self.site, "--facts", BOX)
        self.printed += out + err
        said = "\n".join(line for line in (out + err).splitlines() if SECRET in line or "account" in line or "hearth:" in line)
        self.box.say("$ hearth check\n" + said)
        return status, said
