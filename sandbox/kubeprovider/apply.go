package kubeprovider

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"k8s.io/client-go/util/retry"
)

// defaultManager owns the fields that this provider applies. It is the same
// for every resource and run, so that a run that repeats an interrupted one
// finds its own fields and no conflict.
const defaultManager = "pulumi-kubernetes"

// applyOptions of one server-side apply.
type applyOptions struct {
	manager string
	// dryRun has the API server validate and complete without storing.
	dryRun bool
	// force takes fields over from other managers.
	force bool
}

// managerOf returns the field manager for an object: the annotation's, or the
// one that it was first applied with.
func managerOf(inputs *unstructured.Unstructured, before string) string {
	switch name := annotation(inputs, annotationFieldManager); {
	case name != "":
		return name
	case before != "":
		return before
	default:
		return defaultManager
	}
}

// apply creates obj or makes the fields that the manager owns what obj says.
// Fields that the kind does not have are refused with their paths.
func (c *cluster) apply(
	ctx context.Context, obj *unstructured.Unstructured, o applyOptions,
) (*unstructured.Unstructured, error) {
	client, err := c.client(obj)
	if err != nil {
		return nil, err
	}
	obj = c.scoped(obj)
	body, err := json.Marshal(obj.Object)
	if err != nil {
		return nil, fmt.Errorf("encoding %s %s: %w", obj.GetKind(), obj.GetName(), err)
	}
	options := metav1.PatchOptions{
		FieldManager:    o.manager,
		FieldValidation: metav1.FieldValidationStrict,
		Force:           &o.force,
	}
	if o.dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	applied, err := client.Patch(ctx, obj.GetName(), types.ApplyPatchType, body, options)
	return applied, explainConflict(err, o.manager)
}

// scoped returns obj without a namespace if its kind lives in none, which
// cannot be known before the kind is installed.
func (c *cluster) scoped(obj *unstructured.Unstructured) *unstructured.Unstructured {
	if obj.GetNamespace() == "" || c.namespaced(obj.GroupVersionKind()) {
		return obj
	}
	obj = obj.DeepCopy()
	unstructured.RemoveNestedField(obj.Object, "metadata", "namespace")
	return obj
}

// explainConflict adds to an apply conflict, which names the fields and their
// managers, what to do about it.
func explainConflict(err error, manager string) error {
	if !apierrors.IsConflict(err) {
		return err
	}
	return fmt.Errorf("server-side apply field conflict detected: "+
		"The resource managed by field manager %q had an apply conflict: %w. "+
		"Remove the fields from the program to leave them to their manager, "+
		"or set the annotation %s to \"true\" to take them over", manager, err, annotationPatchForce)
}

// adopt moves fields that kubectl or client-side apply wrote to this
// provider's manager, so that the program prevails over manual edits. It
// returns the live object.
func (c *cluster) adopt(
	ctx context.Context, obj *unstructured.Unstructured, manager string,
) (live *unstructured.Unstructured, err error) {
	client, err := c.client(obj)
	if err != nil {
		return nil, err
	}
	// The patch is for one version of the object, which controllers change.
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if live, err = client.Get(ctx, obj.GetName(), metav1.GetOptions{}); err != nil {
			return err
		}
		writers := sets.New[string]()
		for _, entry := range live.GetManagedFields() {
			if entry.Operation == metav1.ManagedFieldsOperationUpdate && entry.Subresource == "" && adoptable(entry.Manager) {
				writers.Insert(entry.Manager)
			}
		}
		if len(writers) == 0 {
			return nil
		}
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, writers, manager)
		if err != nil || patch == nil {
			return err
		}
		live, err = client.Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
		return err
	})
	return live, err
}

func adoptable(manager string) bool {
	return slices.Contains([]string{"before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes"}, manager) ||
		strings.HasPrefix(manager, "kubectl")
}

// get reads the live object of obj's kind, namespace and name.
func (c *cluster) get(ctx context.Context, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	client, err := c.client(obj)
	if err != nil {
		return nil, err
	}
	return client.Get(ctx, obj.GetName(), metav1.GetOptions{})
}
