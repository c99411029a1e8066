package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	fluxssa "github.com/fluxcd/pkg/ssa"
	"github.com/siderolabs/go-kubernetes/kubernetes/ssa"
	"github.com/siderolabs/go-kubernetes/kubernetes/ssa/object"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// An actor is everybody who writes to a cluster: Talos's machined, `talosctl upgrade-k8s`, Flux, the External Secrets
// Operator and a person. Each uses its own library against the api.
type actor struct {
	api     *api
	config  *rest.Config
	clients *kubernetes.Clientset
	dynamic dynamic.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
}

func newActor(a *api) (*actor, error) {
	w, err := actorAt(&rest.Config{Host: a.server.URL, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}})
	if err == nil {
		w.api = a
	}
	return w, err
}

// actorAt is one for any API server; what looks into the replay's own is not for it.
func actorAt(config *rest.Config) (*actor, error) {
	found, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found))
	all := &actor{config: config, mapper: mapper}
	if all.clients, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	all.dynamic, err = dynamic.NewForConfig(config)
	return all, err
}

const (
	inventoryNamespace = constants.KubernetesInventoryNamespace
	inventoryName      = constants.KubernetesBootstrapManifestsInventoryName
)

// copies keeps the caller's objects as they are: the libraries write into what they are given.
func copies(objects []*unstructured.Unstructured) (made []*unstructured.Unstructured) {
	for _, each := range objects {
		made = append(made, each.DeepCopy())
	}
	return made
}

func (w *actor) resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	mapping, err := w.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return w.dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace()), nil
	}
	return w.dynamic.Resource(mapping.Resource), nil
}

// boot is one pass of Talos's ManifestApplyController (internal/app/machined, read at 1.14, so told again here): what
// is in the inventory is skipped, what exists is entered, what is missing is created. A missing kind is reported and
// the rest goes on; a missing namespace ends the pass.
func (w *actor) boot(ctx context.Context, objects []*unstructured.Unstructured) error {
	inventory, err := ssa.GetInventory(ctx, w.clients, inventoryNamespace, inventoryName)
	if err != nil {
		return err
	}
	w.mapper.Reset()
	contents := inventory.Get()
	var reported []error
	for _, each := range copies(objects) {
		id, err := object.RuntimeToObjMeta(each)
		if err != nil {
			return err
		}
		target, err := w.resource(each)
		if err != nil {
			reported = append(reported, err)
			continue
		}
		if contents.Contains(id) {
			continue
		}
		if _, err = target.Get(ctx, each.GetName(), metav1.GetOptions{}); apierrors.IsNotFound(err) {
			annotate(each, inventoryName)
			_, err = target.Apply(ctx, each.GetName(), each, metav1.ApplyOptions{FieldManager: constants.KubernetesFieldManagerName})
		}
		if err != nil {
			reported = append(reported, fmt.Errorf("%s: %w", identity(each), err))
			break
		}
		contents = contents.Union(object.ObjMetadataSet{id})
	}
	inventory.Update(contents)
	return errors.Join(append(reported, inventory.Write(ctx))...)
}

func annotate(object *unstructured.Unstructured, owner string) {
	annotations := object.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[ssa.InventoryAnnotationKey] = owner
	object.SetAnnotations(annotations)
}

func (w *actor) manager(ctx context.Context) (*ssa.Manager, error) {
	return ssa.NewManager(ctx, w.config, constants.KubernetesFieldManagerName, inventoryNamespace, inventoryName)
}

var upgradeOptions = ssa.ApplyOptions{
	InventoryPolicy:  ssa.InventoryPolicyAdoptIfNoInventory,
	WaitInterval:     50 * time.Millisecond,
	WaitTimeout:      20 * time.Second,
	CustomStageKinds: map[schema.GroupKind]struct{}{{Kind: "ConfigMap"}: {}, {Kind: "Secret"}: {}},
}

// upgrade is what `talosctl upgrade-k8s` does with the manifests, by the library and with the options that it uses.
// The result is what it deleted.
func (w *actor) upgrade(ctx context.Context, objects []*unstructured.Unstructured) (deleted []string, err error) {
	manager, err := w.manager(ctx)
	if err != nil {
		return nil, err
	}
	defer manager.Close()
	changes, err := manager.Apply(ctx, copies(objects), upgradeOptions)
	for _, each := range changes {
		if each.Action == ssa.DeletedAction {
			deleted = append(deleted, each.Subject)
		}
	}
	sort.Strings(deleted)
	return deleted, err
}

// flux is what kustomize-controller does with the objects of a Kustomization.
func (w *actor) flux(ctx context.Context, u *unit) error {
	w.mapper.Reset()
	c, err := client.New(w.config, client.Options{Mapper: w.mapper})
	if err != nil {
		return err
	}
	manager := fluxssa.NewResourceManager(c, polling.NewStatusPoller(c, w.mapper, polling.Options{}), fluxssa.Owner{
		Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io",
	})
	objects := copies(u.objects)
	manager.SetOwnerLabels(objects, u.name(), rootName)
	options := fluxssa.DefaultApplyOptions()
	options.WaitInterval, options.WaitTimeout = 50*time.Millisecond, 20*time.Second
	_, err = manager.ApplyAllStaged(ctx, objects, options)
	return err
}

// syncSecret is what the External Secrets Operator does with creationPolicy Merge: it brings the named keys from the
// vault.
func (w *actor) syncSecret(ctx context.Context, external *unstructured.Unstructured, vault map[string]string) error {
	target, _, _ := unstructured.NestedString(external.Object, "spec", "target", "name")
	secrets := w.clients.CoreV1().Secrets(external.GetNamespace())
	secret, err := secrets.Get(ctx, target, metav1.GetOptions{})
	if err != nil {
		return err
	}
	list, _, _ := unstructured.NestedSlice(external.Object, "spec", "data")
	for _, item := range list {
		entry, _ := item.(map[string]any)
		key, _, _ := unstructured.NestedString(entry, "secretKey")
		name, _, _ := unstructured.NestedString(entry, "remoteRef", "key")
		value, found := vault[name]
		if !found {
			return fmt.Errorf("%s names %s, which the vault does not hold", identity(external), name)
		}
		secret.Data[key] = []byte(value)
	}
	_, err = secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: "external-secrets"})
	return err
}

// handOver is the documented order: the entries are out of the machine config before this; the inventory's keys, then
// the annotations.
func (w *actor) handOver(ctx context.Context, objects []*unstructured.Unstructured, keys, annotations bool) error {
	if keys {
		maps := w.clients.CoreV1().ConfigMaps(inventoryNamespace)
		inventory, err := maps.Get(ctx, inventoryName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, each := range objects {
			id, err := object.RuntimeToObjMeta(each)
			if err != nil {
				return err
			}
			delete(inventory.Data, id.String())
		}
		if _, err = maps.Update(ctx, inventory, metav1.UpdateOptions{FieldManager: "kubectl"}); err != nil {
			return err
		}
	}
	for _, each := range objects {
		target, err := w.resource(each)
		if err != nil {
			return err
		}
		if annotations {
			live, err := target.Get(ctx, each.GetName(), metav1.GetOptions{})
			if err != nil {
				return err
			}
			unstructured.RemoveNestedField(live.Object, "metadata", "annotations", ssa.InventoryAnnotationKey)
			if _, err = target.Update(ctx, live, metav1.UpdateOptions{FieldManager: "kubectl"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// state is every object's content, but for what no reader of it uses: who manages which field, and whose inventory.
func (a *api) state() map[string]string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	found := map[string]string{}
	for key, live := range a.objects {
		if key.name == inventoryName {
			continue
		}
		each := live.DeepCopy()
		each.SetManagedFields(nil)
		each.SetResourceVersion("")
		unstructured.RemoveNestedField(each.Object, "metadata", "annotations", ssa.InventoryAnnotationKey)
		if len(each.GetAnnotations()) == 0 {
			unstructured.RemoveNestedField(each.Object, "metadata", "annotations")
		}
		text, _ := each.MarshalJSON()
		found[kindOf(live)+" "+key.namespace+"/"+key.name] = string(text)
	}
	return found
}

// differences never prints content: there are secrets in it.
func differences(before, after map[string]string) (why []string) {
	for _, name := range sorted(before) {
		if _, there := after[name]; !there {
			why = append(why, name+" is gone")
		} else if before[name] != after[name] {
			why = append(why, name+" has changed")
		}
	}
	for _, name := range sorted(after) {
		if _, there := before[name]; !there {
			why = append(why, name+" is new")
		}
	}
	return why
}

func (a *api) secret(namespace, name, key string) string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	live := a.objects[resourceKey{schema.GroupVersionResource{Version: "v1", Resource: "secrets"}, namespace, name}]
	if live == nil {
		return ""
	}
	text, _, _ := unstructured.NestedString(live.Object, "data", key)
	value, _ := base64.StdEncoding.DecodeString(text)
	return string(value)
}

func (a *api) image(name string) string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	live := a.objects[resourceKey{schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, rootName, name}]
	if live == nil {
		return ""
	}
	return strings.Join(images(live.Object, 0), " ")
}
