// Package custom registers custom resources: objects of kinds that Kubernetes
// learns from a chart. They are written as plain maps and judged by the API
// server, against the definitions that the chart brought.
package custom

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Object is a custom resource.
type Object struct {
	// APIVersion and Kind of its definition.
	APIVersion, Kind string
	// Metadata of the object.
	Metadata *metav1.ObjectMetaArgs
	// Spec of the object; values may be outputs.
	Spec map[string]any
}

// New registers an object under a Pulumi name.
func New(ctx *pulumi.Context, name string, o Object, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	made, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
		ApiVersion:  pulumi.String(o.APIVersion),
		Kind:        pulumi.String(o.Kind),
		Metadata:    o.Metadata,
		OtherFields: kubernetes.UntypedArgs{"spec": o.Spec},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Kind, name, err)
	}
	return made, nil
}
