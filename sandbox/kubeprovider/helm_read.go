package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"sigs.k8s.io/yaml"
)

// readRelease looks a release up, for a refresh or, with an id alone, for an
// import. A release is there when Helm knows it, or when it is recorded.
func (s *session) readRelease(
	ctx context.Context, c *cluster, req *pulumirpc.ReadRequest, olds resource.PropertyMap,
) (*pulumirpc.ReadResponse, error) {
	namespace, name, err := parseReleaseID(req.GetId())
	if err != nil {
		return nil, err
	}
	inputs := releaseInputs(olds)
	importing := len(inputs) == 0
	found, err := s.lookup(ctx, c, req.GetUrn(), namespace, name)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	if importing {
		inputs = found.inputs
	}
	outputs, err := found.outputs(inputs)
	if err != nil {
		return nil, err
	}
	state := releaseState(inputs, outputs)
	liveInputs := maps.Clone(state)
	delete(liveInputs, statusKey)
	delete(liveInputs, inputsKey)

	resp := &pulumirpc.ReadResponse{Id: req.GetId()}
	var stateErr, inputsErr error
	resp.Properties, stateErr = encode(state)
	resp.Inputs, inputsErr = encode(liveInputs)
	if err := errors.Join(stateErr, inputsErr); err != nil {
		return nil, fmt.Errorf("writing the state of %s: %w", req.GetUrn(), err)
	}
	return resp, nil
}

// foundRelease is a release in the cluster.
type foundRelease struct {
	// inputs that describe it as far as the cluster tells.
	inputs resource.PropertyMap
	// outputs beside inputs that are known.
	outputs func(inputs resource.PropertyMap) (resource.PropertyMap, error)
}

// lookup finds a release, nil if there is none.
func (s *session) lookup(ctx context.Context, c *cluster, urn, namespace, name string) (*foundRelease, error) {
	entry, err := c.readRecord(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	if entry != nil && entry.state == stateRecorded {
		return foundRecord(*entry)
	}
	config, err := s.helm(ctx, c, urn, namespace)
	if err != nil {
		return nil, err
	}
	live, err := lastRevision(config, name)
	if live == nil || err != nil {
		return nil, err
	}
	return &foundRelease{
		inputs: importedInputs(&release{
			Name: name, Namespace: namespace, Values: live.Config,
			Chart: live.Chart.Metadata.Name, Version: live.Chart.Metadata.Version,
		}),
		outputs: func(inputs resource.PropertyMap) (resource.PropertyMap, error) { return renderedOutputs(inputs, live) },
	}, nil
}

func foundRecord(entry record) (*foundRelease, error) {
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(entry.values), &values); err != nil {
		return nil, fmt.Errorf("values in the record of release %s/%s: %w", entry.namespace, entry.name, err)
	}
	return &foundRelease{
		inputs: importedInputs(&release{
			Name: entry.name, Namespace: entry.namespace, Chart: entry.chart, Version: entry.version, Values: values,
		}),
		outputs: func(resource.PropertyMap) (resource.PropertyMap, error) { return recordedOutputs(entry), nil },
	}, nil
}

// deleteRelease uninstalls a release, if Helm knows it, and drops its record.
func (s *session) deleteRelease(
	ctx context.Context, c *cluster, req *pulumirpc.DeleteRequest, olds resource.PropertyMap,
) (*emptypb.Empty, error) {
	r, err := parseRelease(releaseInputs(olds))
	if err != nil {
		return nil, err
	}
	if r.Namespace, r.Name, err = parseReleaseID(req.GetId()); err != nil {
		return nil, err
	}
	config, err := s.helm(ctx, c, req.GetUrn(), r.Namespace)
	if err != nil {
		return nil, err
	}
	kept, err := await(ctx, func() (string, error) { return uninstall(config, r) })
	s.status(ctx, req.GetUrn(), "")
	if err != nil {
		return nil, err
	}
	if kept != "" {
		s.warn(ctx, req.GetUrn(), fmt.Sprintf("Helm uninstall returned information: %q", kept))
	}
	return &emptypb.Empty{}, c.deleteRecord(ctx, r.Namespace, r.Name)
}
