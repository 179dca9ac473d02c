package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Delete deletes an object, by default after all that it owns, and waits until
// it is gone. One that is gone already, or whose kind is, counts as deleted.
func (p *provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	s := p.session(ctx)
	ctx, cancel := s.bound(ctx)
	defer cancel()
	olds, err := decode(req.GetProperties())
	if err != nil {
		return nil, fmt.Errorf("reading the state of %s: %w", req.GetUrn(), err)
	}
	c, set := s.target()
	if c == nil {
		s.warn(ctx, req.GetUrn(), "configured Kubernetes cluster is unreachable: "+s.reason())
		if set.deleteUnreachable {
			return &emptypb.Empty{}, nil
		}
		return nil, fmt.Errorf("%w: %s", errUnreachable, s.reason())
	}
	if isRelease(req.GetUrn()) {
		return s.deleteRelease(ctx, c, req, olds)
	}
	old := parseState(olds)
	_, name := parseID(req.GetId())
	target := old.live
	target.SetName(name)
	err = s.delete(ctx, c, req.GetUrn(), target, old.inputs, req.GetTimeout())
	var gone *notReadyError
	switch {
	case err == nil, apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		return &emptypb.Empty{}, nil
	case errors.As(err, &gone):
		return nil, initFailed(req.GetId(), req.GetProperties(), nil, err)
	}
	return nil, fmt.Errorf("deleting %s %s: %w", target.GetKind(), req.GetId(), err)
}

func (s *session) delete(
	ctx context.Context, c *cluster, urn string, target, inputs *unstructured.Unstructured, timeout float64,
) error {
	client, err := c.client(target)
	if err != nil {
		return err
	}
	policy := propagation(inputs)
	if err := client.Delete(ctx, target.GetName(), metav1.DeleteOptions{PropagationPolicy: &policy}); err != nil {
		return err
	}
	if annotated(inputs, annotationSkipAwait) && skippableDelete[target.GroupVersionKind().GroupKind()] {
		return nil
	}
	return s.awaitGone(ctx, c, urn, target, awaitTimeout(timeout, inputs))
}

// awaitGone waits until an object is gone, or another one has its name.
func (s *session) awaitGone(
	ctx context.Context, c *cluster, urn string, target *unstructured.Unstructured, timeout time.Duration,
) error {
	deadline, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	w := wait{session: s, urn: urn}
	blocked := ""
	for pause := firstPoll; ; pause = min(pause*3/2, slowPoll) {
		live, err := c.get(deadline, target)
		switch {
		case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
			w.show(ctx, "")
			return nil
		case err == nil && target.GetUID() != "" && live.GetUID() != target.GetUID():
			w.show(ctx, "")
			return nil
		case err == nil:
			blocked = whatBlocks(live)
			w.show(ctx, "waiting for it to be deleted"+blocked)
		}
		select {
		case <-ctx.Done():
			return cancelled(target, nil)
		case <-deadline.Done():
			return &notReadyError{message: fmt.Sprintf("'%s' timed out waiting to be deleted%s", target.GetName(), blocked)}
		case <-time.After(pause):
		}
	}
}

// whatBlocks says why an object that was deleted is still there.
func whatBlocks(live *unstructured.Unstructured) string {
	var why []string
	for _, kind := range []string{"NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure"} {
		if c := condition(live, kind); c.status == "True" {
			why = append(why, c.message)
		}
	}
	if finalizers := live.GetFinalizers(); len(finalizers) > 0 {
		why = append(why, fmt.Sprintf("finalizers might be preventing deletion (%s)", strings.Join(finalizers, ", ")))
	}
	if len(why) == 0 {
		return ""
	}
	return ": " + strings.Join(why, "; ")
}
