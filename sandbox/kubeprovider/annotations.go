package kubeprovider

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Annotations by which a program steers the provider. Source:
// pulumi-kubernetes, provider/pkg/metadata/annotations.go.
const (
	annotationAutonamed    = "pulumi.com/autonamed"
	annotationSkipAwait    = "pulumi.com/skipAwait"
	annotationWaitFor      = "pulumi.com/waitFor"
	annotationTimeout      = "pulumi.com/timeoutSeconds"
	annotationPatchForce   = "pulumi.com/patchForce"
	annotationFieldManager = "pulumi.com/patchFieldManager"
	annotationPropagation  = "pulumi.com/deletionPropagationPolicy"
)

// managedByLabel is carried over from state written without server-side
// apply; objects created here do not get it.
const managedByLabel = "app.kubernetes.io/managed-by"

func annotated(obj *unstructured.Unstructured, key string) bool {
	return annotation(obj, key) == "true"
}

// annotation reads one annotation, also when others are not known yet.
func annotation(obj *unstructured.Unstructured, key string) string {
	annotations, _, _ := unstructured.NestedFieldNoCopy(obj.Object, "metadata", "annotations")
	all, _ := annotations.(map[string]any)
	value, _ := all[key].(string)
	return value
}

// setAnnotation writes one annotation, unless the annotations as a whole are
// not known yet.
func setAnnotation(obj *unstructured.Unstructured, key, value string) {
	metadata, ok := child(obj.Object, "metadata")
	if !ok {
		return
	}
	if annotations, ok := child(metadata, "annotations"); ok {
		annotations[key] = value
	}
}

// child returns the map at key, made when absent; false when something else is
// there.
func child(parent map[string]any, key string) (map[string]any, bool) {
	if parent[key] == nil {
		parent[key] = map[string]any{}
	}
	m, ok := parent[key].(map[string]any)
	return m, ok
}

// awaitTimeout is how long to wait for an object: the resource's own timeout
// in seconds, or the annotation's, or ten minutes.
func awaitTimeout(requested float64, inputs *unstructured.Unstructured) time.Duration {
	if requested > 0 {
		return time.Duration(requested * float64(time.Second))
	}
	if n, err := strconv.Atoi(annotation(inputs, annotationTimeout)); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return 10 * time.Minute
}

func propagation(inputs *unstructured.Unstructured) metav1.DeletionPropagation {
	switch strings.ToLower(annotation(inputs, annotationPropagation)) {
	case "orphan":
		return metav1.DeletePropagationOrphan
	case "background":
		return metav1.DeletePropagationBackground
	default:
		return metav1.DeletePropagationForeground
	}
}

// waitForExpressions are the conditions of the waitFor annotation: one, or a
// JSON array of several.
func waitForExpressions(inputs *unstructured.Unstructured) []string {
	value := annotation(inputs, annotationWaitFor)
	if value == "" {
		return nil
	}
	var several []string
	if err := json.Unmarshal([]byte(value), &several); err == nil {
		return several
	}
	return []string{value}
}

// skippableDelete are the kinds whose deletion is not waited for either when
// they are annotated to skip waiting.
var skippableDelete = map[schema.GroupKind]bool{
	{Kind: "Namespace"}:                  true,
	{Kind: "Pod"}:                        true,
	{Kind: "ReplicationController"}:      true,
	{Group: "apps", Kind: "DaemonSet"}:   true,
	{Group: "apps", Kind: "Deployment"}:  true,
	{Group: "apps", Kind: "StatefulSet"}: true,
	{Group: "batch", Kind: "Job"}:        true,
}
