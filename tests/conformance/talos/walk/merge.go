package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// outcome is the judgement of one case; "" when both sides agree.
func outcome(d *driver, c *testCase) (class, detail string, err error) {
	layers := c.texts()
	wanted, refusal := talosMerges(layers)
	good, answer, err := d.ask('m', layers)
	if err != nil {
		return "", "", err
	}
	switch {
	case refusal != nil && (strings.HasPrefix(refusal.Error(), "panic: ") || errors.Is(refusal, errOwn)):
		// Talos has no answer.
		return "", "", nil
	case refusal != nil && !good:
		return "", "", nil
	case refusal != nil:
		return "taken", fmt.Sprintf("Talos refuses: %v\nhearth makes:\n%s", refusal, answer), nil
	case !good:
		return "refused", fmt.Sprintf("Talos makes:\n%shearth refuses: %s", wanted, answer), nil
	}
	have, refusal := guarded(func() ([]byte, error) { return again([]byte(answer)) })
	if refusal != nil {
		return "unreadable", fmt.Sprintf("Talos makes:\n%sand refuses hearth's: %v\n%s", wanted, refusal, answer), nil
	}
	if string(have) != string(wanted) {
		return "different", fmt.Sprintf("Talos makes:\n%shearth makes:\n%s", wanted, have), nil
	}
	return "", "", nil
}

// shrink takes settings out of a failing case for as long as it fails in the same way.
func shrink(d *driver, c *testCase, class string) *testCase {
	for again := true; again; {
		again = false
		for i := range c.settings {
			less := *c
			less.settings = slices.Delete(slices.Clone(c.settings), i, i+1)
			if got, _, err := outcome(d, &less); err == nil && got == class {
				c, again = &less, true
				break
			}
		}
	}
	return c
}

type finding struct {
	class, where, detail string
	layers               [3]string
	count                int
}

func makeCases(f *forest, seed uint64, count int, produce func(*testCase)) {
	r := rand.New(rand.NewPCG(seed, 20))
	var all []place
	byKind := f.places
	kinds := slices.Sorted(func(yield func(string) bool) {
		for kind := range byKind {
			if !yield(kind) {
				return
			}
		}
	})
	for _, kind := range kinds {
		all = append(all, byKind[kind]...)
	}
	made := 0
	for ; made < count*2/3; made++ { // every field in turn
		produce(f.one(r, all[made%len(all)]))
	}
	for ; made < count; made++ { // several fields of one document
		kind := kinds[r.IntN(len(kinds))]
		if r.IntN(3) == 0 {
			kind = "v1alpha1"
		}
		produce(f.several(r, byKind[kind]))
	}
}

// compareMerges plays count cases and returns what differs, each kind of difference at each place once, made small.
func compareMerges(f *forest, path string, seed uint64, count, workers int) ([]*finding, error) {
	var (
		wait     sync.WaitGroup
		lock     sync.Mutex
		found    = map[string]*finding{}
		queue    = make(chan *testCase, 64)
		failures = make(chan error, workers)
	)
	for range workers {
		d, err := startDriver(path)
		if err != nil {
			return nil, err
		}
		wait.Add(1)
		go func() {
			defer wait.Done()
			defer d.stop()
			for c := range queue {
				class, _, err := outcome(d, c)
				if err != nil {
					failures <- fmt.Errorf("%w: at\n%s", err, strings.Join(slices.Collect(slices.Values(ptr(c.texts()))), "---\n"))
					for range queue {
					}
					return
				}
				if class == "" {
					continue
				}
				c = shrink(d, c, class)
				_, detail, _ := outcome(d, c)
				where := c.kind
				for _, s := range c.settings {
					where = c.kind + "." + strings.Join(s.path, ".")
				}
				lock.Lock()
				key := class + " " + where
				if old := found[key]; old == nil {
					found[key] = &finding{class, where, detail, c.texts(), 1}
				} else {
					old.count++
				}
				lock.Unlock()
			}
		}()
	}
	makeCases(f, seed, count, func(c *testCase) { queue <- c })
	close(queue)
	wait.Wait()
	select {
	case err := <-failures:
		return nil, err
	default:
	}
	var list []*finding
	for _, one := range found {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *finding) int { return strings.Compare(a.where+a.class, b.where+b.class) })
	return list, nil
}

func ptr(a [3]string) []string { return a[:] }
