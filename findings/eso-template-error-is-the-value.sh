#!/bin/bash
# External Secrets Operator: a template function that fails writes its error, or a zero, into the Secret, and says "synced".
#
#   external-secrets v0.16.2, package template/v2 (what spec.target.template with engineVersion v2 is run by)
#
# A template that cannot be executed is an error of the ExternalSecret: a key that is not there, fromJson of text that is no JSON.
# So one would expect the same of b64dec, atoi or fromYaml. They come from sprig and give no error at all:
#   - b64dec of a base64url text (what most token services hand out) is the text "illegal base64 data at input byte N": that is
#     the password of the Secret from then on, and the database says "wrong password", not ESO;
#   - atoi and int of "5432\n", a port put with `echo` and `az keyvault secret set --file`, are 0;
#   - fromYaml of text that does not parse is a mapping with the one key Error;
#   - int of "00123" is 83: octal.
# Look for it: `{{ .x | b64dec }}` has no form that fails. decodingStrategy: Base64 of the reference itself does fail, and is ESO's own.
#
# Needs Go 1.26.6 or newer, and the Go module proxy. Ends with 0 when everything is as written here.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'X'
module look

go 1.26.0

require github.com/external-secrets/external-secrets v0.16.2
X
cat >main.go <<'X'
package main

import (
	"fmt"

	eso "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	template "github.com/external-secrets/external-secrets/pkg/template/v2"
	core "k8s.io/api/core/v1"
)

func main() {
	values := map[string][]byte{
		"url":   []byte("c2VjcmV0_-0"),
		"plain": []byte("c2VjcmV0"),
		"port":  []byte("5432\n"),
		"pin":   []byte("00123"),
		"yaml":  []byte("user: [a"),
		"json":  []byte(`{"user":`),
	}
	for _, text := range []string{
		"{{ .plain | b64dec }}", "{{ .url | b64dec }}", "{{ .port | atoi }}", "{{ .port | int }}", "{{ .pin | int }}",
		"{{ range $k, $v := (.yaml | fromYaml) }}{{ $k }}{{ end }}", "{{ (.json | fromJson).user }}", "{{ .other }}",
	} {
		secret := &core.Secret{}
		err := template.Execute(map[string][]byte{"out": []byte(text)}, values,
			eso.TemplateScopeValues, eso.TemplateTargetData, secret)
		fmt.Printf("%s: error %t, %q\n", text, err != nil, secret.Data["out"])
	}
}
X
export GOFLAGS=-mod=mod
go mod tidy >tidy.log 2>&1 || { cat tidy.log >&2; exit 2; }
go run . | tee seen
diff seen - <<'X'
{{ .plain | b64dec }}: error false, "secret"
{{ .url | b64dec }}: error false, "illegal base64 data at input byte 8"
{{ .port | atoi }}: error false, "0"
{{ .port | int }}: error false, "0"
{{ .pin | int }}: error false, "83"
{{ range $k, $v := (.yaml | fromYaml) }}{{ $k }}{{ end }}: error false, "Error"
{{ (.json | fromJson).user }}: error true, ""
{{ .other }}: error true, ""
X
echo "as written: an error of b64dec, atoi, int and fromYaml is a value, one of fromJson and of a missing key is not"
