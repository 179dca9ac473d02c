package platform

import (
	"slices"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/custom"
	"gantry.dev/gantry/modules/naming"
)

// maker registers the objects of one platform, each after what came before it.
type maker struct {
	ctx    *pulumi.Context
	parent string
	opts   []pulumi.ResourceOption
	// namespaces that exist already; shared by all makers of one platform.
	namespaces map[string]pulumi.Resource
}

// after is the maker of what has to wait for the resources.
func (m *maker) after(resources ...pulumi.Resource) *maker {
	if len(resources) == 0 {
		return m
	}
	next := *m
	next.opts = append(slices.Clone(m.opts), pulumi.DependsOn(resources))
	return &next
}

// child is the Pulumi name of an object of the platform.
func (m *maker) child(what string) string { return m.parent + "-" + what }

// namespace makes a namespace when it is first asked for. One that every cluster
// has is not made.
func (m *maker) namespace(name string) ([]pulumi.Resource, error) {
	level, ours := namespaceLevels[name]
	if !ours {
		return nil, nil
	}
	return m.namespaceAt(name, level)
}

func (m *maker) namespaceAt(name string, level podSecurity) ([]pulumi.Resource, error) {
	if there, ok := m.namespaces[name]; ok {
		return []pulumi.Resource{there}, nil
	}
	made, err := newNamespace(m.ctx, m.parent, name, level, m.opts...)
	if err != nil {
		return nil, err
	}
	m.namespaces[name] = made
	return []pulumi.Resource{made}, nil
}

// object is a custom resource.
type object struct {
	// what it is among the platform's resources; its Pulumi name ends in it.
	what string
	// apiVersion and kind of its definition.
	apiVersion, kind string
	// namespace and name; a cluster-wide one has no namespace.
	namespace, name string
	labels          map[string]string
	annotations     pulumi.StringMap
	// spec of the object; values may be outputs.
	spec map[string]any
}

// object registers a custom resource.
func (m *maker) object(o object) (pulumi.Resource, error) {
	labels := naming.AppLabels(o.name, o.what)
	for key, value := range o.labels {
		labels[key] = value
	}
	metadata := &metav1.ObjectMetaArgs{
		Name:        pulumi.String(o.name),
		Labels:      pulumi.ToStringMap(labels),
		Annotations: o.annotations,
	}
	if o.namespace != "" {
		metadata.Namespace = pulumi.String(o.namespace)
	}
	return custom.New(m.ctx, m.child(o.what), custom.Object{
		APIVersion: o.apiVersion, Kind: o.kind, Metadata: metadata, Spec: o.spec,
	}, m.opts...)
}

// inOrder registers custom resources, each after the one before it.
func (m *maker) inOrder(objects ...object) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	for _, o := range objects {
		one, err := m.object(o)
		if err != nil {
			return nil, err
		}
		made, m = append(made, one), m.after(one)
	}
	return made, nil
}
