package kubeprovider

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"
)

// customReadiness makes a check of the waitFor annotation's expressions, all
// of which must hold. They are spelled as for kubectl wait:
// condition=Ready, condition=Ready=False, jsonpath={.status.phase}=Running, or
// jsonpath={.status.phase} for a field that must exist.
func customReadiness(expressions []string) (readiness, error) {
	checks := make([]func(*unstructured.Unstructured) bool, len(expressions))
	for i, expression := range expressions {
		check, err := parseExpression(expression)
		if err != nil {
			return nil, fmt.Errorf("annotation %s: %w", annotationWaitFor, err)
		}
		checks[i] = check
	}
	return func(_ context.Context, _ probe, live *unstructured.Unstructured) verdict {
		for i, holds := range checks {
			if !holds(live) {
				return verdict{waiting: "waiting for " + expressions[i]}
			}
		}
		return isReady
	}, nil
}

func parseExpression(expression string) (func(*unstructured.Unstructured) bool, error) {
	if rest, ok := strings.CutPrefix(expression, "condition="); ok {
		kind, want, given := strings.Cut(rest, "=")
		if !given {
			want = "True"
		}
		return func(live *unstructured.Unstructured) bool {
			return strings.EqualFold(condition(live, kind).status, want)
		}, nil
	}
	if rest, ok := strings.CutPrefix(expression, "jsonpath="); ok {
		return parseJSONPath(strings.Trim(rest, `'"`))
	}
	return nil, fmt.Errorf(`expected a "jsonpath=" or "condition=" prefix, got %q`, expression)
}

func parseJSONPath(expression string) (func(*unstructured.Unstructured) bool, error) {
	path, want := expression, ""
	if end := strings.LastIndex(expression, "}"); end >= 0 {
		path, want = expression[:end+1], strings.TrimPrefix(expression[end+1:], "=")
	}
	parsed := jsonpath.New("waitFor")
	if err := parsed.Parse(path); err != nil {
		return nil, fmt.Errorf("jsonpath %q: %w", path, err)
	}
	return func(live *unstructured.Unstructured) bool {
		var found bytes.Buffer
		if err := parsed.Execute(&found, live.Object); err != nil {
			return false
		}
		return want == "" || strings.Trim(want, `'"`) == found.String()
	}, nil
}
