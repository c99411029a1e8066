"""What hearth, its tools and its guides print to be typed, pasted as people paste it: into an interactive bash and an
interactive zsh, over a pseudo-terminal. The judge is bash reading the same text as a script: every command must get
the same words in all three. The commands are stand-ins that only note their words; in zsh, where no comment begins
with #, a comment may become a command of that name, which is left out, and must become nothing else.
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

import house
import kit as kit_module

sys.path.insert(0, os.path.join(kit_module.REPO, "scripts", "image"))

NEEDS, WANTS = ("world",), ("debian",)
COMMANDS = ["apt-get", "az", "cat", "cp", "crane", "curl", "cut", "date", "dd", "docker", "flux", "git", "grep", "hearth", "jq", "kubectl", "make",
            "mkdir", "openssl", "rm", "seq", "shred", "sleep", "ssh-keygen", "ssh-keyscan", "sudo", "talosctl", "tr", "wipefs"]
STAND_IN = """\
#!/bin/sh
IFS=$(printf '\\037')
printf '%s\\n' "${0##*/}$IFS$*" >>"$WORDS"
[ "${0##*/}" = seq ] && { printf '1\\n'; exit 0; }
printf 'said\\n'
"""
# Builtins note their words too, and a word that is no command is one. `cd` goes nowhere.
RC = """\
PS1='$ ' PS2='> ' PROMPT_COMMAND= HISTFILE=
noted() { local IFS=$'\\037'; builtin printf '%s\\n' "$*" >>"$WORDS"; }
printf() { noted printf "$@"; builtin printf "$@"; }
cd() { noted cd "$@"; }
umask() { noted umask "$@"; }
command_not_found_handle() { noted "not a command:" "$@"; return 127; }
command_not_found_handler() { noted "not a command:" "$@"; return 127; }
"""
SITES = os.path.join(kit_module.REPO, "tests", "blackbox", "sites")
METHOD = re.compile(r"(?<=method: )[a-z-]+")


def hearths(kit):
    """(name, text): what `plan --az` and `plan --access` print, for each way to log in, with a site in a folder of an
    odd name."""
    for method in ("certificate", "secret", "device-code", "federated"):
        site = os.path.join(kit.directory("paste", method), "my site's; $(x)")
        shutil.copytree(os.path.join(SITES, "plan"), site)
        path = os.path.join(site, "hearth.yaml")
        with open(path) as source:
            text = source.read()
        with open(path, "w") as out:
            out.write(METHOD.sub(method, text))
        facts = os.path.join(site, "..", "facts.json")
        if not os.path.exists(facts):
            tree = os.path.join(kit.directory("paste", "tree"), "root")
            subprocess.run([sys.executable, os.path.join(kit_module.REPO, "tests", "trees", "maketree"), "optiplex-7040", tree],
                           check=True, stdout=subprocess.DEVNULL)
            with open(facts, "w") as out:
                out.write(kit.hearth("facts", "--sysroot", tree)[1])
        for option in ("--az", "--access"):
            status, out, err = kit.hearth("plan", "--site", site, "--facts", facts, option)
            if status != 0:
                raise AssertionError("hearth plan %s: %s" % (option, err))
            yield "plan %s, %s" % (option, method), out


def blocks(path):
    """(name, text): each block of commands of a guide. What begins with no command is YAML or a screen."""
    with open(path) as source:
        lines = source.read().splitlines() + [""]
    block, fenced, indent = [], False, 4
    for number, line in enumerate(lines, 1):
        fenced ^= line.startswith("```")
        # The blocks of a step stand deeper than its text.
        indent = 4 if line.startswith("#") else 7 if re.match(r"\d+\. ", line) else indent
        if not fenced and (re.match(" " * indent, line) or (block and not line.strip() and number < len(lines))):
            block.append(line)
            continue
        text = "\n".join(block).rstrip()
        least = min((len(one) - len(one.lstrip()) for one in text.splitlines() if one.strip()), default=0)
        text = "\n".join(one[least:] for one in text.splitlines())
        first = next((one.split() for one in text.splitlines() if one.strip() and not one.startswith("#")), [""])
        if first[0] in COMMANDS or first[0] == "cd" or re.match(r"[A-Z]+=|\w+\(\)$|[a-z]+$", first[0]) and is_shell(text):
            yield "%s:%d" % (os.path.relpath(path, kit_module.REPO), number - len(block)), text + "\n"
        block = []


def is_shell(text):
    return any(re.search(r"(^|[\s|(&])%s\s" % re.escape(command), text) for command in COMMANDS)


def printed_by_tools():
    """What the image tools print with commands in it."""
    import installer
    for name, text in (("make installer", installer.COMMANDS), ("make reset", installer.RESET)):
        fill = re.sub(r"\{(\w+)\}", lambda found: {"site": "homelab", "talos": "v1.13.9", "out": "."}.get(found.group(1), "x/" + found.group(1)), text)
        commands, open_line = [], False
        for line in fill.splitlines():
            if open_line or line.startswith("    ") and (line.split() or [""])[0] in COMMANDS + ["#"]:
                commands.append(line.strip())
                open_line = line.endswith("\\")
        yield name, "\n".join(commands) + "\n"


def next_steps(kit):
    """The commands that hearth's sentences name, in their backquotes."""
    spans = set()
    for folder, _, names in os.walk(os.path.join(kit_module.REPO, "boot")):
        for name in names:
            with open(os.path.join(folder, name)) as source:
                text = re.sub(r'"\s*"', "", source.read())
            for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', text):
                spans |= {re.sub(r"%[-.0-9]*z?[sud]", "x", span) for span in re.findall(r"`([^`]+)`", literal)}
    return "hearth's sentences", "\n".join(sorted(span for span in spans if span.split()[0] in COMMANDS)) + "\n"


def environment(where, words):
    stands = os.path.join(where, "bin")
    return {"PATH": stands, "HOME": where, "ZDOTDIR": where, "WORDS": words, "TERM": "dumb", "LC_ALL": "C.UTF-8",
            "RANDOM_SEED": "1"}


def noted(path):
    with open(path, encoding="utf-8", errors="replace") as words:
        lines = words.read().splitlines()
    # $RANDOM is what it is.
    lines = [re.sub(r"force-sync=\d+", "force-sync=N", line).replace("\037", " ⎵ ") for line in lines]
    return sorted(line for line in lines if not line.startswith("not a command: ⎵ #"))


def as_script(where, text):
    path, words = os.path.join(where, "script"), os.path.join(where, "words-script")
    with open(path, "w") as out:
        out.write(". %s\n%s" % (os.path.join(where, ".rc"), text))
    open(words, "w").close()
    subprocess.run(["/bin/bash", path], cwd=os.path.join(where, "cwd"), env=environment(where, words), stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    return noted(words)


def pasted(command, where, text):
    """The words that the commands get, and what was on the screen."""
    words = os.path.join(where, "words")
    open(words, "w").close()
    pid, terminal = pty.fork()
    if pid == 0:
        if os.path.isdir(command[0]):
            os.chroot(command[0])
            command = command[1:]
        os.chdir(os.path.join(where, "cwd"))
        os.execve(command[0], command, environment(where, words))
    left, screen, until = text.encode() + b"\nexit\n", b"", time.monotonic() + 60
    prompted = False
    while time.monotonic() < until:
        ready = select.select([terminal], [terminal] if left and prompted else [], [], 1)
        if ready[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            screen += piece
            prompted = prompted or b"$ " in screen
        if ready[1]:
            left = left[os.write(terminal, left[:200]):]
    os.close(terminal)
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)
    return noted(words), screen.decode("utf-8", "replace")


def judge(kit, name, shell, got, wanted, screen):
    more = ["only there: " + line for line in got if line not in wanted]
    less = ["not there: " + line for line in wanted if line not in got]
    same = got == wanted
    kit.expect("paste %s into %s" % (name, shell), same, "%d commands, as a script %d\n%s\n%s" % (
        len(got), len(wanted), "\n".join((more + less)[:8]), screen[-600:]))


def shells(kit, where):
    """{name: command}."""
    found = {"bash": ["/bin/bash", "--rcfile", os.path.join(where, ".rc"), "-i"]}
    with open(os.path.join(where, ".rc")) as rc, open(os.path.join(where, ".zshrc"), "w") as out:
        out.write(rc.read() + "unsetopt prompt_cr prompt_sp zle_bracketed_paste 2>/dev/null\n")
    own = shutil.which("zsh")
    if own:
        found["zsh"] = [own, "-i"]
    elif kit.debian:
        found["zsh"] = [house.House(kit, where).root, "/bin/zsh", "-i"]
    else:
        kit.skipped("paste into zsh", "there is no zsh: %s" % kit.missing["debian"])
    return found


def check(kit):
    where = kit.directory("paste", "shell")
    os.makedirs(os.path.join(where, "bin"))
    for name in ("cwd/.hearth", "cwd/installer"):
        os.makedirs(os.path.join(where, name))
    kit.write(os.path.join(where, "cwd/installer/profile.yaml"), "")
    for command in COMMANDS:
        path = os.path.join(where, "bin", command)
        with open(path, "w") as out:
            out.write(STAND_IN)
        os.chmod(path, 0o755)
    with open(os.path.join(where, ".rc"), "w") as out:
        out.write(RC)
    texts = list(hearths(kit)) + list(printed_by_tools()) + [next_steps(kit)]
    for path in ("README.md", "assets/README.md", "assets/databases/README.md"):
        texts += blocks(os.path.join(kit_module.REPO, path))
    found = shells(kit, where)
    for name, text in texts:
        wanted = as_script(where, text)
        if not kit.expect("paste %s holds commands" % name, wanted, text[:500]):
            continue
        for shell, command in found.items():
            got, screen = pasted(command, where, text)
            judge(kit, name, shell, got, wanted, screen)
    print("paste: %d texts into %s" % (len(texts), " and ".join(found)), flush=True)
