#!/bin/bash
# Talos: a CA whose line ends were folded away and a registry mirror named by its URL are valid, and neither is ever used.
#
#   Talos machinery 1.13.9
#
# TrustedRootsConfig takes any text for `certificates`. Written behind `>` instead of `|`, an easy slip in YAML, a PEM becomes one line,
# and no X.509 reader finds a certificate in it: pulls from the registry that it stands for fail with "unknown authority", hours
# after a configuration that loaded without a word. RegistryMirrorConfig is looked up by the registry's host: named https://docker.io
# it is valid too, and docker.io is pulled from the internet as before.
#
# Needs Go 1.26.6 or newer, and the Go module proxy. Ends with 0 when everything is as written here.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'X'
module look

go 1.26.0

require github.com/siderolabs/talos/pkg/machinery v1.13.9
X
cat >main.go <<'X'
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
)

type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return false }
func (metal) InContainer() bool     { return false }

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func main() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	must(err)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	indented := "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
	for _, style := range []string{"|", ">"} {
		config, err := configloader.NewFromBytes([]byte("apiVersion: v1alpha1\nkind: TrustedRootsConfig\nname: home\ncertificates: " +
			style + "\n" + indented))
		must(err)
		warnings, err := config.Validate(metal{})
		roots := strings.Join(config.TrustedRoots().ExtraTrustedRootCertificates(), "")
		fmt.Printf("certificates: %s  Validate: %v, %d warnings; found in it: %t\n", style, err, len(warnings),
			x509.NewCertPool().AppendCertsFromPEM([]byte(roots)))
	}
	for _, name := range []string{"docker.io", "https://docker.io"} {
		config, err := configloader.NewFromBytes([]byte("apiVersion: v1alpha1\nkind: RegistryMirrorConfig\nname: " + name +
			"\nendpoints:\n  - url: https://mirror.home.example\n"))
		must(err)
		warnings, err := config.Validate(metal{})
		_, found := config.RegistryMirrorConfigs()["docker.io"]
		fmt.Printf("mirror %s  Validate: %v, %d warnings; docker.io has one: %t\n", name, err, len(warnings), found)
	}
}
X
export GOFLAGS=-mod=mod
go build -o look . >build.log 2>&1 || { cat build.log >&2; exit 2; }
./look | tee seen
diff seen - <<'X'
certificates: |  Validate: <nil>, 0 warnings; found in it: true
certificates: >  Validate: <nil>, 0 warnings; found in it: false
mirror docker.io  Validate: <nil>, 0 warnings; docker.io has one: true
mirror https://docker.io  Validate: <nil>, 0 warnings; docker.io has one: false
X
echo "as written: both are valid, and neither does anything"
