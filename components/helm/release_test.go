package helm

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest"
)

func valid() *ReleaseArgs {
	return &ReleaseArgs{
		Name: "keda", Namespace: "keda-system", Chart: "keda", Version: "2.20.2",
		RepositoryURL: "https://charts.example.com",
	}
}

func register(t *testing.T, rec *componenttest.Recorder, args *ReleaseArgs) error {
	t.Helper()
	return rec.Run(func(ctx *pulumi.Context) error {
		_, err := NewRelease(ctx, "addon", args)
		return err
	})
}

func TestNewRelease_SendsWhatTheProviderReads(t *testing.T) {
	t.Parallel()
	rec := &componenttest.Recorder{}
	args := valid()
	args.Values = pulumi.Map{
		"replicas": pulumi.Int(2),
		"auth":     pulumi.Map{"password": pulumi.ToSecret("hunter2"), "user": pulumi.String("me")},
	}
	err := register(t, rec, args)
	require.NoError(t, err)

	release := rec.Named(t, "addon")
	assert.Equal(t, "kubernetes:helm.sh/v3:Release", release.Type)
	assert.True(t, release.Custom)
	assert.Equal(t, map[string]any{
		"name": "keda", "namespace": "keda-system", "chart": "keda", "version": "2.20.2",
		"repositoryOpts": map[string]any{"repo": "https://charts.example.com"},
		"values": map[string]any{
			"replicas": 2.0,
			"auth":     map[string]any{"password": "hunter2", "user": "me"},
		},
		"atomic": true, "cleanupOnFail": true, "waitForJobs": true,
		"skipAwait": false, "createNamespace": false, "skipCrds": false,
		"maxHistory": 5.0, "timeout": 600.0, "compat": "true",
	}, inputs(t, release))
	assert.True(t, release.Secret(t, "values.auth.password"))
	assert.False(t, release.Secret(t, "values.auth.user"))
}

// inputs are all inputs as plain Go values.
func inputs(t *testing.T, r componenttest.Resource) map[string]any {
	t.Helper()
	all := map[string]any{}
	for key := range r.Inputs {
		all[string(key)] = r.Input(t, string(key))
	}
	return all
}

func TestNewRelease_LeavesOutWhatIsNotGiven(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]*ReleaseArgs{
		"an OCI chart":     {Name: "gateway", Namespace: "gateway", Chart: "oci://docker.io/envoyproxy/gateway-helm", Version: "v1.9.0"},
		"a chart's folder": {Name: "mine", Namespace: "gateway", Chart: "./charts/mine", Version: "0.1.0-rc.1+build.5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args.Timeout, args.SkipCRDs = 90*time.Second, true
			rec := &componenttest.Recorder{}
			err := register(t, rec, args)
			require.NoError(t, err)
			release := rec.Named(t, "addon")
			assert.Nil(t, release.Input(t, "repositoryOpts"))
			assert.Nil(t, release.Input(t, "values"))
			assert.Equal(t, args.Chart, release.Input(t, "chart"))
			assert.InDelta(t, 90, release.Input(t, "timeout"), 0)
			assert.Equal(t, true, release.Input(t, "skipCrds"))
		})
	}
}

func TestNewRelease_TellsTheStatus(t *testing.T) {
	t.Parallel()
	rec := &componenttest.Recorder{Outputs: func(componenttest.Resource) resource.PropertyMap {
		return resource.NewPropertyMapFromMap(map[string]any{"status": map[string]any{
			"appVersion": "2.20.2", "chart": "keda", "version": "2.20.2", "name": "keda",
			"namespace": "keda-system", "revision": 3, "status": "deployed",
		}})
	}}
	seen := make(chan Status, 1)
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		release, err := NewRelease(ctx, "addon", valid())
		if err != nil {
			return err
		}
		release.Status.ApplyT(func(s Status) Status {
			seen <- s
			return s
		})
		return nil
	}))
	assert.Equal(t, Status{
		AppVersion: "2.20.2", Chart: "keda", Version: "2.20.2", Name: "keda",
		Namespace: "keda-system", Revision: 3, Status: "deployed",
	}, <-seen)
}

func TestNewRelease_RefusesWhatCannotBeARelease(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*ReleaseArgs)
		want   string
	}{
		"no name":                {func(a *ReleaseArgs) { a.Name = "" }, "no release name"},
		"a long name":            {func(a *ReleaseArgs) { a.Name = strings.Repeat("a", 54) }, "has 54 characters: Helm allows 53"},
		"a name in capitals":     {func(a *ReleaseArgs) { a.Name = "Keda" }, `release name "Keda": a lowercase RFC 1123 subdomain`},
		"no namespace":           {func(a *ReleaseArgs) { a.Namespace = "" }, "no namespace"},
		"a bad namespace":        {func(a *ReleaseArgs) { a.Namespace = "a.b" }, `namespace "a.b": must not contain dots`},
		"no chart":               {func(a *ReleaseArgs) { a.Chart = "" }, "no chart: name one"},
		"no version":             {func(a *ReleaseArgs) { a.Version = "" }, `chart "keda" has no version`},
		"a range":                {func(a *ReleaseArgs) { a.Version = "^2.20.0" }, `version "^2.20.0" of chart "keda" is not exact`},
		"a wildcard":             {func(a *ReleaseArgs) { a.Version = "2.20.x" }, `version "2.20.x" of chart "keda" is not exact`},
		"half a version":         {func(a *ReleaseArgs) { a.Version = "2.20" }, `version "2.20" of chart "keda" is not exact`},
		"the latest":             {func(a *ReleaseArgs) { a.Version = "latest" }, `version "latest" of chart "keda" is not exact`},
		"two sources":            {func(a *ReleaseArgs) { a.Chart = "oci://r.example.com/keda" }, "leave out the repository"},
		"a path in a repository": {func(a *ReleaseArgs) { a.Chart = "./keda" }, `chart "./keda" of repository "https://charts.example.com": name the chart only`},
		"a repository that is a registry": {func(a *ReleaseArgs) { a.RepositoryURL = "oci://r.example.com/charts" },
			`repository "oci://r.example.com/charts" of chart "keda" is no http or https URL`},
		"a chart by URL": {func(a *ReleaseArgs) { a.RepositoryURL, a.Chart = "", "https://r.example.com/keda.tgz" },
			`chart "https://r.example.com/keda.tgz": write oci://`},
		"a negative timeout":   {func(a *ReleaseArgs) { a.Timeout = -time.Second }, "timeout -1s"},
		"a fractional timeout": {func(a *ReleaseArgs) { a.Timeout = 1500 * time.Millisecond }, "whole seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := valid()
			tc.change(args)
			rec := &componenttest.Recorder{}
			err := register(t, rec, args)
			require.ErrorContains(t, err, tc.want)
			assert.ErrorContains(t, err, "release addon: ")
			assert.Empty(t, rec.OfType(Type), "nothing is registered")
		})
	}
}

func TestNewRelease_ReportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	err := register(t, &componenttest.Recorder{}, &ReleaseArgs{})
	for _, want := range []string{"no release name", "no namespace", "no chart", "no version"} {
		assert.ErrorContains(t, err, want)
	}
	err = register(t, &componenttest.Recorder{}, nil)
	assert.ErrorContains(t, err, "no arguments")
}
