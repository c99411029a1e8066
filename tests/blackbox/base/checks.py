"""`make format-check` names the line that breaks a rule: each row breaks one of a copy of the tree, and the check must
say so. Without object files rooms-check says that it has no symbols, and checks the rest.
"""
import os
import shutil
import subprocess

from kit import REPO

ROOMS, STYLE = ["scripts/rooms-check", "no-objects", "nm"], ["scripts/style-check"]
# The check, a name, the file, what is added to its end (an include: to its beginning), and what is said then.
ROWS = [
    (ROOMS, "include", "boot/net/dns.c", '#include "plan/plan.h"\n', "boot/net/dns.c:1: net may not include plan/plan.h; it may: base"),
    (ROOMS, "include-of-base", "boot/base/text.h", '#include "site/site.h"\n', "boot/base/text.h:1: base may not include site/site.h"),
    (ROOMS, "print", "boot/plan/value.c", 'void plan_say(void)\n{\n    printf("x");\n}\n', ": printf: results are printed by show"),
    (ROOMS, "file-name", "boot/plan/dns.c", "\n", "called as boot/net/dns.c is"),
    (ROOMS, "tag", "boot/net/dns.h", "struct plan {\n    int a;\n};\n", "struct plan: the tag stands for something else at boot/"),
    (STYLE, "column", "boot/net/dns.c", "/* %s */\n" % ("x" * 120), "a comment of 126 columns; 120 are the most"),
    (STYLE, "column-python", "tests/desks/table.py", "# %s\n" % ("x" * 120), "a comment of 122 columns"),
    (STYLE, "field", "boot/net/dns.h", "struct dns_more {\n    int a; /* one */\n};\n", "the comment of a field stands above it"),
    (STYLE, "first-use", "boot/net/dns.c", "int dns_f(void)\n{\n    int n;\n    dns_f();\n    n = 1;\n    return n;\n}\n",
     "n is declared before its first use"),
    (STYLE, "its-value", "boot/net/dns.c", "int dns_f(void)\n{\n    int n;\n    n = 1;\n    return n;\n}\n",
     "n is declared without the value that it gets next"),
]


def breaks(check, file, text, says):
    def play(kit):
        tree = kit.path("tree")
        for top in ("boot", "embed", "scripts", "tests/desks"):
            shutil.copytree(os.path.join(REPO, top), os.path.join(tree, top))
        shutil.copy(os.path.join(REPO, "Makefile"), tree)
        path = os.path.join(tree, file)
        old = ""
        if os.path.exists(path):
            with open(path, encoding="utf-8") as source:
                old = source.read()
        with open(path, "w", encoding="utf-8") as out:
            out.write(text + old if text.startswith("#include") else old + text)
        lines = said(tree, check)
        if len(lines) != 1 or says not in lines[0]:
            kit.fail("not just %r, but:\n%s" % (says, "\n".join(lines)))
    return play


def said(tree, check):
    """What it says is wrong, but of the symbols."""
    done = subprocess.run(check, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return [line for line in done.stdout.splitlines()[:-1] if "no symbols" not in line] if done.returncode else []


def cases():
    for check, name, file, text, says in ROWS:
        yield name, breaks(check, file, text, says)
