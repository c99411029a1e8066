"""The table's own shape, and whether every code that hearth knows occurs in it or in another test."""
import collections
import os
import re

import table

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
LEAST, LEAST_OF_A_STAGE = 60, 5
# What `boot` cannot meet, and why; these must occur in a unit test or a blackbox case.
ELSEWHERE = {
    "usage": "the service has one command line",
    "not-this-box": "of --node",
    "facts-file": "of --facts",
    "plan-no-node": "of --node",
    "file-write": "boot writes no file",
    "out-foreign": "boot writes no file",
    "tree": "of check",
    "tree-secret": "of plan and check: no medium carries the tree",
    "tree-unseen": "of plan and check: no medium carries the tree",
    "secret-clear": "no medium has a repository",
    "plan-open": "of plan without facts",
    "plan-advice": "a warning",
    "plan-risk": "a warning",
    "merge-lost": "a warning",
    "site-shadowed": "a warning",
    "site-even": "a warning",
    "plan-manifests-differ": "of plan --all",
    "site-missing": "an image without a site is left alone",
    "secret-expired": "of check: a date alone stops no boot",
    "login-exists": "of facts --login",
    "cred-desk": "of a desk",
    "vault-request": "hearth.yaml is checked before",
    "vault-host": "hearth.yaml is checked before",
    "render-selfcheck": "would be a mistake in hearth",
    "plan-disk-selector": "sysfs gives every disk a path of its own",
    "file-text": "the plan refuses it before",
    "config-disk": "the plan refuses it before",
    "machined-exists": "an answer to Bootstrap that is as good as yes",
    "stopped": "the row's outcome is `stopped`",
    "dns-tcp": "a blackbox case has the name server",
    "dns-filtered": "a blackbox case has the filter",
    "tls-client-certificate": "a blackbox case has the front end",
    "http-encoded": "a blackbox case has the front end",
    "operator-login": "of check",
}


def texts(*folders, begin=""):
    for folder in folders:
        for parent, _, names in os.walk(os.path.join(REPO, "tests", folder)):
            for name in names:
                if name.startswith(begin) and name.endswith((".c", ".h", ".case",
                    ".py")) and not (folder == "blackbox/base" and name == "codes.py"):
                    with open(os.path.join(parent, name), errors="replace") as source:
                        yield source.read()


def check(kit):
    rows = table.ROWS
    kit.expect("table: at least %d rows" % LEAST, len(rows) >= LEAST, "%d" % len(rows))
    counts = collections.Counter(row["stage"] for row in rows)
    for stage in table.STAGES:
        kit.expect("table: at least %d rows of stage %s" % (LEAST_OF_A_STAGE, stage), counts[stage] >= LEAST_OF_A_STAGE,
            "%d" % counts[stage])
    double = [key for key,
        count in collections.Counter((row["stage"], row["cause"], row["outcome"]) for row in rows).items() if count > 1]
    kit.expect("table: every row is another", not double, "%s" % double)

    with open(os.path.join(REPO, "boot", "base", "codes.h")) as source:
        names = dict((slug, name) for name, slug in re.findall(r'X\((E_[A-Z0-9_]+), "([a-z0-9-]+)"', source.read()))
    explained = kit.run([kit.binary, "explain"]).stdout.decode().split()
    missing = [slug for slug in names if slug not in explained]
    kit.expect("codes: explain knows them all", len(names) > 100 and not missing,
        "%d codes, not explained: %s" % (len(names), missing[:5]))
    outcomes = {row["outcome"] for row in rows}
    boot = "\n".join(texts("conformance", begin="boot"))
    other = "\n".join(texts("unit", "blackbox"))

    def occurs(slug, text):
        return re.search(r"(?<![a-z0-9-])%s(?![a-z0-9-])" % slug, text) is not None

    for slug, name in names.items():
        if slug in ELSEWHERE:
            met = occurs(slug, other) or re.search(r"\b%s\b" % name, other)
        else:
            met = slug in outcomes or occurs(slug, boot)
        kit.expect("codes: %s occurs" % slug, met,
            "no row of the table produces it" if slug not in ELSEWHERE else "no unit test and no case produces it")
