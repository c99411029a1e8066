#!/bin/bash
# External Secrets Operator: a number of a JSON secret changes its digits on the way through a template.
#
#   external-secrets v0.16.2, package template/v2
#
# One vault secret holds JSON, and the template takes one field of it: {{ (.config | fromJson).chat }}. A string arrives as it is. A
# number of seven digits or more that is not a multiple of ten arrives in exponent form: the chat id -1001234567890 of a
# bot is "-1.00123456789e+12" in the Secret, an account 1234567 is "1.234567e+06", and 9007199254740993 is another number. null is the
# text "<no value>". toJson of the same field gives the digits of a float64, and property: in the reference itself
# (gjson) gives them as they stand. Write such numbers as strings in the vault.
#
# Needs Go 1.26.6 or newer, and the Go module proxy. Ends with 0 when everything is as written here.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'X'
module look

go 1.26.0

require (
	github.com/external-secrets/external-secrets v0.16.2
	github.com/tidwall/gjson v1.18.0
)
X
cat >main.go <<'X'
package main

import (
	"fmt"

	eso "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	template "github.com/external-secrets/external-secrets/pkg/template/v2"
	"github.com/tidwall/gjson"
	core "k8s.io/api/core/v1"
)

func main() {
	config := `{"text":"1234567","port":5432,"account":1234567,"chat":-1001234567890,"big":9007199254740993,"none":null}`
	for _, field := range []string{"text", "port", "account", "chat", "big", "none"} {
		secret := &core.Secret{}
		err := template.Execute(map[string][]byte{
			"out":  []byte("{{ (.config | fromJson)." + field + " }}"),
			"json": []byte("{{ (.config | fromJson)." + field + " | toJson }}"),
		}, map[string][]byte{"config": []byte(config)}, eso.TemplateScopeValues, eso.TemplateTargetData, secret)
		fmt.Printf("%s: error %t, template %s, toJson %s, property %s\n", field, err != nil, secret.Data["out"], secret.Data["json"],
			gjson.Get(config, field).String())
	}
}
X
export GOFLAGS=-mod=mod
go mod tidy >tidy.log 2>&1 || { cat tidy.log >&2; exit 2; }
go run . | tee seen
diff seen - <<'X'
text: error false, template 1234567, toJson "1234567", property 1234567
port: error false, template 5432, toJson 5432, property 5432
account: error false, template 1.234567e+06, toJson 1234567, property 1234567
chat: error false, template -1.00123456789e+12, toJson -1001234567890, property -1001234567890
big: error false, template 9.007199254740992e+15, toJson 9007199254740992, property 9007199254740993
none: error false, template <no value>, toJson null, property 
X
echo "as written: numbers of a JSON secret come out of a template in exponent form"
