package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// readers are all who read one file of bootstrap/.
type readers struct {
	hearth *peer
	talos  []*peer
	kinds  *kinds
}

func startReaders(driver string, talos []string, k *kinds) (*readers, error) {
	r := &readers{kinds: k}
	var err error
	if r.hearth, err = startPeer(driver); err != nil {
		return nil, err
	}
	for _, each := range talos {
		p, err := startPeer(each, "-")
		if err != nil {
			return nil, err
		}
		r.talos = append(r.talos, p)
	}
	return r, nil
}

func (r *readers) stop() {
	r.hearth.stop()
	for _, each := range r.talos {
		each.stop()
	}
}

// A hearthSaid is what the driver answers: the manifest as Talos gets it, and the trees of the file.
type hearthSaid struct {
	Text string `json:"text"`
	Docs []node `json:"docs"`
}

// typed is what an API server refuses of objects for the types of their fields; of kinds that only a CRD knows, of
// their metadata. Fields that it does not know are not what is compared here.
func (r *readers) typed(objects []map[string]any) string {
	for i, each := range objects {
		object := &unstructured.Unstructured{Object: each}
		why := ""
		if r.kinds.scheme.Recognizes(object.GroupVersionKind()) {
			why = strings.Join(r.kinds.judge(object), "; ")
		} else if data, err := json.Marshal(each["metadata"]); err != nil {
			why = err.Error()
		} else if err = json.Unmarshal(data, &metav1.ObjectMeta{}); err != nil {
			why = err.Error()
		}
		if why != "" && !strings.Contains(why, "unknown field") {
			return fmt.Sprintf("object %d: %s", i+1, why)
		}
	}
	return ""
}

// ordered: kustomize has an order of its own, which is none of a file's, and leaves out labels and annotations that
// hold nothing.
func ordered(objects []map[string]any) []map[string]any {
	for _, object := range objects {
		for _, path := range [][]string{{"metadata"}, {"spec", "template", "metadata"}} {
			metadata, _, _ := unstructured.NestedFieldNoCopy(object, path...)
			if entries, is := metadata.(map[string]any); is {
				for _, key := range []string{"labels", "annotations"} {
					if value, there := entries[key]; there && value == nil {
						delete(entries, key)
					}
				}
			}
		}
	}
	name := func(object map[string]any) string {
		u := &unstructured.Unstructured{Object: object}
		return u.GetAPIVersion() + " " + identity(u)
	}
	return slices.SortedStableFunc(slices.Values(objects), func(a, b map[string]any) int { return strings.Compare(name(a), name(b)) })
}

// Of an object whose namespace is missing, here or in the file, nobody who only reads says a word.
var aboutNamespaces = regexp.MustCompile(`metadata\.namespace|creates its namespace`)

// git is how the file would come from Git, compared with what Talos lays of it; "" where it is the same.
func git(file []byte, laid []map[string]any) (class, detail string) {
	for _, road := range []struct {
		name  string
		reads func([]byte) ([]map[string]any, error)
	}{{"kustomize", kustomizeReads}, {"flux", fluxReads}} {
		objects, err := road.reads(file)
		if err != nil {
			return "refused by " + road.name, err.Error()
		}
		if found := roadsDiffer(ordered(laid), ordered(objects), ""); found != "" {
			return "otherwise by " + road.name, "laid and by Git: " + found
		}
	}
	return "", ""
}

// judge gives one file to all. The class is "" where they agree: hearth refuses, or Talos lays what hearth's own tree
// says, the API server takes it, and by Git the same comes. "alike" is what hearth refuses and nobody else.
func (r *readers) judge(file []byte) (class, detail string, good bool, err error) {
	good, answer, err := r.hearth.ask('k', file)
	if err != nil {
		return "", "", false, err
	}
	if !good {
		objects, refusal, err := r.talos[0].talosReads(file)
		if err != nil || refusal != nil || len(objects) == 0 || aboutNamespaces.Match(answer) || r.typed(objects) != "" {
			return "", "", false, err
		}
		for _, object := range objects {
			if u := (&unstructured.Unstructured{Object: object}); u.GetName() == "" || u.GetKind() == "" {
				return "", "", false, nil
			}
		}
		if class, _ := git(file, objects); class != "" {
			return "", "", false, nil
		}
		return "alike", string(answer), false, nil
	}
	var said hearthSaid
	if err = json.Unmarshal(answer, &said); err != nil {
		return "", "", false, err
	}
	var laid []map[string]any
	for i, each := range r.talos {
		objects, refusal, err := each.talosReads([]byte(said.Text))
		switch {
		case err != nil:
			return "", "", false, err
		case refusal != nil:
			return "refused by Talos", fmt.Sprintf("reader %d: %v\nit gets:\n%s", i+1, refusal, said.Text), true, nil
		}
		if found := treesDiffer(said.Docs, objects); found != "" {
			return "otherwise by Talos", fmt.Sprintf("reader %d: %s\nit gets:\n%s", i+1, found, said.Text), true, nil
		}
		laid = objects
	}
	if why := r.typed(laid); why != "" {
		return "refused by the API server", why, true, nil
	}
	class, detail = git(file, laid)
	return class, detail, true, nil
}

// shrink takes lines out of a failing file for as long as it fails in the same way.
func (r *readers) shrink(file, key string) string {
	lines := strings.SplitAfter(file, "\n")
	for size := len(lines) / 2; size > 0; size /= 2 {
		for from := 0; from+size <= len(lines); {
			less := slices.Delete(slices.Clone(lines), from, from+size)
			if class, detail, _, err := r.judge([]byte(strings.Join(less, ""))); err == nil && class+" "+kindOfDetail(detail) == key {
				lines = less
			} else {
				from += size
			}
		}
	}
	return strings.Join(lines, "")
}

// What is meant to differ.
var meantManifests = []struct {
	class  string
	detail *regexp.Regexp
	reason string
}{
	{"alike", regexp.MustCompile(`comes from an export`), "only the API server refuses it"},
	{"alike", regexp.MustCompile(`the tag |the anchor `), "hearth's own grammar: a tag is a reference, and what an anchor names is written out"},
	{"alike", regexp.MustCompile(`nothing is ""|of the Secret is no string`), "null for a text: to the API server an empty one, to a person a slip"},
	{"alike", regexp.MustCompile(`is text to Talos and a time to kustomize`), "some it leaves as they are: in annotations, and spelt as it spells them"},
	{"alike", regexp.MustCompile(`two elements of`), "only the API server refuses it"},
	{"alike", regexp.MustCompile(`reads nothing in braces`), "labels and annotations without a value it leaves out, as the API server does"},
	{"alike", regexp.MustCompile(`stands twice; first`), "a key twice: of annotations kustomize takes one where quotes differ, and says nothing"},
	{"alike", regexp.MustCompile(`folds this text otherwise`), "not each of them: which ones, only kustomize knows"},
	{"otherwise by Talos", regexp.MustCompile(`u00a0" to hearth`), "a no-break space that ends a document: Talos trims it as a blank"},
	{"refused by kustomize", regexp.MustCompile(`kustomize panics: wrong node kind`), "an annotation without a name, which the API server refuses too"},
	{
		"otherwise by flux", regexp.MustCompile(`"((?:[^"\\]|\\.)*)" and "(?:(?:[^"\\]|\\.)*)\\n"$`),
		"a file without its last newline that ends in a block with +; in Git kustomize is before this reader",
	},
	{
		"refused by kustomize", regexp.MustCompile(`map\[interface \{\}\]`),
		"a quoted key of annotations that is a number or a date without its quotes: kustomize loses them, whatever is written",
	},
}

type found struct {
	class, detail, file string
	count               int
}

// compareManifests plays count files. It returns what differs, each kind once and made small, and how many were good.
func compareManifests(driver string, talos []string, k *kinds, seed uint64, count, workers int) (list []*found, good int, err error) {
	var (
		wait  sync.WaitGroup
		lock  sync.Mutex
		all   = map[string]*found{}
		queue = make(chan string, 64)
		ended error
	)
	for range workers {
		r, err := startReaders(driver, talos, k)
		if err != nil {
			return nil, 0, err
		}
		wait.Add(1)
		go func() {
			defer wait.Done()
			defer r.stop()
			for file := range queue {
				class, detail, taken, err := r.judge([]byte(file))
				key := class + " " + kindOfDetail(detail)
				lock.Lock()
				if err != nil {
					ended = fmt.Errorf("%w, at:\n%s", err, file)
				}
				if taken {
					good++
				}
				known := all[key]
				if class != "" && known != nil {
					known.count++
				}
				stop := ended != nil
				lock.Unlock()
				if stop {
					for range queue {
					}
					return
				}
				if class == "" || known != nil {
					continue
				}
				small := r.shrink(file, key)
				_, detail, _, _ = r.judge([]byte(small))
				lock.Lock()
				if all[key] == nil {
					all[key] = &found{class, detail, small, 0}
				}
				all[key].count++
				lock.Unlock()
			}
		}()
	}
	random := rand.New(rand.NewPCG(seed, 20))
	for range count {
		m := &maker{random, []int{0, 5, 20, 60}[random.IntN(4)]}
		queue <- m.file()
	}
	close(queue)
	wait.Wait()
	for _, each := range all {
		list = append(list, each)
	}
	slices.SortFunc(list, func(a, b *found) int { return strings.Compare(a.class+a.detail, b.class+b.detail) })
	return list, good, ended
}

var (
	quoted  = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|'[^']*'")
	numbers = regexp.MustCompile(`[0-9]+`)
	keys    = regexp.MustCompile(`\.[^.:\s]+`)
)

// kindOfDetail is a finding without the words that differ from file to file.
func kindOfDetail(detail string) string {
	line, _, _ := strings.Cut(detail, "\n")
	return keys.ReplaceAllString(numbers.ReplaceAllString(quoted.ReplaceAllString(line, `""`), "0"), ".x")
}

func manifestsCompared(args []string, out io.Writer, k *kinds) error {
	if len(args) < 4 {
		return errors.New("usage: gitops manifests DRIVER SEED COUNT TALOS...")
	}
	seed, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	list, good, err := compareManifests(args[0], args[3:], k, seed, count, 2)
	left := 0
	for _, each := range list {
		meant := false
		for _, row := range meantManifests {
			meant = meant || row.class == each.class && row.detail.MatchString(each.detail)
		}
		if !meant {
			left++
			fmt.Fprintf(out, "%s (%d times, seed %d): %s\n--- file\n%s\n---\n", each.class, each.count, seed, each.detail, each.file)
		}
	}
	fmt.Fprintf(out, "%d files of bootstrap/, %d of them good, seed %d: %d differences\n", count, good, seed, left)
	if err == nil && left > 0 {
		err = errors.New("manifests are read otherwise than hearth says")
	}
	return err
}
