package kubeprovider

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Check completes an object's inputs: apiVersion and kind from the type, a
// name if it has none, the namespace if its kind lives in one, and canonical
// spelling. A field that the kind does not have is a failure.
func (p *provider) Check(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	s := p.session(ctx)
	c, set := s.target()
	if c == nil && set.skipUpdateUnreachable {
		s.warn(ctx, req.GetUrn(), "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...")
		return &pulumirpc.CheckResponse{Inputs: req.GetOlds()}, nil
	}
	if err := refuse(req.GetUrn()); err != nil {
		return nil, err
	}
	news, err := decode(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("reading the inputs of %s: %w", req.GetUrn(), err)
	}
	olds, err := decode(req.GetOlds())
	if err != nil {
		return nil, fmt.Errorf("reading the old inputs of %s: %w", req.GetUrn(), err)
	}

	if isRelease(req.GetUrn()) {
		return s.checkRelease(ctx, req, news, olds)
	}

	inputs, problems, err := checkObject(toObject(news), toObject(olds), req, func(obj *unstructured.Unstructured) string {
		if c.namespaced(obj.GroupVersionKind()) {
			return c.defaultNamespace(set)
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	checked := toProperties(inputs)
	markSecrets(checked, news)
	resp := &pulumirpc.CheckResponse{}
	for _, problem := range problems {
		resp.Failures = append(resp.Failures, &pulumirpc.CheckFailure{Reason: problem})
	}
	resp.Inputs, err = encode(checked)
	return resp, err
}

// checkObject completes one object. namespace gives the one for an object that
// names none.
func checkObject(
	obj, old *unstructured.Unstructured, req *pulumirpc.CheckRequest,
	namespace func(*unstructured.Unstructured) string,
) (*unstructured.Unstructured, []string, error) {
	gvk, err := kindOf(typeOf(req.GetUrn()))
	if err != nil {
		return nil, nil, err
	}
	if obj.Object["apiVersion"] == nil {
		obj.SetAPIVersion(gvk.GroupVersion().String())
	}
	if obj.Object["kind"] == nil {
		obj.SetKind(gvk.Kind)
	}
	obj, problems := canonical(obj)
	if err := assignName(obj, old, req); err != nil {
		return nil, nil, err
	}
	if old.GetLabels()[managedByLabel] == "pulumi" {
		setLabel(obj, managedByLabel, "pulumi")
	}
	if metadata, ok := child(obj.Object, "metadata"); ok && metadata["namespace"] == nil {
		if ns := namespace(obj); ns != "" {
			metadata["namespace"] = ns
		}
	}
	return obj, problems, nil
}

// assignName gives an unnamed object the name it had, or the resource's name
// with a random suffix, and marks it, so that a replacement may have another.
func assignName(obj, old *unstructured.Unstructured, req *pulumirpc.CheckRequest) error {
	metadata, ok := child(obj.Object, "metadata")
	if !ok || isUnknown(metadata["name"]) || obj.GetName() != "" {
		return nil
	}
	if metadata["generateName"] != nil {
		return errors.New("the `.metadata.generateName` field is not supported in Server-Side Apply mode: " +
			"leave the name out to get a generated one")
	}
	name := old.GetName()
	if !annotated(old, annotationAutonamed) {
		var err error
		if name, err = newName(req); err != nil {
			return err
		}
	}
	metadata["name"] = name
	setAnnotation(obj, annotationAutonamed, "true")
	return nil
}

func newName(req *pulumirpc.CheckRequest) (string, error) {
	switch req.GetAutonaming().GetMode() {
	case pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return "", errors.New("autonaming is disabled, resource requires the .metadata.name field to be set")
	case pulumirpc.CheckRequest_AutonamingOptions_ENFORCE, pulumirpc.CheckRequest_AutonamingOptions_PROPOSE:
		if name := req.GetAutonaming().GetProposedName(); name != "" {
			return name, nil
		}
	}
	// Eight hexadecimal digits, as every Pulumi provider does by default.
	return resource.NewUniqueName(req.GetRandomSeed(), resource.URN(req.GetUrn()).Name()+"-", 8, 0, nil)
}

func setLabel(obj *unstructured.Unstructured, key, value string) {
	if metadata, ok := child(obj.Object, "metadata"); ok {
		if labels, ok := child(metadata, "labels"); ok {
			labels[key] = value
		}
	}
}

// defaultNamespace is the namespace of objects that name none.
func (c *cluster) defaultNamespace(set settings) string {
	switch {
	case c != nil:
		return c.namespace
	case set.namespace != "":
		return set.namespace
	default:
		return "default"
	}
}
