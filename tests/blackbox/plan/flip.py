"""Each condition of the matching entry, flipped in turn, changes the answer and is named by --explain.

The conditions are taken from the entry itself, as `plan --explain --json` tells them: whoever adds a condition to the
site adds a case here. Flipped twice: the condition in hearth.yaml, and the fact of the box.
"""
import json
import os
import re
import subprocess
import sys


def prepare(kit):
    kit.site("plan")
    tree = os.path.join(kit.repo, "tests", "trees", "maketree")
    subprocess.run([sys.executable, tree, "optiplex-7040", kit.path("root")], check=True)
    run = kit.hearth(["facts", "--sysroot", kit.path("root")])
    kit.expect(run)
    return json.loads(run.out)


def explain(kit, facts):
    kit.write("box.json", json.dumps(facts))
    run = kit.hearth(["plan", "--site", kit.path("site"), "--facts", kit.path("box.json"), "--explain", "--json"])
    kit.expect(run)
    plan = json.loads(run.out)
    return plan["node"]["entry"], plan["explain"]["entries"], plan["explain"]["chosen"]


def failing(entry):
    return [c["fact"] for c in entry["conditions"] if not c["met"]]


def check(kit, facts, entry, fact, what):
    chosen, entries, said = explain(kit, facts)
    after = [e for e in entries if e["at"] == entry["at"]][0]
    if chosen == entry["name"] or said != chosen or after["chosen"] or after["met"]:
        kit.fail("%s flipped in the %s, and the box is still %s" % (fact, what, chosen))
    if failing(after) != [fact]:
        kit.fail("%s flipped in the %s, and --explain names %s" % (fact, what, failing(after)))
    run = kit.hearth(["plan", "--site", kit.path("site"), "--facts", kit.path("box.json"), "--explain"])
    kit.expect(run)
    block = run.text("stdout").split(entry["at"], 1)[1].split("\n  2. ", 1)[0]
    lines = [line for line in block.splitlines() if line.startswith("    NOT met")]
    if len(lines) != 1 or not lines[0].split()[2].startswith(fact + ":"):
        kit.fail("--explain shows %r for %s" % (lines, fact))


def flip_condition(kit, facts, entry, condition):
    """Replaces the value at its position by one that the box does not meet."""
    name, line, column = condition["at"].split(":")
    path = kit.path("site/" + name)
    text = open(path, encoding="utf-8").read()
    lines = text.split("\n")
    head, tail = lines[int(line) - 1][:int(column) - 1], lines[int(line) - 1][int(column) - 1:]
    value = re.match(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|[^,}]+', tail).group(0)
    if value.startswith("{"):
        new = re.sub(r'(\w+): ("[^"]*"|[^,}]+?)( *[,}])', r"\1: none-such\3", value, count=1)
    elif ">=" in value:
        new = value.replace(">=", "<")
    else:
        new = '"no-such-value"'
    lines[int(line) - 1] = head + new + tail[len(value):]
    kit.write("site/" + name, "\n".join(lines))
    check(kit, facts, entry, condition["fact"], "site")
    kit.write("site/" + name, text)


def flip_fact(kit, facts, entry, condition, value):
    changed = json.loads(json.dumps(facts))
    at, keys = changed, condition["fact"].split(".")
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    check(kit, changed, entry, condition["fact"], "box")


def chosen_entry(kit, facts):
    chosen, entries, _ = explain(kit, facts)
    entry = entries[0]
    if not entry["chosen"] or entry["name"] != chosen or failing(entry) or len(entry["conditions"]) < 6:
        kit.fail("the OptiPlex is not the first entry: %s" % chosen)
    return entry


def conditions(kit):
    facts = prepare(kit)
    entry = chosen_entry(kit, facts)
    # The worker's entry takes over, whatever the first one's board condition says.
    path = kit.path("site/hearth.yaml")
    kit.write("site/hearth.yaml", open(path).read().replace("match: { board.product_name: 096JG8 }",
                                                            "match: { mac: \"*\" }"))
    for condition in entry["conditions"]:
        flip_condition(kit, facts, entry, condition)


def box(kit):
    facts = prepare(kit)
    entry = chosen_entry(kit, facts)
    path = kit.path("site/hearth.yaml")
    kit.write("site/hearth.yaml", open(path).read().replace("match: { board.product_name: 096JG8 }",
                                                            "match: { mac: \"*\" }")
              .replace("worker-{fact:serial}", "worker-x"))
    for condition in entry["conditions"]:
        if condition["fact"] == "disks":
            bigger = dict(facts["disks"][0], transport="nvme")
            flip_fact(kit, facts, entry, condition, [bigger])
            continue
        flip_fact(kit, facts, entry, condition, None)


def suggestion(kit):
    """What a refusal prints to paste is an entry that this box meets."""
    for name in ("optiplex-7040", "prodesk-400-g4", "thinkcentre-m70q", "white-box", "server-2s", "virtio-vm"):
        tree = os.path.join(kit.repo, "tests", "trees", "maketree")
        root = kit.path("root-" + name)
        subprocess.run([sys.executable, tree, name, root], check=True)
        kit.site("plan")
        site = open(kit.path("site/hearth.yaml")).read()
        nobody = re.sub(r"(serial|board.product_name): .*", r"\1: nobody", site.split("  - name: \"worker")[0])
        kit.write("site/hearth.yaml", nobody)
        run = kit.hearth(["plan", "--site", kit.path("site"), "--sysroot", root])
        kit.expect(run, code=4, err=["hearth: plan-no-match:"])
        found = re.findall(r"^    (match: \{ .* \})$", run.text("stderr"), re.M)
        if not found:
            kit.fail("%s: nothing to paste" % name)
        for match in found:
            kit.write("site/hearth.yaml", nobody + "  - name: pasted\n    role: data\n    type: worker\n    %s\n"
                      "    install: { size: \">= 1GB\" }\n" % match)
            run = kit.hearth(["plan", "--site", kit.path("site"), "--sysroot", root, "--explain"])
            said = run.text("stdout") + run.text("stderr")
            if "plan-no-match" in said or "pasted" not in said:
                kit.fail("%s: %s does not match the box it came from:\n%s" % (name, match, said))


def cases():
    yield "conditions", conditions
    yield "box", box
    yield "suggestion", suggestion
