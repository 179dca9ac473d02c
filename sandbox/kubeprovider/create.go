package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/rand"
)

// Create applies a new object and waits until it is ready. An object that is
// there already, such as one that an interrupted run left behind, is taken
// over.
func (p *provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	s := p.session(ctx)
	ctx, cancel := s.bound(ctx)
	defer cancel()
	if err := refuse(req.GetUrn()); err != nil {
		return nil, err
	}
	news, err := decode(req.GetProperties())
	if err != nil {
		return nil, fmt.Errorf("reading the inputs of %s: %w", req.GetUrn(), err)
	}
	if isRelease(req.GetUrn()) {
		return s.createRelease(ctx, req, news)
	}
	if req.GetPreview() {
		return s.previewCreate(ctx, req, news)
	}
	c, set, err := s.reachable()
	if err != nil {
		return nil, err
	}
	inputs := toObject(news)
	manager := managerOf(inputs, "")
	created, err := s.createWithRetry(ctx, c, req.GetUrn(), inputs, applyOptions{
		manager: manager,
		force:   set.patchForce || annotated(inputs, annotationPatchForce),
	})
	if err != nil {
		return nil, explainCreate(req.GetUrn(), inputs, err)
	}
	live, err := s.awaitReady(ctx, c, req.GetUrn(), inputs, created, req.GetTimeout())
	properties, encodeErr := encode(state{inputs, live, inputs.GetAPIVersion(), manager}.properties(news))
	switch {
	case encodeErr != nil:
		return nil, fmt.Errorf("writing the state of %s: %w", req.GetUrn(), encodeErr)
	case err != nil:
		return nil, initFailed(idOf(live), properties, nil, fmt.Errorf(
			"resource %q was successfully created, but the Kubernetes API server "+
				"reported that it failed to fully initialize or become live: %w", req.GetUrn(), err))
	}
	if inputs.GroupVersionKind().GroupKind() == crdKind {
		c.mapper.Reset()
	}
	return &pulumirpc.CreateResponse{Id: idOf(live), Properties: properties}, nil
}

// previewCreate has the API server validate the object, and shows what it
// would store. Where the server cannot judge yet, because a value is unknown
// or because the kind or the namespace comes with the same run, the inputs are
// the preview.
func (s *session) previewCreate(
	ctx context.Context, req *pulumirpc.CreateRequest, news resource.PropertyMap,
) (*pulumirpc.CreateResponse, error) {
	asIs := &pulumirpc.CreateResponse{Properties: req.GetProperties()}
	c, _ := s.target()
	inputs := toObject(news)
	if c == nil || hasUnknown(inputs.Object) || !c.serves(inputs.GroupVersionKind()) {
		return asIs, nil
	}
	manager := managerOf(inputs, "")
	planned, err := c.plan(ctx, inputs, manager)
	switch {
	case namespaceMissing(err), apierrors.IsForbidden(err), ctx.Err() == nil && unanswered(err):
		return asIs, nil
	case err != nil:
		return nil, explainCreate(req.GetUrn(), inputs, err)
	}
	// What is not stored has no status: a program must not read one.
	unstructured.RemoveNestedField(planned.Object, "status")
	asIs.Properties, err = encode(state{inputs, planned, inputs.GetAPIVersion(), manager}.properties(news))
	return asIs, err
}

// maxLabel is the length of the shortest kind of object name, a DNS label.
const maxLabel = 63

// plan is a dry run of a create. If an object of the name exists, it may be
// about to be replaced, which no dry run can express: what is invalid as a
// change of that one is judged under a name of its own.
func (c *cluster) plan(
	ctx context.Context, inputs *unstructured.Unstructured, manager string,
) (*unstructured.Unstructured, error) {
	options := applyOptions{manager: manager, dryRun: true, force: true}
	planned, err := c.apply(ctx, inputs, options)
	if !apierrors.IsInvalid(err) {
		return planned, err
	}
	if _, getErr := c.get(ctx, inputs); getErr != nil {
		return nil, err
	}
	other := inputs.DeepCopy()
	other.SetName(inputs.GetName()[:min(len(inputs.GetName()), maxLabel-6)] + "-" + rand.String(5))
	planned, retryErr := c.apply(ctx, other, options)
	if retryErr != nil {
		return nil, err
	}
	planned.SetName(inputs.GetName())
	return planned, nil
}

// createRetries are the pauses before a create is tried again that failed for
// want of its namespace or kind: they may be on their way in the same run.
var createRetries = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}

func (s *session) createWithRetry(
	ctx context.Context, c *cluster, urn string, inputs *unstructured.Unstructured, o applyOptions,
) (*unstructured.Unstructured, error) {
	for attempt := 0; ; attempt++ {
		created, err := c.apply(ctx, inputs, o)
		switch {
		case err == nil && created.GetDeletionTimestamp() != nil:
			// The previous object of the name is still going away.
			if err := s.awaitGone(ctx, c, urn, created, awaitTimeout(0, inputs)); err != nil {
				return nil, err
			}
			continue
		case err == nil, attempt == len(createRetries), !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err):
			return created, err
		}
		s.status(ctx, urn, fmt.Sprintf("Retry #%d; creation failed: %v", attempt, err))
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(createRetries[attempt]):
		}
	}
}

func explainCreate(urn string, inputs *unstructured.Unstructured, err error) error {
	if meta.IsNoMatchError(err) {
		gvk := inputs.GroupVersionKind()
		return fmt.Errorf("creation of resource %q with kind %s/%s failed because the Kubernetes API server "+
			"reported that the apiVersion for this resource does not exist. "+
			"Verify that any required CRDs have been created: %w", urn, gvk.GroupVersion(), gvk.Kind, err)
	}
	return fmt.Errorf("resource %q was not successfully created by the Kubernetes API server: %w", urn, err)
}

// namespaceMissing tells whether an object could not be applied because its
// namespace is not there.
func namespaceMissing(err error) bool {
	var status apierrors.APIStatus
	return apierrors.IsNotFound(err) && errors.As(err, &status) &&
		status.Status().Details != nil && status.Status().Details.Kind == "namespaces"
}

// unanswered tells whether an error is not the API server's judgement but the
// lack of one.
func unanswered(err error) bool {
	var status apierrors.APIStatus
	return err != nil && !errors.As(err, &status) && !meta.IsNoMatchError(err)
}

// idOf returns the id of an object: namespace/name, or its name alone.
func idOf(obj *unstructured.Unstructured) string {
	if ns := obj.GetNamespace(); ns != "" {
		return ns + "/" + obj.GetName()
	}
	return obj.GetName()
}
