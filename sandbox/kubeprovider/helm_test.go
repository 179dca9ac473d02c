package kubeprovider

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const sprocketType = "kubernetes:gantry.test/v1:Sprocket"

func web(pool, extra string) string {
	return `{name: web, chart: ./web, version: 1.2.3, values: {pool: ` + pool + extra + `}}`
}

func TestAChartIsInstalledUpgradedAndUninstalled(t *testing.T) {
	d := newReleases(t, "chart")
	installed := d.mustInstall(d.inputs(web("chart", "")))
	assert.Equal(t, d.namespace+"/web", installed.id)
	assert.Equal(t, "hello", d.greeting("web"))
	live, err := d.client.AppsV1().Deployments(d.namespace).Get(t.Context(), "web", metav1.GetOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, 1, live.Status.AvailableReplicas, "Helm waits until the pods are ready")
	assert.Equal(t, map[string]any{
		"status": "deployed", "revision": 1.0, "chart": "web", "version": "1.2.3", "appVersion": "9.8",
		"name": "web", "namespace": d.namespace,
	}, installed.state[statusKey].Mappable())
	assert.Equal(t, map[string]any{
		"ConfigMap/v1":            []any{d.namespace + "/web"},
		"Deployment.apps/apps/v1": []any{"web"},
	}, installed.state[resourceNamesKey].Mappable(), "as the manifest says it, namespace or none")
	assert.Regexp(t, "^[0-9a-f]{64}$", text(installed.state[checksumKey]))
	assert.True(t, installed.state[inputsKey].IsSecret())

	_, err = d.create(sprocketType, `{metadata: {name: bad}, spec: {size: 0}}`)
	assert.ErrorContains(t, err, "should be greater than or equal to 1", "the chart's definitions are in force")

	same := d.inputs(web("chart", ""))
	assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, d.diff(installed, same).GetChanges(), "a second run changes nothing")

	news := d.inputs(web("chart", `, greeting: ciao, replicas: 2`))
	diff := d.diff(installed, news)
	assert.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, diff.GetChanges())
	assert.Empty(t, diff.GetReplaces())
	assert.Equal(t, pulumirpc.PropertyDiff_ADD, diff.GetDetailedDiff()["values.greeting"].GetKind())
	assert.Contains(t, diff.GetDetailedDiff(), checksumKey)
	assert.True(t, diff.GetDetailedDiff()[checksumKey].GetInputDiff())
	upgraded, err := d.upgrade(installed, news)
	require.NoError(t, err)
	assert.Equal(t, "ciao", d.greeting("web"))
	assert.InDelta(t, 2, statusField(upgraded, "revision"), 0)

	require.NoError(t, d.delete(upgraded))
	_, err = d.client.AppsV1().Deployments(d.namespace).Get(t.Context(), "web", metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err))
	assert.Nil(t, d.recordOf("web"))
	require.NoError(t, d.delete(upgraded), "what is gone counts as deleted")
	_, err = d.create(sprocketType, `{metadata: {name: good}, spec: {size: 1}}`)
	assert.NoError(t, err, "Helm keeps the definitions of a chart")
}

func TestAnotherNameOrNamespaceIsAnotherRelease(t *testing.T) {
	inputs := props(t, `{name: web, namespace: a, chart: ./web, version: 1.2.3, values: {x: 1}}`)
	state := releaseState(inputs, recordedOutputs(record{name: "web"}))
	for _, tc := range []struct {
		change   string
		paths    []string
		replaces []string
	}{
		{`{}`, nil, nil},
		{`{name: api}`, []string{"name"}, []string{"name"}},
		{`{namespace: b}`, []string{"namespace"}, []string{"namespace"}},
		{`{chart: ./api}`, []string{"chart"}, nil},
		{`{version: 2.0.0}`, []string{"version"}, nil},
		{`{values: {x: 2, z: 3}}`, []string{"values.x", "values.z"}, nil},
		{`{values: {}}`, []string{"values.x"}, nil},
	} {
		news := props(t, tc.change)
		for key, v := range inputs {
			if _, changed := news[key]; !changed {
				news[key] = v
			}
		}
		resp, err := offline().Diff(context.Background(), &pulumirpc.DiffRequest{
			Urn: urnOf(releaseType), Olds: structOf(t, state), News: structOf(t, news),
		})
		require.NoError(t, err)
		var paths []string
		for path := range resp.GetDetailedDiff() {
			paths = append(paths, path)
		}
		assert.ElementsMatch(t, tc.paths, paths, tc.change)
		assert.Equal(t, tc.replaces, resp.GetReplaces(), tc.change)
	}
}

func TestAFailedUpgradeGoesBackToTheRevisionBefore(t *testing.T) {
	d := newReleases(t, "atomic")
	installed := d.mustInstall(d.inputs(web("atomic", "")))
	news := d.inputs(web("atomic", `, greeting: ciao, failHook: true`))
	failed, err := d.upgrade(installed, news)
	require.Error(t, err)
	assert.ErrorContains(t, err, "has been rolled back due to atomic being set")
	assert.ErrorContains(t, err, "pre-install and pre-upgrade hook Job web-migrate (web/templates/hook.yaml)")
	require.NotNil(t, failed.state, "the release is there, so its state is kept")
	assert.Equal(t, "hello", d.greeting("web"))
	assert.Equal(t, "deployed", statusField(failed, "status"))
	assert.InDelta(t, 3, statusField(failed, "revision"), 0, "a rollback is a revision of its own")
	record := d.recordOf("web")
	assert.Contains(t, record["values"], "pool: atomic")
	assert.NotContains(t, record["values"], "ciao")

	assert.Contains(t, d.diff(failed, news).GetDetailedDiff(), "values.greeting", "the next run has it still to change")
	repaired, err := d.upgrade(failed, d.inputs(web("atomic", `, greeting: ciao`)))
	require.NoError(t, err)
	assert.Equal(t, "ciao", d.greeting("web"))
	assert.InDelta(t, 4, statusField(repaired, "revision"), 0)
}

func TestAFailedInstallationLeavesNothing(t *testing.T) {
	d := newReleases(t, "failed")
	a, err := d.install(d.inputs(web("failed", `, failHook: true`)))
	require.Error(t, err)
	assert.Nil(t, initFailure(err))
	assert.ErrorContains(t, err, "installing release "+d.namespace+"/web: ")
	assert.ErrorContains(t, err, "has been uninstalled due to atomic being set")
	assert.ErrorContains(t, err, "hook Job web-migrate")
	assert.Nil(t, d.recordOf("web"))
	a.id = d.namespace + "/web"
	assert.Empty(t, d.read(a).GetId())

	_, err = d.install(d.inputs(web("failed", "")))
	require.NoError(t, err, "the name is free")
}

func TestWithoutAtomicAFailedInstallationStaysAndIsRepaired(t *testing.T) {
	d := newReleases(t, "stays")
	news := d.inputs(web("stays", `, failHook: true`))
	delete(news, "atomic")
	inputs, _ := d.checkInputs(news, nil)
	_, err := d.provider.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urnOf(releaseType), Properties: structOf(t, inputs)})
	failed := initFailure(err)
	require.NotNil(t, failed, "%v", err)
	a := applied{typ: releaseType, id: failed.GetId(), inputs: inputs, state: propsOf(t, failed.GetProperties())}
	assert.Equal(t, "failed", statusField(a, "status"))
	repaired, err := d.upgrade(a, d.inputs(web("stays", "")))
	require.NoError(t, err)
	assert.Equal(t, "deployed", statusField(repaired, "status"))
}

func TestAnInterruptedInstallationIsTakenUpAgain(t *testing.T) {
	d := newReleases(t, "killed")
	installed := d.mustInstall(d.inputs(web("killed", "")))
	helm := d.helmOf()
	for _, status := range []string{"pending-install", "pending-upgrade"} {
		live, err := lastRevision(helm, "web")
		require.NoError(t, err)
		if status == "pending-upgrade" {
			// The revision before is what is deployed.
			live.Version++
			live.SetStatus("pending-upgrade", "killed")
			require.NoError(t, helm.Releases.Create(live))
		} else {
			live.SetStatus("pending-install", "killed")
			require.NoError(t, helm.Releases.Update(live))
		}
		again := d.mustInstall(d.inputs(web("killed", `, greeting: `+status)))
		assert.Equal(t, installed.id, again.id)
		assert.Equal(t, "deployed", statusField(again, "status"), status)
		assert.Equal(t, status, d.greeting("web"))
	}
}

func TestAPackedChartAndARepositoryOnThisMachine(t *testing.T) {
	d := newReleases(t, "packed")
	dir := t.TempDir()
	file := pack(t, "web", dir)
	d.mustInstall(d.inputs(`{name: file, chart: ` + file + `, version: 1.2.3, values: {pool: packed}}`))
	assert.Equal(t, "hello", d.greeting("file"))

	url, _ := serveRepository(t, "127.0.0.1:0", dir)
	served := d.mustInstall(d.inputs(`{name: served, chart: web, version: 1.2.3, repositoryOpts: {repo: "` + url + `"}, values: {pool: packed}}`))
	assert.Equal(t, "deployed", statusField(served, "status"))
	_, failures := d.checkInputs(d.inputs(`{name: x, chart: web, version: 9.9.9, repositoryOpts: {repo: "`+url+`"}}`), nil)
	require.Len(t, failures, 1)
	assert.Contains(t, failures[0], "chart: chart web 9.9.9 from "+url+": the repository's index has no such chart")
	assert.Contains(t, failures[0], "check the chart name and repository configuration.")
}

func TestAChartThatCannotBeReachedIsRecorded(t *testing.T) {
	d := newReleases(t, "recorded")
	news := d.inputs(`{name: absent, chart: absent, version: v3.2.1, repositoryOpts: {repo: "https://charts.gantry.test"}, values: {pool: recorded}}`)
	recorded := d.mustInstall(news)
	assert.Equal(t, d.namespace+"/absent", recorded.id)
	assert.Equal(t, map[string]any{
		"status": "recorded", "chart": "absent", "version": "v3.2.1", "name": "absent", "namespace": d.namespace,
	}, recorded.state[statusKey].Mappable())
	assert.NotContains(t, recorded.state, resource.PropertyKey(checksumKey))
	assert.Contains(t, d.shown(), "recorded, not rendered: absent v3.2.1 cannot be reached from here")
	assert.Equal(t, map[string]string{
		"chart": "absent", "version": "v3.2.1", "namespace": d.namespace, "name": "absent", "state": "recorded",
		"values": "pool: recorded\n",
	}, d.recordOf("absent"))
	live, err := lastRevision(d.helmOf(), "absent")
	require.NoError(t, err)
	assert.Nil(t, live, "Helm knows nothing of it")

	_, err = d.create("kubernetes:gantry.test/v1:Gadget", `{metadata: {name: bad}, spec: {size: 0}}`)
	assert.ErrorContains(t, err, "should be greater than or equal to 1", "the known definitions are in force")
	_, err = d.create("kubernetes:gantry.test/v1:Gadget", `{metadata: {name: good}, spec: {size: 1}}`)
	assert.NoError(t, err)

	assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, d.diff(recorded, news).GetChanges())
	assert.Equal(t, d.namespace+"/absent", d.read(recorded).GetId())
	news["version"] = resource.NewProperty("v3.2.2")
	next, err := d.upgrade(recorded, news)
	require.NoError(t, err)
	assert.Equal(t, "v3.2.2", d.recordOf("absent")["version"])

	require.NoError(t, d.delete(next))
	assert.Nil(t, d.recordOf("absent"))
	assert.Empty(t, d.read(next).GetId())
	_, err = d.create("kubernetes:gantry.test/v1:Gadget", `{metadata: {name: other}, spec: {size: 1}}`)
	assert.NoError(t, err, "definitions outlive the release")
}

func TestARecordNeedsItsNamespaceAsAnInstallationDoes(t *testing.T) {
	d := newReleases(t, "nowhere")
	_, err := d.install(d.inputs(`{name: absent, namespace: nowhere, chart: "oci://r.gantry.test/absent", version: 1.0.0}`))
	assert.ErrorContains(t, err, `namespaces "nowhere" not found`)
}

func TestARecordedReleaseIsInstalledOnceItsChartAppears(t *testing.T) {
	d := newReleases(t, "appears")
	dir := t.TempDir()
	pack(t, "web", dir)
	url, stop := serveRepository(t, "127.0.0.1:0", dir)
	stop()
	inputs := func(extra string) resource.PropertyMap {
		return d.inputs(`{name: web, chart: web, version: 1.2.3, repositoryOpts: {repo: "` + url + `"}, values: {pool: appears` + extra + `}}`)
	}
	recorded := d.mustInstall(inputs(""))
	assert.Equal(t, "recorded", statusField(recorded, "status"))

	_, stop = serveRepository(t, strings.TrimPrefix(url, "http://"), dir)
	assert.Contains(t, d.diff(recorded, inputs("")).GetDetailedDiff(), checksumKey, "that it can be rendered is a change")
	installed, err := d.upgrade(recorded, inputs(""))
	require.NoError(t, err)
	assert.Equal(t, "deployed", statusField(installed, "status"))
	assert.Equal(t, "hello", d.greeting("web"))
	assert.Equal(t, "rendered", d.recordOf("web")["state"])

	stop()
	// Another process has not downloaded the chart.
	d.provider.(*provider).charts.fetched = map[string][]byte{}
	assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, d.diff(installed, inputs("")).GetChanges(), "a repository that is away is no change")
	again, err := d.upgrade(installed, inputs(`, greeting: ciao`))
	require.NoError(t, err)
	assert.Equal(t, "recorded", statusField(again, "status"))
	assert.Equal(t, "recorded", d.recordOf("web")["state"])
	assert.Equal(t, "hello", d.greeting("web"), "what was installed stays as it is")

	require.NoError(t, d.delete(again))
	_, err = d.client.CoreV1().ConfigMaps(d.namespace).Get(t.Context(), "web", metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "and goes with the release")
}

func TestWhatWouldBeCalledInTheClusterIsLeftOut(t *testing.T) {
	d := newReleases(t, "calls")
	installed := d.mustInstall(d.inputs(web("calls", `, webhook: true`)))
	assert.Equal(t, "deployed", statusField(installed, "status"))
	assert.Contains(t, d.shown(), "left out, since simulated containers answer no calls: "+
		"APIService v1."+d.namespace+".gantry.test, ValidatingWebhookConfiguration "+d.namespace+"-judge")
	_, err := d.create("kubernetes:core/v1:ConfigMap", `{metadata: {name: unjudged}}`)
	assert.NoError(t, err, "no webhook is in the way")
}

func TestSecretValuesReachTheChartAndNotTheRecord(t *testing.T) {
	d := newReleases(t, "secret")
	news := d.inputs(web("secret", `, users: [{name: me}]`))
	values := news[valuesKey].ObjectValue()
	values["greeting"] = resource.MakeSecret(resource.NewProperty("hunter2"))
	values["users"].ArrayValue()[0].ObjectValue()["key"] = resource.MakeSecret(resource.NewProperty("hunter3"))
	installed := d.mustInstall(news)
	assert.Equal(t, "hunter2", d.greeting("web"))

	record := d.recordOf("web")
	var recorded map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(record["values"]), &recorded))
	assert.Equal(t, map[string]any{
		"pool": "secret", "greeting": "[secret]",
		"users": []any{map[string]any{"name": "me", "key": "[secret]"}},
	}, recorded)
	for _, value := range record {
		assert.NotContains(t, value, "hunter")
	}
	assert.True(t, installed.state[valuesKey].ObjectValue()["greeting"].IsSecret(), "the state keeps the mark")
	assert.False(t, installed.state[valuesKey].ObjectValue()["pool"].IsSecret())
	for _, message := range d.shown() {
		assert.NotContains(t, message, "hunter")
	}
	again := propsOf(t, d.read(installed).GetProperties())
	assert.True(t, again[valuesKey].ObjectValue()["greeting"].IsSecret(), "a refresh does too")
}

func TestARefreshSeesWhatOthersDidToARelease(t *testing.T) {
	d := newReleases(t, "others")
	installed := d.mustInstall(d.inputs(web("others", "")))

	rollback := action.NewUpgrade(d.helmOf())
	rollback.Namespace = d.namespace
	loaded, err := d.provider.(*provider).charts.open("./web")
	require.NoError(t, err)
	_, err = rollback.Run("web", loaded, map[string]any{"pool": "others", "greeting": "from outside"})
	require.NoError(t, err)
	resp := d.read(installed)
	assert.Equal(t, installed.id, resp.GetId())
	state, inputs := propsOf(t, resp.GetProperties()), propsOf(t, resp.GetInputs())
	assert.InDelta(t, 2, state[statusKey].ObjectValue()["revision"].V, 0)
	assert.Equal(t, "from outside", text(inputs[valuesKey].ObjectValue()["greeting"]))

	back := action.NewRollback(d.helmOf())
	back.Version = 1
	require.NoError(t, back.Run("web"))
	assert.Equal(t, "hello", d.greeting("web"))
	assert.InDelta(t, 3, propsOf(t, d.read(installed).GetProperties())[statusKey].ObjectValue()["revision"].V, 0)

	imported, err := d.provider.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urnOf(releaseType), Id: installed.id})
	require.NoError(t, err)
	assert.Equal(t, installed.id, imported.GetId())
	given := propsOf(t, imported.GetInputs())
	assert.Equal(t, "web", text(given["name"]))
	assert.Equal(t, "1.2.3", text(given["version"]))
	assert.Equal(t, "others", text(given[valuesKey].ObjectValue()["pool"]))

	_, err = action.NewUninstall(d.helmOf()).Run("web")
	require.NoError(t, err)
	_, err = d.upgrade(installed, d.inputs(web("others", `, greeting: ciao`)))
	assert.ErrorContains(t, err, "it was uninstalled outside of this program")
	assert.Empty(t, d.read(installed).GetId(), "gone")
}

func TestCheckOfAReleaseNeedsNoCluster(t *testing.T) {
	provider := func() pulumirpc.ResourceProviderServer {
		return New(Options{Project: filepath.Join("testdata", "charts")})
	}
	check := func(news, olds resource.PropertyMap) (resource.PropertyMap, []string) {
		resp, err := provider().Check(t.Context(), &pulumirpc.CheckRequest{
			Urn: urnOf(releaseType), News: structOf(t, news), Olds: structOf(t, olds), RandomSeed: []byte("seed"),
		})
		require.NoError(t, err)
		var reasons []string
		for _, f := range resp.GetFailures() {
			reasons = append(reasons, f.GetProperty()+": "+f.GetReason())
		}
		return propsOf(t, resp.GetInputs()), reasons
	}
	inputs, failures := check(props(t, `{chart: ./web, version: 1.2.3, compat: "true", skipAwait: false, atomic: true}`), nil)
	assert.Empty(t, failures)
	assert.Regexp(t, "^web-[0-9a-f]{8}$", text(inputs["name"]))
	assert.Equal(t, "default", text(inputs["namespace"]))
	assert.InDelta(t, 300, inputs["timeout"].NumberValue(), 0, "Helm's own")
	assert.NotContains(t, inputs, resource.PropertyKey("compat"))
	assert.NotContains(t, inputs, resource.PropertyKey("skipAwait"), "false says nothing")
	assert.Contains(t, inputs[resourceNamesKey].Mappable(), "CustomResourceDefinition.apiextensions.k8s.io/apiextensions.k8s.io/v1")
	assert.Contains(t, inputs[resourceNamesKey].Mappable(), "Job.batch/batch/v1", "hooks are part of it")
	again, _ := check(props(t, `{chart: ./web, version: 1.2.3, atomic: true}`), inputs)
	assert.Equal(t, inputs, again, "the name is kept, and the same chart has the same checksum")

	unknowns := props(t, `{name: web, chart: ./web, version: 1.2.3, values: {}}`)
	unknowns[valuesKey].ObjectValue()["greeting"] = unknown
	got, failures := check(unknowns, inputs)
	assert.Empty(t, failures)
	assert.NotContains(t, got, resource.PropertyKey(checksumKey), "not known before the values are")

	for name, tc := range map[string]struct{ inputs, want string }{
		"no chart":               {`{name: a}`, "chart: a release needs a chart"},
		"a path without a chart": {`{chart: ./none}`, "no chart at testdata/charts/none"},
		"a chart that fails":     {`{chart: ./web, values: {greeting: ""}}`, "a greeting is needed"},
		"a post-renderer":        {`{chart: ./web, postrender: ./x}`, "postrender: the sandbox's kubernetes provider does not honour postrender"},
		"a certificate":          {`{chart: web, repositoryOpts: {repo: "https://r.test", caFile: x}}`, "repositoryOpts.caFile: "},
		"a registry as a repository": {`{chart: web, repositoryOpts: {repo: "oci://r.test/charts"}}`,
			"give the chart as oci://r.test/charts/web and no repository"},
	} {
		t.Run(name, func(t *testing.T) {
			_, failures := check(props(t, tc.inputs), nil)
			require.Len(t, failures, 1)
			assert.Contains(t, failures[0], tc.want)
		})
	}
}

func TestOnlyLoopbackIsAskedUnlessTheNetworkIsAllowed(t *testing.T) {
	t.Parallel()
	closed := newCharts(Options{})
	for _, tc := range []struct {
		inputs string
		want   error
	}{
		{`{chart: web, version: 1.0.0, repositoryOpts: {repo: "https://charts.example.com"}}`, errUnreachableChart},
		{`{chart: "oci://r.example.com/web", version: 1.0.0}`, errUnreachableChart},
		{`{chart: "oci://127.0.0.1:1/web", version: 1.0.0}`, errUnreachableChart},
		{`{chart: "https://r.example.com/web.tgz", version: 1.0.0}`, errUnreachableChart},
	} {
		r, err := parseRelease(props(t, tc.inputs))
		require.NoError(t, err)
		_, err = closed.load(t.Context(), r)
		assert.ErrorIs(t, err, tc.want, tc.inputs)
	}
	assert.Empty(t, closed.answers, "no other machine was dialed")

	open := newCharts(Options{Network: true})
	// TEST-NET-1 is nobody's: https://www.rfc-editor.org/rfc/rfc5737.
	open.answers["192.0.2.1:443"] = false
	r, err := parseRelease(props(t, `{chart: "oci://192.0.2.1/web", version: 1.0.0}`))
	require.NoError(t, err)
	_, err = open.load(t.Context(), r)
	assert.ErrorIs(t, err, errUnreachableChart, "a machine that did not answer is not asked again")

	for host, want := range map[string]string{
		"http://a.test/x": "a.test:80", "https://a.test": "a.test:443", "oci://a.test/x": "a.test:443", "oci://a.test:5000/x": "a.test:5000",
	} {
		got, err := hostOf(host)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for host, want := range map[string]bool{"127.0.0.1:80": true, "localhost:80": true, "[::1]:80": true, "10.0.0.1:80": false, "a.test:80": false} {
		assert.Equal(t, want, loopback(host), host)
	}
}

func TestOnlyCallsIntoTheClusterAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		manifest string
		want     bool
	}{
		"a webhook in the cluster": {`{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, webhooks: [{clientConfig: {service: {name: a}}}]}`, true},
		"a webhook elsewhere":      {`{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, webhooks: [{clientConfig: {url: "https://a.test"}}]}`, false},
		"an API in the cluster":    {`{apiVersion: apiregistration.k8s.io/v1, kind: APIService, spec: {service: {name: a}}}`, true},
		"an API of the server":     {`{apiVersion: apiregistration.k8s.io/v1, kind: APIService, spec: {version: v1}}`, false},
		"a policy":                 {`{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy}`, false},
		"a Service":                {`{apiVersion: v1, kind: Service, spec: {}}`, false},
	} {
		assert.Equal(t, tc.want, calledInCluster(object(t, tc.manifest)), name)
	}
}

func TestDefinitionsAreReadFromTheFolderOfTheChart(t *testing.T) {
	t.Parallel()
	found, err := definitionsOf(filepath.Join("testdata", "definitions"), "absent")
	require.NoError(t, err)
	require.Len(t, found, 1, "and nothing else that is there")
	assert.Equal(t, "gadgets.gantry.test", found[0].GetName())
	for _, dir := range []string{"", filepath.Join("testdata", "definitions")} {
		found, err = definitionsOf(dir, "unknown")
		require.NoError(t, err)
		assert.Empty(t, found)
	}
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "broken"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "broken", "a.yaml"), []byte("{"), 0o600))
	_, err = definitionsOf(dir, "broken")
	assert.ErrorContains(t, err, "a.yaml")
}
