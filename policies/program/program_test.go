// Package program judges what the program really registers, on every cloud. It
// has tests alone, apart from those of the rules, which build in seconds.
package program

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/stackfile"
	"gantry.dev/gantry/policies/rules"
	"gantry.dev/gantry/policies/settings"
	"gantry.dev/gantry/stacks"
)

var clouds = []spec.Cloud{spec.AWS, spec.GCP, spec.Azure}

// program is one run of the shipped program under mocks.
type program struct {
	// stack is a file of this repository.
	stack   string
	cloud   spec.Cloud
	preview bool
	// change of the configuration, by key.
	change map[string]string
}

// run returns what the program registers.
func (p program) run(t *testing.T) rules.Stack {
	t.Helper()
	file, err := stackfile.Read(os.DirFS("../.."), p.stack)
	require.NoError(t, err)
	values := file.On(p.cloud).Values
	if values["gantry:protect"] == "" {
		values["gantry:protect"] = fmt.Sprint(p.stack != "dev") // the recorder's stack is called test
	}
	maps.Copy(values, p.change)
	environment, err := json.Marshal(values)
	require.NoError(t, err)
	t.Setenv(pulumi.EnvConfig, string(environment))
	recorder := &componenttest.Recorder{Outputs: outputs, Invoke: lookup}
	require.NoError(t, recorder.Run(stacks.Deploy))
	return stackOf(recorder, p.preview)
}

// stackOf is what a recorder saw, as the engine would tell the pack.
func stackOf(recorder *componenttest.Recorder, preview bool) rules.Stack {
	providers := map[string]resource.PropertyMap{}
	for _, r := range recorder.All() {
		if strings.HasPrefix(r.Type, "pulumi:providers:") {
			providers[r.URN] = r.Inputs
		}
	}
	root := fmt.Sprintf("urn:pulumi:%[1]s::%[2]s::pulumi:pulumi:Stack::%[2]s-%[1]s", componenttest.Stack, componenttest.Project)
	stack := rules.Stack{{URN: root, Name: componenttest.Project + "-" + componenttest.Stack, Type: rules.TypeStack}}
	for _, r := range recorder.All() {
		provider := r.Provider[:max(strings.LastIndex(r.Provider, "::"), 0)]
		inputs := resource.FromResourcePropertyMap(r.Inputs)
		if preview {
			inputs = beforehand(property.New(inputs)).AsMap()
		}
		stack = append(stack, rules.NewResource(r.URN, r.Name, r.Type, inputs, resource.FromResourcePropertyMap(providers[provider]), r.Protect))
	}
	return stack
}

// answered are parts of what only the clouds know: ids, which the recorder makes
// of names, and the values in outputs.
var answered = []string{"-id", "arn:aws:test:", "@example-project.iam.gserviceaccount.com", "-client", "-principal", "198.51.100.7", "10.0.255.242"}

// beforehand is a value as a preview has it, where nothing is known of what the
// clouds will answer. The mocks of the SDK cannot be run so: they know no secret
// that is not known yet.
func beforehand(v property.Value) property.Value {
	switch {
	case v.IsString():
		if slices.ContainsFunc(answered, func(part string) bool { return strings.Contains(v.AsString(), part) }) {
			return property.New(property.Computed)
		}
	case v.IsArray():
		elements := v.AsArray().AsSlice()
		for i := range elements {
			elements[i] = beforehand(elements[i])
		}
		return property.New(elements)
	case v.IsMap():
		fields := v.AsMap().AsMap()
		for key := range fields {
			fields[key] = beforehand(fields[key])
		}
		return property.New(fields)
	}
	return v
}

// outputs is what the clouds add to the inputs, as far as the program uses it.
func outputs(r componenttest.Resource) resource.PropertyMap {
	own := map[string]any{"arn": "arn:aws:test:us-east-1:111122223333:" + r.Name}
	switch r.Type {
	case "aws:eks/cluster:Cluster":
		own["endpoint"] = "https://0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com"
		own["certificateAuthority"] = map[string]any{"data": "Q0E="}
		own["identities"] = []any{map[string]any{"oidcs": []any{map[string]any{"issuer": "https://oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF"}}}}
		vpc := r.Inputs["vpcConfig"].ObjectValue().Mappable()
		vpc["clusterSecurityGroupId"] = "sg-cluster"
		own["vpcConfig"] = vpc
	case "aws:eks/nodeGroup:NodeGroup":
		own["resources"] = []any{map[string]any{"autoscalingGroups": []any{map[string]any{"name": "eks-" + r.Name}}}}
	case "aws:ec2/launchTemplate:LaunchTemplate":
		own["latestVersion"] = 1
	case "aws:kms/key:Key":
		own["keyId"] = "0123"
	case "gcp:container/cluster:Cluster":
		own["endpoint"] = "10.0.255.242"
		own["masterAuth"] = map[string]any{"clusterCaCertificate": "Q0E="}
	case "gcp:serviceaccount/account:Account":
		own["email"] = r.Name + "@example-project.iam.gserviceaccount.com"
		own["member"] = "serviceAccount:" + own["email"].(string)
	case "azure-native:managedidentity:UserAssignedIdentity":
		own["clientId"], own["principalId"] = r.Name+"-client", r.Name+"-principal"
	case "azure-native:network:PublicIPAddress":
		own["ipAddress"] = "198.51.100.7"
	}
	if r.Inputs["name"].IsNull() {
		own["name"] = r.Name
	}
	return resource.NewPropertyMapFromMap(own)
}

// lookup answers the lookups of all clouds.
func lookup(token string, _ resource.PropertyMap) (resource.PropertyMap, error) {
	var machines []any
	for _, name := range accelerators.MachineTypes("gcp") {
		machines = append(machines, map[string]any{"name": name})
	}
	file := base64.StdEncoding.EncodeToString([]byte(`
apiVersion: v1
kind: Config
clusters:
- name: gantry
  cluster: {server: "https://gantry.hcp.eastus.azmk8s.io:443", certificate-authority-data: Q0E=}
users:
- name: clusterUser
  user: {exec: {command: kubelogin}}
`))
	answers := map[string]map[string]any{
		"aws:index/getPartition:getPartition":                                       {"partition": "aws", "dnsSuffix": "amazonaws.com"},
		"aws:index/getCallerIdentity:getCallerIdentity":                             {"arn": "arn:aws:sts::111122223333:assumed-role/admin/alice"},
		"aws:iam/getSessionContext:getSessionContext":                               {"issuerArn": "arn:aws:iam::111122223333:role/admin"},
		"aws:index/getAvailabilityZones:getAvailabilityZones":                       {"names": []any{"us-east-1a", "us-east-1b", "us-east-1c"}},
		"gcp:organizations/getProject:getProject":                                   {"projectId": "example-project", "number": "123456789012"},
		"gcp:storage/getProjectServiceAccount:getProjectServiceAccount":             {"emailAddress": "service-123456789012@gs-project-accounts.iam.gserviceaccount.com"},
		"gcp:compute/getZones:getZones":                                             {"names": []any{"us-central1-a", "us-central1-b", "us-central1-c"}},
		"gcp:compute/getMachineTypes:getMachineTypes":                               {"machineTypes": machines},
		"azure-native:authorization:getClientConfig":                                {"clientId": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "objectId": "o", "subscriptionId": "00000000-0000-0000-0000-000000000001", "tenantId": "t"},
		"azure-native:containerservice/v20241001:getManagedCluster":                 {"oidcIssuerProfile": map[string]any{"enabled": true, "issuerURL": "https://oidc.example.com/"}},
		"azure-native:containerservice/v20241001:listManagedClusterUserCredentials": {"kubeconfigs": []any{map[string]any{"name": "clusterUser", "value": file}}},
	}
	answer, known := answers[token]
	if !known {
		return nil, fmt.Errorf("unexpected lookup %s", token)
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// verdict is what the pack finds with the settings of a stack: facts by level
// and policy.
func verdict(t *testing.T, stack string, resources rules.Stack) map[rules.Level]map[string][]string {
	t.Helper()
	chosen, err := settings.For(stack)
	require.NoError(t, err)
	found := map[rules.Level]map[string][]string{}
	for _, rule := range rules.All() {
		level := chosen.Level(rule)
		if level == rules.Disabled {
			continue
		}
		for _, fact := range facts(rule, resources, chosen.Values(rule)) {
			if found[level] == nil {
				found[level] = map[string][]string{}
			}
			found[level][rule.ID] = append(found[level][rule.ID], fact)
		}
	}
	return found
}

// facts is what a rule finds in a stack, each with the name of the resource.
func facts(rule rules.Rule, stack rules.Stack, values rules.Values) []string {
	var all []string
	for _, r := range stack {
		for _, fact := range rule.Check(r, values) {
			all = append(all, r.Name+": "+fact)
		}
	}
	for _, finding := range rule.CheckStack(stack, values) {
		at := slices.IndexFunc(stack, func(r rules.Resource) bool { return r.URN == finding.URN })
		all = append(all, stack[at].Name+": "+finding.Fact)
	}
	return all
}

func TestShipped_StacksPassOnEveryCloud(t *testing.T) {
	for _, stack := range []string{"dev", "prod"} {
		for _, cloud := range clouds {
			for _, preview := range []bool{true, false} {
				found := verdict(t, stack, program{stack: stack, cloud: cloud, preview: preview}.run(t))
				name := fmt.Sprintf("%s on %s, preview %v", stack, cloud, preview)
				assert.Empty(t, found[rules.Mandatory], name)
				assert.Empty(t, found[rules.Remediate], name)
			}
		}
	}
}

// What a rule looks at must be what the program registers: a token with a typo
// finds nothing for ever. Each rule below is led to a violation by a change of
// the configuration.
func TestShipped_AChangeIsFound(t *testing.T) {
	everywhere := clouds
	for _, test := range []struct {
		rule   string
		clouds []spec.Cloud
		stack  string
		change map[string]string
		want   string
	}{
		{rule: "cluster-api-private", clouds: everywhere, stack: "dev", want: "is not"},
		{rule: "cluster-paid-sla", clouds: []spec.Cloud{spec.Azure}, stack: "dev", want: "sku.tier"},
		{rule: "data-protected", clouds: everywhere, stack: "dev", want: "is not protected"},
		{rule: "scaler-gpu-signal", clouds: everywhere, stack: "prod", change: map[string]string{"gantry:models": `{"image-classifier":{"scale":{"gpuUtilization":null,"requestsPerReplica":null}}}`}, want: "CPU and memory alone"},
		{rule: "pool-max-size", clouds: everywhere, stack: "prod", change: pools("{name: serve, role: inference, gpu: l4, gpuAlternatives: [t4], min: 2, max: 60}"), want: "60 nodes"},
		{rule: "pools-within-quota", clouds: everywhere, stack: "dev", change: pools("{name: serve, role: inference, gpu: l4, gpuAlternatives: [t4], min: 2, max: 60}"), want: "together, and the quota is 16"},
		{rule: "pool-training-to-zero", clouds: everywhere, stack: "dev", change: pools("{name: train, role: training, gpu: l4, gpuAlternatives: [t4], min: 1, max: 4}", "{name: serve, role: inference, gpu: l4, gpuAlternatives: [t4], min: 2, max: 4}"), want: "keeps 1 GPU nodes"},
		{rule: "pool-inference-on-demand", clouds: everywhere, stack: "dev", change: pools("{name: cheap, role: inference, gpu: l4, gpuAlternatives: [t4], capacity: spot, max: 4}", "{name: serve, role: inference, gpu: l4, gpuAlternatives: [t4], min: 2, max: 4}"), want: "pool"},
		{rule: "cost-monthly-maximum", clouds: everywhere, stack: "dev", change: pools("{name: serve, role: inference, gpu: l4, gpuAlternatives: [t4], min: 10, max: 10}"), want: "a month at rest"},
		{rule: "cost-gpu-budget", clouds: everywhere, stack: "dev", change: pools("{name: serve, role: inference, gpu: l4, gpuAlternatives: [t4], min: 10, max: 10}"), want: "a month at rest"},
		{rule: "cost-required-tags", clouds: everywhere, stack: "prod", change: map[string]string{"gantry:tags": ""}, want: "environment is missing"},
		{rule: "cost-gpu-autoscaled", clouds: everywhere, stack: "dev", change: map[string]string{"gantry:addons": `{"autoscaler":{"enabled":false}}`}, want: "always 2 GPU nodes"},
		{rule: "log-retention", clouds: []spec.Cloud{spec.AWS, spec.Azure}, stack: "prod", change: cluster("logRetentionDays", "30"), want: "is 30, below 365"},
		{rule: "model-min-replicas", clouds: everywhere, stack: "prod", change: map[string]string{"gantry:models": `{"image-classifier":{"scale":{"min":1}}}`}, want: "may have 1 replicas"},
		{rule: "image-pinned", clouds: everywhere, stack: "prod", change: map[string]string{"gantry:models": `{"image-classifier":{"image":"registry.example.com/a:nightly"}}`}, want: "moves"},
		{rule: "image-registry", clouds: everywhere, stack: "prod", change: map[string]string{"gantry:models": `{"image-classifier":{"image":"someone/a:v1"}}`}, want: "docker.io/someone/a"},
		{rule: "pod-no-literal-secrets", clouds: everywhere, stack: "prod", change: map[string]string{"gantry:models": `{"image-classifier":{"env":{"DB_PASSWORD":"hunter2"}}}`}, want: "DB_PASSWORD"},
	} {
		for _, cloud := range test.clouds {
			t.Run(test.rule+" on "+string(cloud), func(t *testing.T) {
				found := verdictOf(t, test.stack, test.rule, program{stack: test.stack, cloud: cloud, change: test.change}.run(t))
				assert.Contains(t, strings.Join(found, "; "), test.want)
			})
		}
	}
}

// pools is the configuration of a system pool and others.
func pools(others ...string) map[string]string {
	all := append([]string{"{name: system, role: system, cpu: 2, memory: 8Gi, min: 2, max: 4}"}, others...)
	encoded, err := yaml.YAMLToJSON([]byte("[" + strings.Join(all, ", ") + "]"))
	if err != nil {
		panic(err)
	}
	return map[string]string{"gantry:pools": string(encoded)}
}

// cluster is the configuration of prod's cluster with another field.
func cluster(key, value string) map[string]string {
	return map[string]string{"gantry:cluster": fmt.Sprintf(`{"version":"1.34","zones":3,"nat":"per-zone",%q:%s}`, key, value)}
}

// verdictOf is what one rule finds with the settings of a stack, whatever its
// level.
func verdictOf(t *testing.T, stack, id string, resources rules.Stack) []string {
	t.Helper()
	chosen, err := settings.For(stack)
	require.NoError(t, err)
	rule, known := rules.Find(id)
	require.True(t, known, id)
	return facts(rule, resources, chosen.Values(rule))
}

// spoiled is one property of one type with another value; nil takes it away.
type spoiled struct {
	rule, token, path string
	value             any
}

// Each rule reads the property that the program sets: with another value, the
// same resource is refused.
func TestShipped_ASpoiledResourceIsFound(t *testing.T) {
	const (
		eks, group, template = "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup", "aws:ec2/launchTemplate:LaunchTemplate"
		gke, pool            = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
		aks, agents          = "azure-native:containerservice:ManagedCluster", "azure-native:containerservice:AgentPool"
		deployment           = "kubernetes:apps/v1:Deployment"
		spec0                = "spec.template.spec."
		container0           = spec0 + "containers[0]."
	)
	all := map[string][]rules.Resource{}
	for _, cloud := range clouds {
		for _, r := range (program{stack: "dev", cloud: cloud}).run(t) {
			all[r.Type] = append(all[r.Type], r)
		}
	}
	for _, test := range []spoiled{
		{"cluster-api-named-networks", eks, "vpcConfig.publicAccessCidrs", []any{"0.0.0.0/0"}},
		{"cluster-api-named-networks", gke, "masterAuthorizedNetworksConfig.cidrBlocks[0].cidrBlock", "0.0.0.0/0"},
		{"cluster-api-named-networks", aks, "apiServerAccessProfile.authorizedIPRanges", nil},
		{"cluster-secrets-encrypted", eks, "encryptionConfig", nil},
		{"cluster-secrets-encrypted", gke, "databaseEncryption.state", "DECRYPTED"},
		{"cluster-audit-logs", eks, "enabledClusterLogTypes", []any{"api"}},
		{"cluster-audit-logs", gke, "loggingConfig", nil},
		{"cluster-supported-version", eks, "version", "1.29"},
		{"cluster-supported-version", gke, "minMasterVersion", "1.29"},
		{"cluster-supported-version", aks, "kubernetesVersion", "1.29"},
		{"cluster-standard-support", eks, "upgradePolicy.supportType", "EXTENDED"},
		{"cluster-standard-support", aks, "supportPlan", "AKSLongTermSupport"},
		{"cluster-upgrade-channel", gke, "releaseChannel", nil},
		{"cluster-upgrade-channel", aks, "autoUpgradeProfile.upgradeChannel", "none"},
		{"cluster-named-access", eks, "accessConfig.bootstrapClusterCreatorAdminPermissions", true},
		{"cluster-named-access", gke, "enableLegacyAbac", true},
		{"cluster-named-access", aks, "disableLocalAccounts", false},
		{"cluster-workload-identity", gke, "workloadIdentityConfig", nil},
		{"cluster-workload-identity", aks, "oidcIssuerProfile.enabled", false},
		{"cluster-network-policy", gke, "datapathProvider", "LEGACY_DATAPATH"},
		{"cluster-network-policy", aks, "networkProfile.networkPolicy", nil},
		{"cluster-paid-sla", gke, "location", "us-central1-a"},
		{"iam-no-wildcard", "aws:iam/rolePolicy:RolePolicy", "policy", `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`},
		{"iam-no-wildcard", "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"},
		{"iam-no-wildcard", "gcp:projects/iAMMember:IAMMember", "role", "roles/editor"},
		{"iam-no-wildcard", "azure-native:authorization:RoleAssignment", "roleDefinitionId", "/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"},
		{"iam-trust-named", "aws:iam/role:Role", "assumeRolePolicy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}`},
		{"node-metadata-hardened", template, "metadataOptions.httpTokens", "optional"},
		{"node-metadata-hardened", group, "launchTemplate", nil},
		{"node-metadata-hardened", pool, "nodeConfig.workloadMetadataConfig", nil},
		{"node-disks-encrypted", template, "blockDeviceMappings[0].ebs.encrypted", "false"},
		{"node-disks-encrypted", agents, "enableEncryptionAtHost", false},
		{"node-disks-encrypted", aks, "agentPoolProfiles[0].enableEncryptionAtHost", nil},
		{"node-private", "aws:ec2/subnet:Subnet", "mapPublicIpOnLaunch", true},
		{"node-private", gke, "privateClusterConfig.enablePrivateNodes", false},
		{"node-private", agents, "enableNodePublicIP", true},
		{"node-no-open-ssh", group, "remoteAccess", map[string]any{"ec2SshKey": "mine"}},
		{"node-shielded", pool, "nodeConfig.shieldedInstanceConfig.enableSecureBoot", false},
		{"node-own-identity", pool, "nodeConfig.serviceAccount", nil},
		{"node-repair", group, "nodeRepairConfig", nil},
		{"node-repair", pool, "management.autoRepair", false},
		{"container-requests", deployment, container0 + "resources.requests", nil},
		{"container-memory-ratio", deployment, container0 + "resources.limits.memory", "20Gi"},
		{"container-gpu-whole", deployment, container0 + "resources.limits[\"nvidia.com/gpu\"]", nil},
		{"container-probes", deployment, container0 + "readinessProbe", nil},
		{"gpu-startup-probe", deployment, container0 + "startupProbe", nil},
		{"budget-allows-eviction", "kubernetes:policy/v1:PodDisruptionBudget", "spec.maxUnavailable", 0},
		{"budget-evicts-unhealthy", "kubernetes:policy/v1:PodDisruptionBudget", "spec.unhealthyPodEvictionPolicy", nil},
		{"model-spread", deployment, spec0 + "topologySpreadConstraints", nil},
		{"model-not-on-spot", deployment, spec0 + "nodeSelector", map[string]any{"gantry.dev/capacity": "spot"}},
		{"gpu-placement", deployment, spec0 + "tolerations", nil},
		{"scaler-down-window", "kubernetes:keda.sh/v1alpha1:ScaledObject", "spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.stabilizationWindowSeconds", 10},
		{"pod-not-privileged", deployment, container0 + "securityContext.privileged", true},
		{"pod-no-privilege-escalation", deployment, container0 + "securityContext.allowPrivilegeEscalation", nil},
		{"pod-non-root", deployment, spec0 + "securityContext.runAsNonRoot", nil},
		{"pod-read-only-root", deployment, container0 + "securityContext.readOnlyRootFilesystem", nil},
		{"pod-drops-capabilities", deployment, container0 + "securityContext.capabilities.drop", nil},
		{"pod-seccomp", deployment, spec0 + "securityContext.seccompProfile", nil},
		{"pod-no-host-namespaces", deployment, spec0 + "hostNetwork", true},
		{"pod-host-path", deployment, spec0 + "volumes[0].hostPath", map[string]any{"path": "/"}},
		{"pod-no-account-token", deployment, spec0 + "automountServiceAccountToken", nil},
		{"namespace-own", deployment, "metadata.namespace", nil},
		{"namespace-own", "kubernetes:core/v1:Service", "metadata.namespace", "default"},
		{"network-no-public-load-balancer", "kubernetes:core/v1:Service", "spec.type", "LoadBalancer"},
		{"network-no-open-ingress", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "cidrIpv4", "0.0.0.0/0"},
		{"network-no-open-ingress", "gcp:compute/firewall:Firewall", "sourceRanges", []any{"0.0.0.0/0"}},
		{"data-encrypted", "aws:efs/fileSystem:FileSystem", "encrypted", false},
		{"key-rotation", "aws:kms/key:Key", "enableKeyRotation", false},
		{"key-rotation", "gcp:kms/cryptoKey:CryptoKey", "rotationPeriod", nil},
		{"log-retention", "aws:cloudwatch/logGroup:LogGroup", "retentionInDays", nil},
		{"log-retention", "azure-native:operationalinsights:Workspace", "retentionInDays", 7},
	} {
		t.Run(test.rule+" of "+test.token, func(t *testing.T) {
			rule, known := rules.Find(test.rule)
			require.True(t, known)
			require.NotEmpty(t, all[test.token], "the program registers none")
			values := rule.Values(nil)
			for _, r := range all[test.token] {
				assert.Empty(t, rule.Check(r, values), "%s as the program has it", r.Name)
				assert.NotEmpty(t, rule.Check(spoil(t, r, test.path, test.value), values), r.Name)
			}
		})
	}
}

// spoil returns a resource with another value at a path.
func spoil(t *testing.T, r rules.Resource, path string, value any) rules.Resource {
	t.Helper()
	parsed, err := resource.ParsePropertyPath(path)
	require.NoError(t, err)
	properties := resource.NewProperty(resource.ToResourcePropertyMap(r.Map()).Copy())
	properties = resource.NewProperty(resource.NewPropertyMapFromMap(properties.ObjectValue().Mappable())) // a copy in depth
	if value == nil {
		require.True(t, parsed.Delete(properties), "%s has no %s", r.Name, path)
	} else {
		changed, ok := parsed.Add(properties, resource.NewPropertyValue(value))
		require.True(t, ok, "%s has no place for %s", r.Name, path)
		properties = changed
	}
	return rules.NewResource(r.URN, r.Name, r.Type, resource.FromResourcePropertyMap(properties.ObjectValue()), property.Map{}, r.Protect)
}

// What a rule looks at is a type that the program registers, or one that is
// known to be the user's.
func TestShipped_EveryRuleSeesItsResources(t *testing.T) {
	registered := map[string]bool{}
	for _, cloud := range clouds {
		for _, stack := range []string{"dev", "prod"} {
			for _, r := range (program{stack: stack, cloud: cloud}).run(t) {
				registered[r.Type] = true
			}
		}
	}
	// What users may add to the program.
	notRegistered := map[string]bool{
		"aws:ebs/volume:Volume": true, "aws:ec2/securityGroupRule:SecurityGroupRule": true,
		"aws:iam/policy:Policy": true, "aws:iam/openIdConnectProvider:OpenIdConnectProvider": true,
		"aws:lb/loadBalancer:LoadBalancer": true,
		"aws:s3/bucket:Bucket":             true, "aws:s3/bucketV2:BucketV2": true, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": true,
		"gcp:storage/bucket:Bucket": true, "gcp:storage/bucketIAMMember:BucketIAMMember": true, "gcp:storage/bucketIAMBinding:BucketIAMBinding": true,
		"gcp:projects/iAMBinding:IAMBinding":  true,
		"azure-native:storage:StorageAccount": true, "azure-native:storage:BlobContainer": true,
		"azure-native:network:SecurityRule": true, "azure-native:network:NetworkSecurityGroup": true,
		"kubernetes:apps/v1:StatefulSet": true, "kubernetes:apps/v1:ReplicaSet": true, "kubernetes:batch/v1:Job": true,
		"kubernetes:batch/v1:CronJob": true, "kubernetes:core/v1:Pod": true, "kubernetes:core/v1:ConfigMap": true,
		"kubernetes:autoscaling/v2:HorizontalPodAutoscaler": true, "kubernetes:networking.k8s.io/v1:Ingress": true,
		"kubernetes:gateway.networking.k8s.io/*:Gateway": true,
		"kubernetes:rbac.authorization.k8s.io/v1:Role":   true, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": true,
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": true, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": true,
		"kubernetes:helm.sh/v3:Release": true,
	}
	for _, rule := range rules.All() {
		for _, token := range rule.Types {
			if !notRegistered[token] {
				assert.True(t, registered[token], "%s looks at %s, which the program registers nowhere", rule.ID, token)
			}
		}
	}
}
