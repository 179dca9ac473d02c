package serving

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/custom"
	"gantry.dev/gantry/modules/naming"
)

// An analysed model is let in by Flagger. Gantry deploys its newest version, under
// the track next. Flagger keeps a copy of it that serves, the track promoted; on
// every change of the Deployment it starts the newest version again, gives it more
// and more requests, and makes the copy like it, or takes the requests back.
//
// The Service and the HTTPRoute of the model are there before Flagger and after
// it. They are Gantry's, and while the model is analysed Flagger alone says where
// they lead: so requests by the route are taken over, and given back. Sources:
// fluxcd/flagger, pkg/controller/scheduler.go, pkg/router/kubernetes_default.go
// and pkg/router/gateway_api.go at v1.44.0.
const (
	flaggerAPI = "flagger.app/v1beta1"
	// flaggerNamespace is where the metrics are defined that versions are judged
	// by, see components/platform.
	flaggerNamespace = "flagger"
	// metricErrors is in percent, metricLatency in seconds.
	metricErrors, metricLatency = "model-error-rate", "model-p95"
	// leastWindow is the time that a judgement looks back on, in seconds: several
	// scrapes, and never less than the time since the last one.
	leastWindow = 120
	// annotationShared marks what Flagger changes: without it, the object is
	// written anew.
	annotationShared = "gantry.dev/led-by"
	// annotationForce takes fields back from whoever changed them. Source:
	// https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
	annotationForce = "pulumi.com/patchForce"
)

// anyVersion selects the pods of all versions of the model.
func (s *server) anyVersion() map[string]string {
	return map[string]string{naming.LabelModel: s.model.Name}
}

// share prepares an object of a model with a route for being Flagger's for a while.
// The annotation goes
// with the analysis, which makes it a change, by which the rest is taken back.
func (s *server) share(metadata *metav1.ObjectMetaArgs) {
	annotations, ok := metadata.Annotations.(pulumi.StringMap)
	if !ok {
		annotations = pulumi.StringMap{}
	}
	annotations[annotationForce] = pulumi.String("true")
	if s.track == next || s.model.Rollout.Analysed() {
		annotations[annotationShared] = pulumi.String("flagger")
	}
	metadata.Annotations = annotations
}

// led keeps Pulumi from leading the route elsewhere than Flagger does.
func led() pulumi.ResourceOption { return pulumi.IgnoreChanges([]string{"spec"}) }

// registerShared registers the Service of the model, under the same Pulumi name as
// without an analysis, and the budgets of both versions. Its selector is written once
// and is then Flagger's: it has to reach the newest version before the Deployment of
// a model without an analysis goes.
func (s *server) registerShared(ctx *pulumi.Context, child pulumi.ResourceOption) error {
	if _, err := corev1.NewService(ctx, s.model.Name+"-service", s.service(), child); err != nil {
		return fmt.Errorf("service: %w", err)
	}
	for _, version := range []*server{s, s.as(promoted)} {
		if _, err := policyv1.NewPodDisruptionBudget(ctx, version.name()+"-budget", version.budget(), child); err != nil {
			return fmt.Errorf("disruption budget: %w", err)
		}
	}
	return nil
}

// as is the same version under another track.
func (s *server) as(t track) *server {
	version := *s
	version.track = t
	return &version
}

// registerCanary registers the route and, once all is there that Flagger takes
// over, the Canary.
func (s *server) registerCanary(ctx *pulumi.Context, args *ModelArgs, child pulumi.ResourceOption, before []pulumi.Resource) error {
	route, err := custom.New(ctx, s.model.Name+"-route", s.route(*args.Gateway), child, pulumi.DependsOn(before), led())
	if err != nil {
		return err
	}
	newest := s.versions()[0]
	_, err = custom.New(ctx, s.model.Name+"-canary", newest.canary(s, *args.Gateway), child, pulumi.DependsOn(append(before, route)))
	return err
}

// canary tells Flagger what to let in, and how. model is the server that s is the
// newest version of.
func (s *server) canary(model *server, g Gateway) custom.Object {
	analysis := model.model.Rollout.Analysis
	steps := make([]any, len(analysis.Steps))
	for i, step := range analysis.Steps {
		steps[i] = step
	}
	return custom.Object{APIVersion: flaggerAPI, Kind: "Canary", Metadata: model.metadata(), Spec: map[string]any{
		"targetRef":     map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": s.name()},
		"autoscalerRef": s.autoscaler(),
		// As long as Kubernetes itself waits for a replica.
		"progressDeadlineSeconds": int((nodeProvisioning + s.replacement()).Seconds()),
		"service":                 s.canaryService(model, g),
		"analysis": map[string]any{
			"interval":    fmt.Sprintf("%ds", analysis.IntervalSeconds),
			"threshold":   analysis.MaxFailures,
			"stepWeights": steps,
			"metrics":     model.judgements(),
		},
	}}
}

// canaryService is the Service and the route as Gantry itself makes them, see
// service and route. The Service of the promoted version has no label of the
// model: its pods are behind the model's own too, and would be scraped twice.
func (s *server) canaryService(model *server, g Gateway) map[string]any {
	service := map[string]any{
		"name": model.name(), "port": servicePort, "portName": portName, "targetPort": portName, "appProtocol": "http",
		"apex":        map[string]any{"labels": model.labels()},
		"canary":      map[string]any{"labels": s.anyVersion()},
		"gatewayRefs": []any{g.parent()},
		"match":       []any{map[string]any{"uri": map[string]any{"prefix": s.model.Route}}},
		"rewrite":     map[string]any{"uri": "/", "type": "ReplacePrefixMatch"},
		"timeout":     fmt.Sprintf("%ds", s.model.Traffic.TimeoutSeconds),
	}
	if g.Host != "" {
		service["hosts"] = []any{g.Host}
	}
	return service
}

// judgements are the limits that the newest version keeps to.
func (s *server) judgements() []any {
	analysis := s.model.Rollout.Analysis
	judgement := func(metric string, most any) map[string]any {
		return map[string]any{
			"name":           metric,
			"templateRef":    map[string]any{"name": metric, "namespace": flaggerNamespace},
			"thresholdRange": map[string]any{"max": most},
			"interval":       fmt.Sprintf("%ds", max(analysis.IntervalSeconds, leastWindow)),
		}
	}
	judgements := []any{judgement(metricErrors, analysis.MaxErrorRate)}
	if analysis.MaxP95 != "" {
		judgements = append(judgements, judgement(metricLatency, seconds(analysis.MaxP95)))
	}
	return judgements
}

// autoscaler is the scaler of the newest version, of which Flagger makes a second
// one. In queries it would replace the name of the Deployment wherever it finds
// it, so they are all told.
func (s *server) autoscaler() map[string]any {
	if !s.model.Scale.Eventful() {
		return map[string]any{"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "name": s.name()}
	}
	queries := map[string]any{}
	for _, each := range s.as(promoted).triggers() {
		trigger := each.(map[string]any)
		if query, asks := trigger["metadata"].(map[string]any)["query"]; asks {
			queries[trigger["name"].(string)] = query
		}
	}
	reference := map[string]any{"apiVersion": kedaAPI, "kind": "ScaledObject", "name": s.name()}
	if len(queries) > 0 {
		reference["primaryScalerQueries"] = queries
	}
	return reference
}
