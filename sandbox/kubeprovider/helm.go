package kubeprovider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// releaseType is the type token of a Helm release.
const releaseType = "kubernetes:helm.sh/v3:Release"

func isRelease(urn string) bool { return typeOf(urn) == releaseType }

// Properties of a release that this provider works out.
const (
	// checksumKey is a digest of the rendered chart: an input that changes
	// when the chart does, though its version did not.
	checksumKey = "checksum"
	// resourceNamesKey lists what the chart makes, by kind.
	resourceNamesKey = "resourceNames"
	statusKey        = "status"
	valuesKey        = "values"
)

// release is what a program asks for. Names and defaults are those of the
// schema of pulumi-kubernetes.
type release struct {
	Name      string
	Namespace string
	// Chart is a name in RepositoryOpts, an oci:// reference or a path.
	Chart          string
	Version        string
	RepositoryOpts struct{ Repo, Username, Password string }
	Values         map[string]any
	// AllowNullValues keeps the nulls among the values, by which Helm drops
	// defaults of the chart.
	AllowNullValues bool
	Description     string
	// Timeout in seconds of each of Helm's waits.
	Timeout     int
	Atomic      bool
	SkipAwait   bool
	WaitForJobs bool
	SkipCrds    bool

	CreateNamespace          bool
	CleanupOnFail            bool
	DisableOpenapiValidation bool
	// DisableWebhooks leaves out the hooks of the chart.
	DisableWebhooks     bool
	ForceUpdate         bool
	MaxHistory          int
	RecreatePods        bool
	RenderSubchartNotes bool
	ResetValues         bool
	ReuseValues         bool
}

// releaseFields are the inputs that are honoured.
var releaseFields = []string{
	"allowNullValues", "atomic", "chart", "cleanupOnFail", "createNamespace", "description",
	"disableOpenapiValidation", "disableWebhooks", "forceUpdate", "maxHistory", "name", "namespace",
	"recreatePods", "renderSubchartNotes", "repositoryOpts", "resetValues", "reuseValues", "skipAwait",
	"skipCrds", "timeout", valuesKey, "version", "waitForJobs", checksumKey, resourceNamesKey,
}

// repositoryFields are the parts of repositoryOpts that are honoured.
var repositoryFields = []string{"repo", "username", "password"}

// unnoticed are inputs that change nothing: what every SDK sends, and what only
// a provider gives out.
var unnoticed = []string{"compat", "manifest"}

// normalReleaseInputs drops what says nothing, as pulumi-kubernetes does: a
// false or empty argument is no change to one that is left out.
func normalReleaseInputs(inputs resource.PropertyMap) resource.PropertyMap {
	inputs = maps.Clone(inputs)
	maps.DeleteFunc(inputs, func(key resource.PropertyKey, v resource.PropertyValue) bool {
		return slices.Contains(unnoticed, string(key)) || v.IsNull() ||
			v.IsBool() && !v.BoolValue() || v.IsString() && v.StringValue() == ""
	})
	return inputs
}

// parseRelease reads inputs without unknown values.
func parseRelease(inputs resource.PropertyMap) (*release, error) {
	raw, err := json.Marshal(openSecrets(resource.NewProperty(inputs)))
	if err != nil {
		return nil, fmt.Errorf("encoding the inputs of the release: %w", err)
	}
	r := &release{}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("reading the inputs of the release: %w", err)
	}
	if !r.AllowNullValues {
		r.Values, _ = withoutNulls(r.Values).(map[string]any)
	}
	if r.Values == nil {
		r.Values = map[string]any{}
	}
	return r, nil
}

// openSecrets returns a value as plain Go, with secrets opened.
func openSecrets(v resource.PropertyValue) any {
	return v.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		if v.IsSecret() {
			return openSecrets(v.SecretValue().Element), true
		}
		return nil, false
	})
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, element := range v {
			if element != nil {
				kept[key] = withoutNulls(element)
			}
		}
		return kept
	case []any:
		kept := make([]any, 0, len(v))
		for _, element := range v {
			if element != nil {
				kept = append(kept, withoutNulls(element))
			}
		}
		return kept
	}
	return v
}

// id is how the engine calls the release: namespace/name.
func (r *release) id() string { return r.Namespace + "/" + r.Name }

// chartName is the last word of the chart's reference, its name.
func (r *release) chartName() string {
	return r.Chart[strings.LastIndex(r.Chart, "/")+1:]
}

// defaultReleaseTimeout is Helm's own, in seconds.
const defaultReleaseTimeout = 300

func (r *release) timeout() time.Duration {
	if r.Timeout == 0 {
		return defaultReleaseTimeout * time.Second
	}
	return time.Duration(r.Timeout) * time.Second
}

// waits tells whether Helm waits until what it made is ready.
func (r *release) waits() bool { return r.Atomic || !r.SkipAwait }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
