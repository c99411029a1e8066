package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	notificationv1 "github.com/fluxcd/notification-controller/api/v1"
	notificationv1beta3 "github.com/fluxcd/notification-controller/api/v1beta3"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	clientgo "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// Kinds of Kubernetes itself that live in no namespace.
var clusterScoped = map[schema.GroupKind]bool{
	{Kind: "Namespace"}:        true,
	{Kind: "Node"}:             true,
	{Kind: "PersistentVolume"}: true,
	{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"}:     true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"}:        true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicyBinding"}: true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"}:   true,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}:                 true,
	{Group: "apiregistration.k8s.io", Kind: "APIService"}:                             true,
	{Group: "networking.k8s.io", Kind: "IngressClass"}:                                true,
	{Group: "node.k8s.io", Kind: "RuntimeClass"}:                                      true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:                         true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}:                  true,
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}:                               true,
	{Group: "storage.k8s.io", Kind: "CSIDriver"}:                                      true,
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                                   true,
}

// A version of a custom resource, judged as the API server does: unknown fields, schema, list types, rules.
type version struct {
	structure *structural.Structural
	schema    validation.SchemaCreateValidator
	rules     *cel.Validator
}

type definition struct {
	namespaced bool
	props      map[string]*apiextensions.JSONSchemaProps
	versions   map[string]*version
}

// kinds knows every kind that a tree may hold: the Go types of Kubernetes and Flux, and CRDs.
type kinds struct {
	scheme  *runtime.Scheme
	decoder runtime.Decoder
	crds    map[schema.GroupKind]*definition
}

func newKinds() *kinds {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgo.AddToScheme, apiextensionsv1.AddToScheme, sourcev1.AddToScheme, kustomizev1.AddToScheme,
		helmv2.AddToScheme, notificationv1.AddToScheme, notificationv1beta3.AddToScheme,
	} {
		utilruntime.Must(add(scheme))
	}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	return &kinds{scheme, codecs.UniversalDeserializer(), map[schema.GroupKind]*definition{}}
}

// load reads every CRD of the files in a directory.
func (k *kinds) load(directory string) error {
	files, err := filepath.Glob(filepath.Join(directory, "*.yaml"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s holds no CRDs", directory)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		objects, err := documents(data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, object := range objects {
			if err := k.define(object); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return nil
}

func (k *kinds) define(object *unstructured.Unstructured) error {
	if object.GetKind() != "CustomResourceDefinition" {
		return nil
	}
	var external apiextensionsv1.CustomResourceDefinition
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &external); err != nil {
		return err
	}
	var crd apiextensions.CustomResourceDefinition
	err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&external, &crd, nil)
	if err != nil {
		return err
	}
	d := &definition{
		crd.Spec.Scope == apiextensions.NamespaceScoped,
		map[string]*apiextensions.JSONSchemaProps{}, map[string]*version{},
	}
	for _, v := range crd.Spec.Versions {
		if !v.Served {
			continue
		}
		props := crd.Spec.Validation
		if v.Schema != nil {
			props = v.Schema
		}
		if props != nil {
			d.props[v.Name] = props.OpenAPIV3Schema
		}
	}
	k.crds[schema.GroupKind{Group: crd.Spec.Group, Kind: crd.Spec.Names.Kind}] = d
	return nil
}

// version compiles what is asked for, once.
func (d *definition) version(name string) (*version, error) {
	if made := d.versions[name]; made != nil {
		return made, nil
	}
	props := d.props[name]
	if props == nil {
		return nil, fmt.Errorf("version %s is not served", name)
	}
	structure, err := structural.NewStructural(props)
	if err != nil {
		return nil, err
	}
	validator, _, err := validation.NewSchemaValidator(props)
	if err != nil {
		return nil, err
	}
	d.versions[name] = &version{structure, validator, cel.NewValidator(structure, true, celconfig.PerCallLimit)}
	return d.versions[name], nil
}

func (k *kinds) namespaced(kind schema.GroupKind) bool {
	if d := k.crds[kind]; d != nil {
		return d.namespaced
	}
	return !clusterScoped[kind]
}

// judge says everything that the API server would refuse or drop.
func (k *kinds) judge(object *unstructured.Unstructured) (why []string) {
	gvk := object.GroupVersionKind()
	d, typed := k.crds[gvk.GroupKind()], k.scheme.Recognizes(gvk)
	if d == nil && !typed {
		return []string{fmt.Sprintf("%s: nobody here knows this kind", gvk)}
	}
	if typed {
		data, err := object.MarshalJSON()
		if err == nil {
			_, _, err = k.decoder.Decode(data, nil, nil)
		}
		why = append(why, errorText(err)...)
	}
	if d != nil {
		v, err := d.version(gvk.Version)
		if err != nil {
			return append(why, err.Error())
		}
		why = append(why, v.judge(object)...)
	}
	if !k.namespaced(gvk.GroupKind()) && object.GetNamespace() != "" {
		why = append(why, fmt.Sprintf("namespace %s on a kind that lives in none", object.GetNamespace()))
	}
	return why
}

func (v *version) judge(object *unstructured.Unstructured) (why []string) {
	content := object.DeepCopy().Object
	track := structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	unknown := pruning.PruneWithOptions(content, v.structure, true, track)
	for _, path := range unknown {
		why = append(why, "unknown field "+path)
	}
	defaulting.Default(content, v.structure)
	errs := validation.ValidateCustomResource(nil, content, v.schema)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, v.structure, content)...)
	rules, _ := v.rules.Validate(context.Background(), nil, v.structure, content, nil, celconfig.RuntimeCELCostBudget)
	for _, err := range append(errs, rules...) {
		why = append(why, err.Error())
	}
	return why
}

// created is the object as the API server stores it before any controller has seen it: with the CRD's defaults.
func (k *kinds) created(object *unstructured.Unstructured) *unstructured.Unstructured {
	made := object.DeepCopy()
	unstructured.RemoveNestedField(made.Object, "status")
	made.SetGeneration(1)
	if d := k.crds[object.GroupVersionKind().GroupKind()]; d != nil {
		if v, err := d.version(object.GroupVersionKind().Version); err == nil {
			defaulting.Default(made.Object, v.structure)
		}
	}
	return made
}

// documents splits a YAML stream; a mapping with a key twice is an error.
func documents(data []byte) (objects []*unstructured.Unstructured, err error) {
	for _, part := range strings.Split("\n"+string(data), "\n---") {
		object := map[string]any{}
		if err := yaml.UnmarshalStrict([]byte(part), &object); err != nil {
			return nil, err
		}
		if len(object) == 0 {
			continue
		}
		if items, is := object["items"].([]any); is && object["kind"] == "List" {
			for _, item := range items {
				if inner, is := item.(map[string]any); is {
					objects = append(objects, integers(inner))
				}
			}
			continue
		}
		objects = append(objects, integers(object))
	}
	return objects, nil
}

// integers gives numbers the types that the API machinery expects.
func integers(object map[string]any) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	if data, err := json.Marshal(object); err == nil {
		if err = u.UnmarshalJSON(data); err == nil {
			return u
		}
	}
	return &unstructured.Unstructured{Object: object}
}

func identity(object *unstructured.Unstructured) string {
	name := object.GetName()
	if object.GetNamespace() != "" {
		name = object.GetNamespace() + "/" + name
	}
	return object.GetKind() + " " + name
}

func sorted[V any](of map[string]V) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
