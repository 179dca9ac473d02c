package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// checkRelease completes the inputs of a release: a name and a namespace if it
// has none, Helm's timeout, and what the rendered chart says. A chart that does
// not exist or does not render is a failure.
func (s *session) checkRelease(
	ctx context.Context, req *pulumirpc.CheckRequest, news, olds resource.PropertyMap,
) (*pulumirpc.CheckResponse, error) {
	resp := &pulumirpc.CheckResponse{Failures: unsupported(news)}
	inputs := normalReleaseInputs(news)
	if !inputs.HasValue("name") {
		name, err := releaseName(req, olds)
		if err != nil {
			return nil, err
		}
		inputs["name"] = resource.NewProperty(name)
	}
	if !inputs.HasValue("namespace") {
		c, set := s.target()
		inputs["namespace"] = resource.NewProperty(c.defaultNamespace(set))
	}
	if !inputs.HasValue("timeout") && !inputs.HasValue("skipAwait") {
		inputs["timeout"] = resource.NewProperty(float64(defaultReleaseTimeout))
	}
	if len(resp.Failures) == 0 {
		if err := s.computeInputs(ctx, inputs, olds); err != nil {
			resp.Failures = append(resp.Failures, &pulumirpc.CheckFailure{
				Property: "chart", Reason: err.Error() + "; check the chart name and repository configuration.",
			})
		}
	}
	var err error
	resp.Inputs, err = encode(inputs)
	return resp, err
}

// unsupported names the inputs that this provider would not honour.
func unsupported(news resource.PropertyMap) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	for _, key := range slices.Sorted(maps.Keys(normalReleaseInputs(news))) {
		if !slices.Contains(releaseFields, string(key)) {
			failures = append(failures, unhonoured(string(key)))
		}
	}
	if options := news["repositoryOpts"]; options.IsObject() {
		for _, key := range slices.Sorted(maps.Keys(options.ObjectValue())) {
			if !slices.Contains(repositoryFields, string(key)) {
				failures = append(failures, unhonoured("repositoryOpts."+string(key)))
			}
		}
	}
	if !news.HasValue("chart") {
		failures = append(failures, &pulumirpc.CheckFailure{Property: "chart", Reason: "a release needs a chart"})
	}
	return failures
}

func unhonoured(property string) *pulumirpc.CheckFailure {
	return &pulumirpc.CheckFailure{
		Property: property,
		Reason:   fmt.Sprintf("the sandbox's kubernetes provider does not honour %s of a release: leave it out", property),
	}
}

// releaseName keeps the name that the release has, or makes one.
func releaseName(req *pulumirpc.CheckRequest, olds resource.PropertyMap) (string, error) {
	if name := text(olds["name"]); name != "" {
		return name, nil
	}
	return newName(req)
}

// computeInputs renders the chart and puts into the inputs what tells one
// rendering from another. Nothing is computed while a value is unknown. Of a
// chart that cannot be reached just now, what was computed before is kept, as
// long as nothing else changed: a network that comes and goes is no change.
func (s *session) computeInputs(ctx context.Context, inputs, olds resource.PropertyMap) error {
	delete(inputs, checksumKey)
	delete(inputs, resourceNamesKey)
	if inputs.ContainsUnknowns() {
		return nil
	}
	r, err := parseRelease(inputs)
	if err != nil {
		return err
	}
	loaded, err := s.charts.load(ctx, r)
	if errors.Is(err, errUnreachableChart) {
		keepComputed(inputs, olds)
		return nil
	}
	if err != nil {
		return err
	}
	manifest, err := render(ctx, r, loaded)
	if err != nil {
		return err
	}
	names, err := resourceNames(manifest)
	if err != nil {
		return err
	}
	inputs[checksumKey] = resource.NewProperty(digest(manifest))
	inputs[resourceNamesKey] = resource.NewPropertyValue(names)
	return nil
}

func keepComputed(inputs, olds resource.PropertyMap) {
	before := maps.Clone(olds)
	delete(before, checksumKey)
	delete(before, resourceNamesKey)
	if before.DeepEquals(inputs) {
		for _, key := range []resource.PropertyKey{checksumKey, resourceNamesKey} {
			if v, ok := olds[key]; ok {
				inputs[key] = v
			}
		}
	}
}

// diffRelease compares new inputs with those of the last run. Another name or
// namespace is another release.
func diffRelease(req *pulumirpc.DiffRequest, olds, news resource.PropertyMap) (*pulumirpc.DiffResponse, error) {
	before, after := releaseInputs(olds), maps.Clone(news)
	if after.ContainsUnknowns() {
		// Nothing was rendered: see computeInputs.
		before = maps.Clone(before)
		delete(before, checksumKey)
		delete(before, resourceNamesKey)
	}
	d := differ{
		replaces: []fieldPattern{{"name"}, {"namespace"}},
		changes:  map[string]*pulumirpc.PropertyDiff{},
	}
	d.compare(nil, toObject(before).Object, toObject(after).Object)
	if err := d.ignore(req.GetIgnoreChanges()); err != nil {
		return nil, err
	}
	for _, change := range d.changes {
		change.InputDiff = true
	}
	resp := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		Replaces:        d.replacing(),
		DetailedDiff:    d.changes,
		HasDetailedDiff: true,
	}
	if len(d.changes) > 0 {
		resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
	}
	return resp, nil
}
