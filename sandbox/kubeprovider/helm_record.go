package kubeprovider

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// The record of a release is a ConfigMap, from which the agent of the local
// cluster learns which add-ons it has to play.
const (
	recordNamespace = "kube-system"
	recordLabel     = "sandbox.gantry.dev/release"
	// recordManager owns the fields of records.
	recordManager = "gantry-sandbox"
)

// States of a release. A recorded one is known and nothing of it runs: its
// chart could not be reached. The word is also the release's status, in which
// Helm has none like it.
const (
	stateRendered = "rendered"
	stateRecorded = "recorded"
)

// redacted stands in a record for a value that is secret.
const redacted = "[secret]"

func recordName(namespace, name string) string { return "release." + namespace + "." + name }

// record is what the cluster remembers of a release.
type record struct {
	chart, version, namespace, name, state string
	// values are YAML, without the secrets.
	values string
}

func newRecord(r *release, inputs resource.PropertyMap, state string) (record, error) {
	values, err := publicValues(inputs[valuesKey])
	return record{
		chart: r.chartName(), version: r.Version, namespace: r.Namespace, name: r.Name, state: state, values: values,
	}, err
}

// publicValues writes values as YAML with every secret replaced.
func publicValues(values resource.PropertyValue) (string, error) {
	plain := any(map[string]any{})
	if !values.IsNull() {
		plain = withoutSecrets(values)
	}
	raw, err := yaml.Marshal(plain)
	if err != nil {
		return "", fmt.Errorf("writing the values of the release: %w", err)
	}
	return string(raw), nil
}

func withoutSecrets(v resource.PropertyValue) any {
	return v.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		return redacted, v.IsSecret() || v.IsOutput() && v.OutputValue().Secret
	})
}

// writeRecord creates or updates the record of a release.
func (c *cluster) writeRecord(ctx context.Context, r record) error {
	obj := configMap(r.namespace, r.name)
	obj.SetLabels(map[string]string{recordLabel: "true"})
	obj.Object["data"] = map[string]any{
		"chart": r.chart, "version": r.version, "namespace": r.namespace, "name": r.name,
		"state": r.state, "values": r.values,
	}
	if _, err := c.apply(ctx, obj, applyOptions{manager: recordManager, force: true}); err != nil {
		return fmt.Errorf("recording release %s/%s: %w", r.namespace, r.name, err)
	}
	return nil
}

// readRecord returns the record of a release, nil if there is none.
func (c *cluster) readRecord(ctx context.Context, namespace, name string) (*record, error) {
	live, err := c.get(ctx, configMap(namespace, name))
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the record of release %s/%s: %w", namespace, name, err)
	}
	data, _, err := unstructured.NestedStringMap(live.Object, "data")
	if err != nil {
		return nil, fmt.Errorf("reading the record of release %s/%s: %w", namespace, name, err)
	}
	return &record{
		chart: data["chart"], version: data["version"], namespace: namespace, name: name,
		state: data["state"], values: data["values"],
	}, nil
}

func (c *cluster) deleteRecord(ctx context.Context, namespace, name string) error {
	obj := configMap(namespace, name)
	client, err := c.client(obj)
	if err != nil {
		return err
	}
	if err := client.Delete(ctx, obj.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting the record of release %s/%s: %w", namespace, name, err)
	}
	return nil
}

func configMap(namespace, name string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{}}
	obj.SetAPIVersion("v1")
	obj.SetKind("ConfigMap")
	obj.SetNamespace(recordNamespace)
	obj.SetName(recordName(namespace, name))
	return obj
}
