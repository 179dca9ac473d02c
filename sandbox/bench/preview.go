package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/sandbox/engine"
)

// rounds is how often each preview runs; the median counts.
const rounds = 3

// previewTimes measures the dev stack's preview on each cloud against an empty
// program's, and its growth with the number of models.
func previewTimes(ctx context.Context, repository, scratch string) error {
	project, err := benchProject(repository, scratch)
	if err != nil {
		return err
	}
	options := engine.Options{
		Project: project, Home: filepath.Join(scratch, "home"),
		Bin: filepath.Join(repository, ".gantry", "bin"), Out: io.Discard,
	}

	fmt.Println("\nWarm preview, from opening the sandbox to the end")
	empty := options
	empty.Stack, empty.Program = "dev", func(*pulumi.Context) error { return nil }
	base, err := previewTime(ctx, empty)
	if err != nil {
		return err
	}
	fmt.Printf("  %-44s %6.2f s\n", "an empty program", base.Seconds())
	options.Stack = "dev"
	for _, cloud := range []spec.Cloud{spec.AWS, spec.GCP, spec.Azure} {
		options.Cloud, options.PolicyPack = string(cloud), ""
		dev, err := previewTime(ctx, options)
		if err != nil {
			return fmt.Errorf("%s: %w", cloud, err)
		}
		fmt.Printf("  %-44s %6.2f s  ratio %.2f\n", "the dev stack on "+string(cloud), dev.Seconds(), dev.Seconds()/base.Seconds())
		options.PolicyPack = filepath.Join(repository, "policies")
		judged, err := previewTime(ctx, options)
		if err != nil {
			return fmt.Errorf("%s with policies: %w", cloud, err)
		}
		fmt.Printf("  %-44s %6.2f s  ratio to without %.2f\n", "the same, judged by the policy pack", judged.Seconds(), judged.Seconds()/dev.Seconds())
	}
	options.Cloud, options.PolicyPack = "", ""

	fmt.Println("\nPreview by number of models")
	for _, count := range []int{1, 10, 100, 500} {
		options.Stack = fmt.Sprintf("models-%d", count)
		if err := writeFleet(project, options.Stack, count); err != nil {
			return err
		}
		elapsed, err := previewTime(ctx, options)
		if err != nil {
			return fmt.Errorf("%d models: %w", count, err)
		}
		fmt.Printf("  %-44d %6.2f s  ratio %.2f\n", count, elapsed.Seconds(), elapsed.Seconds()/base.Seconds())
	}
	return nil
}

// previewTime is the median of several previews.
func previewTime(ctx context.Context, options engine.Options) (time.Duration, error) {
	var times []time.Duration
	for range rounds {
		start := time.Now()
		if err := preview(ctx, options); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

func preview(ctx context.Context, options engine.Options) error {
	sandbox, err := engine.Open(ctx, options)
	if err != nil {
		return err
	}
	defer sandbox.Close()
	_, err = sandbox.Preview(ctx)
	return err
}

// benchProject is a copy of the project files to which stacks can be added.
func benchProject(repository, scratch string) (string, error) {
	project := filepath.Join(scratch, "project")
	if err := os.MkdirAll(project, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"Pulumi.yaml", "Pulumi.dev.yaml"} {
		data, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(project, name), data, 0o644); err != nil {
			return "", err
		}
	}
	return project, nil
}

// writeFleet writes a copy of the dev stack that serves count models on CPU, and
// no others.
func writeFleet(project, stack string, count int) error {
	return editStack(project, stack, func(config map[string]any) {
		models := map[string]any{"image-classifier": map[string]any{"enabled": false}}
		for i := range count {
			models[fleetModel(i)] = map[string]any{
				"image": "registry.example.com/model:v1",
				"scale": map[string]any{"min": 1, "max": 2},
			}
		}
		config["gantry:models"] = models
	})
}

// editStack writes a stack that is the dev stack with some of its configuration
// changed.
func editStack(project, stack string, edit func(config map[string]any)) error {
	data, err := os.ReadFile(filepath.Join(project, "Pulumi.dev.yaml"))
	if err != nil {
		return err
	}
	var settings struct {
		Config map[string]any `json:"config"`
	}
	if err := yaml.Unmarshal(data, &settings); err != nil {
		return err
	}
	edit(settings.Config)
	encoded, err := yaml.Marshal(settings)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(project, "Pulumi."+stack+".yaml"), encoded, 0o644)
}
