package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Something of Talos's own, which is in the same inventory and stays in the config for ever.
func talosOwn() []*unstructured.Unstructured {
	objects, _ := documents([]byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata: {Corefile: x}\n"))
	return objects
}

// A replay is a cluster's life: laid by Talos from the first render, adopted by Flux, its credential rotated and Flux
// upgraded in Git (the second render), Kubernetes upgraded, handed over.
type replay struct {
	role          string
	first, second *render
	tree          [2]*cluster // what Flux builds from the site of each render
	external      *unstructured.Unstructured
	report        *report
}

const credential = "eso-client-secret"

func newReplay(role, first, second string, r *report) (*replay, error) {
	p := &replay{role: role, report: r}
	for i, directory := range []string{first, second} {
		v, err := readRender(directory)
		if err != nil {
			return nil, err
		}
		root, err := os.MkdirTemp("", "gitops-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(root)
		// Flux's source has no dot files of ours; the credential in .hearth stays where it is.
		for _, name := range []string{"clusters", "infrastructure", "databases", "apps"} {
			from := filepath.Join(v.site, name)
			if _, err := os.Stat(from); err == nil {
				if err := os.CopyFS(filepath.Join(root, name), os.DirFS(from)); err != nil {
					return nil, err
				}
			}
		}
		c := &cluster{name: role, units: map[string]*unit{}}
		made := &report{}
		c.start(root, map[string]bool{}, made)
		if len(made.red()) > 0 || c.units[rootName] == nil {
			return nil, fmt.Errorf("%s does not build: %v", v.site, made.red())
		}
		p.tree[i] = c
		if i == 0 {
			p.first = v
		} else {
			p.second = v
		}
	}
	for _, name := range sorted(p.tree[0].units) {
		for _, each := range p.tree[0].units[name].objects {
			if kindOf(each) == "ExternalSecret.external-secrets.io" && identity(each) == "ExternalSecret external-secrets/azure-creds" {
				p.external = each
			}
		}
	}
	if p.external == nil {
		return nil, errors.New("no ExternalSecret renews external-secrets/azure-creds")
	}
	return p, nil
}

func (p *replay) expect(name string, why ...string) {
	p.report.expect("replay: "+p.role+": "+name, why...)
}

func (p *replay) expectOf(name string, good bool, why string) {
	if good {
		p.expect(name)
	} else {
		p.expect(name, why)
	}
}

func (p *replay) run(k *kinds) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	a := newAPI(k.scheme)
	defer a.close()
	w, err := newActor(a)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *actor) error{p.lay, p.adopt, p.rotate, p.upgradeBefore, p.handOver} {
		if err := step(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (p *replay) set(v *render) []*unstructured.Unstructured { return append(talosOwn(), v.objects...) }

func (p *replay) lay(ctx context.Context, w *actor) error {
	first := w.boot(ctx, p.set(p.first))
	var why []string
	if first != nil && !strings.Contains(first.Error(), "no matches for kind") {
		why = append(why, first.Error())
	}
	if err := w.boot(ctx, p.set(p.first)); err != nil {
		why = append(why, "second pass: "+err.Error())
	}
	there := w.api.state()
	for _, each := range p.first.objects {
		if there[kindOf(each)+" "+each.GetNamespace()+"/"+each.GetName()] == "" {
			why = append(why, identity(each)+" is not there")
		}
	}
	p.expect("Talos lays everything in two passes at most", why...)
	if err := p.stalls(ctx, w.api.scheme); err != nil {
		return err
	}
	before := w.api.state()
	err := w.boot(ctx, p.set(p.second))
	p.expect("a new config alone changes nothing that exists", append(errorText(err), differences(before, w.api.state())...)...)
	return nil
}

// stalls: a Secret whose Namespace is missing ends the pass, and what comes after it, Flux's sync, is never laid.
func (p *replay) stalls(ctx context.Context, scheme *runtime.Scheme) error {
	empty := newAPI(scheme)
	defer empty.close()
	w, err := newActor(empty)
	if err != nil {
		return err
	}
	var left []*unstructured.Unstructured
	for _, each := range p.first.objects {
		if kindOf(each) != "Namespace" || each.GetName() != "external-secrets" {
			left = append(left, each)
		}
	}
	_ = w.boot(ctx, left)
	err = w.boot(ctx, left)
	laid := empty.state()["Kustomization.kustomize.toolkit.fluxcd.io flux-system/flux-system"] != ""
	p.expectOf("without the namespace of a secret Talos stalls, which the replay sees",
		apierrors.IsNotFound(errors.Unwrap(first(err))) && !laid, fmt.Sprint(err))
	return nil
}

// first is the first of joined errors.
func first(err error) error {
	if all, is := err.(interface{ Unwrap() []error }); is && len(all.Unwrap()) > 0 {
		return all.Unwrap()[0]
	}
	return err
}

// applied by Flux before the External Secrets Operator runs: itself, and the controllers.
func (p *replay) reconcile(ctx context.Context, w *actor, c *cluster) error {
	for _, name := range []string{rootName, "infra-controllers"} {
		if c.units[name] == nil {
			return fmt.Errorf("there is no Kustomization %s", name)
		}
		if err := w.flux(ctx, c.units[name]); err != nil {
			return err
		}
	}
	return nil
}

func (p *replay) adopt(ctx context.Context, w *actor) error {
	before := w.api.state()
	err := p.reconcile(ctx, w, p.tree[0])
	why := errorText(err)
	for _, name := range sorted(before) {
		if _, there := w.api.state()[name]; !there {
			why = append(why, name+" is gone")
		}
	}
	p.expect("Flux adopts what Talos laid", why...)
	settled := w.api.state()
	err = p.reconcile(ctx, w, p.tree[0])
	p.expect("Flux then finds nothing to do", append(errorText(err), differences(settled, w.api.state())...)...)
	err = w.boot(ctx, p.set(p.first))
	p.expect("a reboot changes nothing", append(errorText(err), differences(settled, w.api.state())...)...)
	return nil
}

// rotate: a new credential in the vault, a newer Flux in Git.
func (p *replay) rotate(ctx context.Context, w *actor) error {
	err := errors.Join(p.reconcile(ctx, w, p.tree[1]), w.syncSecret(ctx, p.external, p.second.vault))
	p.expect("the operator renews its own credential, Flux itself", errorText(err)...)
	p.expectOf("the vault's new value is in the cluster", p.holds(w, p.second), "it is not")
	old, renewed := p.first.vault[credential], p.second.vault[credential]
	p.expectOf("the two values differ", old != "" && renewed != "" && old != renewed, "nothing was rotated")

	// What this guards against, so that it is known to see it: the old inlined set put back.
	other := w.api.clone()
	defer other.close()
	stale, err := newActor(other)
	if err != nil {
		return err
	}
	was := other.image("source-controller")
	_, err = stale.upgrade(ctx, p.set(p.first))
	p.expect("upgrade-k8s runs on a stale config", errorText(err)...)
	p.expectOf("and rolls the credential back, which the replay sees", p.holds(stale, p.first), "the old value did not come back")
	if was != "" {
		p.expectOf("and Flux, which the replay sees", other.image("source-controller") != was, "still "+was)
	}
	err = stale.syncSecret(ctx, p.external, p.second.vault)
	p.expectOf("and the operator puts it right", err == nil && p.holds(stale, p.second), "it did not")
	return nil
}

func (p *replay) holds(w *actor, v *render) bool {
	return w.api.secret("external-secrets", "azure-creds", "ClientSecret") == v.vault[credential]
}

// butPatched: Talos lays gotk-components as it is, without the patch of clusters/ROLE/flux-system, until Flux
// reconciles it again.
func butPatched(why []string) []string {
	return slices.DeleteFunc(why, func(one string) bool {
		return one == "Deployment.apps flux-system/kustomize-controller has changed"
	})
}

// upgradeBefore: render again and apply-config come first, as the guide says; then upgrade-k8s has nothing to roll
// back.
func (p *replay) upgradeBefore(ctx context.Context, w *actor) error {
	before := w.api.state()
	err := w.boot(ctx, p.set(p.second))
	deleted, failed := w.upgrade(ctx, p.set(p.second))
	p.expect("before hand-over: upgrade-k8s after render and apply-config", append(errorText(err), errorText(failed)...)...)
	p.expect("before hand-over: nothing is pruned", deleted...)
	p.expect("before hand-over: nothing is lost or rolled back", butPatched(differences(before, w.api.state()))...)
	p.expectOf("before hand-over: the operator can still log in", p.holds(w, p.second), "the credential is not the vault's")
	err = w.syncSecret(ctx, p.external, p.second.vault)
	p.expect("before hand-over: the operator would write the same", append(errorText(err), butPatched(differences(before, w.api.state()))...)...)
	err = p.reconcile(ctx, w, p.tree[1])
	p.expect("before hand-over: Flux leaves all as it was", append(errorText(err), differences(before, w.api.state())...)...)
	return nil
}

func (p *replay) handOver(ctx context.Context, w *actor) error {
	for _, wrong := range []struct {
		name                     string
		bootBetween, keys, notes bool
	}{
		{"with the keys left in the inventory", false, false, false},
		{"with only the annotations removed", false, false, true},
		{"with the keys deleted while the entries are still in the config", true, true, true},
	} {
		if err := p.wrongHandOver(ctx, w, wrong.name, wrong.bootBetween, wrong.keys, wrong.notes); err != nil {
			return err
		}
	}
	before := w.api.state()
	err := errors.Join(w.boot(ctx, talosOwn()), w.handOver(ctx, p.second.objects, true, true), w.boot(ctx, talosOwn()))
	deleted, failed := w.upgrade(ctx, talosOwn())
	p.expect("after hand-over: upgrade-k8s", append(errorText(err), errorText(failed)...)...)
	p.expect("after hand-over: nothing is pruned", deleted...)
	p.expect("after hand-over: nothing is lost or rolled back", differences(before, w.api.state())...)

	// The next rotation is the operator's alone.
	next := map[string]string{}
	for name, value := range p.second.vault {
		next[name] = value
	}
	next[credential] += "-next"
	err = w.syncSecret(ctx, p.external, next)
	rotated := w.api.state()
	deleted, failed = w.upgrade(ctx, talosOwn())
	p.expect("after hand-over: a rotation stays", append(append(append(errorText(err), errorText(failed)...), deleted...),
		differences(rotated, w.api.state())...)...)
	p.second.vault = next
	p.expectOf("after hand-over: it is the new value", p.holds(w, p.second), "it is not")
	err = p.reconcile(ctx, w, p.tree[1])
	p.expect("after hand-over: Flux finds nothing to do", append(errorText(err), differences(rotated, w.api.state())...)...)
	return nil
}

// wrongHandOver is a hand-over that must go wrong here, as it does in a cluster: else the replay proves nothing.
func (p *replay) wrongHandOver(ctx context.Context, w *actor, name string, bootBetween, keys, notes bool) error {
	other := w.api.clone()
	defer other.close()
	careless, err := newActor(other)
	if err != nil {
		return err
	}
	if err := careless.handOver(ctx, p.second.objects, keys, notes); err != nil {
		return err
	}
	if bootBetween {
		if err := careless.boot(ctx, p.set(p.second)); err != nil {
			return err
		}
	}
	deleted, err := careless.upgrade(ctx, talosOwn())
	lost := false
	for _, each := range deleted {
		lost = lost || each == "Namespace/"+rootName
	}
	p.expect("a hand-over "+name+" runs", errorText(err)...)
	p.expectOf("a hand-over "+name+" loses flux-system, which the replay sees", lost, fmt.Sprintf("deleted: %q", deleted))
	return nil
}
