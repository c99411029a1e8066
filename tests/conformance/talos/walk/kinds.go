package main

import (
	"slices"
	"sync"
	_ "unsafe" // for go:linkname

	"github.com/siderolabs/talos/pkg/machinery/config/config"
	_ "github.com/siderolabs/talos/pkg/machinery/config/configloader" // registers every document
)

// What the decoder looks a document's kind up in. Talos keeps it internal; the link name reads it all the same, so that
// a kind that a newer version registers is walked without anybody naming it here.
//
//go:linkname registered github.com/siderolabs/talos/pkg/machinery/config/internal/registry.registry
var registered *struct {
	m          sync.Mutex
	registered map[string]func(version string) config.Document
}

// kinds are the registered names, sorted; "v1alpha1" is the main document.
func kinds() []string {
	var names []string
	for name := range registered.registered {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func newDocument(kind string) config.Document {
	return registered.registered[kind]("v1alpha1")
}
