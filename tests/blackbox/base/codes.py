"""Every error code of the table is produced by a test: its name stands in a unit test, or its slug in a case, here or
of `hearth boot`."""
import os
import re

SELF = os.path.abspath(__file__)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(SELF))))


def texts(folder, suffixes):
    for parent, _, names in os.walk(os.path.join(ROOT, folder)):
        for name in names:
            path = os.path.join(parent, name)
            if name.endswith(suffixes) and path != SELF:
                with open(path, errors="replace") as source:
                    yield source.read()


def produced(kit):
    with open(os.path.join(ROOT, "boot/base/codes.h")) as source:
        rows = re.findall(r'X\((E_[A-Z0-9_]+), "([a-z0-9-]+)"', source.read())
    if len(rows) < 100:
        kit.fail("codes.h has %d rows: is it read rightly?" % len(rows))
    unit = "\n".join(texts("tests/unit", (".c", ".h")))
    cases = "\n".join(text for folder in ("tests/blackbox", "tests/conformance") for text in texts(folder, (".case", ".py")))
    for name, slug in rows:
        in_unit = re.search(r"\b%s\b" % name, unit)
        in_case = re.search(r"(?<![a-z0-9-])%s(?![a-z0-9-])" % slug, cases)
        if not in_unit and not in_case:
            kit.fail("no test produces %s (%s)" % (slug, name))


def cases():
    yield "all-produced", produced
