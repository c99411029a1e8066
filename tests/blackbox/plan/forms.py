"""Documents of a form that nobody asked for, in the place of each kind of file and behind it: whatever is said of one,
it is said, with a code and a next step, or the plan stands. A list of mappings is a JSON patch to other tools.
"""
import os

FILES = ["hearth.yaml", "talos/controlplane.yaml", "talos/data.yaml", "talos/data-1.yaml", "bootstrap/10-namespaces.yaml",
         "clusters/data/flux-system/gotk-sync.yaml"]
DOCUMENTS = [
    "- {op: add, path: /machine/x, value: 1}\n", "- a\n", "- - a\n", "hello\n", "[]\n", "? {a: b}\n: c\n", "&a [*a]\n",
    "kind: [a]\nmetadata: [b]\nspec: c\n", "kind: {a: b}\napiVersion: [v1]\nitems: {a: b}\n",
    "kind: Secret\nmetadata: x\ndata: [a]\nstringData: y\n", "kind: List\nitems: [a, [b], {kind: Secret, data: [c]}]\n",
    "kind: Kustomization\nspec: [a]\nresources: {a: b}\n", "machine: [a]\ncluster: [[b]]\n",
    "machine: {install: [a], network: x, nodeLabels: [q]}\n", "roles: {data: [x]}\nnodes: [[a], b, {match: [c]}]\n",
]


def case(path):
    def run(kit):
        kit.site("plan")
        target = os.path.join("site", path)
        kept = ""
        if os.path.exists(kit.path(target)):
            with open(kit.path(target)) as source:
                kept = source.read()
        for document in DOCUMENTS:
            for text in (document, kept + "\n---\n" + document):
                kit.write(target, text)
                done = kit.hearth(["plan", "--all", "--site", kit.path("site")])
                said = done.text("stderr")
                if done.code not in (0, 3) or (done.code and not ("hearth: " in said and "\n  next: " in said)):
                    kit.fail("%s: ended with %d: %s" % (document.encode(), done.code, said[-300:]))
    return run


def cases():
    for path in FILES:
        yield path, case(path), True
