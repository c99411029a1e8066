module hearth/tests/cluster/operator

go 1.26.0

// Not imported: its sources are built as they are, but for the list of providers (build.py).
require github.com/external-secrets/external-secrets v0.16.2
