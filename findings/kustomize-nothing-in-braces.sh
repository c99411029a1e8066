#!/bin/bash
# kustomize: a key with nothing behind it is null in a block, and the empty text in braces.
#
#   sigs.k8s.io/kustomize/api v0.21.1 (with which kustomize-controller 1.9 builds), beside sigs.k8s.io/yaml v1.6.0, the
#   reader of kubectl
#
# One object, three ways to say that a field has no value: `k:` in a block, `{k: }`, and `{k: null}`. YAML has
# one value for all three, and kubectl's reader gives null for each. What kustomize builds has null for the first and
# the last, and "" for `{k: }`. A field that is an object or a number (`resources: {limits: }`, `securityContext: {runAsUser: }`)
# is good with `kubectl apply -f`, and refused by the API server when the same file comes by way of `kustomize build` or Flux.
#
# Needs Go 1.24 or newer, and the Go module proxy. Ends with 0 when everything is as written here.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'X'
module look

go 1.24.0

require (
	sigs.k8s.io/kustomize/api v0.21.1
	sigs.k8s.io/kustomize/kyaml v0.21.1
	sigs.k8s.io/yaml v1.6.0
)
X
cat >main.go <<'X'
package main

import (
	"fmt"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const object = `apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  block:
    k:
  nothing: {k: }
  word: {k: null}
`

func say(who string, text []byte) {
	var pod struct {
		Spec map[string]map[string]any `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &pod); err != nil {
		panic(err)
	}
	for _, name := range []string{"block", "nothing", "word"} {
		fmt.Printf("%s: %s %#v\n", who, name, pod.Spec[name]["k"])
	}
}

func main() {
	files := filesys.MakeFsInMemory()
	if err := files.WriteFile("/kustomization.yaml", []byte("resources: [pod.yaml]\n")); err != nil {
		panic(err)
	}
	if err := files.WriteFile("/pod.yaml", []byte(object)); err != nil {
		panic(err)
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "/")
	if err != nil {
		panic(err)
	}
	text, err := built.AsYaml()
	if err != nil {
		panic(err)
	}
	say("kubectl's reader", []byte(object))
	say("kustomize", text)
}
X
export GOFLAGS=-mod=mod
go mod tidy >tidy.log 2>&1 || { cat tidy.log >&2; exit 2; }
go run . | tee seen
diff seen - <<'X'
kubectl's reader: block <nil>
kubectl's reader: nothing <nil>
kubectl's reader: word <nil>
kustomize: block <nil>
kustomize: nothing ""
kustomize: word <nil>
X
