package main

import (
	"errors"
	"fmt"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
)

// again is a config as Talos writes it after reading it.
func again(text []byte) ([]byte, error) {
	config, err := configloader.NewFromBytes(text)
	if err != nil {
		return nil, err
	}
	// A read-only container hands back its own bytes: clone it, so that Talos writes it anew.
	return config.Clone().EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
}

// What Talos writes is not always what it reads: a document whose required enumeration is missing.
var errOwn = errors.New("Talos does not read what it wrote")

// guarded turns a panic of the patcher into its refusal.
func guarded(do func() ([]byte, error)) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}

// talosMerges is what Talos's patcher makes of the layers, read and written once more.
func talosMerges(layers [3]string) ([]byte, error) {
	return guarded(func() ([]byte, error) {
		config, err := configloader.NewFromBytes([]byte(layers[0]))
		if err != nil {
			return nil, fmt.Errorf("base: %w", err)
		}
		var patches []configpatcher.Patch
		for i, text := range layers[1:] {
			if text == "" {
				continue
			}
			patch, err := configpatcher.LoadPatch([]byte(text))
			if err != nil {
				return nil, fmt.Errorf("layer %d: %w", i+1, err)
			}
			patches = append(patches, patch)
		}
		made, err := configpatcher.Apply(configpatcher.WithConfig(config), patches)
		if err != nil {
			return nil, err
		}
		result, err := made.Config()
		if err != nil {
			return nil, err
		}
		out, err := result.Clone().EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
		if err != nil {
			return nil, err
		}
		if len(out) == 0 {
			return nil, errors.New("nothing is left")
		}
		if out, err = again(out); err != nil {
			return nil, fmt.Errorf("%w: %w", errOwn, err)
		}
		return out, nil
	})
}
