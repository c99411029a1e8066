#!/usr/bin/env python3
"""Does each fuzz target find a defect that is planted in the reader it is for?

    tests/fuzz/planted.py BUILD [NAME...]

A row of PLANTED for every target fuzz_NAME.c: a file of boot/, a text that stands in it once, and what takes its place,
a slip as people make them. The tree's files are copied below BUILD/planted with the objects that BUILD has, one file is
changed, one object and one program are made anew, and that program runs on the committed corpus for a minute of its
own at most, whatever else the machine does. It must end with a finding: a sanitizer's report or a require() that is
false. What it found must pass in the program without the defect, or the finding is another one. Said of each row:
whether the corpus alone finds the defect, or how many inputs and seconds it took. Nothing of this is kept but
BUILD/planted/NAME.log.
"""
import os
import re
import resource
import shutil
import subprocess
import sys

SECONDS = 60  # of the processor
PATIENCE = 1200  # for them
SEED = os.environ.get("SEED", "1")
# Of a build: what its fuzz programs are made of.
PARTS = ("cc", "config.mk", "used.lock", "src.ok", "san.ok", "host.ok", "host", "gen", "unit/obj/gen", "fuzz/libs.ok",
         "fuzz/lib", "fuzz/obj")
# What a finding is, by what the log says.
REPORTS = (
    (r"ERROR: AddressSanitizer: ([\w-]+)", "ASan: %s"),
    (r"runtime error: (.*)", "UBSan: %s"),
    (r"ERROR: (LeakSanitizer)", "%s"),
    (r" in require .*\n +#\d+ \S+ in .*/(\w+\.[ch]:\d+)", "require() at %s"),
    (r" in (abort) ", "require(), %s"),
    (r"ERROR: libFuzzer: (deadly signal)", "%s"),
)


class Row:
    def __init__(self, name, path, defect, text, instead):
        self.name, self.path, self.defect, self.text, self.instead = name, path, defect, text, instead


PLANTED = [Row(*words) for words in (
    ("chain", "boot/net/x509.c", "a common name is said as it came",
     "text_clean_z(cn, X509_CN_MAX, raw);",
     "memcpy(cn, raw, n + 1);"),
    ("config", "boot/talos/documents.c", "a blank behind a key is looked for past the end of the text",
     "while (n && (*p == ' ' || *p == '\\t')) {",
     "while (*p == ' ' || *p == '\\t') {"),
    ("dns", "boot/net/dns.c", "the length of an alias is not held against the message",
     "if (out->type != TYPE_CNAME || r->bad)",
     "if (out->type != TYPE_CNAME)"),
    ("emit", "boot/site/block.c", "a long text gets room for one blank a line, whatever it is indented by",
     "block->node->len + lines * indent))",
     "block->node->len + lines))"),
    ("facts", "boot/facts/names.c", "one kind of fact has no word in the table",
     ',\n                                        "an object", "a list of objects"};',
     ',\n                                        "an object"};'),
    ("grpc", "boot/talos/grpc.c", "a status that is no number is kept",
     'if (c->status->code < 0)\n            return "grpc-status is no number";\n',
     ""),
    ("h2", "boot/talos/hpack.c", "the table has one entry more than it has",
     "if (index >= h->count)",
     "if (index > h->count)"),
    ("http", "boot/net/http.c", "the CR is looked for in the piece and not in the line",
     "if (h->line.len == 0 || h->line.data[h->line.len - 1] != '\\r')",
     "if (take == 0 || p[take - 1] != '\\r')"),
    ("index", "boot/site/tracked.c", "one byte more is dropped than the path before has",
     "if (drop > *length)",
     "if (drop > *length + 1)"),
    ("json", "boot/vault/challenge.c", "a backslash at the end is not looked for",
     "if (quoted && ch == '\\\\' && ++c->p == c->end)\n            return false;",
     "if (quoted && ch == '\\\\')\n            ++c->p;"),
    ("keys", "boot/base/pem.c", "the length of a label is not held against its room",
     "line.n < n + 5 || line.n - n - 5 >= LABEL_MAX ||",
     "line.n < n + 5 ||"),
    ("login", "boot/vault/entra.c", "a server's word is shown whatever it is made of",
     "return n > 0 && n <= max && strspn(text, set) == n ? text : NULL;",
     "(void)set;\n    return n > 0 && n <= max ? text : NULL;"),
    ("machined", "boot/talos/look.c", "an address of no bytes is taken",
     "(prefix.ip.n != 4 && prefix.ip.n != 16)",
     "prefix.ip.n > 16"),
    ("objects", "boot/render/skim.c", "an escape in a quoted text is taken as it stands",
     "if (*p == '\\\\' && s->last == '\"')\n            return false;\n",
     ""),
    ("out", "boot/render/sink.c", "that a folder stands there is not handed on",
     "    *there = true;\n",
     ""),
    ("parent", "boot/vault/parent.c", "an answer to one name more than was asked is taken",
     "if (r->index >= l->request->name_count ||",
     "if (r->index > l->request->name_count ||"),
    ("pb", "boot/base/reader.c", "one byte more is taken than is left",
     "if (r->bad || n > r->n)",
     "if (r->bad || n > r->n + 1)"),
    ("site", "boot/plan/match.c", "a pattern has no room for its end",
     "char *glob = mem_alloc(pattern_len + 1);",
     "char *glob = mem_alloc(pattern_len);"),
    ("smbios", "boot/facts/smbios.c", "the length of an entry point is not held against its bytes",
     "own >= 24 && own <= entry.n && sums_to_zero(",
     "own >= 24 && sums_to_zero("),
    ("superblock", "boot/node/superblock.c", "the length of a mark is left out where the disk ends",
     "if (at < 0 || at + marks[i].length > size)",
     "if (at < 0 || at > size)"),
    ("sysfs", "boot/facts/sysfs.c", "a list grows one name too late",
     "if (names.count == room) {",
     "if (names.count > room) {"),
    ("tls", "boot/net/tls.c", "an alert is said by a table that ends before the alerts do",
     'return error_set(e, E_TLS_ALERT, "the server sent TLS alert %d", alert);\n    }',
     'break;\n    }\n    static const char *const kinds[12] = {"close", "", "record", "size", "handshake"};\n'
     '    return error_set(e, E_TLS_ALERT, "the server sent TLS alert %d %s", alert, kinds[alert / 10]);'),
    ("tpm", "boot/vault/tpm.c", "a public area that ends before its key is not seen",
     "if (r->bad || public.bad || !rsa",
     "if (r->bad || !rsa"),
    ("tree", "boot/site/tree_read.c", "the length of a word is not held against its room",
     "if (map->count == 1 && child->key->len < sizeof tag - 1) {",
     "if (map->count == 1) {"),
    ("values", "boot/render/pointer.c", "a ~ at the end of a pointer takes the end with it",
     "if (c[0] == '~' && (c[1] == '0' || c[1] == '1'))",
     "if (c[0] == '~')"),
)]


class Failed(Exception):
    pass


def run(command, where, log, seconds=resource.RLIM_INFINITY):
    """The exit status; below 0 where a signal ended it, as that of having used so many seconds of the processor."""
    # A make above this one would have its own settings for the one below.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}
    return subprocess.run(command, cwd=where, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY)),
                          check=False).returncode


def copy(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(source):
        # Of the libraries the archives are enough.
        left_out = shutil.ignore_patterns("*.o") if source.endswith("/lib") else None
        shutil.copytree(source, target, ignore=left_out)
    else:
        shutil.copy2(source, target)


def copy_tree(build, tree):
    """The files of this tree and what its build has of the fuzz programs, with their times."""
    shutil.rmtree(tree, ignore_errors=True)
    listed = subprocess.run(["scripts/tree", "files"], check=True, stdout=subprocess.PIPE).stdout.decode()
    for path in listed.splitlines():
        copy(path, os.path.join(tree, path))
    for part in PARTS:
        copy(os.path.join(build, part), os.path.join(tree, "build", part))
    # Nothing is fetched or unpacked anew: the times of folders count too, and what was fetched is as old as its list.
    for folder in {os.path.dirname(path) for path in listed.splitlines()} - {""}:
        shutil.copystat(folder, os.path.join(tree, folder))
    fetched = os.path.join(tree, "build", "sources", "used.lock")
    copy(os.path.join(build, "used.lock"), fetched)
    shutil.copystat("scripts/deps.lock", fetched)
    os.symlink(os.path.abspath(os.path.join(build, "src")), os.path.join(tree, "build", "src"))


def plant(row, tree):
    """Puts the defect in; the text that stood there."""
    path = os.path.join(tree, row.path)
    with open(path, encoding="utf-8") as source:
        sound = source.read()
    count = sound.count(row.text)
    if count != 1:
        raise Failed("the text of its row stands in %s %d times" % (row.path, count))
    with open(path, "w", encoding="utf-8") as source:
        source.write(sound.replace(row.text, row.instead))
    return sound


def heal(row, build, tree, sound, times):
    with open(os.path.join(tree, row.path), "w", encoding="utf-8") as source:
        source.write(sound)
    os.utime(os.path.join(tree, row.path), ns=times)
    for end in (".o", ".d"):
        made = os.path.join("fuzz", "obj", row.path[:-2] + end)
        shutil.copy2(os.path.join(build, made), os.path.join(tree, "build", made))


def used():
    """The seconds of the processor that the programs run so far took."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def report_of(text):
    for pattern, form in REPORTS:
        found = re.search(pattern, text)
        if found:
            return form % found.group(1)
    return None


def fuzz(row, build, tree, log_path):
    """What a run of the program with the defect says."""
    program = os.path.join("build", "fuzz", "fuzz_" + row.name)
    with open(log_path, "wb") as log:
        if run(["make", program], tree, log) != 0:
            raise Failed("it does not build: %s" % log_path)
        os.makedirs(os.path.join(tree, "new"))
        start = used()
        # A target may silence what the program says: the mask keeps the report out of that.
        status = run([program, "-max_total_time=%d" % PATIENCE, "-timeout=10", "-rss_limit_mb=1024", "-seed=" + SEED,
                      "-close_fd_mask=2", "-print_final_stats=1", "-artifact_prefix=found-", "new",
                      "tests/fuzz/corpus/" + row.name], tree, log, SECONDS)
        seconds = used() - start
    with open(log_path, encoding="utf-8", errors="replace") as log:
        text = log.read()
    said, unit = report_of(text), re.search(r"Test unit written to (\S+)", text)
    if status == 0 or not said or not unit:
        raise Failed("not found in %d s: %s" % (seconds, log_path))
    found = os.path.join(tree, unit.group(1))
    if run([os.path.join(build, "fuzz", "fuzz_" + row.name), found], ".", subprocess.DEVNULL) != 0:
        raise Failed("what was found fails without the defect too: %s" % log_path)
    inputs = re.search(r"stat::number_of_executed_units: *(\d+)", text)
    if "\tINITED " not in text:
        return "the corpus alone; " + said
    return "after %s inputs, %.1f s; %s" % (inputs.group(1) if inputs else "?", seconds, said)


def play(row, build, tree, log_path):
    path = os.path.join(tree, row.path)
    before = os.stat(path)
    sound = plant(row, tree)
    try:
        return fuzz(row, build, tree, log_path)
    finally:
        heal(row, build, tree, sound, (before.st_atime_ns, before.st_mtime_ns))
        shutil.rmtree(os.path.join(tree, "new"), ignore_errors=True)


def main():
    build, chosen = sys.argv[1], sys.argv[2:]
    targets = sorted(name[5:-2] for name in os.listdir("tests/fuzz") if re.fullmatch(r"fuzz_\w+\.c", name))
    rows = {row.name: row for row in PLANTED}
    for name in chosen:
        if name not in targets:
            sys.exit("planted: there is no target %s" % name)
    where = os.path.join(build, "planted")
    tree = os.path.join(where, "tree")
    copy_tree(build, tree)
    passed = failed = 0
    for name in chosen or sorted(set(targets) | set(rows)):
        try:
            if name not in rows or name not in targets:
                raise Failed("a target without a row" if name in targets else "a row without a target")
            said = play(rows[name], build, tree, os.path.join(where, name + ".log"))
            passed += 1
        except Failed as e:
            said = "FAILED: %s" % e
            failed += 1
        row = rows.get(name)
        print("%-10s %s: %s\n           %s" % (name, row.path if row else "-", row.defect if row else "-", said), flush=True)
    shutil.rmtree(tree)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
