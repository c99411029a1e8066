"""The faults: (stage, cause, outcome) and how the cause is made. node.py plays a row; README.md has the vocabulary."""
from tpm import OFF, PASSWORD
from roads import BLACK, CUT, GONE, MUTE, NOWHERE, RESET, STAND_LOGIN, STAND_VAULT

ROWS = []
LOGIN, VAULT = "login.microsoftonline.com", "homelab-data.vault.azure.net"
STAGES = ("node", "facts", "plan", "secrets", "documents", "apply", "found", "promote", "bootstrap")
GET, LIST, VERSION, APPLY, BOOTSTRAP = "/Get", "/List", "/Version", "ApplyConfiguration", "/Bootstrap"
# gRPC status codes
INVALID, DENIED, PRECONDITION, UNIMPLEMENTED, INTERNAL, EXISTS, NOT_FOUND = 3, 7, 9, 12, 13, 6, 5


def row(stage, cause, outcome, **words):
    words.setdefault("then", "stop" if stage in ("plan", "secrets", "documents") else "mend")
    ROWS.append(dict(words, stage=stage, cause=cause, outcome=outcome))


def machined(kind, method="", **more):
    return [dict(more, kind=kind, method=method)]


def status(code, method, **more):
    return machined("status", method, code=code, message="by the fault table", **more)


def replace(path, old, new):
    return [(path, old, new)]


def text(path, words):
    return [(path, None, words)]


def gone(path):
    return [(path, None, None)]


HEARTH = "hearth.yaml"
MAIN = "talos/controlplane.yaml"
PARTIAL = "apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: to-the-lan\nurl: tcp://192.168.1.2:5555/\n"
FOREIGN = {"contents": "gpt",
    "volumes": [{"partition_label": "Basic data partition", "name": "", "label": "", "size": 239000000000}]}
VOLUME = """\
apiVersion: v1alpha1
kind: UserVolumeConfig
name: data
provisioning:
  diskSelector:
    match: %s
  minSize: 10GiB
"""
META = {"contents": "gpt", "volumes": [{"partition_label": "META", "size": 1 << 20}]}

# -- node: machined's socket and what the node says of itself

row("node", "the socket appears late", "machined-socket", times={"socket": 1200}, then="wait")
row("node", "an answer is cut in the middle", "machined-lost", fault=machined("cut", bytes=40))
row("node", "GOAWAY before the answer", "machined-lost", fault=machined("goaway"))
row("node", "the server speaks HTTP/1.1", "machined-malformed", fault=machined("garbage"))
row("node", "machined does not answer", "machined-silent", lane="slow", fault=machined("hang", GET))
row("node", "machined never registers the process", "machined-denied", lane="slow", fault=status(DENIED, "", count=-1))
row("node", "machined cannot read its state", "machined-failed", fault=status(INTERNAL, GET))
row("node", "a resource is unknown to this machined", "machined-old", fault=status(UNIMPLEMENTED, GET), then="mend")
row("node", "machined is not ready for reads", "machined-busy", fault=status(PRECONDITION, GET))
row("node", "machined finds the request wrong", "machined-rejected", fault=status(INVALID, GET), then="mend")
row("node", "no descriptor is left, not even for SIGTERM", "machined-socket", odd="files 3", then="stop")
row("node", "Talos 1.12", "left", box={"talos": "v1.12.11"}, said=["1.13", "v1.12.11"])
row("node", "the stage stays unknown", "quiet", times={"acquire": 600000})
row("node", "it cannot be told whether there is a site", "file-read", sh="rm hearth.yaml && ln -s hearth.yaml hearth.yaml",
    said=["hearth.yaml"])
row("node", "the image has no site", "left", spoil=gone(HEARTH), said=["without a site"])
row("node", "somebody else's config on the disk", "left", installed="stranger", said=["not by hearth"])
row("node", "the stage says resetting", "quiet", times={"udev": 2500}, at={"line": "[1/6]"}, do=[{"stage": "resetting"}],
    cure=[{"stage": "maintenance"}])
row("node", "a partial config in flow style", "quiet", said=["block style"], cure=[{"partial": "", "reboot": True}],
    partial='{"apiVersion": "v1alpha1", "kind": "KmsgLogConfig", "name": "to-the-lan", "url": "tcp://192.168.1.2:5555/"}\n')
row("node", "SIGTERM in the first look", "stopped", fault=machined("hang", VERSION), at={"event": "fault"})
row("node", "SIGKILL in the first look", "killed", fault=machined("kill", GET))

# -- facts: what the box is, and what it waits for

row("facts", "no address, ever", "wait-link", times={"address": -1}, lane="slow", cure=[{"address": True}])
row("facts", "no name server, ever", "wait-dns", resolv="# nothing\n", lane="slow", then="stop")
row("facts", "devices never settle", "wait-disks", times={"udev": -1}, lane="slow", cure=[{"udev": True}])
row("facts", "no disk but the stick", "wait-disks", lane="slow", tree_spoil=["sys/block/sda", "sys/class/block/sda"],
    then="stop", said=["sdb"])
row("facts", "NTP blocked, the box's own clock is good", "applied", times={"time": -1}, lane="slow", said=["not synchronized"])
row("facts", "NTP blocked, the clock says 1970", "clock", times={"time": -1}, lane="slow", clock=86400, then="stop")
row("facts", "NTP blocked, the clock says 2050", "clock", times={"time": -1}, lane="slow", clock=2524608000, then="stop",
    json=True)
row("facts", "the address comes late", "applied", times={"address": 2500})
row("facts", "the disk appears late", "applied", disks={"sda": {"after": 2500}})
row("facts", "devices settle late", "applied", times={"udev": 2800})
row("facts", "the clock is right late", "applied", times={"time": 2600})
row("facts", "/proc and /sys cannot be read", "facts-read", tree_spoil=["proc", "sys"])
row("facts", "machined restarts during the waits", "applied", times={"udev": 3000}, at={"line": "[1/6]"},
    do=[{"fault": machined("vanish", GET, ms=700)[0]}])
row("facts", "the node leaves maintenance during the waits", "quiet", times={"udev": 2500}, at={"line": "[1/6]"},
    do=[{"stage": "booting"}],
    cure=[{"stage": "maintenance"}])
row("facts", "an answer in the waits is not HTTP/2", "machined-malformed", times={"udev": 4000}, at={"line": "[1/6]"},
    do=[{"fault": machined("garbage")[0]}])
row("facts", "SIGTERM during the waits", "stopped", times={"udev": 5000}, at={"line": "[1/6]"}, cure=[{"times": {"udev": 100}}])
row("facts", "SIGKILL during the waits", "killed", times={"udev": 1500}, at={"line": "[1/6]"}, do=["kill"])

# -- plan: the site, the match, the disk

for cause, code, old, new in (
        ("a flow mapping is not closed", "yaml-syntax", "flux: { version: v2.9.4, from: file }",
            "flux: { version: v2.9.4, from: file"),
        ("an anchor", "yaml-refused", "flux: {", "flux: &f {"),
        ("another version of hearth.yaml", "site-version", "hearth/v1", "hearth/v2"),
        ("an unknown key", "site-key", "    cluster: data", "    clutser: data"),
        ("a list where text belongs", "site-kind", "    cluster: data", "    cluster: [data]"),
        ("the login has no tenant", "site-required", "login: { tenant: 11111111-2222-4333-8444-555555555555,", "login: {"),
        ("the endpoint has no port", "site-value", "192.168.1.10:6443", "192.168.1.10"),
        ("a vault of another cloud", "site-cloud", "homelab-data.vault.azure.net", "homelab-data.vault.azure.us"),
        ("a placeholder is left", "site-placeholder", "serial: 790H8D2", "serial: CHANGE-ME"),
        ("a name with an underscore", "site-name", "name: data-1", "name: data_1"),
        ("two entries of one name", "site-duplicate", '"worker-{fact:serial}"', "data-1"),
        ("an entry of no role", "site-role", "name: data-1\n    role: data", "name: data-1\n    role: date"),
        ("a condition on no fact", "site-match", "serial: 790H8D2", "serail: 790H8D2"),
        ("bootstrap on a glob", "site-guard", "serial: 790H8D2", 'serial: "790*"'),
        ("nobody bootstraps the cluster", "site-bootstrap", "bootstrap: auto", "vars: {}"),
        ("no entry is this box", "plan-no-match", "serial: 790H8D2", "serial: 790H8D3"),
        ("a name made of a serial with blanks", "plan-name", "name: data-1", 'name: "data-{fact:system.manufacturer}"'),
        ("no disk is large enough", "plan-no-disk", "install: { transport: sata }",
            'install: { transport: sata, size: ">= 9TB" }')):
    row("plan", cause, code, spoil=replace(HEARTH, old, new),
        **({"then": "mend"} if code in ("site-key", "plan-no-match") else {}))
row("plan", "a reference of no form", "yaml-ref", spoil=replace(MAIN, "!node endpoint", "!format \"{node:endpoint\""))
row("plan", "!node of what is not there", "ref-node", spoil=replace(MAIN, "!node endpoint", "!node vars.nothing"))
row("plan", "!fact of what is not there", "ref-fact", spoil=text("talos/data-1.yaml",
    "machine:\n  nodeLabels:\n    x: !fact system.version\n"))
row("plan", "an overlay of another kind", "merge", spoil=text("talos/data-1.yaml", "machine: []\n"))
row("plan", "an overlay that takes the main document away", "merge", spoil=text("talos/data-1.yaml", "$patch: delete\n"))
row("plan", "the base is missing", "plan-file", then="mend", spoil=gone(MAIN))
row("plan", "a file that is no text", "plan-file", sh="printf 'a\\377b' >blob",
    spoil=text("talos/data-1.yaml", "machine:\n  nodeLabels:\n    x: !file blob\n"))
row("plan", "Flux's manifests are missing", "plan-flux", spoil=gone("clusters/data/flux-system/gotk-components.yaml"))
row("plan", "the base names a disk", "plan-disk-literal", spoil=text("talos/data-1.yaml",
    "machine:\n  install:\n    disk: /dev/sda\n"))
row("plan", "the base says worker", "plan-type", spoil=text("talos/data-1.yaml", "machine:\n  type: worker\n"))
row("plan", "the base sets a hostname", "plan-hostname", spoil=text("talos/data-1.yaml",
    "machine:\n  network:\n    hostname: x\n"))
row("plan", "a TPM key on a box with TPM 1.2", "plan-encryption", spoil=text(
    "talos/data-1.yaml", "apiVersion: v1alpha1\nkind: VolumeConfig\nname: STATE\nencryption:\n  provider: luks2\n  keys:\n    - slot: 0\n      tpm: {}\n"))
row("plan", "a manifest is no object", "plan-manifest", spoil=text("bootstrap/Bad Name.yaml", "a: b\n"))
row("plan", "a manifest with a fact in it", "plan-manifest-ref", spoil=text(
    "bootstrap/x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: default}\ndata: {a: !fact serial}\n"))
row("plan", "another cluster takes the same bundle", "plan-bundle", spoil=replace("hearth.yaml", "nodes:\n", """  twin:
    cluster: twin
    endpoint: https://192.168.1.20:6443
    vault: https://homelab-data.vault.azure.net
    login: { tenant: 11111111-2222-4333-8444-555555555555, client: 66666666-7777-4888-8999-aaaaaaaaaaaa }
nodes:
  - { name: twin-1, role: twin, type: controlplane, bootstrap: auto, match: { serial: TWIN0001 } }
"""))
row("plan", "more secrets than are fetched", "plan-secrets", spoil=text(
    "bootstrap/x.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: flux-system}\ndata:\n" +
    "".join("  k%d: !base64 {secret: s%d}\n" % (i, i) for i in range(200))))
row("plan", "a link leads out of the site", "site-path", sh="ln -sf /etc/hostname talos/data-1.yaml")
row("plan", "hearth.yaml is a directory", "file-read", sh="rm hearth.yaml && mkdir hearth.yaml")
row("plan", "hearth.yaml of megabytes", "file-too-large", sh="head -c 9000000 /dev/zero | tr '\\0' '#' >>hearth.yaml")

# What a box can take: 3 MiB of files, in lines, and secrets of the largest size. Right below it is founded.
LINES = ["  a%d: %s\n" % (n, "x" * 68) for n in range(2680)]
FULL = [("bootstrap/c%d.yaml" % n, None, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d, namespace: default}\ndata:\n" % n +
         "".join(LINES)) for n in range(15)]
LARGEST = {"large-%d" % n: "x" * 25600 for n in range(56)}
for part in range(4):
    FULL.append(("bootstrap/s%d.yaml" % part, None,
                 "apiVersion: v1\nkind: Secret\nmetadata: {name: s%d, namespace: default}\ndata:\n" % part +
                 "".join("  %s: !base64 {secret: %s}\n" % (name, name) for name in list(LARGEST)[part::4])))
row("plan", "all that a box can take", "founded", spoil=FULL, secrets=LARGEST)
row("plan", "more than a box can take", "render-size", then="mend", secrets=LARGEST, said=["bytes of files would be one machine config"],
    spoil=FULL + [("bootstrap/d.yaml", None, FULL[0][2].replace("name: c0", "name: d"))])
row("plan", "manifests larger than the memory", "no-memory", then="mend",
    spoil=[("bootstrap/c%d.yaml" % n, None, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d, namespace: default}\ndata:\n  a: %s\n" %
            (n, "x" * 1040000)) for n in range(63)] +
    [("talos/data/%d.yaml" % n, None, "machine:\n  env: {A%d: %s}\n" % (n, "x" * 1040000)) for n in range(20)])
row("plan", "no DNS in the cluster", "config-dns", spoil=text("talos/data-1.yaml", "cluster:\n  coreDNS:\n    disabled: true\n"))
row("plan", "kube-proxy is off and nothing replaces it", "config-proxy", spoil=text(
    "talos/data-1.yaml", "cluster:\n  proxy:\n    disabled: true\n"))
row("plan", "two disks could be meant", "plan-disks", box={"tree": "thinkcentre-m70q"},
    site={"more": "  - name: two\n    role: data\n    type: worker\n    match: { system.manufacturer: LENOVO }\n"})
row("plan", "Windows on the disk", "guard-foreign", then="mend", disks={"sda": FOREIGN}, said=["Basic data partition"],
    cure=[{"blank": "sda"}])
row("plan", "META of an old Talos beside Windows", "guard-foreign", then="mend",
    disks={"sda": dict(META, volumes=META["volumes"] + FOREIGN["volumes"])},
    said=["META", "Basic data partition"], cure=[{"blank": "sda"}])
row("plan", "an MBR, which Talos reads as nothing", "guard-foreign", sh_tree="d=$(readlink -f sys/block/sda); "
    "for n in 1 2; do mkdir $d/sda$n; echo $n >$d/sda$n/partition; done", said=["2 partitions, of which Talos can read 0"])
row("plan", "Talos has not read the disk yet", "guard-foreign", lane="slow", disks={"sda": {"unread": 6000}}, then="wait",
    said=["what machined has not read"])
row("plan", "a member of an md array, of which Talos 1.13 says nothing", "guard-foreign",
    sh_tree="mkdir -p dev; truncate -s 240057409536 dev/sda; printf '\\374\\116\\053\\251' | dd of=dev/sda bs=4096 seek=1 conv=notrunc 2>&1",
    said=["sda", "holds linux_raid_member"])
row("plan", "a member of an array that the BIOS made", "guard-foreign",
    sh_tree="mkdir -p dev; truncate -s 240057409536 dev/sda; printf 'Intel Raid ISM Cfg Sig. ' | dd of=dev/sda bs=1 seek=240057408512 "
    "conv=notrunc 2>&1", said=["sda", "holds isw_raid_member"])
row("plan", "the install disk cannot be opened", "guard-foreign", sh_tree="mkdir -p dev; ln -s sda dev/sda",
    said=["what cannot be read"])
row("plan", "a table over an old btrfs, which is all that Talos sees", "guard-foreign", disks={"sda": {"contents": "btrfs"}},
    sh_tree="d=$(readlink -f sys/block/sda); mkdir $d/sda1; echo 1 >$d/sda1/partition", said=["stale signature of btrfs", "wipefs"])
row("plan", "a user volume, and a second disk whose table Talos does not see", "guard-volume",
    disks={"sdb": {"transport": "sata", "readonly": False, "contents": "", "volumes": []}},
    sh_tree="d=$(readlink -f sys/block/sdb); mkdir -p $d/sdb1; echo 1 >$d/sdb1/partition",
    spoil=text("talos/data-1.yaml", VOLUME % "disk.transport == 'sata'"), said=["UserVolumeConfig data", "talosctl wipe disk sdb"])
row("plan", "EPHEMERAL on any disk, and a second disk whose table Talos does not see", "guard-volume",
    disks={"sdb": {"transport": "sata", "readonly": False, "contents": "", "volumes": []}},
    sh_tree="d=$(readlink -f sys/block/sdb); mkdir -p $d/sdb1; echo 1 >$d/sdb1/partition",
    spoil=text("talos/data-1.yaml", VOLUME.replace("UserVolumeConfig", "VolumeConfig").replace("name: data", "name: EPHEMERAL")
               % "system_disk || disk.transport == 'sata'"), said=["VolumeConfig EPHEMERAL", "talosctl wipe disk sdb"])
row("plan", "a user volume on the system disk, and the same second disk", "applied",
    disks={"sdb": {"transport": "sata", "readonly": False, "contents": "", "volumes": []}},
    spoil=text("talos/data-1.yaml", VOLUME % "system_disk"))
row("plan", "META on another disk", "guard-system", disks={"sdb": dict(META, transport="sata")}, said=["META", "sdb"])
row("plan", "Talos sees another disk than the facts", "guard-disk", then="mend",
    disks={"sda": {"wwid": "naa.5000000000000001", "bus_path": "/elsewhere"}},
    cure=[{"blank": "sda"}])
row("plan", "SIGTERM behind the plan", "stopped", azure={"faults": [{"role": "login", "delay": 8}]}, at={"line": "[3/6]"})
row("plan", "SIGKILL behind the facts", "killed", at={"line": "[2/6]"}, do=["kill"])

# -- secrets: name servers, roads, TLS, Entra, the vault

ALL = {"*": {"silent": True}}
row("secrets", "resolv.conf names no address", "dns-no-server", then="mend", resolv="nameserver nowhere\n")
row("secrets", "the vault's name does not exist", "dns-nxdomain", then="mend", dns={VAULT: {"rcode": "nxdomain"}})
row("secrets", "the name server fails", "dns-failed", dns={"*": {"rcode": "servfail"}, LOGIN: {"rcode": "servfail"},
    VAULT: {"rcode": "servfail"}})
row("secrets", "the name server is silent", "dns-silent", dns={LOGIN: {"silent": True}, VAULT: {"silent": True}})
row("secrets", "the vault's name has no address", "dns-no-address", dns={VAULT: {}})
row("secrets", "the name server's answer is cut", "dns-malformed", dns={LOGIN: {"broken": True}, VAULT: {"broken": True}})
row("secrets", "the vault refuses connections", "tcp-refused", then="mend", dns={VAULT: {"a": [GONE]}}, said=[VAULT])
row("secrets", "Entra refuses connections", "tcp-refused", dns={LOGIN: {"a": [GONE]}}, said=[LOGIN])
row("secrets", "no route to the vault", "tcp-unreachable", dns={VAULT: {"a": [NOWHERE]}})
row("secrets", "a firewall drops what goes to the vault", "tcp-timeout", dns={VAULT: {"a": [BLACK]}})
row("secrets", "the vault's host resets", "tcp-reset", dns={VAULT: {"a": [RESET]}})
row("secrets", "connections by IPv6 come about and fall silent", "applied",
    dns={LOGIN: {"aaaa": [MUTE], "a": [STAND_LOGIN]}, VAULT: {"aaaa": [MUTE], "a": [STAND_VAULT]}})
row("secrets", "connections by IPv6 fall silent, and IPv4's address comes late", "applied",
    dns={LOGIN: {"aaaa": [MUTE], "a": [STAND_LOGIN], "delay": {"a": 0.2}}, VAULT: {"aaaa": [MUTE], "a": [STAND_VAULT], "delay": {"a": 0.2}}})
row("secrets", "the vault's host never speaks", "tls-timeout", azure={"vault": {"no_accept": True}})
for cause, code, settings in (
        ("an expired chain", "tls-expired", {"chain": "expired"}),
        ("an expired intermediate", "tls-expired", {"chain": "expired-mid"}),
        ("a chain of tomorrow", "tls-not-yet-valid", {"chain": "not-yet"}),
        ("another host's name", "tls-wrong-name", {"chain": "wrong-name"}),
        ("another authority", "tls-unknown-root", {"chain": "unknown-root"}),
        ("a router's own certificate", "tls-self-signed", {"chain": "self-signed"}),
        ("no intermediate", "tls-missing-intermediate", {"chain": "no-intermediate"}),
        ("a client's certificate", "tls-purpose", {"chain": "client-only"}),
        ("an intermediate that is no CA", "tls-chain", {"chain": "not-a-ca"}),
        ("a key of 1024 bits", "tls-weak-key", {"chain": "rsa-1024", "ciphers": "ECDHE+AESGCM:@SECLEVEL=0"}),
        ("TLS 1.3 alone", "tls-version", {"tls_min": "1.3"}),
        ("CBC alone", "tls-cipher", {"tls_max": "1.2", "ciphers": "ECDHE+AES+SHA"}),
        ("a captive portal on the port", "tls-protocol", {"first": "HTTP/1.1 400 Bad Request\r\n\r\n"}),
        ("unrecognized_name in an alert", "tls-alert", {"first": "\x15\x03\x03\x00\x02\x02\x70"})):
    row("secrets", cause + ", vault", code, azure={"vault": settings})
row("secrets", "an expired chain, Entra", "tls-expired", then="mend", azure={"login": {"chain": "expired"}})
row("secrets", "another authority, Entra", "tls-unknown-root", azure={"login": {"chain": "unknown-root"}}, json=True)
for who, message in (("client", "ClientHello"), ("server", "ServerHello"), ("server", "Certificate"),
    ("server", "ServerKeyExchange"),
                     ("server", "ServerHelloDone"), ("client", "ClientKeyExchange"), ("client", "ChangeCipherSpec"),
                         ("client", "Finished"),
                     ("server", "ChangeCipherSpec"), ("server", "Finished")):
    row("secrets", "TLS cut behind the %s's %s" % (who, message), "tls-truncated", cut=(who, message, "after"))
row("secrets", "TLS cut in the server's Certificate", "tls-truncated", then="mend", cut=("server", "Certificate", "half"))
row("secrets", "TLS reset at the server's Certificate", "tcp-reset", cut=("server", "Certificate", "reset"))
row("secrets", "TLS reset at the first answer", "tcp-reset", cut=("server", "data", "reset"))
row("secrets", "TLS cut in the answer's record", "tls-truncated", cut=("server", "data", "half"))
row("secrets", "an answer never comes", "http-timeout",
    azure={"faults": [{"role": "vault", "path": "/secrets/canary", "delay": 60}]})
row("secrets", "Entra closes before its answer", "http-closed", azure={"faults": [{"role": "login", "raw": ""}]})
row("secrets", "Entra hangs up before its answer", "tls-truncated", azure={"faults": [{"role": "login", "close": "before"}]})
row("secrets", "an answer in no HTTP", "http-malformed", azure={"faults": [{"role": "login", "raw": "SSH-2.0-x\r\n"}]})
row("secrets", "a huge head", "http-too-large", azure={"faults": [{"role": "vault", "cookies": 400}]})
row("secrets", "a huge body", "http-too-large",
    azure={"faults": [{"role": "login", "raw": "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{}"}]})
row("secrets", "a redirect", "http-status", then="mend",
    azure={"faults": [{"role": "vault", "path": "/secrets/canary", "status": 302, "headers": {"Location": "https://evil.test/"},
    "body": ""}]})
for cause, code, number in (("an unknown client", "entra-client", 700016), ("a wrong secret", "entra-client", 7000215),
    ("an expired secret", "entra-client", 7000222),
                            ("an unknown certificate", "entra-client", 700027), ("an unknown tenant", "entra-request", 90002),
                            ("an unknown resource", "entra-scope", 500011),
                                ("an assertion of another time", "entra-grant", 500133),
                            ("Conditional Access", "entra-interaction", 53003), ("too many requests", "entra-busy", 90055),
                            ("a fault of Entra's own", "entra-unavailable", 90033)):
    row("secrets", "login: " + cause, code, azure={"faults": [{"role": "login", "path": "*", "aadsts": number}]},
        **({"then": "mend"} if number in (7000215, 90055) else {}))
row("secrets", "login: an error of no known kind", "entra-refused",
    azure={"faults": [{"role": "login", "status": 400, "body": {"error": "strange"}}]})
row("secrets", "login: malformed JSON", "entra-answer", azure={"faults": [{"role": "login", "body": "{\"access_token\": "}]})
for cause, code, name in (("no role assignment", "vault-rbac", "rbac"), ("no access policy", "vault-policy", "policy"),
    ("the firewall", "vault-firewall", "firewall"),
                          ("public access is closed", "vault-connection", "connection"),
                              ("another tenant's vault", "vault-unauthorized", "audience"),
                          ("a name it does not take", "vault-parameter", "badparameter"),
                              ("a fault of its own", "vault-unavailable", "internal"),
                          ("a pause of its own", "vault-unavailable", "unavailable")):
    row("secrets", "vault: " + cause, code, azure={"faults": [{"role": "vault", "path": "/secrets/canary", "kv": name}]})
row("secrets", "vault: a refusal of no known kind", "vault-forbidden",
    azure={"faults": [{"role": "vault", "path": "/secrets/canary", "status": 403, "body": {"error": {"code": "Forbidden"}}}]})
row("secrets", "vault: throttled, Retry-After 4", "vault-busy", again=4,
    azure={"faults": [{"role": "vault", "path": "/secrets/canary", "kv": "throttled", "headers": {"Retry-After": "4"}}]})
row("secrets", "vault: throttled, Retry-After 1800", "vault-busy", again=1800,
    azure={"faults": [{"role": "vault", "path": "/secrets/canary", "kv": "throttled", "headers": {"Retry-After": "1800"}}]})
row("secrets", "vault: throttled, Retry-After 2, told as an event", "vault-busy", then="mend", again=2, json=True,
    azure={"faults": [{"role": "vault", "path": "/secrets/canary", "kv": "throttled", "headers": {"Retry-After": "2"}}]})
row("secrets", "vault: malformed JSON", "vault-answer", then="mend",
    azure={"faults": [{"role": "vault", "path": "/secrets/canary", "body": "{\"value\":"}]})
row("secrets", "the secret is disabled", "secret-disabled", secrets={"canary": {"value": "x", "enabled": False}})
row("secrets", "the secret is deleted between check and boot", "secret-missing", then="mend", before="check",
    secrets={"canary": None})
row("secrets", "the site refers to a secret that was never made", "secret-missing",
    spoil=replace("bootstrap/canary.yaml", "secret: canary", "secret: never"), said=["never"])
row("secrets", "the secret holds NUL", "secret-value", azure={"faults": [{"role": "vault", "path": "/secrets/canary", "body":
    "{\"value\":\"a\\u0000b\",\"id\":\"https://%s/secrets/canary/0123456789abcdef0123456789abcdef\",\"attributes\":{\"enabled\":true}}" % VAULT}]})
row("secrets", "the token is refused between two answers", "applied", azure={"refuse_tokens": 1})
row("secrets", "the token is refused each time", "vault-unauthorized", azure={"refuse_tokens": 1 << 20})
row("secrets", "Entra and the vault answer late", "applied", azure={"faults": [{"delay": 1}]})
row("secrets", "the credential is not in the image", "cred-missing", then="mend", sh="rm .hearth/data.secret")
row("secrets", "the credential is empty", "cred-form", sh=": >.hearth/data.secret")
row("secrets", "the credential is in git", "cred-tracked",
    sh="git init -q . && git add -f .hearth/data.secret && git -c user.name=t -c user.email=t@t commit -qm x")
for cause, code, command in (
        ("an encrypted key", "cred-encrypted",
            "openssl pkcs8 -topk8 -in $PEM -passout pass:x -out $NEW && openssl x509 -in $PEM >>$NEW"),
        ("PKCS#12", "cred-pfx", "openssl pkcs12 -export -in $PEM -passout pass: -out $NEW"),
        ("an elliptic key", "cred-key",
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -subj /CN=x -out $NEW && cat k.pem >>$NEW"),
        ("another's certificate", "cred-mismatch",
            "openssl x509 -in $PEM -out $NEW && openssl genrsa -traditional 2048 >>$NEW")):
    row("secrets", "the credential is " + cause, code, sh="{ %s; } 2>/dev/null" % command,
        spoil=replace(HEARTH, "method: secret", "method: certificate"))
row("secrets", "the role's own CA is no CA", "vault-ca", spoil=text("test-root.pem", "nothing\n"))
row("secrets", "the fetcher is killed", "fetcher", then="mend", azure={"faults": [{"role": "login", "delay": 5}]},
    at={"request": "/"}, do=["kill-fetcher"])
row("secrets", "no descriptors are left", "system", odd="files 7")
row("secrets", "the kernel has no seccomp", "fetcher-sandbox", odd="no-seccomp")
row("secrets", "Talos says synchronized, the clock says 1970", "clock", clock=86400)
row("secrets", "Talos says synchronized, the clock says 2050", "clock", clock=2524608000)
row("secrets", "nobody logs in with the code", "entra-code", spoil=replace(HEARTH, "method: secret", "method: device-code"),
    azure={"public": True, "device": {"pending": 1, "then": "expired_token", "interval": 1}}, said=["log in: open"])
MAKE, RAW, SIGN = 0x131, 0x159, 0x15d
row("secrets", "the login is made in the TPM", "applied", tpm={"sent": [MAKE, RAW, RAW]}, said=["the TPM makes the key"])
row("secrets", "the TPM refuses the raw operation", "applied", tpm={"refuse": [RAW], "sent": [MAKE, RAW, 0x17a, SIGN, RAW, 0x17a, SIGN]})
row("secrets", "the token of a login by TPM is refused once", "applied", tpm={"sent": [MAKE, RAW, RAW]}, azure={"refuse_tokens": 1})
row("secrets", "the answer to a login by TPM is lost", "applied", tpm={"sent": [MAKE, RAW, RAW]},
    azure={"faults": [{"role": "login", "close": "before", "times": 1}]})
# Entra takes no assertion twice: when both are used the next two are signed.
for cause, faults, more in (
        ("two answers to a login by TPM are lost", {"close": "before", "times": 2}, {}),
        ("an answer to a login by TPM is lost, then the token is refused", {"close": "before", "times": 1}, {"refuse_tokens": 1}),
        ("Entra has a fault of its own in two logins by TPM", {"status": 503, "times": 2}, {})):
    row("secrets", cause, "applied", tpm={"sent": [MAKE, RAW, RAW] * 2}, azure=dict(more, faults=[dict(faults, role="login")]))
row("secrets", "the stick of a login by TPM is in another box", "tpm-other", tpm={"state": "another"}, said=["logins/data-1.crt"])
row("secrets", "the box shows no TPM", "tpm-none", tpm={"sent": []}, tree_spoil=["sys/class/tpm/tpm0"])
row("secrets", "the TPM is a 1.2", "tpm-old", tpm={"sent": []},
    sh_tree="echo 1 >sys/devices/pnp0/00:0c/tpm/tpm0/tpm_version_major")
row("secrets", "the TPM has an endorsement password", "tpm-password", tpm={"before": [PASSWORD]})
row("secrets", "the TPM's endorsement hierarchy is off", "tpm-off", tpm={"before": [OFF]})
row("secrets", "the TPM makes no key", "tpm-refused", tpm={"refuse": [MAKE]}, said=["0x143", "firmware"])
row("secrets", "half of a login by TPM is not in the image", "cred-missing", tpm={"sent": []}, sh="rm .hearth/data-1.tpm",
    said=[".hearth/data-1.tpm", "make the medium anew"])
row("secrets", "the certificate of a login by TPM is not in the app any more", "entra-client", tpm={}, said=["login of data-1"],
    azure={"faults": [{"role": "login", "path": "*", "aadsts": 700027}]})
row("plan", "another certificate than a TPM's stands in logins", "tpm-pair", tpm={"sent": []}, sh="cp \"$PEM\" logins/data-1.crt")
row("secrets", "the person says no to the code", "entra-declined",
    spoil=replace(HEARTH, "method: secret", "method: device-code"),
    azure={"public": True, "device": {"pending": 0, "then": 70044, "interval": 1}})
row("secrets", "SIGTERM while secrets are fetched", "stopped", azure={"faults": [{"role": "vault", "delay": 8}]},
    at={"request": "/secrets"})
row("secrets", "SIGKILL while secrets are fetched", "killed", azure={"faults": [{"role": "vault", "delay": 4}]},
    at={"request": "/secrets"}, do=["uncure", "kill"])

# -- documents: what is rendered

for cause, code, old, new in (
        ("a key that Talos does not know", "config-key", "clusterName: !node cluster", "clustername: !node cluster"),
        ("no machine token", "config-field", "token: !secret talos-secrets#/trustdinfo/token", "# none"),
        ("a certificate where a key belongs", "config-pem", "key: !secret talos-secrets#/certs/os/key",
            "key: !secret talos-secrets#/certs/os/crt"),
        ("a pointer to nothing", "secret-pointer", "talos-secrets#/trustdinfo/token", "talos-secrets#/trust/token"),
        ("no pod network", "config-cni", "dnsDomain: cluster.local", "dnsDomain: cluster.local\n    cni: {name: none}")):
    row("documents", cause, code, spoil=replace(MAIN, old, new))
row("documents", "the hostname is set twice over", "config-conflict", spoil=text(
    "talos/data-1.yaml", "machine:\n  time:\n    disabled: true\n---\napiVersion: v1alpha1\nkind: TimeSyncConfig\nntp:\n  servers: [pool.ntp.org]\n"))
row("documents", "a manifest without a name", "manifest-object",
    spoil=text("bootstrap/x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: default}\n"))
row("documents", "two manifests of one name", "manifest-name",
    spoil=text("talos/data-1.yaml", "cluster:\n  inlineManifests:\n    - name: 30-canary\n      contents: ''\n"))
row("documents", "a Secret with stringData", "manifest-secret", then="mend",
    spoil=replace("bootstrap/canary.yaml", "\ndata:", "\nstringData:"))
row("documents", "a namespace that nothing makes", "manifest-namespace",
    spoil=replace("bootstrap/canary.yaml", "namespace: flux-system", "namespace: nowhere"))
row("documents", "Flux has no way to Git", "flux-sync", spoil=replace("clusters/data/flux-system/gotk-sync.yaml",
    "url: https://git.example/homelab", "url: git@git.example:homelab"))
row("documents", "a text larger than a manifest may be", "render-size", sh="head -c 600000 /dev/zero | tr '\\0' x >blob",
    spoil=text("bootstrap/x.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: flux-system}\ndata: {a: !format \"{file:blob}{file:blob}\"}\n"))
row("documents", "a worker with the control planes' address", "config-forbidden", box={"tree": "prodesk-400-g4"}, spoil=text(
    "talos/data.yaml", "machine:\n  network:\n    interfaces:\n      - interface: eth0\n        vip: {ip: 10.0.0.1}\n"))
row("documents", "a partial config of too many documents", "config-stream", partial="---\n".join(
    "apiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: n%d\nenvironment: [A=b]\n" % i for i in range(140)))
row("documents", "a partial config appears while secrets are fetched", "applied", at={"request": "/secrets"},
    azure={"faults": [{"role": "vault", "delay": 2.5}]}, do=[{"activate": PARTIAL}], kept=["to-the-lan"])
row("documents", "a partial config and the site clash", "applied",
    partial=PARTIAL + "---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: of-the-image\n",
    said=["HostnameConfig"], kept=["to-the-lan"])
row("documents", "SIGTERM behind the documents", "stopped", fault=machined("hang", APPLY), at={"line": "[5/6]"})
row("documents", "SIGKILL behind the secrets", "killed", at={"line": "[4/6]"}, do=["kill"])

# -- apply: the dry run and the real one

row("apply", "Talos rejects the config", "machined-rejected",
    spoil=text("talos/data-1.yaml", "apiVersion: v1alpha1\nkind: OOMConfig\ntriggerExpression: nowhere > 1.0\n"), said=["nowhere"])
row("documents", "Talos does not know a key whose value is a secret", "config-key", said=["extraArgz"],
    spoil=text("talos/data-1.yaml", "machine:\n  kubelet:\n    extraArgz:\n      x: !secret canary\n"))
row("apply", "another apply is in progress", "machined-busy", fault=machined("busy", VERSION, ms=4200), then="wait")
row("apply", "machined denies the dry run", "machined-denied", lane="slow", fault=status(DENIED, APPLY, count=-1), then="stop")
row("apply", "machined fails at the dry run", "machined-failed", fault=status(INTERNAL, APPLY))
row("apply", "machined fails at the apply", "machined-failed", fault=status(INTERNAL, APPLY, skip=1))
row("apply", "machined knows no apply", "machined-old", fault=status(UNIMPLEMENTED, APPLY), then="mend")
row("apply", "the dry run's answer is lost", "machined-lost", fault=machined("lost", APPLY))
row("apply", "the apply's answer is lost", "applied", fault=machined("lost", APPLY, skip=1), final="founded")
row("apply", "the socket goes in the dry run", "machined-lost", fault=machined("vanish", APPLY, ms=900))
row("apply", "the socket goes in the apply", "machined-lost", fault=machined("vanish", APPLY, skip=1, ms=900))
row("apply", "the dry run is slow", "applied", fault=machined("slow", APPLY, ms=2500))
row("apply", "the node leaves maintenance behind the dry run", "quiet",
    fault=machined("stage", APPLY, stage="booting", after=True), at={"event": "fault"},
    cure=[{"stage": "maintenance"}])
row("apply", "the disk vanishes behind the dry run", "guard-disk",
    fault=machined("command", APPLY, after=True, command={"hide": "sda"}), cure=[{"see": "sda"}], then="mend")
row("apply", "another META appears behind the dry run", "guard-system",
    disks={"sdb": dict(META, transport="sata", after=600000)},
    fault=machined("command", APPLY, after=True, command={"see": "sdb"}), then="stop")
row("apply", "a partial config appears behind the dry run", "applied",
    fault=machined("command", APPLY, after=True, command={"activate": PARTIAL}), kept=["to-the-lan"])
row("apply", "SIGTERM in the dry run", "stopped", fault=machined("hang", APPLY), at={"event": "fault"})
row("apply", "SIGTERM in the apply", "stopped", fault=machined("hang", APPLY, skip=1), at={"event": "fault"})
row("apply", "SIGKILL before the dry run", "killed", fault=machined("kill", APPLY))
row("apply", "SIGKILL before the apply", "killed", fault=machined("kill", APPLY, skip=1))
row("apply", "SIGKILL behind the apply", "killed", fault=machined("kill", APPLY, skip=1, after=True), final="founded")

# -- the installed node: look, promote, bootstrap

row("found", "the socket appears late", "machined-socket", installed="ours", times={"socket": 1200}, then="wait")
row("found", "machined does not answer", "machined-silent", lane="slow", installed="ours", fault=machined("hang", GET))
row("found", "an answer is cut in the middle", "machined-lost", installed="ours", fault=machined("cut", bytes=60))
row("found", "machined cannot read its state", "machined-failed", installed="ours", fault=status(INTERNAL, GET))
row("found", "machined does not know the config yet", "founded", installed="ours", times={"acquire": 2500})
row("found", "what is made of the config comes late", "founded", installed="ours", times={"derive": 1500})
row("found", "the config comes between the two reads of one look", "founded", installed="ours", times={"service": 2500},
    fault=status(NOT_FOUND, GET, skip=1))
row("found", "the config comes between the reads, and what is made of it behind them", "founded", installed="ours",
    times={"service": 2500}, fault=status(NOT_FOUND, GET, skip=1) + status(NOT_FOUND, GET, skip=3))
row("found", "the stick is left in", "founded", installed="ours", box={"stick": True}, said=["came from a stick"])
row("found", "a worker", "left", join=True, box={"tree": "prodesk-400-g4", "addresses": ["192.168.1.21/24"]},
    said=["nothing to found"])
row("found", "bootstrap: manual", "left", join=True, site={"bootstrap": "manual"}, said=["talosctl bootstrap"])
row("found", "SIGTERM in the look", "stopped", installed="ours", fault=machined("hang", VERSION), at={"event": "fault"})
row("found", "SIGKILL in the look", "killed", installed="ours", fault=machined("kill", GET))

row("promote", "another apply is in progress", "machined-busy", installed="ours", fault=status(PRECONDITION, APPLY))
row("promote", "machined rejects the second apply", "machined-rejected", installed="ours", fault=status(INVALID, APPLY),
    then="mend")
row("promote", "machined repeats values of the vault", "machined-rejected", installed="ours", then="mend", said=["`(may be secret)`"],
    fault=machined("status", APPLY, code=INVALID, message="no `canary-of-the-vault-0123456789`: Y2FuYXJ5LW9mLXRoZS12YXVsdC0wMTIzNDU2Nzg5"))
row("promote", "machined denies the second apply", "machined-denied", lane="slow", installed="ours",
    fault=status(DENIED, APPLY, count=-1))
row("promote", "machined fails at the second apply", "machined-failed", installed="ours", fault=status(INTERNAL, APPLY, skip=1))
row("promote", "the dry run's answer is lost", "machined-lost", installed="ours", fault=machined("lost", APPLY))
row("promote", "the answer of the second apply is lost", "founded", installed="ours", fault=machined("lost", APPLY, skip=1))
row("promote", "the socket goes in the second apply", "machined-lost", installed="ours",
    fault=machined("vanish", APPLY, skip=1, ms=800))
row("promote", "an admin's apply comes behind the dry run", "founded", installed="ours",
    fault=machined("command", APPLY, after=True, command={"append": PARTIAL}), kept=["to-the-lan"])
row("promote", "SIGTERM in its dry run", "stopped", installed="ours", fault=machined("hang", APPLY), at={"event": "fault"})
row("promote", "SIGTERM in the second apply", "stopped", installed="ours", fault=machined("hang", APPLY, skip=1),
    at={"event": "fault"})
row("promote", "SIGKILL before its dry run", "killed", installed="ours", fault=machined("kill", APPLY))
row("promote", "SIGKILL before the second apply", "killed", installed="ours", fault=machined("kill", APPLY, skip=1))
row("promote", "SIGKILL behind the second apply", "killed", installed="ours", fault=machined("kill", APPLY, skip=1, after=True))

row("bootstrap", "CRI is not up yet", "founded", installed="ours", fault=status(PRECONDITION, BOOTSTRAP),
    said=["not ready to found"])
row("bootstrap", "etcd has data already", "founded", installed="ours", fault=machined("lost", BOOTSTRAP))
row("bootstrap", "machined fails at Bootstrap", "machined-failed", installed="ours", fault=status(INTERNAL, BOOTSTRAP))
row("bootstrap", "machined denies Bootstrap", "machined-denied", lane="slow", installed="ours",
    fault=status(DENIED, BOOTSTRAP, count=-1))
row("bootstrap", "machined knows no Bootstrap", "machined-old", installed="ours", fault=status(UNIMPLEMENTED, BOOTSTRAP),
    then="mend")
row("bootstrap", "machined says AlreadyExists", "quiet-said", installed="ours", fault=status(EXISTS, BOOTSTRAP),
    at={"event": "fault"}, said=["etcd has data"], then="mend")
row("bootstrap", "the socket goes in Bootstrap", "machined-lost", installed="ours", fault=machined("vanish", BOOTSTRAP, ms=800))
row("bootstrap", "Bootstrap is not answered", "machined-silent", lane="slow", installed="ours",
    fault=machined("hang", BOOTSTRAP))
row("bootstrap", "etcd takes its time", "founded", installed="ours", times={"etcd": 2500})
row("bootstrap", "SIGTERM in Bootstrap", "stopped", installed="ours", fault=machined("hang", BOOTSTRAP), at={"event": "fault"})
row("bootstrap", "SIGKILL before Bootstrap", "killed", installed="ours", fault=machined("kill", BOOTSTRAP))
row("bootstrap", "SIGKILL behind Bootstrap", "killed", installed="ours", fault=machined("kill", BOOTSTRAP, after=True))
