"""What README tells a person to type is there."""
import glob
import os
import re


def read(kit, path):
    with open(os.path.join(kit.repo, path), encoding="utf-8") as source:
        return source.read()


def targets(kit):
    known = set(re.findall(r"^([a-z][a-z-]*):", read(kit, "Makefile"), re.M))
    named = set(re.findall(r"(?:`|^ {4}(?:.*&& )?)make ([a-z][a-z-]*)", read(kit, "README.md"), re.M))
    if not named or named - known:
        kit.fail("README names targets that the Makefile has not: %s" % sorted(named - known))


def go(kit):
    """The Go that it asks for is the one that Talos's modules ask for."""
    modules = glob.glob(os.path.join(kit.repo, "tests", "vm", "**", "go.mod"), recursive=True)
    wanted = max(re.findall(r"^go (\S+)$", "\n".join(read(kit, path) for path in modules), re.M),
                 key=lambda version: [int(part) for part in version.split(".")])
    said = re.findall(r"Go (\d+\.\d+(?:\.\d+)?) or newer", read(kit, "README.md"))
    if said != [wanted]:
        kit.fail("README says Go %s, the modules say %s" % (said, wanted))


def cases():
    yield "targets", targets
    yield "go", go
