package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
	"go.yaml.in/yaml/v4"
)

// Ten ways and more to write a scalar of each form: right, at the edge, and what people write by mistake.
var spellings = map[string][]string{
	"TEXT": {`alpha`, `""`, `"two words"`, `2026-11-28`, `123`, `true`, `192.0.2.1`, `192.0.2.1/24`, `"http://a.example:80"`,
		`/dev/sda`, `-bad-`, `30s`, `10GiB`, `"a/b/c"`},
	"BOOL":       {`true`, `false`, `yes`, `"true"`, `"on"`, `1`, `0`, `null`, `True`, `maybe`},
	"INT":        {`0`, `1`, `-1`, `70000`, `5000000000`, `"7"`, `1.5`, `0x10`, `abc`, `1e3`, `4095`, `8`, `1500`, `""`},
	"FLOAT":      {`0`, `1`, `-1`, `1.5`, `.5`, `.inf`, `"1.5"`, `abc`, `1e3`, `""`},
	"DURATION":   {`30s`, `0s`, `30`, `1d`, `-5s`, `"1h"`, `100ms`, `99999h`, `abc`, `""`, `1h30m`, `0`, `1.5h`},
	"ENUM":       {`""`, `none`, `NONE`, `7`, `"two words"`, `true`, `~`, `xfs`, `-1`, `abc`},
	"TABLE":      {`main`, `MAIN`, `local`, `17`, `"17"`, `0`, `254`, `256`, `-1`, `abc`, `""`, `unspec`, `017`},
	"ADDR":       {`192.168.1.10`, `2001:db8::1`, `192.168.1.10/24`, `0.0.0.0`, `"::"`, `192.168.1.256`, `010.0.0.1`, `"fe80::1%eth0"`, `a.example`, `""`, `"192.168.1.10:53"`, `"::ffff:192.0.2.1"`},
	"PREFIX":     {`192.168.1.10/24`, `0.0.0.0/0`, `"::/0"`, `192.168.1.10`, `10.0.0.0/33`, `10.0.0.0/8`, `10.1.0.0/08`, `"2001:db8::/64"`, `abc`, `""`, `0.0.0.0/1`, `"2001:db8::1/128"`},
	"ADDRPORT":   {`192.168.1.10:80`, `"[2001:db8::1]:80"`, `192.168.1.10`, `192.168.1.10:0`, `192.168.1.10:70000`, `a.example:80`, `"2001:db8::1:80"`, `":80"`, `abc`, `""`},
	"URL":        {`https://a.example`, `http://a.example:80/x`, `a.example`, `/x`, `tcp://10.0.0.1:514`, `"https://"`, `"https://[::1]:443"`, `ftp://a.example`, `udp://10.0.0.1:514/`, `""`, `"://a"`, `"https://a.example:port"`, `"http://%zz/"`},
	"CEL":        {`system_disk`, `disk.size > 100u * GB`, `disk.size > 100 * GB`, `disk.busPath == "x"`, `disk.bus_path == "x"`, `disk.transport == "sata" && !disk.rotational`, `disk.size`, `"a ="`, `"true"`, `""`, `volume.name == "x"`, `disk.transport = "nvme"`, `"(disk.size > 1u"`, `glob("x*", disk.model)`},
	"BYTES":      {`10GiB`, `20GB`, `0`, `""`, `-10GiB`, `10XB`, `abc`, `10 GiB`, `1.5GiB`, `20%`, `100`},
	"PERCENT":    {`10%`, `0%`, `100%`, `101%`, `-5%`, `10`, `abc`, `""`, `1.5%`, `"%"`},
	"SIZE":       {`10GiB`, `20%`, `0`, `""`, `-10GiB`, `-20%`, `101%`, `10XB`, `abc`, `10 GiB`, `1.5%`, `"%"`},
	"ARGUMENT":   {`alpha`, `[beta, gamma]`, `""`, `[]`, `{}`, `[[a]]`, `1`, `true`, `2026-11-28`, `~`},
	"PORTS":      {`80`, `8000-8010`, `0`, `0-0`, `70000`, `80-70`, `abc`, `"80"`, `-1`, `80-`, `""`},
	"MAC":        {`aa:bb:cc:dd:ee:ff`, `AA-BB-CC-DD-EE-FF`, `aabb.ccdd.eeff`, `aa:bb:cc:dd:ee`, `aabbccddeeff`, `""`, `aa:bb:cc:dd:ee:gg`, `"aa:bb:cc:dd:ee:ff:00:11"`, `abc`, `1`},
	"DISK_SIZE":  {`10GiB`, `1000000`, `0`, `""`, `-1`, `10XB`, `abc`, `10 GB`, `1.5GB`, `20%`},
	"DISK_MATCH": {`">= 200GB"`, `4GB`, `">0"`, `"== 0"`, `"=> 4GB"`, `abc`, `">= 200"`, `"!= 4GB"`, `""`, `20%`},
	"BASE64":     {`YWxwaGE=`, `YWxwaGE`, `""`, `"****"`, `abc`, `"YWxw\naGE="`, `YWxw`, `1234`, `"YWxw aGE="`, `true`},
	"KEY":        {`alpha`, `a.example/b`, `a b`, `-x`, `a/b/c`, `UPPER/x`, `Upper`, `/x`, `a..b/c`, `x_y.z`, `x-`, `a/`},
	"MODE":       {`0o644`, `0644`, `"0644"`, `420`, `0`, `-1`, `abc`, `1.5`, `0o7777`, `5000000000`, `""`},
}

type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return true }
func (metal) InContainer() bool     { return false }

// parse is a YAML node as a value that can be changed.
func parse(n *yaml.Node) *value {
	switch n.Kind {
	case yaml.DocumentNode:
		return parse(n.Content[0])
	case yaml.MappingNode:
		v := mapping()
		for i := 0; i+1 < len(n.Content); i += 2 {
			v.set(n.Content[i].Value, parse(n.Content[i+1]))
		}
		return v
	case yaml.SequenceNode:
		v := sequence()
		for _, item := range n.Content {
			v.items = append(v.items, parse(item))
		}
		return v
	}
	if n.Style == 0 || n.Style == yaml.TaggedStyle {
		return scalar(n.Value)
	}
	return quoted(n.Value)
}

func (v *value) clone() *value {
	c := *v
	c.keys = slices.Clone(v.keys)
	c.items = nil
	for _, item := range v.items {
		c.items = append(c.items, item.clone())
	}
	return &c
}

// spell puts a text at a path of a document; a list's first element and a map's first key are meant.
func spell(v *value, path []string, text string) {
	step := path[0]
	if len(path) == 2 && path[1] == "key" && step == "*" { // the text is a key of the map
		v.set(text, scalar(`""`))
		return
	}
	if step == "*" {
		if step = "some-key"; len(v.keys) > 0 {
			step = v.keys[0]
		}
	}
	if step == "[]" {
		if v.leaf || !v.list {
			*v = *sequence()
		}
		if len(path) == 1 {
			v.items = []*value{scalar(text)}
			return
		}
		if len(v.items) == 0 {
			v.items = []*value{mapping()}
		}
		spell(v.items[0], path[1:], text)
		return
	}
	if v.leaf || v.list {
		*v = *mapping()
	}
	if len(path) == 1 {
		v.set(step, scalar(text))
		return
	}
	if v.get(step) == nil {
		v.set(step, mapping())
	}
	spell(v.get(step), path[1:], text)
}

// A verdict is what somebody complains of, a line each.
type verdict []string

func (v verdict) beyond(base verdict) verdict {
	var more verdict
	for _, line := range v {
		if !slices.Contains(base, line) {
			more = append(more, line)
		}
	}
	return more
}

func lines(text string) (list verdict) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasSuffix(line, "occurred:") {
			list = append(list, strings.TrimPrefix(line, "* "))
		}
	}
	return list
}

// What Talos said of a text: with each row taken out the same texts come again.
var judged = map[string]verdict{}

func talosJudges(text string) verdict {
	v, found := judged[text]
	if !found {
		v = asked(text)
		judged[text] = v
	}
	return v
}

func asked(text string) (v verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = verdict{fmt.Sprintf("panic: %v", p)}
		}
	}()
	provider, err := configloader.NewFromBytes([]byte(text))
	if err != nil {
		return verdict{"cannot be read: " + err.Error()}
	}
	if _, err = provider.Validate(metal{}, validation.WithLocal()); err != nil {
		return lines(err.Error())
	}
	if _, err = provider.Clone().EncodeBytes(encoder.WithComments(encoder.CommentsDisabled)); err != nil {
		return verdict{"cannot be written: " + err.Error()}
	}
	return nil
}

// seeds are documents of every kind that Talos finds good, from the test data of its own packages.
func seeds(directory string) (map[string][]*value, error) {
	found := map[string][]*value{}
	err := filepath.WalkDir(directory, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") || !strings.Contains(path, "testdata") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		for {
			var node yaml.Node
			if err := decoder.Decode(&node); err != nil {
				return nil // their test data has what is no YAML, too
			}
			if node.Kind != yaml.DocumentNode || node.Content[0].Kind != yaml.MappingNode {
				continue
			}
			v := parse(&node)
			kind := v.get("kind")
			if kind == nil || v.get("apiVersion") == nil || len(found[kind.text]) == 3 || talosJudges(v.String()) != nil {
				continue
			}
			found[kind.text] = append(found[kind.text], v)
		}
	})
	return found, err
}

// generated is the main document that Talos generates for contract 1.13.
func generated(kind machine.Type) (*value, error) {
	bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersion1_13)
	if err != nil {
		return nil, err
	}
	input, err := generate.NewInput("walk", "https://192.0.2.10:6443", "1.34.0",
		generate.WithVersionContract(config.TalosVersion1_13), generate.WithSecretsBundle(bundle))
	if err != nil {
		return nil, err
	}
	made, err := input.Config(kind)
	if err != nil {
		return nil, err
	}
	text, err := made.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var node yaml.Node
		if err := decoder.Decode(&node); errors.Is(err, io.EOF) {
			return nil, errors.New("no main document was generated")
		} else if err != nil {
			return nil, err
		}
		if v := parse(&node); v.get("kind") == nil {
			v.get("machine").set("install", mapping().set("disk", scalar("/dev/sda")))
			return v, nil
		}
	}
}

// examples are the documents whose scalars are spelt, by kind.
func examples(directory string) (map[string][]*value, error) {
	good, err := seeds(directory)
	if err != nil {
		return nil, err
	}
	main, err := generated(machine.TypeControlPlane)
	if err != nil {
		return nil, err
	}
	good["v1alpha1"] = []*value{main}
	return good, nil
}

// A disagreement is a spelling that one side takes and the other does not.
type disagreement struct {
	where, text string
	refusedBy   string // talos or hearth
	why         string
}

// compareSpellings gives every scalar of every document each spelling of its form.
func compareSpellings(f *forest, driverPath, directory string) (list []disagreement, count int, err error) {
	d, err := startDriver(driverPath)
	if err != nil {
		return nil, 0, err
	}
	defer d.stop()
	good, err := examples(directory)
	if err != nil {
		return nil, 0, err
	}
	return f.spellings(d, good, func(place) bool { return true })
}

// spellings does so at the places that are wanted.
func (f *forest) spellings(d *driver, good map[string][]*value, want func(place) bool) (list []disagreement, count int, err error) {
	hearthJudges := func(text string) (verdict, error) {
		_, said, err := d.ask('v', [3]string{text})
		var v verdict
		for _, line := range lines(said) {
			if _, rest, found := strings.Cut(line, ": "); found {
				line = rest // without the position
			}
			v = append(v, line)
		}
		return v, err
	}
	for _, kind := range kinds() {
		if !slices.ContainsFunc(f.places[kind], want) {
			continue
		}
		documents := good[kind]
		if len(documents) == 0 {
			documents = []*value{f.document(kind, "some")}
		}
		for _, document := range documents {
			hearthBase, err := hearthJudges(document.String())
			if err != nil {
				return nil, 0, err
			}
			if kind != "v1alpha1" && len(good[kind]) > 0 && len(hearthBase) > 0 {
				list = append(list, disagreement{kind, "a document of Talos's own tests", "hearth", hearthBase[0] + "\n" + document.String()})
			}
			for _, p := range f.places[kind] {
				form := p.of.Form
				if !want(p) || p.of.Node != "SCALAR" && form != "ARGUMENT" || slices.Contains(p.path, "pod") {
					continue
				}
				rows, err := f.compareSpelling(document, p, spellings[form], hearthJudges)
				if err != nil {
					return nil, 0, err
				}
				count += len(spellings[form])
				if p.path[len(p.path)-1] == "*" {
					keys, err := f.compareSpelling(document, place{p.kind, append(slices.Clone(p.path), "key"), p.use, p.of}, spellings["KEY"], hearthJudges)
					if err != nil {
						return nil, 0, err
					}
					rows, count = append(rows, keys...), count+len(spellings["KEY"])
				}
				for _, row := range rows {
					if !slices.ContainsFunc(list, func(o disagreement) bool { return o.where == row.where && o.text == row.text }) {
						list = append(list, row)
					}
				}
			}
		}
	}
	return list, count, nil
}

// compareSpelling tries every spelling at one place of one document. What is complained of whatever is written there is
// about what stands around it, and not counted.
func (f *forest) compareSpelling(document *value, p place, texts []string, hearthJudges func(string) (verdict, error)) (list []disagreement, err error) {
	talos, hearth := make([]verdict, len(texts)), make([]verdict, len(texts))
	for i, text := range texts {
		changed := document.clone()
		spell(changed, p.path, text)
		talos[i] = talosJudges(changed.String())
		if hearth[i], err = hearthJudges(changed.String()); err != nil {
			return nil, fmt.Errorf("%v %s: %w", p, text, err)
		}
	}
	talosBase, before := always(talos), talosJudges(document.String())
	hearthBefore, err := hearthJudges(document.String())
	if err != nil {
		return nil, err
	}
	hearthBase := always(hearth)
	for i, text := range texts {
		row := disagreement{where: p.String(), text: text}
		t, h := talos[i].beyond(talosBase).beyond(before), hearth[i].beyond(hearthBefore)
		if f.bare && len(talos[i]) > 0 && len(h) == 0 {
			list = append(list, disagreement{p.String(), text, "talos", "taken as it stands"})
		}
		switch {
		case len(t) > 0 && strings.HasPrefix(t[0], "panic: "): // Talos has no answer
			continue
		case len(t) > 0 && len(h.beyond(hearthBase)) == 0:
			row.refusedBy, row.why = "talos", strings.Join(t, " | ")
		case len(talos[i]) == 0 && len(h) > 0:
			row.refusedBy, row.why = "hearth", strings.Join(h, " | ")
		default:
			continue
		}
		list = append(list, row)
	}
	return list, nil
}

// always is what every readable variant is told.
func always(verdicts []verdict) (common verdict) {
	first := true
	for _, v := range verdicts {
		if len(v) > 0 && strings.HasPrefix(v[0], "cannot be read") {
			continue
		}
		if first {
			common, first = slices.Clone(v), false
			continue
		}
		common = slices.DeleteFunc(common, func(line string) bool { return !slices.Contains(v, line) })
	}
	return common
}
