package kubeprovider

import (
	"fmt"
	"maps"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	helmrelease "helm.sh/helm/v3/pkg/release"
)

// releaseInputs returns the inputs that a state remembers, empty for none.
func releaseInputs(state resource.PropertyMap) resource.PropertyMap {
	inputs := state[inputsKey]
	if inputs.IsSecret() {
		inputs = inputs.SecretValue().Element
	}
	if !inputs.IsObject() {
		return resource.PropertyMap{}
	}
	return inputs.ObjectValue()
}

// statusOf returns Helm's word for the state of a release.
func statusOf(state resource.PropertyMap) string {
	status := state[statusKey]
	if !status.IsObject() {
		return ""
	}
	return text(status.ObjectValue()["status"])
}

// releaseState is what a deployment remembers of a release: its inputs, beside
// them what the cluster says of it, and the inputs once more as they were
// given. The latter are secret as a whole, as in pulumi-kubernetes.
func releaseState(inputs, outputs resource.PropertyMap) resource.PropertyMap {
	markSecrets(outputs, inputs)
	state := maps.Clone(inputs)
	maps.Copy(state, outputs)
	state[inputsKey] = resource.MakeSecret(resource.NewProperty(inputs))
	return state
}

// renderedOutputs are what the cluster says of an installed release.
func renderedOutputs(inputs resource.PropertyMap, live *helmrelease.Release) (resource.PropertyMap, error) {
	names, err := resourceNames(live.Manifest)
	if err != nil {
		return nil, err
	}
	metadata := live.Chart.Metadata
	outputs := resource.PropertyMap{
		"version":        resource.NewProperty(metadata.Version),
		resourceNamesKey: resource.NewPropertyValue(names),
		statusKey: resource.NewProperty(resource.PropertyMap{
			"appVersion": resource.NewProperty(metadata.AppVersion),
			"chart":      resource.NewProperty(metadata.Name),
			"name":       resource.NewProperty(live.Name),
			"namespace":  resource.NewProperty(live.Namespace),
			"revision":   resource.NewProperty(float64(live.Version)),
			"status":     resource.NewProperty(live.Info.Status.String()),
			"version":    resource.NewProperty(metadata.Version),
		}),
	}
	given, err := parseRelease(inputs)
	if err != nil {
		return nil, err
	}
	// Values as they were given keep their secrets apart.
	if len(live.Config) > 0 && !reflect.DeepEqual(given.Values, live.Config) {
		outputs[valuesKey] = resource.NewPropertyValue(live.Config)
	}
	return outputs, nil
}

// recordedOutputs are what can be said of a release whose chart could not be
// reached. No revision and no version of an application are among them.
func recordedOutputs(r record) resource.PropertyMap {
	return resource.PropertyMap{
		statusKey: resource.NewProperty(resource.PropertyMap{
			"chart":     resource.NewProperty(r.chart),
			"name":      resource.NewProperty(r.name),
			"namespace": resource.NewProperty(r.namespace),
			"status":    resource.NewProperty(stateRecorded),
			"version":   resource.NewProperty(r.version),
		}),
	}
}

// importedInputs are the inputs of a release of which only the id is known.
// Where its chart came from no cluster tells.
func importedInputs(r *release) resource.PropertyMap {
	return resource.PropertyMap{
		"name":      resource.NewProperty(r.Name),
		"namespace": resource.NewProperty(r.Namespace),
		"chart":     resource.NewProperty(r.Chart),
		"version":   resource.NewProperty(r.Version),
		"timeout":   resource.NewProperty(float64(defaultReleaseTimeout)),
		valuesKey:   resource.NewPropertyValue(r.Values),
	}
}

// parseReleaseID reads namespace/name.
func parseReleaseID(id string) (namespace, name string, err error) {
	namespace, name = parseID(id)
	if namespace == "" || name == "" {
		return "", "", fmt.Errorf("id %q of a release: expected namespace/name", id)
	}
	return namespace, name, nil
}
