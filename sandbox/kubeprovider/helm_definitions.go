package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// definitionsAtOnce is how many definitions are applied at a time: the API
// server works on each of the large ones for a good part of a second.
const definitionsAtOnce = 4

// applyDefinitions applies the custom resource definitions that are known of a
// chart, and waits until the API server serves all of them: what the program
// makes of these kinds is then judged as in a real cluster. A chart of which
// none are known is no error.
func (s *session) applyDefinitions(ctx context.Context, c *cluster, urn string, r *release) error {
	known, err := definitionsOf(s.options.Definitions, r.chartName())
	if err != nil || len(known) == 0 {
		return err
	}
	s.status(ctx, urn, fmt.Sprintf("applying %d custom resource definitions", len(known)))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(definitionsAtOnce)
	for _, definition := range known {
		group.Go(func() error {
			applied, err := c.apply(ctx, definition, applyOptions{manager: defaultManager, force: true})
			if err == nil {
				_, err = s.awaitReady(ctx, c, urn, definition, applied, r.timeout().Seconds())
			}
			if err != nil {
				return fmt.Errorf("definition %s of chart %s: %w", definition.GetName(), r.chartName(), err)
			}
			return nil
		})
	}
	err = group.Wait()
	c.mapper.Reset()
	return err
}

// definitionsOf reads the definitions of a chart from its folder.
func definitionsOf(dir, chartName string) ([]*unstructured.Unstructured, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(filepath.Join(dir, chartName))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("definitions of chart %s: %w", chartName, err)
	}
	var all []*unstructured.Unstructured
	for _, entry := range entries {
		if !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(entry.Name())) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, chartName, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("definitions of chart %s: %w", chartName, err)
		}
		for _, document := range documents(string(content)) {
			obj, err := parseManifest(document)
			if err != nil {
				return nil, fmt.Errorf("definitions of chart %s: %s: %w", chartName, entry.Name(), err)
			}
			if obj != nil && obj.GroupVersionKind().GroupKind() == crdKind {
				all = append(all, obj)
			}
		}
	}
	return all, nil
}
