// Package helm installs Helm charts through the Kubernetes provider. It
// registers the type token of pulumi-kubernetes' own Release without that SDK
// package, which alone takes longer to compile than all others that Gantry uses.
package helm

import (
	"fmt"
	"reflect"
	"time"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/utilities"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Type is the type token of Release.
const Type = "kubernetes:helm.sh/v3:Release"

const (
	// defaultTimeout leaves time for GPU images, which have gigabytes.
	defaultTimeout = 10 * time.Minute
	// maxHistory bounds the revisions that a cluster keeps of a release, each a
	// Secret with the whole chart in it.
	maxHistory = 5
)

// ReleaseArgs is one chart with its values. All but the values is known at plan
// time.
type ReleaseArgs struct {
	// Name of the release, at most 53 characters.
	Name string
	// Namespace that it is installed into. It must exist: Gantry makes
	// namespaces itself, for the labels that they need.
	Namespace string
	// Chart is the chart's name in RepositoryURL, the full reference of an OCI
	// chart (oci://registry.example.com/charts/name), or the path of a folder
	// or .tgz file.
	Chart string
	// Version of the chart, exact.
	Version string
	// RepositoryURL of a repository over HTTP; empty for an OCI chart and for a
	// path.
	RepositoryURL string
	// Values given to the chart, on top of its own. Secrets among them stay
	// secrets.
	Values pulumi.Map
	// Timeout of each wait, in whole seconds; 0 for ten minutes.
	Timeout time.Duration
	// SkipCRDs leaves out the chart's crds folder, where something else installs
	// the definitions.
	SkipCRDs bool
}

// Release is an installed chart.
type Release struct {
	pulumi.CustomResourceState

	// Status of the installed revision.
	Status StatusOutput `pulumi:"status"`
}

// NewRelease installs a chart and waits until what it made is ready, its Jobs
// included. An installation that fails is taken away again, an upgrade that
// fails goes back to the revision before. It is an error when the arguments
// leave open what is installed or could not be a release; all problems are
// reported at once.
func NewRelease(ctx *pulumi.Context, name string, args *ReleaseArgs, opts ...pulumi.ResourceOption) (*Release, error) {
	if args == nil {
		return nil, fmt.Errorf("release %s: no arguments", name)
	}
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("release %s: %w", name, err)
	}
	r := &Release{}
	// The SDK's own constructors name the plugin's version the same way: a
	// second version would be a second plugin.
	opts = utilities.PkgResourceDefaultOpts(opts)
	if err := ctx.RegisterResource(Type, name, args.inputs(), r, opts...); err != nil {
		return nil, fmt.Errorf("release %s: %w", name, err)
	}
	return r, nil
}

// inputs are the arguments as the schema of pulumi-kubernetes 4.25.0 spells
// them, see sdk/go/kubernetes/helm/v3/release.go in its repository.
func (a *ReleaseArgs) inputs() pulumi.Map {
	timeout := a.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	inputs := pulumi.Map{
		"name":            pulumi.String(a.Name),
		"namespace":       pulumi.String(a.Namespace),
		"chart":           pulumi.String(a.Chart),
		"version":         pulumi.String(a.Version),
		"atomic":          pulumi.Bool(true),
		"cleanupOnFail":   pulumi.Bool(true),
		"waitForJobs":     pulumi.Bool(true),
		"skipAwait":       pulumi.Bool(false),
		"createNamespace": pulumi.Bool(false),
		"skipCrds":        pulumi.Bool(a.SkipCRDs),
		"maxHistory":      pulumi.Int(maxHistory),
		"timeout":         pulumi.Int(int(timeout.Seconds())),
		// Every SDK sends it.
		"compat": pulumi.String("true"),
	}
	if a.RepositoryURL != "" {
		inputs["repositoryOpts"] = pulumi.Map{"repo": pulumi.String(a.RepositoryURL)}
	}
	if len(a.Values) > 0 {
		inputs["values"] = a.Values
	}
	return inputs
}

// Status is what a cluster tells of a release.
type Status struct {
	// AppVersion is the version of what the chart installs.
	AppVersion string `pulumi:"appVersion"`
	// Chart and Version of the revision.
	Chart   string `pulumi:"chart"`
	Version string `pulumi:"version"`
	// Name and Namespace of the release.
	Name      string `pulumi:"name"`
	Namespace string `pulumi:"namespace"`
	// Revision counts installations, upgrades and rollbacks from 1.
	Revision int `pulumi:"revision"`
	// Status is Helm's word for the state, for example `deployed`.
	Status string `pulumi:"status"`
}

// StatusOutput is a Status that flows.
type StatusOutput struct{ *pulumi.OutputState }

// ElementType implements pulumi.Output.
func (StatusOutput) ElementType() reflect.Type { return reflect.TypeFor[Status]() }

func init() { pulumi.RegisterOutputType(StatusOutput{}) }
