package render_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/policies/rules"
	"gantry.dev/gantry/policies/settings"
	"gantry.dev/gantry/sandbox/render"
)

// findings are those of the policy pack, as strict as it is with the stack, in
// everything that is rendered.
func findings(t *testing.T, stack string, objects []render.Object) []string {
	t.Helper()
	chosen, err := settings.For(stack)
	require.NoError(t, err)
	var all rules.Stack
	for _, o := range objects {
		all = append(all, rules.NewResource(o.URN, o.Name, o.Type, resource.FromResourcePropertyMap(o.Inputs), property.Map{}, o.Protect))
	}
	var found []string
	for _, rule := range rules.All() {
		if chosen.Level(rule) == rules.Disabled {
			continue
		}
		for _, res := range all {
			for _, fact := range rule.Check(res, chosen.Values(rule)) {
				found = append(found, rule.ID+": "+res.Name+": "+fact)
			}
		}
		for _, finding := range rule.CheckStack(all, chosen.Values(rule)) {
			found = append(found, rule.ID+": "+resource.URN(finding.URN).Name()+": "+finding.Fact)
		}
	}
	return found
}

// accepted are the findings that the samples are known for, all others are not.
var accepted = []string{
	// The model asks for a secret in its environment: that is what
	// secrets.env is for.
	"pod-secret-files: canary-canary-deployment: container server: the variable API_TOKEN is taken from a Secret",
	"pod-secret-files: canary-deployment: container server: the variable API_TOKEN is taken from a Secret",
	// No NetworkPolicy confines the add-ons; these are of the platform and of no
	// model.
	"namespace-network-policy: gantry-prod-cert-manager: no NetworkPolicy of the stack is in it",
	"namespace-network-policy: gantry-prod-gateway: no NetworkPolicy of the stack is in it",
	"namespace-network-policy: gantry-prod-keda: no NetworkPolicy of the stack is in it",
	"namespace-network-policy: gantry-prod-monitoring: no NetworkPolicy of the stack is in it",
}

func TestRendering_HasNoFurtherFindingOfThePolicyPack(t *testing.T) {
	for cloud := range clouds {
		r := rendering(t, cloud)
		assert.ElementsMatch(t, accepted, findings(t, r.Stack, slices.Concat(r.Objects, r.Releases)), cloud)
	}
}

// The check above sees something: an image without a tag is found.
func TestRendering_FindingsAreFound(t *testing.T) {
	r := rendering(t, "aws")
	at := slices.IndexFunc(r.Objects, func(o render.Object) bool { return o.Name == "canary-deployment" })
	require.GreaterOrEqual(t, at, 0)
	changed := r.Objects[at]
	changed.Inputs = resource.NewPropertyMapFromMap(changed.Inputs.Mappable()) // all of it a copy
	path, err := resource.ParsePropertyPath("spec.template.spec.containers[0].image")
	require.NoError(t, err)
	require.True(t, path.Set(resource.NewProperty(changed.Inputs), resource.NewProperty("registry.example.com/canary:latest")))
	found := findings(t, r.Stack, append(slices.Delete(slices.Clone(r.Objects), at, at+1), changed))
	assert.Contains(t, found, "image-pinned: canary-deployment: container server: the tag of registry.example.com/canary:latest moves")
}
