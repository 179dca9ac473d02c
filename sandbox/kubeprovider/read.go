package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Read fetches the live object, for a refresh or, with an id alone, for an
// import. Its inputs are what the live object says about the fields that the
// old inputs had, so that a refresh shows drift of those and of no others. An
// empty id in the answer means that the object is gone.
func (p *provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	s := p.session(ctx)
	ctx, cancel := s.bound(ctx)
	defer cancel()
	c, set := s.target()
	if c == nil {
		return s.readUnreachable(ctx, req, set)
	}
	if err := refuse(req.GetUrn()); err != nil {
		return nil, err
	}
	olds, err := decode(req.GetProperties())
	if err != nil {
		return nil, fmt.Errorf("reading the state of %s: %w", req.GetUrn(), err)
	}
	if isRelease(req.GetUrn()) {
		return s.readRelease(ctx, c, req, olds)
	}
	oldInputs, err := decode(req.GetInputs())
	if err != nil {
		return nil, fmt.Errorf("reading the inputs of %s: %w", req.GetUrn(), err)
	}
	old := parseState(olds)
	inputs, _ := canonical(toObject(oldInputs))
	wanted, importing, err := identify(req, inputs, old.live)
	if err != nil {
		return nil, err
	}
	live, err := c.get(ctx, wanted)
	switch {
	case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		return &pulumirpc.ReadResponse{}, nil
	case err != nil:
		return nil, fmt.Errorf("reading %s %s: %w", wanted.GetKind(), req.GetId(), err)
	}

	found := state{live: live, initialVersion: old.initialVersion, manager: managerOf(inputs, old.manager)}
	if importing {
		found.inputs = importable(live)
		found.initialVersion = live.GetAPIVersion()
	} else {
		found.inputs = shapeObject(live, inputs)
		err = s.checkOnce(ctx, c, inputs, live)
	}
	foundInputs := toProperties(found.inputs)
	markSecrets(foundInputs, oldInputs)
	resp := &pulumirpc.ReadResponse{Id: req.GetId()}
	var stateErr, inputsErr error
	resp.Properties, stateErr = encode(found.properties(oldInputs))
	resp.Inputs, inputsErr = encode(foundInputs)
	if encodeErr := errors.Join(stateErr, inputsErr); encodeErr != nil {
		return nil, fmt.Errorf("writing the state of %s: %w", req.GetUrn(), encodeErr)
	}
	if err != nil {
		return nil, initFailed(resp.Id, resp.Properties, resp.Inputs, err)
	}
	return resp, nil
}

// identify returns kind, namespace and name of the object to read, and whether
// nothing is known about it but its id.
func identify(
	req *pulumirpc.ReadRequest, inputs, live *unstructured.Unstructured,
) (wanted *unstructured.Unstructured, importing bool, err error) {
	namespace, name := parseID(req.GetId())
	if name == "" {
		return nil, false, fmt.Errorf("id %q of %s: expected namespace/name, or name for a kind without namespaces",
			req.GetId(), req.GetUrn())
	}
	gvk := inputs.GroupVersionKind()
	if gvk.Empty() {
		gvk = live.GroupVersionKind()
	}
	if gvk.Empty() {
		importing = true
		if gvk, err = kindOf(typeOf(req.GetUrn())); err != nil {
			return nil, false, err
		}
	}
	wanted = &unstructured.Unstructured{Object: map[string]any{}}
	wanted.SetGroupVersionKind(gvk)
	wanted.SetNamespace(namespace)
	wanted.SetName(name)
	return wanted, importing, nil
}

// importable returns the inputs that would make the live object: all but what
// the cluster writes itself.
func importable(live *unstructured.Unstructured) *unstructured.Unstructured {
	inputs := live.DeepCopy()
	delete(inputs.Object, "status")
	for _, field := range serverMetadata {
		unstructured.RemoveNestedField(inputs.Object, "metadata", field)
	}
	for _, key := range []string{"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"} {
		unstructured.RemoveNestedField(inputs.Object, "metadata", "annotations", key)
	}
	return inputs
}

func (s *session) readUnreachable(
	ctx context.Context, req *pulumirpc.ReadRequest, set settings,
) (*pulumirpc.ReadResponse, error) {
	s.warn(ctx, req.GetUrn(), "configured Kubernetes cluster is unreachable: "+s.reason())
	switch {
	case set.deleteUnreachable:
		return &pulumirpc.ReadResponse{}, nil
	case set.skipUpdateUnreachable:
		return &pulumirpc.ReadResponse{
			Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs(),
		}, nil
	}
	return nil, fmt.Errorf("failed to read resource state: %w: %s", errUnreachable, s.reason())
}

// parseID splits namespace/name; a kind without namespaces has a name alone.
func parseID(id string) (namespace, name string) {
	if namespace, name, ok := strings.Cut(id, "/"); ok {
		return namespace, name
	}
	return "", id
}
