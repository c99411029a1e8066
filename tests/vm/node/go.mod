// Only marks the module's root: it is built with -modfile, of the machined in tests/conformance, whose requirements these are.
module github.com/siderolabs/talos/hearth

go 1.26
