#!/bin/bash
# Talos: a size with a decimal comma is ten times as large, or a hundred: "1,5GB" is 15 GB, and nothing says so.
#
#   Talos machinery 1.13.9 (dustin/go-humanize reads the sizes of VolumeConfig, UserVolumeConfig, RawVolumeConfig)
#
# Commas are taken for separators of thousands wherever they stand, and dropped. Half of Europe writes "1,5 TB" for one and a half:
# `maxSize: 1,5TB` is 15 TB, above any disk, so that EPHEMERAL takes all that there is; `minSize: 0,5TB` is 5 TB, and
# no disk is ever large enough for the volume. Both documents load, and Validate has no word for either.
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
	"fmt"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/types/block"
)

type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return false }
func (metal) InContainer() bool     { return false }

func main() {
	for _, size := range []string{"1.5TB", "1,5TB", "0,5TB", "2,50GB", "1,500GB"} {
		config, err := configloader.NewFromBytes([]byte("apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: data\n" +
			"provisioning:\n  diskSelector:\n    match: disk.transport == 'nvme'\n  minSize: " + size + "\n"))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		warnings, err := config.Validate(metal{})
		volume := config.Documents()[0].(*block.UserVolumeConfigV1Alpha1)
		fmt.Printf("%s: %d bytes; Validate: %v, %d warnings\n", size, volume.ProvisioningSpec.ProvisioningMinSize.Value(), err, len(warnings))
	}
}
X
export GOFLAGS=-mod=mod
go build -o look . >build.log 2>&1 || { cat build.log >&2; exit 2; }
./look | tee seen
diff seen - <<'X'
1.5TB: 1500000000000 bytes; Validate: <nil>, 0 warnings
1,5TB: 15000000000000 bytes; Validate: <nil>, 0 warnings
0,5TB: 5000000000000 bytes; Validate: <nil>, 0 warnings
2,50GB: 250000000000 bytes; Validate: <nil>, 0 warnings
1,500GB: 1500000000000 bytes; Validate: <nil>, 0 warnings
X
echo "as written: a comma is dropped wherever it stands"
