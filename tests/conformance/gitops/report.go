package main

import (
	"encoding/json"
	"io"
)

// A verdict is one line of output, as JSON: no reasons means that the check holds.
type verdict struct {
	Name string   `json:"name"`
	Why  []string `json:"why,omitempty"`
}

type report struct{ verdicts []verdict }

func (r *report) expect(name string, why ...string) {
	r.verdicts = append(r.verdicts, verdict{name, why})
}

func (r *report) red() (names []verdict) {
	for _, v := range r.verdicts {
		if len(v.Why) > 0 {
			names = append(names, v)
		}
	}
	return names
}

func (r *report) write(out io.Writer) error {
	lines := json.NewEncoder(out)
	for _, v := range r.verdicts {
		if err := lines.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

func errorText(err error) []string {
	if err == nil {
		return nil
	}
	return []string{err.Error()}
}
