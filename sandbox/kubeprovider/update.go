package kubeprovider

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Update applies changed inputs, which also removes the fields that are gone
// from them, and waits until the object is ready again.
func (p *provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	s := p.session(ctx)
	ctx, cancel := s.bound(ctx)
	defer cancel()
	olds, err := decode(req.GetOlds())
	if err != nil {
		return nil, fmt.Errorf("reading the state of %s: %w", req.GetUrn(), err)
	}
	news, err := decode(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("reading the inputs of %s: %w", req.GetUrn(), err)
	}
	if isRelease(req.GetUrn()) {
		return s.updateRelease(ctx, req, olds, news)
	}
	old := parseState(olds)
	inputs, _ := canonical(toObject(news))
	c, set, err := s.reachable()
	if req.GetPreview() && (err != nil || hasUnknown(inputs.Object) || !c.serves(inputs.GroupVersionKind())) {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
	}
	if err != nil {
		return nil, err
	}
	u := &update{session: s, cluster: c, req: req, olds: olds, news: news, inputs: inputs, options: applyOptions{
		manager: managerOf(inputs, old.manager),
		dryRun:  req.GetPreview(),
		force:   set.patchForce || annotated(inputs, annotationPatchForce),
	}}
	changed, err := u.apply(ctx, old.live)
	if err != nil {
		if req.GetPreview() && apierrors.IsForbidden(err) {
			return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
		}
		return nil, u.failed(ctx, old, err)
	}
	if req.GetPreview() {
		return u.respond(changed, old, nil)
	}
	live, err := s.awaitReady(ctx, c, req.GetUrn(), inputs, changed, req.GetTimeout())
	return u.respond(live, old, err)
}

// update is one call of Update.
type update struct {
	*session
	cluster *cluster
	req     *pulumirpc.UpdateRequest
	olds    resource.PropertyMap
	news    resource.PropertyMap
	inputs  *unstructured.Unstructured
	options applyOptions
}

func (u *update) apply(ctx context.Context, old *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	target := u.inputs.DeepCopy()
	target.SetName(old.GetName())
	live, err := u.current(ctx, target)
	if err != nil {
		return nil, err
	}
	if err := yieldIgnored(target, live, u.options.manager, u.req.GetIgnoreChanges()); err != nil {
		return nil, err
	}
	return u.cluster.apply(ctx, target, u.options)
}

// current returns the live object, with the fields adopted that manual edits
// took. A dry run can only force its way past those.
func (u *update) current(ctx context.Context, target *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if !u.options.dryRun {
		return u.cluster.adopt(ctx, target, u.options.manager)
	}
	live, err := u.cluster.get(ctx, target)
	if err != nil {
		return nil, err
	}
	for _, entry := range live.GetManagedFields() {
		u.options.force = u.options.force || adoptable(entry.Manager)
	}
	return live, nil
}

// failed reports an update that the API server refused. The object still is
// what it was, so its live state goes along.
func (u *update) failed(ctx context.Context, old state, err error) error {
	urn := u.req.GetUrn()
	if meta.IsNoMatchError(err) {
		return fmt.Errorf("update of resource %q failed because the Kubernetes API server "+
			"reported that the apiVersion for this resource does not exist. "+
			"Verify that any required CRDs have been created: %w", urn, err)
	}
	live, getErr := u.cluster.get(ctx, old.live)
	if apierrors.IsNotFound(getErr) {
		return fmt.Errorf("update of resource %q failed: %w. "+
			"It was deleted outside of this program: a refresh takes note of that, and the next update creates it again",
			urn, err)
	}
	if getErr != nil || u.req.GetPreview() {
		return fmt.Errorf("update of resource %q failed: %w", urn, err)
	}
	old.live = live
	kept := old.properties(u.news)
	markSecrets(kept, u.olds)
	properties, encodeErr := encode(kept)
	if encodeErr != nil {
		return errors.Join(err, encodeErr)
	}
	return initFailed(idOf(live), properties, nil, fmt.Errorf("update of resource %q failed: %w", urn, err))
}

// respond returns the new state, as partly failed when the object did not
// become ready.
func (u *update) respond(
	live *unstructured.Unstructured, old state, notReady error,
) (*pulumirpc.UpdateResponse, error) {
	properties, err := encode(state{u.inputs, live, old.initialVersion, u.options.manager}.properties(u.news))
	switch {
	case err != nil:
		return nil, fmt.Errorf("writing the state of %s: %w", u.req.GetUrn(), err)
	case notReady != nil:
		return nil, initFailed(idOf(live), properties, nil, fmt.Errorf(
			"the Kubernetes API server reported that %q failed to fully initialize or become live: %w",
			idOf(live), notReady))
	}
	return &pulumirpc.UpdateResponse{Properties: properties}, nil
}
