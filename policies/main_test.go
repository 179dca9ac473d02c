package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"gantry.dev/gantry/policies/rules"
)

// asPack makes the test's own program be the pack.
const asPack = "GANTRY_TEST_AS_PACK"

func TestMain(m *testing.M) {
	if os.Getenv(asPack) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const (
	rootURN       = "urn:pulumi:dev::gantry::pulumi:pulumi:Stack::gantry-dev"
	deploymentURN = "urn:pulumi:dev::gantry::kubernetes:apps/v1:Deployment::model"
	budgetURN     = "urn:pulumi:dev::gantry::kubernetes:policy/v1:PodDisruptionBudget::model"
)

// engine talks to a pack as the engine does.
type engine struct {
	pulumirpc.AnalyzerClient
	t *testing.T
}

// start runs the pack as a program of its own and introduces a stack to it.
func start(t *testing.T, stack string, exceptions any) *engine {
	t.Helper()
	// The address of the engine is where the pack would log to.
	command := exec.Command(os.Args[0], "127.0.0.1:0", ".")
	command.Env = append(os.Environ(), asPack+"=1")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	port, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Regexp(t, `^[0-9]+\n$`, port, "nothing but the port is printed")

	connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	e := &engine{AnalyzerClient: pulumirpc.NewAnalyzerClient(connection), t: t}
	_, err = e.Handshake(t.Context(), &pulumirpc.AnalyzerHandshakeRequest{EngineAddress: ""})
	require.NoError(t, err)
	config := map[string]string{}
	if text, ok := exceptions.(string); ok {
		config["gantry:exceptions"] = text
	} else if exceptions != nil {
		encoded, err := json.Marshal(exceptions)
		require.NoError(t, err)
		config["gantry:exceptions"] = string(encoded)
	}
	_, err = e.ConfigureStack(t.Context(), &pulumirpc.AnalyzerStackConfigureRequest{
		Stack: stack, Project: "gantry", Organization: "organization", DryRun: true, Config: config,
	})
	require.NoError(t, err)
	return e
}

// set hands over the levels and parameters of policies, as the engine does with
// what --policy-pack-config says. The pack's own are the rest.
func (e *engine) set(policies map[string]map[string]any) {
	e.t.Helper()
	info, err := e.GetAnalyzerInfo(e.t.Context(), &emptypb.Empty{})
	require.NoError(e.t, err)
	request := &pulumirpc.ConfigureAnalyzerRequest{PolicyConfig: map[string]*pulumirpc.PolicyConfig{}}
	for _, policy := range info.GetPolicies() {
		values := map[string]any{}
		for name, schema := range policy.GetConfigSchema().GetProperties().AsMap() {
			values[name] = schema.(map[string]any)["default"]
		}
		for name, value := range policies[policy.GetName()] {
			values[name] = value
		}
		properties, err := structpb.NewStruct(values)
		require.NoError(e.t, err)
		request.PolicyConfig[policy.GetName()] = &pulumirpc.PolicyConfig{EnforcementLevel: policy.GetEnforcementLevel(), Properties: properties}
	}
	_, err = e.Configure(e.t.Context(), request)
	require.NoError(e.t, err)
}

func encoded(t *testing.T, properties map[string]any) *structpb.Struct {
	t.Helper()
	fields, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(properties), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	require.NoError(t, err)
	return fields
}

func parts(urn string) (token, name string) {
	u := resource.URN(urn)
	return string(u.Type()), u.Name()
}

// analyze is what the pack says of one resource, by policy.
func (e *engine) analyze(urn string, properties map[string]any) map[string]*pulumirpc.AnalyzeDiagnostic {
	e.t.Helper()
	token, name := parts(urn)
	response, err := e.Analyze(e.t.Context(), &pulumirpc.AnalyzeRequest{Urn: urn, Type: token, Name: name, Properties: encoded(e.t, properties)})
	require.NoError(e.t, err)
	return byPolicy(response)
}

// analyzeStack is what the pack says of a stack.
func (e *engine) analyzeStack(resources map[string]map[string]any) map[string]*pulumirpc.AnalyzeDiagnostic {
	e.t.Helper()
	request := &pulumirpc.AnalyzeStackRequest{}
	for urn, properties := range resources {
		token, name := parts(urn)
		request.Resources = append(request.Resources, &pulumirpc.AnalyzerResource{Urn: urn, Type: token, Name: name, Properties: encoded(e.t, properties)})
	}
	response, err := e.AnalyzeStack(e.t.Context(), request)
	require.NoError(e.t, err)
	return byPolicy(response)
}

func byPolicy(response *pulumirpc.AnalyzeResponse) map[string]*pulumirpc.AnalyzeDiagnostic {
	all := map[string]*pulumirpc.AnalyzeDiagnostic{}
	for _, d := range response.GetDiagnostics() {
		all[d.GetPolicyName()] = d
	}
	return all
}

// deployment is a Deployment of an image.
func deployment(image string) map[string]any {
	return map[string]any{
		"metadata": map[string]any{"name": "model", "namespace": "models"},
		"spec":     map[string]any{"replicas": 2, "template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "server", "image": image}}}}},
	}
}

func tomorrow() string { return time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly) }

func TestPack_TellsEveryPolicyAtTheLevelOfTheStack(t *testing.T) {
	for stack, want := range map[string]map[string]pulumirpc.EnforcementLevel{
		"dev":     {"cluster-api-private": pulumirpc.EnforcementLevel_DISABLED, "cluster-api-named-networks": pulumirpc.EnforcementLevel_MANDATORY, "pod-seccomp": pulumirpc.EnforcementLevel_REMEDIATE},
		"prod":    {"cluster-api-private": pulumirpc.EnforcementLevel_MANDATORY, "scaler-gpu-signal": pulumirpc.EnforcementLevel_MANDATORY},
		"staging": {"cluster-api-private": pulumirpc.EnforcementLevel_MANDATORY},
	} {
		info, err := start(t, stack, nil).GetAnalyzerInfo(t.Context(), &emptypb.Empty{})
		require.NoError(t, err)
		levels, schemas := map[string]pulumirpc.EnforcementLevel{}, map[string]string{}
		for _, policy := range info.GetPolicies() {
			level, twice := levels[policy.GetName()]
			assert.True(t, !twice || level == policy.GetEnforcementLevel(), "%s has two levels", policy.GetName())
			assert.True(t, !twice || schemas[policy.GetName()] == policy.GetConfigSchema().String(), "%s has two schemas", policy.GetName())
			levels[policy.GetName()], schemas[policy.GetName()] = policy.GetEnforcementLevel(), policy.GetConfigSchema().String()
			assert.NotEmpty(t, policy.GetDescription())
		}
		for _, rule := range slices.Concat(rules.All(), rules.ExceptionRules) {
			assert.Contains(t, levels, rule.ID)
		}
		assert.Len(t, levels, len(rules.All())+len(rules.ExceptionRules))
		for id, level := range want {
			assert.Equal(t, level, levels[id], "%s of %s", id, stack)
		}
	}
}

func TestPack_JudgesAResource(t *testing.T) {
	e := start(t, "dev", nil)
	e.set(nil)

	found := e.analyze(deploymentURN, deployment("someone/model:latest"))
	require.Contains(t, found, "image-pinned")
	assert.Equal(t, pulumirpc.EnforcementLevel_MANDATORY, found["image-pinned"].GetEnforcementLevel())
	assert.Equal(t, deploymentURN, found["image-pinned"].GetUrn())
	message := found["image-pinned"].GetMessage()
	for _, part := range []string{"pinned to a version", "the tag of someone/model:latest moves", "Fix: ", "docs/policies.md#image-pinned"} {
		assert.Contains(t, message, part)
	}
	assert.Contains(t, found, "pod-non-root")
	assert.NotContains(t, found, "network-tls", "a Deployment is no gateway")
	assert.NotContains(t, e.analyze(rootURN, nil), "exception-valid")
}

func TestPack_TakesParametersForResourcesAndStacks(t *testing.T) {
	pools := map[string]map[string]any{
		rootURN: {},
		"urn:pulumi:dev::gantry::aws:eks/nodeGroup:NodeGroup::serve": {"instanceTypes": []any{"g6.xlarge"}, "scalingConfig": map[string]any{"minSize": 1, "maxSize": 1}},
	}
	e := start(t, "dev", nil)
	e.set(nil)
	e.analyze(rootURN, nil)
	assert.NotContains(t, e.analyze(deploymentURN, deployment("registry.example.com/a:v1")), "image-registry")
	assert.NotContains(t, e.analyzeStack(pools), "cost-monthly-maximum")

	e.set(map[string]map[string]any{
		"image-registry":       {"registries": []any{"other.example.com/*"}},
		"cost-monthly-maximum": {"atRest": 100.0},
	})
	e.analyze(rootURN, nil)
	assert.Contains(t, e.analyze(deploymentURN, deployment("registry.example.com/a:v1")), "image-registry")
	found := e.analyzeStack(pools)
	require.Contains(t, found, "cost-monthly-maximum")
	assert.Equal(t, rootURN, found["cost-monthly-maximum"].GetUrn())
}

func TestPack_Remediates(t *testing.T) {
	budget := map[string]any{"spec": map[string]any{"maxUnavailable": 1}}
	token, name := parts(budgetURN)
	request := &pulumirpc.AnalyzeRequest{Urn: budgetURN, Type: token, Name: name, Properties: encoded(t, budget)}

	response, err := start(t, "prod", nil).Remediate(t.Context(), request)
	require.NoError(t, err)
	require.Len(t, response.GetRemediations(), 1)
	assert.Equal(t, "budget-evicts-unhealthy", response.GetRemediations()[0].GetPolicyName())
	spec := response.GetRemediations()[0].GetProperties().AsMap()["spec"]
	assert.Equal(t, map[string]any{"maxUnavailable": 1.0, "unhealthyPodEvictionPolicy": "AlwaysAllow"}, spec)

	excepted := start(t, "prod", []rules.Exception{{Policy: "budget-evicts-unhealthy", Resource: "model", Reason: "a database that catches up", Until: tomorrow()}})
	response, err = excepted.Remediate(t.Context(), request)
	require.NoError(t, err)
	assert.Empty(t, response.GetRemediations())
	found := excepted.analyze(budgetURN, budget)
	assert.NotContains(t, found, "budget-evicts-unhealthy")
	assert.Contains(t, found["exception-used"].GetMessage(), "a database that catches up")
}

func TestPack_ShowsUsedExceptionsAndRefusesUnsoundOnes(t *testing.T) {
	e := start(t, "prod", []rules.Exception{
		{Policy: "image-pinned", Resource: "mod*", Reason: "measured against main", Until: tomorrow()},
		{Policy: "workload-disruption-budget", Resource: deploymentURN, Reason: "its callers repeat requests", Until: tomorrow()},
		{Policy: "image-registry", Resource: "model", Reason: "measured against main", Until: "2026-01-31"},
		{Policy: "pod-non-root", Resource: "model", Until: tomorrow()},
		{Policy: "job-ends", Resource: "model", Reason: "nothing here is a job", Until: tomorrow()},
	})
	e.set(nil)

	valid := e.analyze(rootURN, nil)["exception-valid"]
	require.NotNil(t, valid)
	assert.Equal(t, pulumirpc.EnforcementLevel_MANDATORY, valid.GetEnforcementLevel())
	assert.Contains(t, valid.GetMessage(), `gantry:exceptions[3]: reason "" says too little`)

	found := e.analyze(deploymentURN, deployment("someone/model:latest"))
	assert.NotContains(t, found, "image-pinned", "excepted")
	assert.Contains(t, found, "image-registry", "the exception has ended")
	assert.Contains(t, found, "pod-non-root", "the exception has no reason")
	require.Contains(t, found, "exception-used")
	assert.Equal(t, pulumirpc.EnforcementLevel_ADVISORY, found["exception-used"].GetEnforcementLevel())
	assert.Equal(t, deploymentURN, found["exception-used"].GetUrn())
	assert.Contains(t, found["exception-used"].GetMessage(), "image-pinned")
	assert.Contains(t, found["exception-used"].GetMessage(), "Excepted until "+tomorrow()+": measured against main")

	stack := e.analyzeStack(map[string]map[string]any{rootURN: {}, deploymentURN: deployment("someone/model:latest")})
	assert.NotContains(t, stack, "workload-disruption-budget", "excepted")
	assert.Contains(t, stack["exception-used"].GetMessage(), "its callers repeat requests")
	assert.Contains(t, stack["exception-unused"].GetMessage(), "job-ends for model until "+tomorrow())
	assert.NotContains(t, stack["exception-unused"].GetMessage(), "image-pinned")
}

func TestPack_RefusesExceptionsThatCannotBeRead(t *testing.T) {
	e := start(t, "dev", `[{"policy": "image-pinned", "ends": "2027-01-31"}]`)
	assert.Contains(t, e.analyze(rootURN, nil)["exception-valid"].GetMessage(), `unknown field "ends"`)
	assert.Contains(t, e.analyze(deploymentURN, deployment("a:latest")), "image-pinned")
}

// The engine builds the pack at every run: it must not wait for the SDK of a
// cloud, nor judge with the code that it judges.
func TestPack_IsBuiltWithoutTheProgram(t *testing.T) {
	output, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	dependencies := strings.Fields(string(output))
	require.Contains(t, dependencies, "gantry.dev/gantry/policies/rules")
	for _, dependency := range dependencies {
		for _, refused := range []string{"gantry.dev/gantry/components", "gantry.dev/gantry/stacks", "github.com/pulumi/pulumi-"} {
			assert.False(t, strings.HasPrefix(dependency, refused), dependency)
		}
	}
}
