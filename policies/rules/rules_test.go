package rules

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// cases are resources that a rule passes and others that it refuses, by the id
// of the rule, from the files in testdata. A case is a resource or a stack:
//
//	type, name, protect, provider   what the engine tells beside the properties
//	pod, namespace, labels          a Deployment with that pod, in place of type
//	stack                           several resources, judged together
//	config                          parameters of the rule
//	want                            part of a fact that is found
//
// and every other key is a property; type_ is the property type.
type cases map[string]struct{ Pass, Fail []map[string]any }

func readCases(t *testing.T) cases {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := cases{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var some cases
		require.NoError(t, yaml.UnmarshalStrict(content, &some), file)
		for id, c := range some {
			require.NotContains(t, all, id)
			all[id] = c
		}
	}
	return all
}

// resources of a case.
func resources(c map[string]any) Stack {
	stack := Stack{{URN: "urn:pulumi:dev::gantry::pulumi:pulumi:Stack::gantry-dev", Name: "gantry-dev", Type: TypeStack}}
	if several, ok := c["stack"].([]any); ok {
		for i, one := range several {
			stack = append(stack, resourceOf(i, one.(map[string]any)))
		}
		return stack
	}
	return append(stack, resourceOf(0, c))
}

func resourceOf(i int, c map[string]any) Resource {
	c = maps.Clone(c)
	take := func(key string) any {
		value := c[key]
		delete(c, key)
		return value
	}
	take("want")
	take("config")
	token, _ := take("type").(string)
	if spec, ok := take("pod").(map[string]any); ok {
		labels := take("labels")
		if labels == nil {
			labels = map[string]any{}
		}
		namespace, _ := take("namespace").(string)
		if namespace == "" {
			namespace = "models"
		}
		token = typeDeployment
		c["metadata"] = map[string]any{"name": "deployment", "namespace": namespace}
		c["spec"] = map[string]any{"template": map[string]any{"spec": spec, "metadata": map[string]any{"labels": labels}}}
	}
	if own := take("type_"); own != nil {
		c["type"] = own
	}
	name, _ := take("name").(string)
	if name == "" {
		name = fmt.Sprintf("resource-%d", i)
	}
	protect, _ := take("protect").(bool)
	provider, _ := take("provider").(map[string]any)
	urn := fmt.Sprintf("urn:pulumi:dev::gantry::%s::%s", token, name)
	return NewResource(urn, name, token, fromJSON(c).AsMap(), fromJSON(provider).AsMap(), protect)
}

// found is all facts that a rule finds in resources.
func found(rule Rule, stack Stack, values Values) []string {
	var facts []string
	for _, r := range stack {
		facts = append(facts, rule.Check(r, values)...)
	}
	for _, finding := range rule.CheckStack(stack, values) {
		facts = append(facts, finding.Fact)
	}
	return facts
}

func config(c map[string]any) map[string]any {
	given, _ := c["config"].(map[string]any)
	return given
}

func TestRules_PassAndFail(t *testing.T) {
	all := readCases(t)
	for _, rule := range All() {
		t.Run(rule.ID, func(t *testing.T) {
			own := all[rule.ID]
			require.NotEmpty(t, own.Pass, "no case that passes")
			require.NotEmpty(t, own.Fail, "no case that fails")
			for i, c := range own.Pass {
				require.Empty(t, rule.Unaccepted(config(c)))
				assert.Empty(t, found(rule, onlyKind(c), rule.Values(config(c))), "pass %d", i)
			}
			for i, c := range own.Fail {
				require.Empty(t, rule.Unaccepted(config(c)))
				facts := found(rule, onlyKind(c), rule.Values(config(c)))
				want, _ := c["want"].(string)
				assert.NotEmpty(t, facts, "fail %d", i)
				assert.Contains(t, strings.Join(facts, "; "), want, "fail %d", i)
			}
		})
	}
	for id := range all {
		_, known := Find(id)
		assert.True(t, known, "cases for %s, which is no rule", id)
	}
}

// onlyKind is the resources of a case. One resource alone is judged alone, so
// that what is missing beside it does not count.
func onlyKind(c map[string]any) Stack {
	if c["stack"] != nil {
		return resources(c)
	}
	return resources(c)[1:]
}

func TestRules_BlameAResourceOfTheStack(t *testing.T) {
	for id, c := range readCases(t) {
		rule, _ := Find(id)
		for i, failing := range c.Fail {
			stack := resources(failing)
			for _, finding := range rule.CheckStack(stack, rule.Values(config(failing))) {
				assert.True(t, slices.ContainsFunc(stack, func(r Resource) bool { return r.URN == finding.URN }), "%s, fail %d: %q", id, i, finding.URN)
			}
		}
	}
}

// variants returns the value with each part of it, one at a time, made into
// something else.
func variants(v property.Value, other property.Value) []property.Value {
	all := []property.Value{other}
	switch {
	case v.IsMap():
		for key, field := range v.AsMap().AllStable {
			for _, variant := range variants(field, other) {
				all = append(all, property.New(v.AsMap().Set(key, variant)))
			}
		}
	case v.IsArray():
		elements := v.AsArray().AsSlice()
		for i := range elements {
			for _, variant := range variants(elements[i], other) {
				changed := slices.Clone(elements)
				changed[i] = variant
				all = append(all, property.New(changed))
			}
		}
	}
	return all
}

// What is not known yet is no violation: where each part of a resource that
// passes is unknown in turn, it still passes. And no value of whatever type makes
// a rule panic.
func TestRules_UnknownIsNoViolationAndNothingPanics(t *testing.T) {
	others := map[string]property.Value{
		"unknown": property.New(property.Computed), "null": {}, "text": property.New("text"), "number": property.New(7.0), "list": property.New([]property.Value{property.New("a")}),
		"map": property.New(map[string]property.Value{"a": property.New("b")}), "secret": property.New("s").WithSecret(true),
	}
	for id, c := range readCases(t) {
		rule, _ := Find(id)
		for i, one := range append(slices.Clone(c.Pass), c.Fail...) {
			stack := onlyKind(one)
			for at, r := range stack {
				for name, other := range others {
					for _, variant := range variants(r.Properties.v, other) {
						changed := slices.Clone(stack)
						changed[at] = NewResource(r.URN, r.Name, r.Type, mapOf(variant), property.Map{}, r.Protect)
						changed[at].Provider = r.Provider
						if !variant.IsMap() {
							changed[at].Properties = Value{variant}
						}
						values := rule.Values(config(one))
						require.NotPanics(t, func() {
							facts := found(rule, changed, values)
							rule.Repair(changed[at], values)
							if name == "unknown" && i < len(c.Pass) {
								assert.Empty(t, facts, "%s, pass %d: %v", id, i, variant)
							}
						}, "%s, %s", id, name)
					}
				}
			}
		}
	}
}

func mapOf(v property.Value) property.Map {
	if v.IsMap() {
		return v.AsMap()
	}
	return property.Map{}
}

var (
	idText   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	upstream = regexp.MustCompile(`^(CKV2?_(AWS|GCP|AZURE|K8S)_[0-9]+|(AWS|GCP|AZU|KSV|KCV)-[0-9]{4,5}|[a-zA-Z-]+)$`)
)

func TestRules_AreDescribed(t *testing.T) {
	seen := map[string]bool{}
	all := slices.Concat(All(), ExceptionRules)
	for _, rule := range all {
		assert.Regexp(t, idText, rule.ID)
		assert.False(t, seen[rule.ID], "%s is there twice", rule.ID)
		seen[rule.ID] = true
		assert.Contains(t, Groups, rule.Group, rule.ID)
		assert.Contains(t, Levels, rule.Level, rule.ID)
		for what, text := range map[string]string{"Says": rule.Says, "Why": rule.Why, "Fix": rule.Fix, "Except": rule.Except} {
			assert.True(t, strings.HasSuffix(text, "."), "%s: %s is a sentence: %q", rule.ID, what, text)
			assert.Equal(t, strings.TrimSpace(text), text, rule.ID)
		}
		for _, id := range rule.Like {
			assert.Regexp(t, upstream, id, rule.ID)
		}
		assert.Equal(t, rule.Judge != nil || rule.Mend != nil, len(rule.Types) > 0, "%s: types are for Judge and Mend", rule.ID)
		assert.Equal(t, rule.Level == Remediate, rule.Mend != nil, "%s: remediate and Mend belong together", rule.ID)
		for _, p := range rule.Parameters {
			assert.NotEmpty(t, p.Says, rule.ID)
			assert.True(t, p.Accepts(plain(p.Default)), "%s: %s does not take its own default", rule.ID, p.Name)
			assert.NotEqual(t, "enforcementLevel", p.Name)
		}
	}
	assert.GreaterOrEqual(t, len(all), 40)
}

func TestRepair_FillsInAndOverrulesNothing(t *testing.T) {
	for _, test := range []struct {
		rule           string
		before, after  string
		token          string
		changed, found bool
	}{
		{"budget-evicts-unhealthy", "spec: {maxUnavailable: 1}", "spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow}", typeBudget, true, false},
		{"budget-evicts-unhealthy", "spec: {unhealthyPodEvictionPolicy: IfHealthyBudget}", "", typeBudget, false, true},
		{"pod-seccomp", "spec: {template: {spec: {containers: [{name: a}]}}}", "spec: {template: {spec: {containers: [{name: a}], securityContext: {seccompProfile: {type: RuntimeDefault}}}}}", typeDeployment, true, false},
		{"pod-seccomp", "spec: {jobTemplate: {spec: {template: {spec: {securityContext: {fsGroup: 1}, containers: []}}}}}", "spec: {jobTemplate: {spec: {template: {spec: {securityContext: {fsGroup: 1, seccompProfile: {type: RuntimeDefault}}, containers: []}}}}}", typeCronJob, true, false},
		{"pod-seccomp", "spec: {containers: [{name: a}]}", "spec: {containers: [{name: a}], securityContext: {seccompProfile: {type: RuntimeDefault}}}", typePod, true, false},
		{"pod-seccomp", "spec: {template: {spec: {securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: a}]}}}", "", typeDeployment, false, true},
		{"bucket-private", "{name: b}", "{name: b, publicAccessPrevention: enforced, uniformBucketLevelAccess: true}", typeBucketGCP, true, false},
		{"bucket-private", "{publicAccessPrevention: inherited, uniformBucketLevelAccess: true}", "", typeBucketGCP, false, true},
		{"bucket-private", "{kind: StorageV2}", "{kind: StorageV2, allowBlobPublicAccess: false}", typeStorageAccount, true, false},
		{"storage-tls", "{enableHttpsTrafficOnly: true}", "{enableHttpsTrafficOnly: true, minimumTlsVersion: TLS1_2}", typeStorageAccount, true, false},
		{"storage-tls", "{enableHttpsTrafficOnly: false, minimumTlsVersion: TLS1_2}", "", typeStorageAccount, false, true},
	} {
		t.Run(test.rule+" "+test.before, func(t *testing.T) {
			rule, _ := Find(test.rule)
			values := rule.Values(nil)
			before := NewResource("", "", test.token, parse(t, test.before), property.Map{}, false)
			after, changed := rule.Repair(before, values)
			assert.Equal(t, test.changed, changed)
			if changed {
				assert.True(t, property.New(parse(t, test.after)).Equals(property.New(after)), "%v", after)
				before = NewResource("", "", test.token, after, property.Map{}, false)
			}
			assert.Equal(t, test.found, len(rule.Check(before, values)) > 0)
			_, again := rule.Repair(before, values)
			assert.False(t, again, "what conforms is left alone")
		})
	}
}

func parse(t *testing.T, text string) property.Map {
	t.Helper()
	var content any
	require.NoError(t, yaml.Unmarshal([]byte(text), &content))
	return fromJSON(content).AsMap()
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"a*", "ab", true}, {"*", "", true}, {"*b", "ab", true}, {"a*c*e", "abcde", true},
		{"a*a", "a", false}, {"a*b", "ba", false}, {"*x*", "abc", false}, {"ab*bc", "abc", false},
	} {
		assert.Equal(t, test.want, matches(test.pattern, test.text), "%s %s", test.pattern, test.text)
	}
}

func TestResource_AzureTokensLoseTheirVersion(t *testing.T) {
	for token, want := range map[string]string{
		"azure-native:containerservice/v20241001:ManagedCluster":   "azure-native:containerservice:ManagedCluster",
		"azure-native:containerservice/v20240602preview:AgentPool": "azure-native:containerservice:AgentPool",
		"azure-native:storage:StorageAccount":                      "azure-native:storage:StorageAccount",
		"kubernetes:apps/v1:Deployment":                            "kubernetes:apps/v1:Deployment",
	} {
		assert.Equal(t, want, NewResource("", "", token, property.Map{}, property.Map{}, false).Type)
	}
}

func TestValues_TakeDefaultsForWhatDoesNotFit(t *testing.T) {
	rule := Rule{ID: "a-b", Parameters: []Parameter{
		{Name: "number", Default: 3.0}, {Name: "text", Default: "x"}, {Name: "on", Default: true},
		{Name: "list", Default: []string{"a"}}, {Name: "map", Default: map[string]float64{"l4": 1}},
	}}
	values := rule.Values(map[string]any{"number": "4", "text": 5.0, "on": "yes", "list": []any{1.0}, "map": map[string]any{"l4": "x"}, "odd": 1.0})
	assert.InDelta(t, 3, values.Number("number"), 0)
	assert.Equal(t, "x", values.Text("text"))
	assert.True(t, values.True("on"))
	assert.Equal(t, []string{"a"}, values.Texts("list"))
	assert.Equal(t, map[string]float64{"l4": 1}, values.Numbers("map"))
	assert.Len(t, rule.Unaccepted(map[string]any{"number": -1.0, "text": 5.0, "on": 1.0, "list": "a", "map": []any{}, "odd": 1.0}), 6)

	values = rule.Values(map[string]any{"number": 4.0, "text": "y", "on": false, "list": []any{"b", "c"}, "map": map[string]any{"t4": 2.0}})
	assert.InDelta(t, 4, values.Number("number"), 0)
	assert.Equal(t, "y", values.Text("text"))
	assert.False(t, values.True("on"))
	assert.Equal(t, []string{"b", "c"}, values.Texts("list"))
	assert.Equal(t, map[string]float64{"t4": 2}, values.Numbers("map"))
}
