"""The charts that the tree asks for. That of the External Secrets Operator is its own, from its sources, with its CRDs
put in as its release script does. The others are small ones of ours: the real CRDs, and a Deployment that answers its
probes (stand/), for the real charts are in no Go module. The table at the end says so.
"""
import glob
import os
import re

import lan

STAND = "stand.hearth.test/%s:1"
POD = """\
      {{- if not .Values.privileged }}
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: RuntimeDefault } }
      {{- end }}
      containers:
        - name: main
          image: %(image)s
          env: [{ name: STAND, value: ":8080" }]
          readinessProbe: { httpGet: { path: /, port: 8080 } }
          resources: {{ toJson .Values.resources }}
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: %(name)s
spec:
  replicas: 1
  selector:
    matchLabels: { app.kubernetes.io/name: %(name)s }
  template:
    metadata:
      labels: { app.kubernetes.io/name: %(name)s }
    spec:
""" + POD
# What the tree names: chart, where it is asked for, its tag, and the CRDs that come with it, by a word of their file's
# path.
OURS = {
    "cert-manager": ("quay.io/jetstack/charts/cert-manager", "v1.21.1", "cert-manager/cert-manager@"),
    "cloudnative-pg": ("ghcr.io/cloudnative-pg/charts/cloudnative-pg", "0.29.0", "cloudnative-pg/cloudnative-pg@"),
    "plugin-barman-cloud": ("ghcr.io/cloudnative-pg/charts/plugin-barman-cloud", "0.7.0", "cloudnative-pg/plugin-barman-cloud@"),
    "traefik": ("ghcr.io/traefik/helm/traefik", "41.3.0", None),
}
LOCAL_PATH = ("rancher/local-path-provisioner", "v0.0.37", "deploy/chart/local-path-provisioner")
OPERATOR = ("ghcr.io/external-secrets/charts/external-secrets", "2.9.0")


def read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def about(name, version):
    return "apiVersion: v2\nname: %s\nversion: %s\n" % (name, version.lstrip("v"))


def ours(name, version, crds):
    files = {"Chart.yaml": about(name, version), "values.yaml": "resources: {}\nprivileged: false\n",
             "templates/main.yaml": WORKLOAD % {"name": name, "image": STAND % name}}
    for path in crds:
        files["crds/" + os.path.basename(path)] = read(path)
    return files


def operators(source, crds):
    """External Secrets' own chart. `crds` are files: each a template behind the switch that the chart has for it."""
    top = os.path.join(source, "deploy", "charts", "external-secrets")
    files = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), top)
            if not path.startswith(("tests", "ci")) and not path.endswith((".md", ".gotmpl", ".lock")):
                files[path] = read(os.path.join(folder, name))
    # Its one dependency is off by default, and is not packed here. The tag's version goes in at a release;
    # helm-controller wants the two to agree.
    chart = re.sub(r"^dependencies:\n(?:[ -].*\n?)+", "", files["Chart.yaml"], flags=re.M)
    files["Chart.yaml"] = re.sub(r"^version: .*", "version: " + OPERATOR[1], chart, flags=re.M)
    for path in crds:
        text = re.sub(r"\{\{|\}\}", lambda found: '{{"%s"}}' % found.group(), read(path))
        files["templates/crds/" + os.path.basename(path)] = "{{- if .Values.installCRDs }}\n%s\n{{- end }}\n" % text
    return files


def operator_image(source):
    top = os.path.join(source, "deploy", "charts", "external-secrets")
    repository = re.search(r"^image:\n\s+repository: (\S+)", read(os.path.join(top, "values.yaml")), re.M).group(1)
    return repository + ":" + re.search(r'^appVersion: "?([^"\n]+)', read(os.path.join(top, "Chart.yaml")), re.M).group(1)


def serve(network, directories, source, own_crds):
    """Fills the registry and the forge. {chart: digest}. `directories` hold CRDs; `own_crds` says whether the
    operator's sources have those that the tree needs."""
    digests = {}
    for name, (where, tag, word) in OURS.items():
        crds = [path for each in directories if word and word in each for path in sorted(glob.glob(os.path.join(each, "*.yaml")))]
        crds = [path for path in crds if "kustomization" not in path]
        digests[name] = network.registry.push(where, tag, lan.archive(name, ours(name, tag, crds)), {"name": name, "version": tag.lstrip("v")})
    folder = os.path.join(source, "config", "crds", "bases") if own_crds else next(
        each for each in directories if "external-secrets@" in each)
    crds = sorted(path for path in glob.glob(os.path.join(folder, "*.yaml")) if "kustomization" not in path)
    chart = operators(source, crds)
    digests["external-secrets"] = network.registry.push(OPERATOR[0], OPERATOR[1], lan.archive("external-secrets", chart),
                                                        {"name": "external-secrets", "version": OPERATOR[1]})
    name, tag, where = LOCAL_PATH
    chart = ours(os.path.basename(where), tag, [])
    network.forge.tagged(name, tag, {os.path.join(where, path): text for path, text in chart.items()})
    return digests
