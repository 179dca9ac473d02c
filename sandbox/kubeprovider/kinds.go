package kubeprovider

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// kindOf reads a resource type such as kubernetes:apps/v1:Deployment. Pulumi
// spells the core group, which has no name, as core.
func kindOf(typ string) (schema.GroupVersionKind, error) {
	bad := fmt.Errorf("resource type %q: expected kubernetes:<group>/<version>:<Kind>", typ)
	parts := strings.Split(typ, ":")
	if len(parts) != 3 || parts[0] != "kubernetes" || parts[2] == "" {
		return schema.GroupVersionKind{}, bad
	}
	group, version, ok := strings.Cut(parts[1], "/")
	if !ok || version == "" {
		return schema.GroupVersionKind{}, bad
	}
	if group == "core" {
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: parts[2]}, nil
}

// builtIn tells whether Kubernetes itself defines a kind.
func builtIn(gvk schema.GroupVersionKind) bool {
	return scheme.Scheme.Recognizes(gvk)
}

func builtInToken(typ string) bool {
	gvk, err := kindOf(typ)
	return err == nil && builtIn(gvk)
}

var (
	crdKind    = schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}
	secretKind = schema.GroupKind{Kind: "Secret"}
)

// clusterScoped are the kinds of Kubernetes that live in no namespace, for
// when no cluster can be asked. Source: `kubectl api-resources
// --namespaced=false` of Kubernetes 1.34.
var clusterScoped = func() map[schema.GroupKind]bool {
	kinds := map[string][]string{
		"":                             {"Namespace", "Node", "PersistentVolume"},
		"admissionregistration.k8s.io": {"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"},
		"apiextensions.k8s.io":         {"CustomResourceDefinition"},
		"apiregistration.k8s.io":       {"APIService"},
		"certificates.k8s.io":          {"CertificateSigningRequest", "ClusterTrustBundle"},
		"flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
		"networking.k8s.io":            {"IngressClass", "IPAddress", "ServiceCIDR"},
		"node.k8s.io":                  {"RuntimeClass"},
		"rbac.authorization.k8s.io":    {"ClusterRole", "ClusterRoleBinding"},
		"resource.k8s.io":              {"DeviceClass", "ResourceSlice"},
		"scheduling.k8s.io":            {"PriorityClass"},
		"storage.k8s.io":               {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
	}
	set := map[schema.GroupKind]bool{}
	for group, names := range kinds {
		for _, name := range names {
			set[schema.GroupKind{Group: group, Kind: name}] = true
		}
	}
	return set
}()
