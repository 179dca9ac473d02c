package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	helmrelease "helm.sh/helm/v3/pkg/release"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// createRelease installs a chart, or records the release when the chart cannot
// be reached.
func (s *session) createRelease(
	ctx context.Context, req *pulumirpc.CreateRequest, news resource.PropertyMap,
) (*pulumirpc.CreateResponse, error) {
	if req.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: req.GetProperties()}, nil
	}
	deployed, err := s.deployRelease(ctx, req.GetUrn(), news)
	if err != nil && deployed.state == nil {
		return nil, fmt.Errorf("installing release %s: %w", deployed.id, err)
	}
	properties, encodeErr := encode(deployed.state)
	switch {
	case encodeErr != nil:
		return nil, fmt.Errorf("writing the state of %s: %w", req.GetUrn(), encodeErr)
	case err != nil:
		return nil, initFailed(deployed.id, properties, nil, fmt.Errorf(
			"installing Helm release %q: it was created, but failed to initialize completely: %w", deployed.id, err))
	}
	return &pulumirpc.CreateResponse{Id: deployed.id, Properties: properties}, nil
}

// updateRelease upgrades a release. One that was recorded is installed once its
// chart can be reached; one that was installed and whose chart no longer can
// be is recorded, and what it had made stays as it is.
func (s *session) updateRelease(
	ctx context.Context, req *pulumirpc.UpdateRequest, olds, news resource.PropertyMap,
) (*pulumirpc.UpdateResponse, error) {
	if req.GetPreview() {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
	}
	if err := s.stillThere(ctx, req, olds); err != nil {
		return nil, err
	}
	deployed, err := s.deployRelease(ctx, req.GetUrn(), news)
	if err != nil && deployed.state == nil {
		return nil, fmt.Errorf("upgrading release %s: %w", req.GetId(), err)
	}
	if err != nil && deployed.rolledBack {
		// What is installed is what was: the next run has to change it still.
		deployed.state[inputsKey] = olds[inputsKey]
	}
	properties, encodeErr := encode(deployed.state)
	switch {
	case encodeErr != nil:
		return nil, fmt.Errorf("writing the state of %s: %w", req.GetUrn(), encodeErr)
	case err != nil:
		return nil, initFailed(req.GetId(), properties, nil, fmt.Errorf(
			"upgrading Helm release %q: it failed to initialize completely: %w", req.GetId(), err))
	}
	return &pulumirpc.UpdateResponse{Properties: properties}, nil
}

// stillThere returns an error for a release that someone else uninstalled.
func (s *session) stillThere(ctx context.Context, req *pulumirpc.UpdateRequest, olds resource.PropertyMap) error {
	if statusOf(olds) == stateRecorded {
		return nil
	}
	c, _, err := s.reachable()
	if err != nil {
		return err
	}
	namespace, name, err := parseReleaseID(req.GetId())
	if err != nil {
		return err
	}
	config, err := s.helm(ctx, c, req.GetUrn(), namespace)
	if err != nil {
		return err
	}
	switch live, err := lastRevision(config, name); {
	case err != nil:
		return err
	case live == nil:
		return fmt.Errorf("upgrading release %s: it was uninstalled outside of this program: "+
			"a refresh takes note of that, and the next update installs it again", req.GetId())
	}
	return nil
}

// deployedRelease is how a deployment ended.
type deployedRelease struct {
	id string
	// state to keep; nil when nothing is there.
	state resource.PropertyMap
	// rolledBack is set when a failed upgrade left an earlier revision.
	rolledBack bool
}

// deployRelease makes the cluster have the release that the inputs describe.
// Along with an error, the state tells what is there all the same.
func (s *session) deployRelease(ctx context.Context, urn string, inputs resource.PropertyMap) (deployedRelease, error) {
	r, err := parseRelease(inputs)
	if err != nil {
		return deployedRelease{}, err
	}
	deployed := deployedRelease{id: r.id()}
	c, _, err := s.reachable()
	if err != nil {
		return deployed, err
	}
	loaded, err := s.charts.load(ctx, r)
	if errors.Is(err, errUnreachableChart) {
		deployed.state, err = s.recordRelease(ctx, c, urn, r, inputs)
		return deployed, err
	}
	if err != nil {
		return deployed, err
	}
	config, err := s.helm(ctx, c, urn, r.Namespace)
	if err != nil {
		return deployed, err
	}
	before, err := c.readRecord(ctx, r.Namespace, r.Name)
	if err != nil {
		return deployed, err
	}
	run := &helmRun{
		release: r, config: config, chart: loaded, adopt: before != nil && before.state == stateRecorded,
	}
	live, runErr := run.put(ctx)
	s.status(ctx, urn, "")
	if runErr != nil {
		attempted := live
		if live, err = lastRevision(config, r.Name); err != nil || live == nil {
			return deployed, errors.Join(runErr, err)
		}
		deployed.rolledBack = attempted != nil && live.Version > attempted.Version &&
			live.Info.Status == helmrelease.StatusDeployed
	}
	outputs, err := renderedOutputs(inputs, live)
	if err != nil {
		return deployed, errors.Join(runErr, err)
	}
	deployed.state = releaseState(inputs, outputs)
	if runErr != nil {
		return deployed, runErr
	}
	c.mapper.Reset()
	if len(run.unanswered.left) > 0 {
		s.info(ctx, urn, "left out, since simulated containers answer no calls: "+strings.Join(run.unanswered.left, ", "))
	}
	entry, err := newRecord(r, inputs, stateRendered)
	if err != nil {
		return deployed, err
	}
	entry.chart, entry.version = live.Chart.Metadata.Name, live.Chart.Metadata.Version
	return deployed, c.writeRecord(ctx, entry)
}

// recordRelease notes down a release whose chart cannot be reached, and
// installs the definitions that are known of the chart.
func (s *session) recordRelease(
	ctx context.Context, c *cluster, urn string, r *release, inputs resource.PropertyMap,
) (resource.PropertyMap, error) {
	if err := c.ensureNamespace(ctx, r); err != nil {
		return nil, err
	}
	if !r.SkipCrds {
		if err := s.applyDefinitions(ctx, c, urn, r); err != nil {
			return nil, err
		}
	}
	entry, err := newRecord(r, inputs, stateRecorded)
	if err != nil {
		return nil, err
	}
	if err := c.writeRecord(ctx, entry); err != nil {
		return nil, err
	}
	s.status(ctx, urn, "")
	s.info(ctx, urn, fmt.Sprintf("recorded, not rendered: %s %s cannot be reached from here", entry.chart, entry.version))
	return releaseState(inputs, recordedOutputs(entry)), nil
}

// ensureNamespace does what Helm does about the namespace of a release: it has
// to be there, unless the release makes it.
func (c *cluster) ensureNamespace(ctx context.Context, r *release) error {
	namespace := &unstructured.Unstructured{Object: map[string]any{}}
	namespace.SetAPIVersion("v1")
	namespace.SetKind("Namespace")
	namespace.SetName(r.Namespace)
	_, err := c.get(ctx, namespace)
	if apierrors.IsNotFound(err) && r.CreateNamespace {
		_, err = c.apply(ctx, namespace, applyOptions{manager: recordManager})
	}
	return err
}
