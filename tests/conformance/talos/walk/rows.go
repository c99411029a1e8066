package main

import (
	"fmt"
	"slices"
	"strings"
)

// near is whether the scalar at a place may be judged by a row of the hand-written tables: the row's path is its end,
// or that of a mapping in which it stands.
func near(p place, kind, path string) bool {
	path, below := strings.CutSuffix(path, " +")
	if kind != "-" && kind != p.kind || kind == "-" && p.kind == "v1alpha1" {
		return false
	}
	steps := slices.DeleteFunc(slices.Clone(p.path), func(step string) bool { return step == "[]" })
	for ; len(steps) > 0; steps = steps[:len(steps)-1] {
		full := strings.Join(steps, ".")
		if full == path || kind == "-" && strings.HasSuffix(full, "."+path) {
			return true
		}
		if !below {
			return false
		}
	}
	return path == ""
}

// takeRows takes each row out of hearth's tables and gives the spellings again that it is about. A row is unseen when
// they are judged as before.
func takeRows(f *forest, driverPath, directory string) (unseen []string, err error) {
	d, err := startDriver(driverPath)
	if err != nil {
		return nil, err
	}
	defer d.stop()
	good, err := examples(directory)
	if err != nil {
		return nil, err
	}
	f.bare = true
	ask := func(number int) (kind, path string, found bool, err error) {
		found, said, err := d.ask('x', [3]string{fmt.Sprint(number)})
		kind, path, _ = strings.Cut(said, " ")
		return kind, path, found, err
	}
	for count := 0; ; count++ {
		kind, path, found, err := ask(count)
		if err != nil || !found {
			return unseen, err
		}
		want := func(p place) bool { return near(p, kind, path) }
		without, _, err := f.spellings(d, good, want)
		if err != nil {
			return nil, err
		}
		if _, _, _, err = ask(1 << 20); err != nil {
			return nil, err
		}
		with, _, err := f.spellings(d, good, want)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(without, func(row disagreement) bool { return !slices.Contains(with, row) }) {
			unseen = append(unseen, kind+" "+path)
		}
	}
}
