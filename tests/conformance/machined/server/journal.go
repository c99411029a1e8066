package main

import (
	"encoding/json"
	"os"
	"sync"
	"time"
)

// Journal is the record of everything that happened, a JSON object a line, which the driver reads and waits on.
type Journal struct {
	mu      sync.Mutex
	changed chan struct{}
	file    *os.File
	entries []map[string]any
	start   time.Time
}

func newJournal(path string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}

	return &Journal{file: file, changed: make(chan struct{}), entries: []map[string]any{}, start: time.Now()}, nil
}

// Say adds an entry: an event and pairs of a name and a value.
func (j *Journal) Say(event string, pairs ...any) {
	entry := map[string]any{"event": event}

	for i := 0; i+1 < len(pairs); i += 2 {
		entry[pairs[i].(string)] = pairs[i+1]
	}

	j.mu.Lock()
	defer j.mu.Unlock()

	entry["n"] = len(j.entries)
	entry["ms"] = time.Since(j.start).Milliseconds()
	j.entries = append(j.entries, entry)

	if line, err := json.Marshal(entry); err == nil {
		j.file.Write(append(line, '\n')) //nolint:errcheck
	}

	close(j.changed)
	j.changed = make(chan struct{})
}

// Violation is something that a right client never does.
func (j *Journal) Violation(rule string, pairs ...any) {
	j.Say("violation", append([]any{"rule", rule}, pairs...)...)
}

// Since returns the entries from n on, and a channel that is closed when there are more.
func (j *Journal) Since(n int) ([]map[string]any, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()

	if n < 0 || n > len(j.entries) {
		n = len(j.entries)
	}

	return j.entries[n:len(j.entries):len(j.entries)], j.changed
}
