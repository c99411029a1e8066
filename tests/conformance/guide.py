"""The guide of assets/README.md, run as a script: what it says is read out of it, so that guide and test cannot drift.

Its commands run in one shell, in its order, in a fork of the example that `hearth assets` lays. hearth, git, make,
openssl, ssh-keygen and the shell's tools are real, and so are TLS, the login and the vault (tests/standin). az,
talosctl, kubectl, flux and ssh-keyscan are guide/cloud.py: each command line is held against a table of the real tool's
flags, and what the guide builds on is done. What only hands can do is listed in BY_HAND. A command of none of the three
classes is a failure.

The image tools are real too, with a small kernel and initramfs in the place of Talos's. The stick is taken apart again
as a kernel and Talos's init would (tests/image/kernel.py), and what a box does with it is `hearth render` with the site
on it.
"""
import base64
import contextlib
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading

import kit as kit_module

sys.path.insert(0, os.path.join(kit_module.HERE, "guide"))
sys.path += [os.path.join(kit_module.REPO, "tests", "image"), os.path.join(kit_module.REPO, "scripts", "image")]
import cloud as cloud_module  # noqa: E402
import cpio  # noqa: E402
import kernel  # noqa: E402

NEEDS, WANTS = ("world",), ("images",)
README = os.path.join(kit_module.REPO, "assets", "README.md")
RECOVERY = os.path.join(kit_module.REPO, "assets", "databases", "README.md")
COMPONENTS = os.path.join(kit_module.REPO, "..", "shared", "data", "flux", "gotk-components-v2.9.4.yaml")
REAL = ["bash", "git", "cp", "cut", "mkdir", "openssl", "cat", "tr", "shred", "rm", "grep", "date", "ssh-keygen", "jq", "dd",
        "seq", "sleep", "sed"]
SHELL = ["cd", "sudo", "make", "hearth"]
READS = os.path.join(kit_module.HERE, "reads", "reads.go")
# Commands that the text names without what they need.
NAMED = ("talosctl gen config", "flux bootstrap")
COUNTS = {"two": 2, "three": 3, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13}
FIRST, SECOND, FURTHER, WITHOUT, DAYS = "The first cluster", "The second cluster", "A further box", "Without a stick", "Day two"
BY_HAND = {8: "deploy key in the Git host's settings, commit, push", 10: "BIOS settings, address in the router",
           11: "stick in, power on, stick out"}
# Commands in the text of the steps that are not run where they stand.
MENTIONED = {"hearth check": "waits for the tree's secrets", "talosctl bootstrap":
             "put before `talosctl health`", "talosctl health": "is in what plan prints", "hearth explain CODE": "CODE is on the screen"}
SITE = "/usr/local/etc/hearth/"
MAKE = """\
#!%(bash)s
case " $* " in *" talos-pin "* | *" usb "* | *" pxe "*) set -- "$@" KERNEL=%(talos)s/vmlinuz INITRAMFS=%(talos)s/initramfs.img ;; esac
out=$PWD/out
PATH=%(path)s exec make -s -C %(repo)s -o all B=%(built)s OUT="$out" "$@"
"""
SUDO = """\
#!%(bash)s
case "$*" in
"./hearth facts") exec hearth facts --facts "$BOX" ;;
"dd "*" of=/dev/sdX "*) exec "${@/of=*/of=%(stick)s}" ;;
"make pxe-serve IF="*) shift && exec make -n "$@" ;;
esac
echo "sudo: nobody expects: $*"
exit 64
"""
# What a user writes in place of the guide's own words.
NAMES = [("my-homelab-", "homelab-"), ("myhomelabbackup", "homelabbackup")]
PRODUCTION = [("data-1", "production-1"), ("CLUSTER=data ", "CLUSTER=production "), ("ROLE=data", "ROLE=production"),
              ("homelab-data", "homelab-production"), ("192.168.1.10", "192.168.1.20")]


def parts(text):
    """{section: [(step or 0, [("block" | "span", text)])]}. A step's blocks are indented by 7 and more, others by 4."""
    sections = {}
    for chunk in re.split(r"^## ", text, flags=re.M)[1:]:
        title, _, body = chunk.partition("\n")
        steps, prose, block = [(0, [])], [], []

        def close(kind):
            if kind != "prose" and block:
                least = min(len(line) - len(line.lstrip()) for line in block if line.strip())
                steps[-1][1].append(("block", "\n".join(line[least:] for line in block).strip("\n")))
                block.clear()
            if kind != "block" and prose:
                steps[-1][1].extend(("span", " ".join(found.split())) for found in re.findall(r"`([^`]+)`", "\n".join(prose)))
                prose.clear()

        for line in body.splitlines() + [""]:
            start = re.match(r"(\d+)\. ", line)
            if start:
                close("both")
                steps.append((int(start.group(1)), []))
            if re.match(" " * (7 if steps[-1][0] else 4), line) or (block and not line.strip()):
                close("prose")
                block.append(line)
            elif line.strip():
                close("block")
                prose.append(line)
        close("both")
        sections[title] = steps
    return sections


def counted(sections):
    """What is wrong with the numbers of the steps."""
    wrong = []
    for name, least in ((FIRST, None), (SECOND, (5, 12)), (FURTHER, (10, 11))):
        title = next((title for title in sections if title.startswith(name)), None)
        said = COUNTS.get((re.search(r"in (\w+) steps", title or "") or [None, ""])[1])
        if said is None:
            wrong.append("%s: the heading does not count its steps" % name)
        elif least is None:
            numbers = [number for number, _ in sections[title] if number]
            if numbers != list(range(1, said + 1)):
                wrong.append("%s: the steps are %s, the heading says %d" % (name, numbers, said))
        elif said != least[1] - least[0] + 1:
            wrong.append("%s: steps %d to %d are not %d" % (name, least[0], least[1], said))
    return wrong


FIELD = re.compile(r'"?\w+"?: ')  # of a file: no command


def is_command(span):
    return span.split()[0] in SHELL + REAL + list(cloud_module.TOOLS)


def classless(sections):
    """Commands in the text that nobody here knows, and command lines that their tool would not take."""
    wrong, used = [], set()
    for title, steps in sections.items():
        for number, items in steps:
            if number and not items and number not in BY_HAND:
                wrong.append("step %d has no command and is not one for hands" % number)
            for kind, text in items:
                if kind == "span" and number and text in MENTIONED:
                    used.add(text)
                elif kind == "span" and not is_command(text):
                    if " " in text and not text.startswith("-") and not FIELD.match(text):
                        wrong.append("a command of no class: %s" % text)
                elif kind == "span" and not number and text.split()[0] in cloud_module.TOOLS and " -" in text:
                    try:
                        cloud_module.read(text.split()[0], shlex.split(text)[1:])
                    except cloud_module.Refused as why:
                        wrong.append("%s: %s" % (text, why))
    return wrong + ["no step says `%s`" % text for text in MENTIONED if text not in used]


def taken_back(sections):
    """What kubectl writes under its own name into what Flux applies, Flux takes back: these two need a manager of their
    own."""
    return ["Flux takes this back: %s" % line.strip() for steps in sections.values() for _, items in steps for kind, text in items
            if kind == "block" for line in text.splitlines()
            if re.search(r"kubectl .*(force-sync=|rollout restart)", line) and not re.search(r"--field-manager=(?!kubectl)\w", line)]


class Shell:
    """One bash. What failed in it is in `wrong`."""

    def __init__(self, where, path, environment):
        self.where, self.wrong, self.count, self.limit = where, [], 0, 120
        self.log = os.path.join(where, "failed")
        open(self.log, "w").close()
        self.bash = subprocess.Popen([shutil.which("bash"), "--norc", "--noprofile"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=where,
                                     env=dict(environment, PATH=path))
        self.run("exec 3>>%s; set -E -o pipefail; trap 'printf \"%%s: %%s\\n\" $? \"$BASH_COMMAND\" >&3' ERR"
                 % shlex.quote(self.log))

    def run(self, text, quiet=False):
        """What it printed. Nothing is run that bash cannot parse."""
        self.count += 1
        script = os.path.join(self.where, "script-%d" % self.count)
        with open(script, "w") as out:
            out.write(text + "\n")
        checked = subprocess.run(["bash", "-n", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if checked.returncode:
            self.wrong.append("bash -n: " + checked.stdout.decode().strip())
            return ""
        stop = threading.Timer(self.limit, self.bash.kill)
        stop.start()
        self.bash.stdin.write((". %s </dev/null\necho '@end'\n" % shlex.quote(script)).encode())
        self.bash.stdin.flush()
        said = []
        for line in self.bash.stdout:
            if line == b"@end\n":
                break
            said.append(line.decode("utf-8", "replace"))
        else:
            self.wrong.append("the shell ended at: " + text[:200])
        stop.cancel()
        with open(self.log, "r+") as log:
            failed = log.read().strip()
            log.truncate(0)
        if failed and not quiet:
            self.wrong.append("%s\nsaid: %s" % (failed, "".join(said)[-700:]))
        return "".join(said)

    def end(self):
        self.bash.stdin.close()
        self.bash.wait()


class Guide:
    """One user with the guide."""

    def __init__(self, kit, text, name, cloud=cloud_module.Cloud):
        self.kit, self.sections = kit, parts(text)
        self.top = kit.directory("guide", name)
        self.cloud = cloud(kit.world.azure, kit.world.config["tenant"], self.top)
        self.bin = os.path.join(self.top, "bin")
        for tool in REAL:
            os.symlink(shutil.which(tool), os.path.join(self.bin, tool))
        os.symlink(kit.binary, os.path.join(self.bin, "hearth"))
        with open(os.path.join(kit_module.HERE, "facts.json")) as source:
            box = source.read()
        for number, address in (("1", "192.168.1.10"), ("2", "192.168.1.20"), ("3", "192.168.1.21")):
            self.cloud.boxes[address] = kit.write(os.path.join(self.top, "box-" + number), box.replace("CONFORM1", "CONFORM" + number))
        self.site, self.sources = os.path.join(self.top, "homelab"), os.path.join(self.top, "sources")
        self.stick, self.packed = os.path.join(self.top, "stick.img"), None
        self.scripts()
        self.environment = {"LANG": "C.UTF-8", "HOME": self.top, "GIT_CONFIG_NOSYSTEM": "1"}
        for who in ("AUTHOR", "COMMITTER"):
            self.environment.update({"GIT_%s_NAME" % who: "x", "GIT_%s_EMAIL" % who: "x@x"})
        self.repository = os.path.join(self.top, "repository")  # where the Git host has it
        kit.run(["git", "init", "-q", "--bare", "-b", "main", self.repository])
        self.wrong = counted(self.sections) + classless(self.sections) + taken_back(self.sections)
        self.log, self.shell = [], None

    def scripts(self):
        """make, in this checkout and with what was built, and what a user is root for."""
        talos = os.path.join(self.top, "talos")
        rootfs = os.path.join(talos, "rootfs")
        for path in (os.path.join(rootfs, "usr", "local"), self.sources):
            os.makedirs(path)
        self.kit.write(os.path.join(talos, "vmlinuz"), b"\0" * 0x202 + b"HdrS" + os.urandom(4096))
        if images(self.kit):
            self.kit.run(["mksquashfs", rootfs, rootfs + ".sqsh", "-all-root", "-noappend", "-quiet", "-no-progress", "-comp", "zstd"])
            with open(rootfs + ".sqsh", "rb") as layer:
                files = [("init", b"#!/bin/false\n", 0o755), ("rootfs.sqsh", layer.read(), 0o644)]
            self.kit.write(os.path.join(talos, "initramfs.img"), cpio.write(files, 1767225600))
        words = {"bash": shutil.which("bash"), "talos": talos, "path": os.environ["PATH"], "repo": kit_module.REPO,
                 "built": os.path.dirname(os.path.abspath(self.kit.binary)), "stick": self.stick}
        for name, text in (("make", MAKE), ("sudo", SUDO)):
            os.chmod(self.kit.write(os.path.join(self.bin, name), text % words), 0o755)

    def section(self, name):
        return next((steps for title, steps in self.sections.items() if title.startswith(name)), [])

    def open(self, where, first):
        self.shell = Shell(self.top, self.bin, self.environment)
        self.shell.run("cd %s; export BOX=%s" % (shlex.quote(where), shlex.quote(first)))

    def do(self, text, change, quiet=False):
        for old, new in NAMES + change + [(".../homelab", self.site)]:
            text = text.replace(old, new)
        self.log.append(text)
        if not re.match("(sudo )?make ", text):
            return self.shell.run(text, quiet)
        said = self.shell.run("cd %s\n%s\ncd %s" % (self.sources, text, self.site), quiet) if images(self.kit) else ""
        if "nothing here says what it must be" in said:
            self.wrong.append("these bytes of Talos are not recorded: " + text)
        return said

    def edit(self):
        """Step 3, what a user writes into the files; hands, so it is not in the guide's commands."""
        values = [("CHANGE-ME-account", "homelabbackup"), ("https://CHANGE-ME-", "https://homelab-"), ("CHANGE-ME-1", "CONFORM1"),
                  ("CHANGE-ME-2", "CONFORM2"), ("CHANGE-ME/", "somebody/"),
                  ("tenant: 00000000-0000-0000-0000-000000000000", "tenant: " + self.cloud.tenant)]
        trust = "cloud: { authority: https://login.microsoftonline.com, resource: https://vault.azure.net, ca: root.pem }"
        for path in glob.glob(os.path.join(self.site, "**", "*.yaml"), recursive=True):
            with open(path) as source:
                text = source.read()
            for old, new in values:
                text = text.replace(old, new)
            if os.path.basename(path) == "hearth.yaml":
                for name in ("hearth-data", "hearth-production"):
                    text = text.replace("client: 00000000-0000-0000-0000-000000000000", "client: " +
                                        self.cloud.apps.get(name, {"id": "?"})["id"], 1)
                text = text.replace("    login:", "    %s\n    login:" % trust)
            self.kit.write(path, text)
        shutil.copy(self.kit.world.keys.roots(), os.path.join(self.site, "root.pem"))

    def flux(self, text):
        """`make flux`, in this checkout; without the file of Flux's release a small one takes its place."""
        if os.path.exists(COMPONENTS):
            done = self.kit.run(["make", "-s", "-C", kit_module.REPO] + shlex.split(text.replace(".../homelab", self.site))[1:]
                                + ["FLUX_COMPONENTS=" + COMPONENTS])
            if done.returncode:
                self.wrong.append("%s: %s" % (text, done.stderr.decode()[-500:]))
        for role in ("data", "production"):
            path = os.path.join(self.site, "clusters", role, "flux-system", "gotk-components.yaml")
            if not os.path.exists(path):
                self.kit.write(path, kit_module.COMPONENTS)

    def choose(self):
        """Step 4's hands: the line of the installer image, into both bases."""
        if not images(self.kit):
            return
        with open(os.path.join(self.sources, "out", "installer", "registry.yaml")) as source:
            line = re.search("^ *(image: .*)$", source.read(), re.M).group(1)
        for name in ("controlplane", "worker"):
            path = os.path.join(self.site, "talos", name + ".yaml")
            with open(path) as source:
                text = source.read()
            self.kit.write(path, text.replace("  install:\n", "  install:\n    %s\n" % line, 1))

    def plugged(self, role):
        """What is on the stick: the site that hearth will see as /etc/hearth, with the login of this role and no
        other."""
        if not images(self.kit):
            self.packed = self.site
            return
        if not os.path.exists(self.stick):
            self.wrong.append("no stick was written")
            return
        image, where = os.path.join(self.top, "initramfs"), os.path.join(self.top, "stick-" + role)
        done = self.kit.run(["xorriso", "-osirrox", "on", "-indev", self.stick, "-extract", "/boot/initramfs.img", image])
        if done.returncode:
            self.wrong.append("xorriso: " + done.stderr.decode()[-300:])
            return
        with open(image, "rb") as source:
            files = kernel.unpack(source.read())
        number = iter(range(9))
        root = kernel.mounted(files, lambda: self.kit.directory("guide", "layers", str(next(number))))
        os.remove(image)
        os.remove(self.stick)
        for path, (_, _, body) in root.items():
            if body is not None and path.startswith(SITE):
                self.kit.write(os.path.join(where, path[len(SITE):]), body)
        self.packed = where
        logins = os.listdir(os.path.join(where, ".hearth"))
        with open(os.path.join(self.site, ".hearth", role + ".pem"), "rb") as source:
            if logins != [role + ".pem"] or root[SITE + ".hearth/%s.pem" % role][2] != source.read():
                self.wrong.append("the stick holds the logins %s, and is for %s" % (logins, role))

    def boot(self):
        """What a box makes of the stick; machined's part is the subject `boot`."""
        status, _, err = self.kit.hearth("render", "--site", self.packed, "--facts", self.box, "--out", os.path.join(self.site, "out"))
        if status:
            self.wrong.append("with the stick's site hearth ends with %d: %s" % (status, err[-700:]))

    def step(self, number, items, change, second=False, bootstrap=False):
        if number == 8:  # its first two sentences
            if not second:
                self.do("git remote add origin " + self.repository, [])
            self.do("[ -s flux-git-identity.value.pub ] && git add . && git commit -q --allow-empty -m x && git push -qu origin main", [])
            if re.search(r"\.hearth/|\.value\b", self.do("git ls-files", [])):
                self.wrong.append("a secret is committed")
            left = glob.glob(os.path.join(self.site, "*.value"))
            if left:
                self.wrong.append("values are left on the workstation: %s" % left)
        if number == 6 and second:  # the second chapter's own block is in its place, said for production already
            items, change = [item for item in self.section(SECOND)[0][1] if item[0] == "block"], []
        for kind, text in items:
            if kind == "span" and (text in MENTIONED or not is_command(text)):
                continue
            if kind == "span" and text.startswith("make flux"):
                self.flux(text)
            elif kind == "block" and number == 3:
                if not self.do(text, change, quiet=True).strip():
                    self.wrong.append("step 3 finds nothing to fill in")
                self.edit()
                left = self.do(text, change, quiet=True).strip()
                if left:
                    self.wrong.append("step 3 leaves " + left)
            elif kind == "span" and re.search(r"hearth plan --(az|access)", text):
                said = re.sub(r"^warning: .*\n", "", self.do(text, change), flags=re.M)  # of files not committed yet
                if ("span", "hearth check") in items:  # the guide says that this line waits
                    said = re.sub(r"^hearth check .*\n", "", said, flags=re.M)
                if "--access" in text and bootstrap:
                    said = said.replace("talosctl health", "talosctl bootstrap\ntalosctl health")
                self.do(said, [])
            else:
                self.do(text, change)
        if number == 4 and not self.shell.wrong:
            self.choose()
        if number == 9 and not self.shell.wrong:
            self.plugged("production" if second else "data")
        if number == 11 and self.packed:
            self.boot()
        self.wrong += ["step %d: %s" % (number, each) for each in self.shell.wrong]
        self.shell.wrong.clear()

    def steps(self, name, first, last, where, box, change, second=False):
        self.box = os.path.join(self.top, box)
        self.open(where, self.box)
        for number, items in self.section(FIRST):
            if first <= number <= last:
                self.step(number, items, change, second)
            elif not number:
                self.wrong += ["%s: text before step 1 has a command: %s" % (name, text) for kind, text in items if kind == "block"]
        self.shell.end()

    def laid(self, role, kind, node):
        """The out directory is that of this node, and `check` is content."""
        with open(os.path.join(self.site, "out", "plan.json")) as source:
            plan = json.load(source)
        with open(os.path.join(self.site, "out", "machine-config.yaml")) as source:
            config = source.read()
        names = sorted(os.listdir(os.path.join(self.site, "out", "manifests"))) if kind == "controlplane" else []
        good = '"%s"' % role in json.dumps(plan) and node.lower() in config.lower() and "type: %s" % kind in config
        problems = [] if good else ["out/ is not %s of %s" % (node, role)]
        if kind == "controlplane" and len(names) != 5:
            problems.append("manifests: %s" % names)
        if images(self.kit) and "will not be on the installed disk" in json.dumps(plan):
            problems.append("hearth is not on the disk of %s" % node)
        status, out, err = self.kit.hearth("check", "--site", self.site, "--facts", self.box)
        return problems + (["check of %s ends with %d: %s" % (node, status, err[-700:])] if status else [])

    def served(self, cluster, folders):
        """Every name that Flux will ask the vault for is there, and each login may read its own and no others."""
        wanted = set()
        for folder in folders:
            for path in glob.glob(os.path.join(self.site, folder, "**", "*.yaml"), recursive=True):
                with open(path) as source:
                    wanted |= set(re.findall(r"remoteRef:\s*\{ *key: *([0-9A-Za-z-]+)", source.read()))
        vault, operator = "homelab-" + cluster, self.cloud.apps["eso-" + cluster]["id"]
        may = {name for who, where, name in self.cloud.granted if (who, where) == (operator, vault)}
        lacking = wanted - set(self.cloud.vaults.get(vault, {}))
        hearth = {name for who, where, name in self.cloud.granted if who == self.cloud.apps["hearth-" + cluster]["id"]}
        foreign = sorted(name for name in hearth & wanted if not name.startswith("eso-"))
        return (["%s lacks %s" % (vault, ", ".join(sorted(lacking)))] if lacking else []) + \
               (["eso-%s may read %s, asked for are %s" % (cluster, sorted(may), sorted(wanted))] if may != wanted else []) + \
               (["hearth-%s may read %s" % (cluster, foreign)] if foreign else [])

    def backed(self):
        """The backups go to an account that was made."""
        with open(os.path.join(self.site, "clusters", "data", "databases.yaml")) as source:
            account = re.search(r"backups: https://([^.]*)\.blob\.core\.windows\.net/postgres\b", source.read()).group(1)
        return [] if account in self.cloud.accounts else ["the backups go to no account that was made: " + account]

    def first(self):
        self.steps(FIRST, 1, 12, self.top, "box-1", [])
        if not self.wrong:
            self.wrong += self.laid("data", "controlplane", "data-1") + self.served(
                "data", ["databases", "infrastructure/configs/base"]) + self.backed()
        return self.wrong

    def second(self):
        shutil.move(os.path.join(self.site, "out"), os.path.join(self.top, "out-data"))
        self.steps(SECOND, 5, 12, self.site, "box-2", PRODUCTION, second=True)
        if not self.wrong:
            self.wrong += self.laid("production", "controlplane", "production-1") + self.served(
                "production", ["apps", "infrastructure/configs/base"])
        return self.wrong

    def further(self):
        shutil.move(os.path.join(self.site, "out"), os.path.join(self.top, "out-production"))
        self.steps(FURTHER, 10, 11, self.site, "box-3", [])
        if not self.wrong:
            self.wrong += self.laid("production", "worker", "worker-CONFORM3")
        return self.wrong

    def without(self):
        """By network and by hand, for data-1 once more, up to the command that founds."""
        shutil.move(os.path.join(self.site, "out"), os.path.join(self.top, "out-worker"))
        self.box = os.path.join(self.top, "box-1")
        self.open(self.site, self.box)
        for kind, text in self.section(WITHOUT)[0][1]:
            if kind == "block" or (text not in MENTIONED and is_command(text)):
                self.do(text, [])
        self.step(12, next(items for number, items in self.section(FIRST) if number == 12), [], bootstrap=True)
        self.shell.end()
        self.wrong += self.shell.wrong
        served = os.path.join(self.sources, "out", "pxe")
        if images(self.kit) and not self.wrong:
            with open(os.path.join(served, "initramfs.img"), "rb") as source:
                files = kernel.unpack(source.read())
            number = iter(range(9))
            root = kernel.mounted(files, lambda: self.kit.directory("guide", "layers", str(next(number))))
            if SITE + "hearth.yaml" not in root or any("/.hearth/" in path for path in root):
                self.wrong.append("what the network serves is not the site without a login")
        if not any(name == "bootstrap" for _, name, _, _ in self.cloud.calls):
            self.wrong.append("nobody founds the cluster")
        return self.wrong + ([] if self.wrong else self.laid("data", "controlplane", "data-1"))

    def left_out(self):
        """After the hand-over `lay` applies a patch; Talos's own patcher, when it was built here, must leave no
        entry."""
        patches = [flags["--config-patch"] for _, name, _, flags in self.cloud.calls if "--config-patch" in flags]
        if not patches:
            return ["hand-over: no apply-config leaves the entries out"]
        patch = self.kit.write(os.path.join(self.top, "patch.yaml"), patches[-1])
        config = os.path.join(self.site, "out", "machine-config.yaml")
        for version in kit_module.VERSIONS:
            if not os.path.exists(os.path.join(self.kit.build, "talos-" + version, "merge")):
                self.kit.skipped("guide: hand-over's patch, Talos " + version, "its patcher is not built")
                continue
            status, out, err = self.kit.go(version, "merge", config, patch)
            if status or "inlineManifests" in out or "machine:" not in out:
                return ["hand-over: Talos %s keeps the entries: %s" % (version, err)]
        return []

    def empty(self):
        """The guide's functions with a file that came out empty: said, and put nowhere."""
        said = self.shell.run(": > hearth-canary.value; put hearth-canary && echo went on; ESO=nobody new && echo went on\n"
                              "rm -f hearth-canary.value eso-client-secret.value", quiet=True)
        if "went on" in said or said.count("is empty: stop here") != 2:
            self.wrong.append("an empty value: " + said)
        if self.cloud.vaults["homelab-data"]["hearth-canary"]["value"] != "ok":
            self.wrong.append("an empty value is in the vault")
        self.cloud.refused = [each for each in self.cloud.refused if "nobody" not in each]

    def drifted(self, said):
        """Of what the node answers the names are on the screen and no value; a question that was not answered is no
        good word."""
        lines = said.splitlines()
        if "-kind: ExtensionServiceConfig" not in lines or len([line for line in lines if line.endswith("  token:")]) != 2:
            self.wrong.append("drift: it does not name what changed: " + said)
        if [line for line in lines if not re.match(r"[-+] *[A-Za-z.-]+:$|[-+](kind|name): ", line)]:
            self.wrong.append("drift: more than names: " + said)
        said = self.shell.run("drift nobody 192.168.1.10 && echo went on", quiet=True)
        if "went on" in said or "not asked" not in said:
            self.wrong.append("drift of a node that is not in the site: " + said)

    def days(self):
        """Day two for data, with 5's first lines and 7's `due`. The old key is the one that was there first."""
        five = next(items for number, items in self.section(FIRST) if number == 5)
        seven = next(items for number, items in self.section(FIRST) if number == 7)
        lines = next(text for kind, text in five if kind == "block").splitlines()
        functions = next(text for kind, text in seven if kind == "block")
        operator = self.cloud.apps["eso-data"]
        old = next(iter(operator["secrets"].items()))
        self.open(self.site, os.path.join(self.top, "box-1"))
        self.do("\n".join(lines[:lines.index("new")]) + "\n" + functions, [])
        for kind, text in self.section(DAYS)[0][1]:
            if kind == "block":
                said = self.do(text, [("--key-id OLD", "--key-id " + old[0]), ("COMMIT", "HEAD")])
                if "drift data-1" in text:
                    self.drifted(said)
            elif is_command(text) and text.startswith(("hearth plan", "make reset")):
                self.do(text, [])
        self.empty()
        self.shell.end()
        self.wrong += ["day two: " + each for each in self.shell.wrong]
        self.wrong += self.left_out()
        with open(os.path.join(self.site, "out", "manifests", "30-external-secrets.yaml")) as source:
            values = [base64.b64decode(each).decode() for each in re.findall(r"ClientSecret: ['\"]?([A-Za-z0-9+/=]+)", source.read())]
        if values != list(operator["secrets"].values()) or old[1] in values:
            self.wrong.append("day two: the rendered credential is not the one that is valid after the rotation")
        return self.wrong


    def recovery(self):
        """The commands of databases/README.md; what it puts into cluster.yaml is the subject gitops's."""
        with open(RECOVERY) as source:
            chapters = parts("#" + source.read())
        self.open(self.site, os.path.join(self.top, "box-1"))
        for kind, text in [item for steps in chapters.values() for _, items in steps for item in items]:
            if is_command(text) or (kind == "block" and not text.startswith("bootstrap:")):
                self.do(text, [])
        self.shell.end()
        self.wrong += ["recovery: " + each for each in self.shell.wrong]
        done = {name for tool, name, _, _ in self.cloud.calls if tool in ("kubectl", "flux")}
        lacking = {"create", "delete", "exec", "scale", "suspend kustomization", "resume kustomization", "wait",
                   "kustomize", "envsubst"} - done
        return self.wrong + (["recovery: nothing does %s" % sorted(lacking)] if lacking else [])


def reader(kit, subject, tool, source, files=()):
    """A program that reads command lines as a tool does: a copy of the folder with its commands, and what `files` has,
    (path in the copy, file); None where it cannot be had, which is said."""
    where = os.path.join(kit.build, "reads", tool)
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(source, where, copy_function=shutil.copyfile)
    for folder, _, _ in os.walk(where):
        os.chmod(folder, 0o755)
    for path, file in files:
        os.makedirs(os.path.dirname(os.path.join(where, path)), exist_ok=True)
        shutil.copyfile(file, os.path.join(where, path))
    shutil.copyfile(READS, os.path.join(where, os.path.dirname(files[0][0]) if files else "", "reads.go"))
    return kit.built(subject, "read-" + tool, where, "./" + os.path.dirname(files[0][0]) if files else ".")


def read_by(kit, subject, tool, program, cloud, sections, least, wrong):
    """The tool's own parser takes each of its command lines, and none of the wrong ones."""
    lines = [args for each, args in cloud.lines if each == tool]
    lines += [shlex.split(text)[1:] for steps in sections.values() for _, items in steps for kind, text in items
              if kind == "span" and text.startswith(tool + " ") and not text.endswith(" ") and text not in NAMED]

    def refused(some):
        return subprocess.run([program], input=json.dumps(some).encode(), stdout=subprocess.PIPE, check=True).stdout.decode()

    said = refused(lines)
    kit.expect("%s: %s reads each of %d command lines" % (subject, tool, len(lines)), len(lines) > least and not said, said)
    kit.expect("%s: %s refuses what is wrong" % (subject, tool), all(refused([each]) for each in wrong), refused(wrong))


def kubectl(kit, cloud, sections):
    """The others take minutes to build: starts.py has them."""
    program = reader(kit, "guide", "kubectl", os.path.join(kit_module.HERE, "kubectl"))
    if program:
        read_by(kit, "guide", "kubectl", program, cloud, sections, 20,
                [["get", "pods", "-o"], ["annotate", "--owerwrite", "pod", "x"], ["gett", "pods"]])


def az(kit, cloud):
    """Where Azure's own az is installed it reads each of its command lines too. Without a login it goes no further."""
    if shutil.which("az") is None:
        return kit.skipped("guide: az reads its command lines", "not installed; Debian's azure-cli has it")
    setting = {"AZURE_CONFIG_DIR": kit.directory("guide", "az"), "AZURE_CORE_COLLECT_TELEMETRY": "false"}
    kinds = {}
    for name, flags, line in [(name, flags, line) for (tool, name, _, flags), (_, line) in zip(cloud.calls, cloud.lines) if tool == "az"]:
        if name != "login":
            kinds.setdefault((name, *sorted(flags)), line)

    def refused(line):
        done = kit.run(["az"] + line, env=setting, stdin=b"", timeout=120)
        said = done.stderr.decode("utf-8", "replace")
        return said if done.returncode == 0 or re.search(
            "unrecognized arguments|arguments are required|misspelled or not recognized|invalid choice|expected one argument", said) else ""

    for kind, line in kinds.items():
        said = refused(line)
        kit.expect("guide: az reads " + " ".join(kind), not said, said)
    for line in (["account", "shwo"], ["account", "show", "--qery", "x"], ["group", "create", "--name"], ["group", "create", "--name", "x"]):
        kit.expect("guide: az refuses " + " ".join(line), refused(line), "it took it")


# What must be seen: (name, the guide's words, others in their place, a part of the complaint).
BROKEN = [
    ("an unknown flag of az", "--sku Standard_LRS", "--skew Standard_LRS", "unknown flag --skew"),
    ("an unknown flag of talosctl", "`talosctl reset --nodes", "`talosctl reset --node", "unknown flag --node"),
    ("an unknown verb of hearth", "`hearth check --node", "`hearth chek --node", "hearth chek"),
    ("a target that make does not have", "`make talos-pin ", "`make talos-pins ", "talos-pins"),
    ("a Talos that is not the recorded one", "usb SITE=.../homelab TALOS=v1.13.9", "usb SITE=.../homelab TALOS=v1.13.8", "not recorded"),
    ("a stick for no role", "TALOS=v1.13.9 ROLE=data\n", "TALOS=v1.13.9\n", ".hearth/production.pem is missing"),
    ("a stick of another file", "dd if=out/hearth-usb.iso", "dd if=out/hearth.iso", "No such file"),
    ("a stick that is not written", "       sudo dd", "       # sudo dd", "no stick was written"),
    ("a flag without its value", "upgrade --nodes IP --image IMAGE", "upgrade --nodes IP --image", "--image needs a value"),
    ("a command of no class", "`az login`", "`gcloud auth login`", "of no class: gcloud auth login"),
    ("a command that is nowhere", "printf ok >", "sops ok >", "sops"),
    ("a number left out", "\n9. The stick", "\n10. The stick", "the heading says 12"),
    ("a step left out, the rest renumbered", None, None, "step 9 has no command"),
    ("a value left out", "       printf ok > hearth-canary.value\n", "", "hearth-canary.value"),
    ("an operator that is nobody", "       ESO=$(az", "       WHO=$(az", "--assignee needs a value"),
    ("an account that nobody made", "ACCOUNT=myhomelabbackup", "ACCOUNT=myotherbackup", "no account that was made: homelabbackup"),
    ("a sync that Flux takes back", " --overwrite --field-manager=hearth", " --overwrite", "Flux takes this back"),
    ("a restart that Flux takes back", "miniflux --field-manager=hearth", "miniflux --field-manager=kubectl-x", "Flux takes this back"),
    ("a block that is no shell", "printf ok > hearth-canary.value", "printf ok > hearth-canary.value )", "bash -n"),
]


OF_IMAGES = ("a target that make does not have", "a Talos that is not the recorded one", "a stick for no role",
             "a stick of another file", "a stick that is not written")


def without_stick(text):
    """The guide without its step 9, its numbers and counts put right."""
    text = re.sub(r"^9\. .*?(?=^10\. )", "", text, flags=re.M | re.S)
    for number in (10, 11, 12):
        text = text.replace("\n%d. " % number, "\n%d. " % (number - 1)).replace("to %d " % number, "to %d " % (number - 1))
    return text.replace("in twelve steps", "in eleven steps").replace("in eight steps", "in seven steps")


def lacks(kit):
    """What the image tools need of Debian, while there is a network. Why it cannot be had, or None."""
    done = kit.run([os.path.join(kit_module.REPO, "scripts", "deps"), "image-test"], timeout=600)
    return done.stderr.decode().strip() if done.returncode else None


def images(kit):
    """Whether the image tools can be run: with what Debian has, in the build directory of a checkout."""
    if not hasattr(kit, "images"):
        built = os.path.dirname(os.path.abspath(kit.binary))
        why = lacks(kit)
        kit.images = not why and os.path.exists(os.path.join(built, "config.mk")) and os.path.basename(kit.binary) == "hearth"
        if not kit.images:
            kit.skipped("guide: the stick, the network image, the installer", why or "no build directory", 3)
    return kit.images


@contextlib.contextmanager
def on_loan(kit):
    """Other subjects use the same stand-in."""
    before = {key: kit.world.azure.config[key] for key in ("vaults", "clients")}
    try:
        yield
    finally:
        kit.world.azure.config.update(before)


def check(kit):
    lacking = [tool for tool in REAL + ["make"] if shutil.which(tool) is None]
    if lacking:
        return kit.skipped("guide", "not installed: " + ", ".join(lacking))
    with on_loan(kit):
        follow(kit)


def follow(kit):
    with open(README) as source:
        text = source.read()
    guide = Guide(kit, text, "user")
    problems = guide.wrong
    for name, part in (("first cluster", guide.first), ("second cluster", guide.second), ("further box", guide.further),
                       ("without a stick", guide.without), ("day two", guide.days), ("recovery", guide.recovery)):
        problems = problems or part()
        kit.expect("guide: " + name, not problems, "\n".join(problems))
    refused = guide.cloud.refused
    kit.expect("guide: az, talosctl, kubectl and flux took every command line", not refused, "\n".join(refused))
    kubectl(kit, guide.cloud, guide.sections)
    az(kit, guide.cloud)
    told = {tool: sum(1 for call in guide.cloud.calls if call[0] == tool) for tool in cloud_module.TOOLS}
    print("guide: %s held against a table of flags, not run; by hand: %s" % (", ".join(
        "%d × %s" % (count, tool) for tool, count in told.items()), "; ".join("%d %s" % row for row in BY_HAND.items())), flush=True)
    for name, old, new, complaint in BROKEN:
        if name in OF_IMAGES and not images(kit):
            kit.skipped("guide: red for " + name, "without the image tools nothing is made")
            continue
        mutant = without_stick(text) if old is None else text.replace(old, new)
        if mutant == text:
            kit.failed("guide: red for " + name, "the guide has no %r any more" % old)
            continue
        broken = Guide(kit, mutant, "broken")
        said = broken.wrong or broken.first()
        said = "\n".join(said + broken.cloud.refused)
        kit.expect("guide: red for " + name, complaint in said, "it said " + (said or "nothing"))
