"""Where people come from: the configs of `talosctl gen config` as bases, and the trees that they have.

`generate` makes the configs of Talos 1.10 to 1.13 by Talos's own package, with a disk and an installer image. What the
guide's "From an existing cluster" says of them is done here: each secret becomes a reference into the bundle, the disk
goes. What hearth makes of that is taken by Talos 1.13 and 1.14; what is left undone is said, once a mistake.
"""
import os
import re

import base
import kit as kit_module

NEEDS = ("go", "world")
CONTRACTS = ("v1.10", "v1.11", "v1.12", "v1.13")
BUNDLE = "talos-secrets"


def pointers(text):
    """{value: its JSON pointer} of a bundle, which is mappings of texts."""
    found, path = {}, []
    for line in text.splitlines():
        match = re.fullmatch(r"( *)([A-Za-z0-9]+):(?: (.+))?", line)
        if match:
            path = path[:len(match.group(1)) // 4] + [match.group(2)]
            if match.group(3):
                found.setdefault(match.group(3), "/" + "/".join(path))
    return found


def referred(config, known):
    """A config with a reference in the place of each value that the bundle has."""
    return re.sub(r"(?<=: )(\S{16,})$", lambda value: "!secret %s#%s" % (BUNDLE, known[value.group(1)])
                  if value.group(1) in known else value.group(1), config, flags=re.M)


def generated(kit, kind, contract, version="1.13"):
    path = os.path.join(kit.work, "bundle-go.yaml")
    status, config, err = kit.go(version, "generate", path, kind, base.CLUSTER, base.ENDPOINT, "1.36.0", contract)
    kit.expect("origins: Talos %s generates %s for %s" % (version, kind, contract), status == 0, err)
    return config


def bases(kit, known):
    kit.serve({BUNDLE: kit.talos_bundle})
    for contract in CONTRACTS:
        for kind in kit_module.NODES:
            name = "origins: gen config of %s, %s" % (contract, kind)
            config = referred(generated(kit, kind, contract), known)
            kit.expect(name + ": no secret is left in clear", not [value for value in known if len(value) > 40 and value in config])
            for what, text, words in (("as it is", config, "machine.install.disk is /dev/sda"),
                                      ("without its disk", config.replace("        disk: /dev/sda\n", ""), None)):
                where = kit.directory("origins")
                site = kit.site(os.path.join(where, "site"), {"talos/%s.yaml" % kind: text})
                status, rendered, err = kit.render(site, os.path.join(where, "out"), kind)
                if words:
                    kit.expect("%s, %s: one mistake is said" % (name, what), status == 3 and err.count("hearth:") == 1 and
                               words in err, "exit %d\n%s" % (status, err))
                elif kit.expect("%s, %s: renders" % (name, what), status == 0, err):
                    for version in kit_module.VERSIONS:
                        status, _, err = kit.go(version, "validate", rendered)
                        kit.expect("%s, %s: Talos %s takes it" % (name, what, version), status == 0, err)


def check(kit):
    if base.bundles(kit):
        known = pointers(kit.talos_bundle)
        if kit.expect("origins: the bundle is read", len(known) == 14, str(sorted(known.values()))):
            bases(kit, known)
