package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/siderolabs/go-kubernetes/kubernetes/ssa"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
)

// What tests/cluster does to a cluster that runs: the same as the replay's, by the same code.
var live = map[string]func(args []string, out io.Writer) error{
	"lay": layLive, "upgrade": upgradeLive, "json": jsonOf,
}

const patience = 10 * time.Minute

// atCluster reads KUBECONFIG and CONFIG, and gives what Talos lays: its own, and what is inlined.
func atCluster(args []string) (*actor, []*unstructured.Unstructured, error) {
	if len(args) < 2 {
		return nil, nil, errors.New("a kubeconfig and a machine config are needed")
	}
	config, err := clientcmd.BuildConfigFromFlags("", args[0])
	if err != nil {
		return nil, nil, err
	}
	config.QPS = -1
	data, err := os.ReadFile(args[1])
	if err != nil {
		return nil, nil, err
	}
	_, objects, err := manifests(data)
	if err != nil {
		return nil, nil, err
	}
	w, err := actorAt(config)
	return w, append(talosOwn(), objects...), err
}

// layLive makes passes, a second apart, until one has no error: Talos does so at each boot. An error other than a kind
// that is not there yet is said and tried again as well.
func layLive(args []string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, objects, err := atCluster(args)
	if err != nil {
		return err
	}
	for pass := 1; ; pass++ {
		err = w.boot(ctx, objects)
		fmt.Fprintf(out, "pass %d of %d objects: %s\n", pass, len(objects), said(err))
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

// said is an error in one line; of many kinds that are not there, how many.
func said(err error) string {
	if err == nil {
		return "no error"
	}
	all, is := err.(interface{ Unwrap() []error })
	if !is {
		return err.Error()
	}
	text, unknown := "", 0
	for _, each := range all.Unwrap() {
		if meta.IsNoMatchError(each) {
			unknown++
			continue
		}
		text += each.Error() + "; "
	}
	return fmt.Sprintf("%s%d objects of a kind that is not there yet", text, unknown)
}

func upgradeLive(args []string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, objects, err := atCluster(args)
	if err != nil {
		return err
	}
	manager, err := w.manager(ctx)
	if err != nil {
		return err
	}
	defer manager.Close()
	if len(args) > 2 {
		found, err := manager.Diff(ctx, objects, ssa.DiffOptions{InventoryPolicy: upgradeOptions.InventoryPolicy})
		for _, each := range found {
			if each.Action != ssa.DiffUnchangedAction {
				fmt.Fprintf(out, "%s %s\n", each.Action, each.Subject)
			}
		}
		return err
	}
	options := upgradeOptions
	options.WaitTimeout = patience
	changes, err := manager.Apply(ctx, objects, options)
	for _, each := range changes {
		if each.Action != ssa.UnchangedAction {
			fmt.Fprintf(out, "%s %s\n", each.Action, each.Subject)
		}
	}
	return err
}

func jsonOf(args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("a file is needed")
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	found, err := documents(data)
	if err != nil {
		return err
	}
	for _, each := range found {
		if err := json.NewEncoder(out).Encode(each.Object); err != nil {
			return err
		}
	}
	return nil
}
