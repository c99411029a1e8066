package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	ssautil "github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// A peer is a process that is asked for thousands of manifests: hearth's objects (tests/conformance/driver.c), or
// Talos's own reader (tests/conformance/machined/manifests). Asked: a letter and three texts, each with its length (4
// bytes, little endian); answered: "+" or "-" and a text.
type peer struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func startPeer(args ...string) (*peer, error) {
	p := &peer{command: exec.Command(args[0], args[1:]...)}
	p.command.Stderr = os.Stderr
	var err error
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.command.Start()
}

// ask: a refusal is not good, with the words of it; an error is a peer that has ended.
func (p *peer) ask(verb byte, text []byte) (good bool, answer []byte, err error) {
	message := binary.LittleEndian.AppendUint32([]byte{verb}, uint32(len(text)))
	message = append(append(message, text...), 0, 0, 0, 0, 0, 0, 0, 0)
	if _, err = p.in.Write(message); err == nil {
		head := make([]byte, 5)
		if _, err = io.ReadFull(p.out, head); err == nil {
			good, answer = head[0] == '+', make([]byte, binary.LittleEndian.Uint32(head[1:]))
			_, err = io.ReadFull(p.out, answer)
		}
	}
	if err != nil {
		err = fmt.Errorf("%s ended: %w", p.command.Path, err)
	}
	return good, answer, err
}

func (p *peer) stop() {
	p.in.Close()
	p.command.Wait() //nolint:errcheck // its answers were what mattered
}

// talosReads are the objects of a manifest, or why Talos takes none.
func (p *peer) talosReads(text []byte) (objects []map[string]any, refusal, err error) {
	good, answer, err := p.ask('r', text)
	if err != nil {
		return nil, nil, err
	}
	if !good {
		return nil, fmt.Errorf("%s", answer), nil
	}
	return objects, nil, json.Unmarshal(answer, &objects)
}

// plain are objects as JSON has them, whatever made them: numbers alike.
func plain(objects []*unstructured.Unstructured) (made []map[string]any, err error) {
	for _, each := range objects {
		var one map[string]any
		data, err := json.Marshal(each.Object)
		if err == nil {
			err = json.Unmarshal(data, &one)
		}
		if err != nil {
			return nil, err
		}
		made = append(made, one)
	}
	return made, nil
}

// fluxReads: the reader of Flux's controllers.
func fluxReads(text []byte) ([]map[string]any, error) {
	objects, err := ssautil.ReadObjects(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	return plain(objects)
}

// kustomizeReads: what a file of Git becomes on its way through kustomize, with the options of Flux's build, and that
// reader.
func kustomizeReads(text []byte) (objects []map[string]any, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("kustomize panics: %v", broken)
		}
	}()
	files := filesys.MakeFsInMemory()
	if err := files.WriteFile("/tree/kustomization.yaml", []byte("resources: [file.yaml]\n")); err != nil {
		return nil, err
	}
	if err := files.WriteFile("/tree/file.yaml", text); err != nil {
		return nil, err
	}
	built, err := krusty.MakeKustomizer(&krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone, PluginConfig: types.DisabledPluginConfig(),
	}).Run(files, "/tree")
	if err != nil {
		return nil, err
	}
	made, err := built.AsYaml()
	if err != nil {
		return nil, err
	}
	return fluxReads(made)
}
