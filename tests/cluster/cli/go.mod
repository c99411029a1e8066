module hearth/tests/cluster/cli

go 1.26.0

// Not imported: its sources are built as they are, with a file in the place of what its release embeds (build.py).
require github.com/fluxcd/flux2/v2 v2.9.4
