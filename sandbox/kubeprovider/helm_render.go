package kubeprovider

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	helmrelease "helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/yaml"
)

// render returns the manifests of a chart as a client alone can make them: the
// cluster need not exist yet.
func render(ctx context.Context, r *release, loaded *chart.Chart) (string, error) {
	install := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
	install.DryRun, install.ClientOnly, install.Replace = true, true, true
	install.IncludeCRDs = !r.SkipCrds
	install.ReleaseName, install.Namespace = r.Name, r.Namespace
	install.SubNotes = r.RenderSubchartNotes
	install.DisableOpenAPIValidation = true
	install.PostRenderer = &answerless{}
	rendered, err := install.RunWithContext(ctx, loaded, r.Values)
	if err != nil {
		return "", err
	}
	var manifest strings.Builder
	manifest.WriteString(rendered.Manifest)
	if !r.DisableWebhooks {
		for _, hook := range rendered.Hooks {
			fmt.Fprintf(&manifest, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
		}
	}
	return manifest.String(), nil
}

// documents splits manifests, in their order.
func documents(manifest string) []string {
	split := releaseutil.SplitManifests(manifest)
	keys := slices.Collect(maps.Keys(split))
	slices.SortFunc(keys, func(a, b string) int {
		order := releaseutil.BySplitManifestsOrder{a, b}
		switch {
		case order.Less(0, 1):
			return -1
		case order.Less(1, 0):
			return 1
		}
		return 0
	})
	var all []string
	for _, key := range keys {
		all = append(all, split[key])
	}
	return all
}

// parseManifest reads one document; nil for one without an object, such as a
// comment.
func parseManifest(document string) (*unstructured.Unstructured, error) {
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(document), &obj.Object); err != nil {
		return nil, err
	}
	if obj.GetKind() == "" {
		return nil, nil
	}
	return obj, nil
}

// resourceNames lists what manifests make, by kind and version, as
// pulumi-kubernetes does: `Deployment.apps/apps/v1: [namespace/name]`.
func resourceNames(manifest string) (map[string][]string, error) {
	found := map[string]sets.Set[string]{}
	for _, document := range documents(manifest) {
		obj, err := parseManifest(document)
		if err != nil {
			return nil, fmt.Errorf("reading a rendered manifest: %w", err)
		}
		if obj == nil {
			continue
		}
		key := obj.GroupVersionKind().GroupKind().String() + "/" + obj.GetAPIVersion()
		if found[key] == nil {
			found[key] = sets.New[string]()
		}
		found[key].Insert(idOf(obj))
	}
	names := map[string][]string{}
	for key, set := range found {
		names[key] = sets.List(set)
	}
	return names, nil
}

// answerless is a post-renderer that leaves out what the API server would call
// in the cluster: containers are simulated, so nothing would ever answer, and a
// webhook that does not answer refuses what it was to judge.
type answerless struct {
	// left names what was left out.
	left []string
}

// Run implements postrender.PostRenderer.
func (a *answerless) Run(rendered *bytes.Buffer) (*bytes.Buffer, error) {
	kept := &bytes.Buffer{}
	for _, document := range documents(rendered.String()) {
		obj, err := parseManifest(document)
		if err != nil {
			// Helm's own message names the template.
			return rendered, nil //nolint:nilerr // see above
		}
		if obj != nil && calledInCluster(obj) {
			a.left = append(a.left, obj.GetKind()+" "+obj.GetName())
			continue
		}
		fmt.Fprintf(kept, "---\n%s\n", document)
	}
	return kept, nil
}

// calledInCluster tells whether an object has the API server call a Service.
func calledInCluster(obj *unstructured.Unstructured) bool {
	switch obj.GroupVersionKind().GroupKind().String() {
	case "APIService.apiregistration.k8s.io":
		service, found, _ := unstructured.NestedFieldNoCopy(obj.Object, "spec", "service")
		return found && service != nil
	case "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
		"MutatingWebhookConfiguration.admissionregistration.k8s.io":
		webhooks, _, _ := unstructured.NestedSlice(obj.Object, "webhooks")
		return slices.ContainsFunc(webhooks, func(webhook any) bool {
			fields, _ := webhook.(map[string]any)
			service, found, _ := unstructured.NestedFieldNoCopy(fields, "clientConfig", "service")
			return found && service != nil
		})
	}
	return false
}

// failedHooks tells which hooks of a release failed, with the file of each in
// the chart.
func failedHooks(r *helmrelease.Release) []string {
	if r == nil {
		return nil
	}
	var failed []string
	for _, hook := range r.Hooks {
		if hook.LastRun.Phase != helmrelease.HookPhaseFailed {
			continue
		}
		var events []string
		for _, event := range hook.Events {
			events = append(events, event.String())
		}
		failed = append(failed, fmt.Sprintf("%s hook %s %s (%s)", strings.Join(events, " and "), hook.Kind, hook.Name, hook.Path))
	}
	return failed
}
