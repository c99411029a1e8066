// Judges a homelab tree as Flux and Kubernetes would; tests/conformance/gitops.py calls it.
//
//	gitops tree   -crds LIST TREE           builds, decodes, evaluates and orders; TREE is written to and must be a copy
//	gitops broken -crds LIST TREE TABLE     every change of TABLE makes the check that it names fail
//	gitops replay -crds LIST ROLE FIRST SECOND
//	                                        what two renders of a cluster inline (see render), and its life with them
//	gitops manifests -crds LIST DRIVER SEED COUNT TALOS...
//	                                        files of bootstrap/ that it makes itself, by hearth
//	                                        (conformance/driver.c), by Talos's own readers (machined/manifests),
//	                                        Flux's and kustomize
//	gitops laid   -crds LIST DRIVER DIRECTORY TALOS...
//	                                        what renders have inlined (see laid.go), by the same
//
// LIST is a file with one directory of CRDs a line. Verdicts go to standard output, one JSON object a line. -draw
// FILE takes the graph, and the order of what is inlined, for a person.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func checkTree(k *kinds, root string, r *report) []*cluster {
	clusters := loadTree(root, r)
	for _, c := range clusters {
		c.checkObjects(k, r)
		c.checkExpressions(r)
		c.checkStatusless(k, r)
		c.checkGraph(r)
		c.checkNamespaces(k, r)
		c.checkSecrets(r)
		c.checkPins(r)
		c.checkStorage(r)
		c.checkKept(r)
		c.checkOperator(r)
		c.checkDrain(r)
	}
	return clusters
}

func loadKinds(list string) (*kinds, error) {
	k := newKinds()
	data, err := os.ReadFile(list)
	for _, directory := range strings.Fields(string(data)) {
		if err == nil {
			err = k.load(directory)
		}
	}
	return k, err
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: gitops tree | broken | replay | lay | upgrade | json")
	}
	if act, is := live[args[0]]; is {
		return act(args[1:], os.Stdout)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	list := flags.String("crds", "", "a file with one directory of CRDs a line")
	drawing := flags.String("draw", os.DevNull, "a file for the graph and the order")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	k, err := loadKinds(*list)
	if err != nil {
		return err
	}
	draw, err := os.Create(*drawing)
	if err != nil {
		return err
	}
	defer draw.Close()
	r := &report{}
	err = dispatch(args[0], flags.Args(), k, draw, r)
	return errors.Join(err, r.write(os.Stdout))
}

func dispatch(command string, args []string, k *kinds, draw io.Writer, r *report) error {
	switch {
	case command == "tree" && len(args) == 1:
		for _, c := range checkTree(k, args[0], r) {
			c.print(draw)
		}
	case command == "broken" && len(args) == 2:
		return checkBroken(k, args[0], args[1], r)
	case command == "replay" && len(args) == 3:
		p, err := newReplay(args[0], args[1], args[2], r)
		if err != nil {
			return err
		}
		p.first.print(draw, p.role)
		p.first.check(p.role, "first", k, r)
		p.second.check(p.role, "second", k, r)
		p.first.checkSenses(k, p.role, r)
		return p.run(k)
	case command == "manifests":
		return manifestsCompared(args, os.Stdout, k)
	case command == "laid" && len(args) > 2:
		return checkLaid(args[0], args[1], args[2:], r)
	default:
		return fmt.Errorf("%s: not a command with %d arguments", command, len(args))
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
