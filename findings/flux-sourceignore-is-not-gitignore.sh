#!/bin/bash
# Flux: .sourceignore looks like .gitignore and is read otherwise: a set in brackets is turned round, a whole tree comes in or out.
#
#   fluxcd/pkg/artifact v0.18.1 (how source-controller 1.9 packs what a GitRepository holds), beside `git check-ignore`
#
# The documentation says that the format is that of .gitignore. Four usual patterns, each for the same files:
#   [!a].yaml                  git: all of one letter but a.yaml. Flux: a.yaml alone (a set is negated by ^ there).
#   /** and !/clusters/**      git: everything is ignored, the folder too. Flux: nothing is ignored at all, README and images come along.
#   /* and !/clusters/data     git: what lies below an ignored folder stays ignored. Flux: clusters/data is in.
#   * and !*.yaml              git: only the yaml files at the top. Flux: those of all folders.
# Each file is judged by itself there, not its folders first, and `**` at the end of a line that begins with / matches no file
# behind a later line that takes something back. Who tries his patterns with git sees another tree than Flux applies, with prune: true too.
#
# Needs Go 1.26.6 or newer, the Go module proxy, and git. Ends with 0 when everything is as written here.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'X'
module look

go 1.26.0

require (
	github.com/fluxcd/pkg/artifact v0.18.1
	github.com/fluxcd/pkg/sourceignore v0.18.0
	github.com/opencontainers/go-digest v1.0.1-0.20250813155314-89707e38ad1a
)
X
cat >main.go <<'X'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/fluxcd/pkg/artifact/storage"
	"github.com/fluxcd/pkg/sourceignore"
)

func main() {
	files := []string{"README.md", "a.yaml", "b.yaml", "clusters/data/c.yaml"}
	for _, lines := range []string{"[!a].yaml\n", "/**\n!/clusters/**\n", "/*\n!/clusters/data\n", "*\n!*.yaml\n"} {
		dir, err := os.MkdirTemp(".", "tree")
		must(err)
		must(exec.Command("git", "init", "-q", dir).Run())
		must(os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(lines), 0o600))
		ignored := storage.SourceIgnoreFilter(sourceignore.ReadPatterns(strings.NewReader(lines), nil), nil)
		var git, flux []string
		for _, file := range files {
			path := filepath.Join(dir, file)
			must(os.MkdirAll(filepath.Dir(path), 0o700))
			must(os.WriteFile(path, nil, 0o600))
			info, err := os.Stat(path)
			must(err)
			if exec.Command("git", "-C", dir, "check-ignore", "-q", file).Run() == nil {
				git = append(git, file)
			}
			if ignored(file, info) {
				flux = append(flux, file)
			}
		}
		fmt.Printf("%q: git ignores %v, Flux %v\n", lines, git, flux)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
X
export GOFLAGS=-mod=mod
go build -o look . >build.log 2>&1 || { cat build.log >&2; exit 2; }
./look | tee seen
diff seen - <<'X'
"[!a].yaml\n": git ignores [b.yaml clusters/data/c.yaml], Flux [a.yaml]
"/**\n!/clusters/**\n": git ignores [README.md a.yaml b.yaml clusters/data/c.yaml], Flux []
"/*\n!/clusters/data\n": git ignores [README.md a.yaml b.yaml clusters/data/c.yaml], Flux [README.md a.yaml b.yaml]
"*\n!*.yaml\n": git ignores [README.md clusters/data/c.yaml], Flux [README.md]
X
echo "as written: four patterns, four other answers than git's"
