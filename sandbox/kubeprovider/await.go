package kubeprovider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// verdict is what one look at an object says about its readiness.
type verdict struct {
	ready bool
	// failed means that waiting longer will not help.
	failed bool
	// waiting says in one line what is missing.
	waiting string
	// reasons are why, as far as the cluster tells.
	reasons []string
}

var isReady = verdict{ready: true}

// probe is what a readiness check may look at besides the object itself.
type probe struct {
	*cluster
	// waited is how long the object has been looked at; a refresh, which
	// looks once at an old object, counts as long.
	waited time.Duration
}

// readiness judges a live object of one kind.
type readiness func(ctx context.Context, p probe, live *unstructured.Unstructured) verdict

// readinessOf are the kinds that are waited for; any other is ready once it is
// stored. Source: pulumi-kubernetes, provider/pkg/await/awaiters.go; Namespace
// and CustomResourceDefinition are added, since what follows needs them.
var readinessOf = map[schema.GroupKind]readiness{
	{Group: "apps", Kind: "DaemonSet"}:            daemonSetReady,
	{Group: "apps", Kind: "Deployment"}:           deploymentReady,
	{Group: "apps", Kind: "StatefulSet"}:          statefulSetReady,
	{Group: "batch", Kind: "Job"}:                 jobReady,
	{Group: "networking.k8s.io", Kind: "Ingress"}: ingressReady,
	{Kind: "Namespace"}:                           namespaceReady,
	{Kind: "PersistentVolume"}:                    volumeReady,
	{Kind: "PersistentVolumeClaim"}:               claimReady,
	{Kind: "Pod"}:                                 podReady,
	{Kind: "ReplicationController"}:               replicationControllerReady,
	{Kind: "ResourceQuota"}:                       quotaReady,
	{Kind: "Service"}:                             serviceReady,
	secretKind:                                    secretReady,
	crdKind:                                       definitionReady,
}

// checkedOnRead are the kinds whose readiness a refresh reports as well.
var checkedOnRead = map[schema.GroupKind]bool{
	{Group: "apps", Kind: "DaemonSet"}:            true,
	{Group: "apps", Kind: "Deployment"}:           true,
	{Group: "apps", Kind: "StatefulSet"}:          true,
	{Group: "batch", Kind: "Job"}:                 true,
	{Group: "networking.k8s.io", Kind: "Ingress"}: true,
	{Kind: "Pod"}:     true,
	{Kind: "Service"}: true,
}

// How often a live object is looked at while it is waited for: often at first,
// for what is there in an instant.
const (
	firstPoll = 100 * time.Millisecond
	slowPoll  = 2 * time.Second
)

// awaitReady waits until an applied object is ready and returns its live
// state, also along with an error.
func (s *session) awaitReady(
	ctx context.Context, c *cluster, urn string, inputs, applied *unstructured.Unstructured, timeout float64,
) (*unstructured.Unstructured, error) {
	if annotated(inputs, annotationSkipAwait) {
		return applied, nil
	}
	check, err := readinessFor(inputs)
	if err != nil || check == nil {
		return applied, err
	}
	w := wait{session: s, urn: urn, probe: probe{cluster: c}}
	return w.until(ctx, check, applied, awaitTimeout(timeout, inputs))
}

func readinessFor(inputs *unstructured.Unstructured) (readiness, error) {
	if expressions := waitForExpressions(inputs); len(expressions) > 0 {
		return customReadiness(expressions)
	}
	return readinessOf[inputs.GroupVersionKind().GroupKind()], nil
}

// wait is one wait for one object.
type wait struct {
	*session
	urn   string
	probe probe
	shown string
}

func (w *wait) until(
	ctx context.Context, check readiness, live *unstructured.Unstructured, timeout time.Duration,
) (*unstructured.Unstructured, error) {
	start := time.Now()
	deadline, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var v verdict
	for pause := firstPoll; ; pause = min(pause*3/2, slowPoll) {
		w.probe.waited = time.Since(start)
		if now := check(deadline, w.probe, live); deadline.Err() == nil {
			v = now
		}
		switch {
		case v.ready:
			w.show(ctx, "")
			return live, nil
		case v.failed:
			return live, &notReadyError{fmt.Sprintf("'%s' failed: %s", live.GetName(), v.waiting), v.reasons}
		}
		w.show(ctx, v.waiting)
		select {
		case <-ctx.Done():
			return live, cancelled(live, v.all())
		case <-deadline.Done():
			return live, timedOut(live, w.probe.withEvents(ctx, live, v.all()))
		case <-time.After(pause):
		}
		current, err := w.probe.get(deadline, live)
		switch {
		case apierrors.IsNotFound(err):
			return live, &notReadyError{message: fmt.Sprintf("'%s' was deleted while it was waited for", live.GetName())}
		case err != nil:
			// The API server may be restarting: the deadline decides.
			w.show(ctx, "waiting for the API server: "+err.Error())
		default:
			live = current
		}
	}
}

// all is what is missing, followed by why.
func (v verdict) all() []string {
	if v.waiting == "" {
		return v.reasons
	}
	return append([]string{v.waiting}, v.reasons...)
}

// show puts a message into the status column, unless it is there already.
func (w *wait) show(ctx context.Context, message string) {
	if message == w.shown {
		return
	}
	w.shown = message
	w.status(ctx, w.urn, message)
}

// checkOnce judges an object as a refresh does. It returns nil for objects in
// order and for those whose readiness nobody waits for.
func (s *session) checkOnce(ctx context.Context, c *cluster, inputs, live *unstructured.Unstructured) error {
	kind := live.GroupVersionKind().GroupKind()
	if annotated(inputs, annotationSkipAwait) || !checkedOnRead[kind] {
		return nil
	}
	p := probe{cluster: c, waited: time.Hour}
	v := readinessOf[kind](ctx, p, live)
	if v.ready {
		return nil
	}
	return &notReadyError{
		fmt.Sprintf("Resource '%s' was created but failed to initialize", live.GetName()),
		p.withEvents(ctx, live, v.all()),
	}
}

// as decodes a live object into its Go type; what does not fit is left zero.
func as[T any](live *unstructured.Unstructured) *T {
	typed := new(T)
	_ = runtime.DefaultUnstructuredConverter.FromUnstructured(live.Object, typed)
	return typed
}

// because appends the first reason to a message.
func because(message string, reasons []string) string {
	if len(reasons) == 0 {
		return message
	}
	first, _, _ := strings.Cut(reasons[0], "\n")
	return message + ": " + first
}

// known tells whether a message is part of a reason already.
func known(reasons []string, message string) bool {
	return slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(r, message) })
}
