#!/bin/bash
# Talos: a list of subnets that only excludes is taken by Validate, and leaves the node without any address.
#
#   Talos 1.13.9: machinery's Validate, and siderolabs/net v0.4.0 as its pull of addresses
#
# kubelet.nodeIP.validSubnets, etcd.advertisedSubnets and etcd.listenSubnets take `!CIDR`. "All but the VIP" is written
# `validSubnets: ["!192.168.1.5/32"]` by many: Validate says nothing, not even a warning. An empty list means every address; a list that
# begins to exclude means none: nothing was picked that could be taken out, so kubelet waits for a node IP, and etcd does not start.
# The order counts as well: an exclusion before the subnet that it is cut out of has no effect, and the VIP is in. The
# documentation of kubelet.nodeIP says that exclusions come last; that of etcd's lists does not, and nothing checks either.
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
	github.com/siderolabs/net v0.4.0
	github.com/siderolabs/talos/pkg/machinery v1.13.9
)
X
cat >main.go <<'X'
package main

import (
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/siderolabs/net"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
)

type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return false }
func (metal) InContainer() bool     { return false }

func main() {
	input, err := generate.NewInput("home", "https://192.168.1.10:6443", "1.36.0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	whole, err := input.Config(machine.TypeControlPlane)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	addresses := []netip.Addr{netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("192.168.1.5")}
	for _, list := range [][]string{
		{"192.168.1.0/24", "!192.168.1.5/32"}, {"!192.168.1.5/32"}, {"!192.168.1.5/32", "192.168.1.0/24"},
	} {
		raw := whole.RawV1Alpha1().DeepCopy()
		raw.MachineConfig.MachineKubelet.KubeletNodeIP = &v1alpha1.KubeletNodeIPConfig{KubeletNodeIPValidSubnets: list}
		raw.ClusterConfig.EtcdConfig.EtcdAdvertisedSubnets = list
		raw.ClusterConfig.EtcdConfig.EtcdListenSubnets = list
		warnings, err := raw.Validate(metal{})
		left, failed := net.FilterIPs(addresses, list)
		if failed != nil {
			fmt.Fprintln(os.Stderr, failed)
			os.Exit(2)
		}
		fmt.Printf("%s: Validate: %v, %d warnings; addresses: %v\n", strings.Join(list, " "), err, len(warnings), left)
	}
}
X
export GOFLAGS=-mod=mod
go mod tidy >tidy.log 2>&1 || { cat tidy.log >&2; exit 2; }
go run . | tee seen
diff seen - <<'X'
192.168.1.0/24 !192.168.1.5/32: Validate: <nil>, 0 warnings; addresses: [192.168.1.10]
!192.168.1.5/32: Validate: <nil>, 0 warnings; addresses: []
!192.168.1.5/32 192.168.1.0/24: Validate: <nil>, 0 warnings; addresses: [192.168.1.10 192.168.1.5]
X
echo "as written: a list that only excludes is valid and leaves nothing; an exclusion that comes first excludes nothing"
