package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"sync"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	clientgo "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// An api is the smallest API server that the real clients of Talos and Flux run against: discovery, the verbs, and
// server-side apply by the library that the real one uses. It stores one version of a kind, runs no controller but
// three: a CRD is established at once, the objects of a deleted Namespace and of a deleted CRD go with it.
// Kinds of CRDs are typed by deduction, so lists in them are atomic.
type api struct {
	mutex     sync.Mutex
	objects   map[resourceKey]*unstructured.Unstructured
	resources map[schema.GroupVersionResource]resource
	version   int64
	managers  map[schema.GroupVersionKind]*managedfields.FieldManager
	typed     managedfields.TypeConverter
	scheme    *runtime.Scheme
	server    *httptest.Server
	writes    []string // what has changed, as "VERB identity", for the tests
}

type resource struct {
	kind       schema.GroupVersionKind
	namespaced bool
}

type resourceKey struct {
	resource        schema.GroupVersionResource
	namespace, name string
}

var builtinGroups = []schema.GroupVersion{
	{Version: "v1"}, {Group: "apps", Version: "v1"}, {Group: "rbac.authorization.k8s.io", Version: "v1"},
	{Group: "networking.k8s.io", Version: "v1"}, {Group: "apiextensions.k8s.io", Version: "v1"},
	{Group: "storage.k8s.io", Version: "v1"}, {Group: "batch", Version: "v1"}, {Group: "policy", Version: "v1"},
	{Group: "scheduling.k8s.io", Version: "v1"}, {Group: "discovery.k8s.io", Version: "v1"},
	{Group: "admissionregistration.k8s.io", Version: "v1"},
}

var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

func newAPI(scheme *runtime.Scheme) *api {
	a := &api{
		objects: map[resourceKey]*unstructured.Unstructured{}, resources: map[schema.GroupVersionResource]resource{},
		managers: map[schema.GroupVersionKind]*managedfields.FieldManager{},
		typed:    applyconfigurations.NewTypeConverter(clientgo.Scheme), scheme: scheme,
	}
	for _, group := range builtinGroups {
		for kind, of := range scheme.KnownTypes(group) {
			if _, is := reflect.New(of).Interface().(metav1.Object); is {
				gvk := group.WithKind(kind)
				plural, _ := meta.UnsafeGuessKindToResource(gvk)
				a.resources[plural] = resource{gvk, !clusterScoped[gvk.GroupKind()]}
			}
		}
	}
	for _, name := range []string{"default", "kube-system", "kube-public", "kube-node-lease"} {
		object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace",
			"metadata": map[string]any{"name": name}}}
		a.store(resourceKey{namespaces, "", name}, object)
	}
	a.server = httptest.NewServer(a)
	return a
}

func (a *api) close() { a.server.Close() }

// clone is another server with the same state.
func (a *api) clone() *api {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	other := newAPI(a.scheme)
	other.objects, other.version = map[resourceKey]*unstructured.Unstructured{}, a.version
	for key, object := range a.objects {
		other.objects[key] = object.DeepCopy()
	}
	other.resources = maps.Clone(a.resources)
	return other
}

// Conversions between versions do not happen here: an object has the version that it came in.
type asIs struct{}

func (asIs) Convert(in, out, context any) error { return errors.New("no conversion") }
func (asIs) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}
func (asIs) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}
func (asIs) Default(runtime.Object) {}
func (asIs) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	made := &unstructured.Unstructured{}
	made.SetGroupVersionKind(kind)
	return made, nil
}

func (a *api) manager(kind schema.GroupVersionKind) (*managedfields.FieldManager, error) {
	if a.managers[kind] == nil {
		converter := managedfields.NewDeducedTypeConverter()
		if clientgo.Scheme.Recognizes(kind) {
			converter = a.typed
		}
		made, err := managedfields.NewDefaultFieldManager(converter, asIs{}, asIs{}, asIs{}, kind, kind.GroupVersion(), "", nil)
		if err != nil {
			return nil, err
		}
		a.managers[kind] = made
	}
	return a.managers[kind], nil
}

// store puts an object in its place with a new version and does what the three controllers do.
func (a *api) store(key resourceKey, object *unstructured.Unstructured) {
	a.version++
	object.SetResourceVersion(strconv.FormatInt(a.version, 10))
	if object.GetUID() == "" {
		object.SetUID(types.UID("uid-" + object.GetResourceVersion()))
		object.SetCreationTimestamp(metav1.Now())
	}
	if object.GetKind() == "CustomResourceDefinition" {
		a.establish(object)
	}
	a.objects[key] = object
}

func (a *api) establish(crd *unstructured.Unstructured) {
	crd.Object["status"] = map[string]any{"conditions": []any{
		map[string]any{"type": "NamesAccepted", "status": "True"}, map[string]any{"type": "Established", "status": "True"}}}
	for gvr, each := range resourcesOfCRD(crd) {
		a.resources[gvr] = each
	}
}

func resourcesOfCRD(crd *unstructured.Unstructured) map[schema.GroupVersionResource]resource {
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	plural, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "plural")
	kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	scope, _, _ := unstructured.NestedString(crd.Object, "spec", "scope")
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	found := map[schema.GroupVersionResource]resource{}
	for _, item := range versions {
		version, _ := item.(map[string]any)
		name, _ := version["name"].(string)
		gv := schema.GroupVersion{Group: group, Version: name}
		if served, _ := version["served"].(bool); served {
			found[gv.WithResource(plural)] = resource{gv.WithKind(kind), scope == "Namespaced"}
		}
	}
	return found
}

func (a *api) remove(key resourceKey) {
	object := a.objects[key]
	delete(a.objects, key)
	a.writes = append(a.writes, "DELETE "+identity(object))
	gone := map[schema.GroupVersionResource]resource{}
	if object.GetKind() == "CustomResourceDefinition" {
		gone = resourcesOfCRD(object)
	}
	for other := range a.objects {
		_, of := gone[other.resource]
		if of || (object.GetKind() == "Namespace" && other.namespace == object.GetName()) {
			a.remove(other)
		}
	}
	for each := range gone {
		delete(a.resources, each)
	}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	var answer any
	if err == nil {
		answer, err = a.answer(r, body)
	}
	status := http.StatusOK
	if err != nil {
		refusal, is := err.(apierrors.APIStatus)
		if !is {
			refusal = apierrors.NewInternalError(err)
		}
		said := refusal.Status()
		said.APIVersion, said.Kind, status = "v1", "Status", int(said.Code)
		answer = said
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (a *api) answer(r *http.Request, body []byte) (any, error) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/api":
		return metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}}, nil
	case r.URL.Path == "/apis":
		return a.groups(), nil
	case parts[0] == "api" && len(parts) >= 2:
		return a.group(schema.GroupVersion{Version: parts[1]}, parts[2:], r, body)
	case parts[0] == "apis" && len(parts) >= 3:
		return a.group(schema.GroupVersion{Group: parts[1], Version: parts[2]}, parts[3:], r, body)
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{}, r.URL.Path)
}

func (a *api) groups() metav1.APIGroupList {
	versions := map[string]map[string]bool{}
	for gvr := range a.resources {
		if gvr.Group != "" {
			if versions[gvr.Group] == nil {
				versions[gvr.Group] = map[string]bool{}
			}
			versions[gvr.Group][gvr.Version] = true
		}
	}
	list := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	for _, group := range sorted(versions) {
		each := metav1.APIGroup{Name: group}
		for _, version := range sorted(versions[group]) {
			found := metav1.GroupVersionForDiscovery{GroupVersion: group + "/" + version, Version: version}
			each.Versions = append(each.Versions, found)
		}
		each.PreferredVersion = each.Versions[0]
		list.Groups = append(list.Groups, each)
	}
	return list
}

func (a *api) group(gv schema.GroupVersion, rest []string, r *http.Request, body []byte) (any, error) {
	if len(rest) == 0 {
		list := metav1.APIResourceList{GroupVersion: gv.String()}
		list.Kind, list.APIVersion = "APIResourceList", "v1"
		for gvr, each := range a.resources {
			if gvr.GroupVersion() == gv {
				list.APIResources = append(list.APIResources, metav1.APIResource{Name: gvr.Resource, Kind: each.kind.Kind,
					Namespaced: each.namespaced, Verbs: metav1.Verbs{"create", "delete", "get", "list", "patch", "update"}})
			}
		}
		if len(list.APIResources) == 0 {
			return nil, apierrors.NewNotFound(schema.GroupResource{Group: gv.Group}, gv.Version)
		}
		sort.Slice(list.APIResources, func(i, j int) bool { return list.APIResources[i].Name < list.APIResources[j].Name })
		return list, nil
	}
	namespace := ""
	if rest[0] == "namespaces" && len(rest) > 2 {
		namespace, rest = rest[1], rest[2:]
	}
	gvr := gv.WithResource(rest[0])
	of, known := a.resources[gvr]
	if !known {
		return nil, apierrors.NewNotFound(gvr.GroupResource(), "")
	}
	switch {
	case len(rest) == 1 && r.Method == http.MethodGet:
		return a.list(gvr, of, namespace), nil
	case len(rest) == 1 && r.Method == http.MethodPost:
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(body); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		return a.write(r, resourceKey{gvr, namespace, object.GetName()}, of, body)
	case len(rest) == 2:
		return a.one(r, resourceKey{gvr, namespace, rest[1]}, of, body)
	}
	return nil, apierrors.NewMethodNotSupported(gvr.GroupResource(), r.Method)
}

func (a *api) list(gvr schema.GroupVersionResource, of resource, namespace string) any {
	items := []any{}
	for key, object := range a.objects {
		if key.resource == gvr && (namespace == "" || key.namespace == namespace) {
			items = append(items, object.Object)
		}
	}
	return map[string]any{"apiVersion": of.kind.GroupVersion().String(), "kind": of.kind.Kind + "List",
		"metadata": map[string]any{"resourceVersion": strconv.FormatInt(a.version, 10)}, "items": items}
}

func (a *api) one(r *http.Request, key resourceKey, of resource, body []byte) (any, error) {
	live := a.objects[key]
	switch r.Method {
	case http.MethodGet:
		if live == nil {
			return nil, apierrors.NewNotFound(key.resource.GroupResource(), key.name)
		}
		return live.Object, nil
	case http.MethodDelete:
		if live == nil {
			return nil, apierrors.NewNotFound(key.resource.GroupResource(), key.name)
		}
		a.remove(key)
		return metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess}, nil
	case http.MethodPut, http.MethodPatch:
		return a.write(r, key, of, body)
	}
	return nil, apierrors.NewMethodNotSupported(key.resource.GroupResource(), r.Method)
}

// write is create, update and every patch; with dryRun=All nothing is kept.
func (a *api) write(r *http.Request, key resourceKey, of resource, body []byte) (any, error) {
	live := a.objects[key]
	group, query := key.resource.GroupResource(), r.URL.Query()
	apply := r.Header.Get("Content-Type") == string(types.ApplyPatchType)
	switch {
	case r.Method == http.MethodPost && live != nil:
		return nil, apierrors.NewAlreadyExists(group, key.name)
	case r.Method != http.MethodPost && live == nil && !apply:
		return nil, apierrors.NewNotFound(group, key.name)
	case of.namespaced && a.objects[resourceKey{namespaces, "", key.namespace}] == nil:
		return nil, apierrors.NewNotFound(namespaces.GroupResource(), key.namespace)
	}
	manager, err := a.manager(of.kind)
	if err != nil {
		return nil, err
	}
	name := query.Get("fieldManager")
	if name == "" {
		name, _, _ = strings.Cut(r.UserAgent(), "/")
	}
	base := live
	if base == nil {
		fresh, _ := asIs{}.New(of.kind)
		base = fresh.(*unstructured.Unstructured)
	}
	var made runtime.Object
	if apply {
		applied := &unstructured.Unstructured{}
		data, err := yaml.YAMLToJSON(body)
		if err == nil {
			err = applied.UnmarshalJSON(data)
		}
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		made, err = manager.Apply(base.DeepCopy(), applied, name, query.Get("force") == "true")
		if err != nil {
			return nil, err
		}
	} else {
		updated, err := change(r.Header.Get("Content-Type"), live, body)
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if live != nil && updated.GetResourceVersion() != "" && updated.GetResourceVersion() != live.GetResourceVersion() {
			return nil, apierrors.NewConflict(group, key.name, errors.New("the object has been modified"))
		}
		made, err = manager.Update(base.DeepCopy(), updated, name)
		if err != nil {
			return nil, err
		}
	}
	object := made.(*unstructured.Unstructured)
	if object.GetName() != key.name || (of.namespaced && object.GetNamespace() != key.namespace) {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%s is not %s/%s", identity(object), key.namespace, key.name))
	}
	return a.keep(query.Get("dryRun") != "", key, of, live, object), nil
}

func (a *api) keep(dryRun bool, key resourceKey, of resource, live, object *unstructured.Unstructured) any {
	if live != nil {
		// What no writer may change, and a write that changes nothing keeps the version.
		object.SetUID(live.GetUID())
		object.SetCreationTimestamp(live.GetCreationTimestamp())
		object.SetResourceVersion(live.GetResourceVersion())
		if status, has := live.Object["status"]; has {
			object.Object["status"] = status
		}
		if same(live, object) {
			return live.Object
		}
	}
	if !of.namespaced {
		object.SetNamespace("")
	}
	if dryRun {
		return object.Object
	}
	verb := "CREATE "
	if live != nil {
		verb = "CHANGE "
	}
	a.writes = append(a.writes, verb+identity(object))
	a.store(key, object)
	return object.Object
}

// same compares without the times of the managed fields.
func same(a, b *unstructured.Unstructured) bool {
	left, right := a.DeepCopy(), b.DeepCopy()
	for _, object := range []*unstructured.Unstructured{left, right} {
		fields := object.GetManagedFields()
		for i := range fields {
			fields[i].Time = nil
		}
		object.SetManagedFields(fields)
	}
	return reflect.DeepEqual(left.Object, right.Object)
}

func change(contentType string, live *unstructured.Unstructured, body []byte) (*unstructured.Unstructured, error) {
	if contentType == string(types.JSONPatchType) || contentType == string(types.MergePatchType) {
		was, err := live.MarshalJSON()
		if err != nil {
			return nil, err
		}
		if contentType == string(types.MergePatchType) {
			body, err = jsonpatch.MergePatch(was, body)
		} else {
			var patch jsonpatch.Patch
			if patch, err = jsonpatch.DecodePatch(body); err == nil {
				body, err = patch.Apply(was)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(body)
}
