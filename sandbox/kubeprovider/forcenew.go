package kubeprovider

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// immutable lists, by kind, the fields that cannot change in a live object, so
// that a change of one replaces it. It is the table of pulumi-kubernetes
// (provider/pkg/provider/diff.go), which is shorter than what the API server
// refuses: a change of a field that is missing here, such as a StorageClass's
// reclaimPolicy, fails there and here with the server's message.
var immutable = map[schema.GroupKind][]string{
	{Kind: "PersistentVolume"}: {
		"spec.awsElasticBlockStore", "spec.azureDisk", "spec.azureFile", "spec.cephfs", "spec.cinder",
		"spec.csi", "spec.fc", "spec.flexVolume", "spec.flocker", "spec.gcePersistentDisk",
		"spec.glusterfs", "spec.hostPath", "spec.iscsi", "spec.local", "spec.nfs",
		"spec.photonPersistentDisk", "spec.portworxVolume", "spec.quobyte", "spec.rbd",
		"spec.scaleIO", "spec.storageos", "spec.vsphereVolume",
	},
	{Kind: "PersistentVolumeClaim"}: {
		"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName",
	},
	{Kind: "Pod"}:           podFields,
	{Kind: "ResourceQuota"}: {"spec.scopes"},
	{Kind: "Secret"}:        {"type"},
	{Kind: "Service"}:       {"spec.clusterIP"},

	{Group: "apps", Kind: "DaemonSet"}:  {"spec.selector"},
	{Group: "apps", Kind: "Deployment"}: {"spec.selector"},
	{Group: "apps", Kind: "StatefulSet"}: {
		"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector",
		"spec.serviceName", "spec.volumeClaimTemplates",
	},
	{Group: "batch", Kind: "Job"}: {
		"spec.completions", "spec.parallelism", "spec.selector", "spec.template",
	},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {"roleRef"},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        {"roleRef"},
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                  {"parameters", "provisioner"},
}

var podFields = func() []string {
	fields := []string{
		"spec.affinity", "spec.automountServiceAccountToken", "spec.dnsConfig", "spec.dnsPolicy",
		"spec.enableServiceLinks", "spec.hostAliases", "spec.hostIPC", "spec.hostNetwork", "spec.hostPID",
		"spec.hostname", "spec.imagePullSecrets", "spec.nodeName", "spec.nodeSelector", "spec.overhead",
		"spec.preemptionPolicy", "spec.priority", "spec.priorityClassName", "spec.readinessGates",
		"spec.restartPolicy", "spec.runtimeClassName", "spec.schedulerName", "spec.securityContext",
		"spec.serviceAccount", "spec.serviceAccountName", "spec.shareProcessNamespace", "spec.subdomain",
		"spec.terminationGracePeriodSeconds", "spec.volumes",
	}
	for _, containers := range []string{"spec.containers.*.", "spec.initContainers.*."} {
		for _, field := range []string{
			"args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports",
			"readinessProbe", "resources", "securityContext", "stdin", "stdinOnce",
			"terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts",
			"workingDir",
		} {
			fields = append(fields, containers+field)
		}
	}
	return fields
}()

// forceNew returns the fields whose change replaces obj. ConfigMaps and
// Secrets are replaced on new data unless the provider is told that they are
// mutable, so that what reads them gets a new name to roll over to.
func forceNew(obj *unstructured.Unstructured, set settings) []fieldPattern {
	fields := []string{"metadata.name", "metadata.namespace"}
	kind := obj.GroupVersionKind().GroupKind()
	fixed := obj.Object["immutable"] == true
	switch {
	case kind == secretKind && (fixed || !set.secretMutable):
		fields = append(fields, "type", "stringData", "data")
	case kind == schema.GroupKind{Kind: "ConfigMap"} && (fixed || !set.configMapMutable):
		fields = append(fields, "binaryData", "data")
	default:
		fields = append(fields, immutable[kind]...)
	}
	patterns := make([]fieldPattern, len(fields))
	for i, field := range fields {
		patterns[i] = strings.Split(field, ".")
	}
	return patterns
}

// fieldPattern is a path of field names, where * stands for any list element.
type fieldPattern []string

// touches tells whether a change at path, of value, is a change of the field:
// at it, below it, or above it in a value that has it.
func (f fieldPattern) touches(path []any, value any) bool {
	n := min(len(f), len(path))
	for i, step := range path[:n] {
		if _, index := step.(int); index != (f[i] == "*") || (!index && step != f[i]) {
			return false
		}
	}
	return len(path) >= len(f) || f[n:].in(value)
}

// in tells whether value has the field.
func (f fieldPattern) in(value any) bool {
	if len(f) == 0 {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		v, ok := value[f[0]]
		return ok && f[1:].in(v)
	case []any:
		return f[0] == "*" && slices.ContainsFunc(value, f[1:].in)
	}
	return false
}
