"""The reference box as files, made by others: the answer is theirs, key for key. The cases are there where those files
lie beside the repository."""
import json
import os
import shutil

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
DATA = os.path.join(REPO, "../shared/data/hardware")


def equal(kit, root):
    with open(os.path.join(DATA, "optiplex-7040.expected-facts.json"), encoding="utf-8") as f:
        wanted = json.load(f)
    # The one fact that is younger than that file.
    with open(os.path.join(DATA, "optiplex-7040/sys/devices/virtual/dmi/id/board_serial"), encoding="utf-8") as f:
        wanted["board"]["serial"] = f.read().strip()
    got = json.loads(kit.expect(kit.hearth(["facts", "--sysroot", root])).text("stdout"))
    if json.dumps(got, sort_keys=True) != json.dumps(wanted, sort_keys=True):
        wrong = [key for key in sorted(set(got) | set(wanted)) if got.get(key) != wanted.get(key)]
        kit.fail("differs in %s: %s" % (", ".join(wrong), json.dumps({key: got.get(key) for key in wrong})))


def as_it_is(kit):
    equal(kit, os.path.join(DATA, "optiplex-7040"))


def with_links(kit):
    """The same tree where small files that hold "../.." have become the links that they stand for, or the other way
    round."""
    root = os.path.join(kit.work, "root")
    shutil.copytree(os.path.join(DATA, "optiplex-7040"), root, symlinks=True)
    changed = 0
    for folder, _, names in os.walk(root):
        os.chmod(folder, 0o755)
        for path in (os.path.join(folder, name) for name in names):
            if os.path.islink(path):
                target = os.readlink(path)
                os.unlink(path)
                with open(path, "w", encoding="utf-8") as f:
                    f.write(target)
                changed += 1
            elif os.path.getsize(path) < 512:
                with open(path, "rb") as f:
                    text = f.read()
                if text.startswith(b"..") and b"\n" not in text:
                    os.unlink(path)
                    os.symlink(text.decode(), path)
                    changed += 1
    if changed < 50:
        kit.fail("only %d links in the tree" % changed)
    equal(kit, root)


def cases():
    if os.path.exists(os.path.join(DATA, "optiplex-7040.expected-facts.json")):
        yield "as-it-is", as_it_is
        yield "links-and-files-exchanged", with_links
