package aks

import (
	"encoding/base64"
	"fmt"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// Types of the resources that the tests look for.
const (
	typeAgentPool   = "azure-native:containerservice/v20241001:AgentPool"
	typeCluster     = "azure-native:containerservice/v20241001:ManagedCluster"
	typeCredential  = "azure-native:managedidentity:FederatedIdentityCredential"
	typeDiagnostics = "azure-native:insights:DiagnosticSetting"
	typeGroup       = "azure-native:resources:ResourceGroup"
	typeIdentity    = "azure-native:managedidentity:UserAssignedIdentity"
	typeMaintenance = "azure-native:containerservice/v20241001:MaintenanceConfiguration"
	typeNAT         = "azure-native:network:NatGateway"
	typePublicIP    = "azure-native:network:PublicIPAddress"
	typeProvider    = "pulumi:providers:azure-native"
	typeRole        = "azure-native:authorization:RoleAssignment"
	typeSubnet      = "azure-native:network:Subnet"
	typeVNet        = "azure-native:network:VirtualNetwork"
	typeWorkspace   = "azure-native:operationalinsights:Workspace"
)

const (
	subscription = "00000000-0000-0000-0000-000000000001"
	callerID     = "00000000-0000-0000-0000-00000000cafe"
	endpoint     = "https://gantry-dev-0a1b2c3d.hcp.eastus.azmk8s.io:443"
	issuer       = "https://eastus.oic.prod-aks.azure.com/00000000-0000-0000-0000-00000000aaaa/00000000-0000-0000-0000-00000000bbbb/"
	egress       = "198.51.100.7"
)

// dev is a small platform with a pool of each kind.
func dev() *Args {
	return &Args{
		Platform: spec.Platform{
			Name:    "gantry-dev",
			Stack:   "dev",
			Cloud:   spec.Azure,
			Region:  "eastus",
			Tags:    map[string]string{"team": "ml"},
			Protect: off(),
			Cluster: spec.Cluster{
				Version: "1.34", Zones: 2, NetworkCIDR: "10.0.0.0/16", PodCIDR: "100.64.0.0/14", ServiceCIDR: "172.20.0.0/20",
				NAT: spec.NATSingle, LogRetentionDays: 90,
			},
		},
		Pools: []spec.PoolPlan{
			plan(spec.Pool{Name: "system", Role: spec.RoleSystem, Capacity: spec.CapacityOnDemand, Min: 2, Max: 4}, machine("Standard_D4as_v6", "", 0)),
			plan(spec.Pool{Name: "train-a100", Role: spec.RoleTraining, Capacity: spec.CapacitySpot, GPU: "a100", GPUCount: 8, Max: 16},
				machine("Standard_ND96asr_v4", "a100", 8)),
			plan(spec.Pool{Name: "serve", Role: spec.RoleInference, Capacity: spec.CapacityOnDemand, GPU: "a10", GPUCount: 1, Max: 20},
				machine("Standard_NV36ads_A10_v5", "a10", 1)),
		},
	}
}

// prod is dev as production has it.
func prod() *Args {
	args := dev()
	args.Platform.Name, args.Platform.Stack, args.Platform.Protect = "gantry-prod", "prod", on()
	args.Platform.Account = subscription
	args.Platform.Cluster.Zones = 3
	args.Platform.Cluster.NAT = spec.NATPerZone
	args.Platform.Models = map[string]spec.Model{"m": {Name: "m", Storage: spec.ModelStorage{Models: "10Gi"}}}
	return args
}

// plan is what modules/spec makes of a pool on Azure.
func plan(pool spec.Pool, machines ...accelerators.Machine) spec.PoolPlan {
	labels := map[string]string{
		naming.LabelRole: string(pool.Role),
		naming.LabelPool: pool.Name,
	}
	var taints []spec.Taint
	if pool.GPU != "" {
		labels[naming.LabelGPU] = pool.GPU
		taints = append(taints, spec.Taint{Key: naming.TaintGPU, Value: naming.TaintGPUValue, Effect: spec.NoSchedule})
	}
	switch {
	case pool.Capacity == spec.CapacitySpot:
		taints = append(taints, spec.Taint{Key: naming.TaintSpotAKS, Value: "spot", Effect: spec.NoSchedule})
	case pool.Role == spec.RoleSystem:
		taints = append(taints, spec.Taint{Key: naming.TaintCriticalAddons, Value: "true", Effect: spec.NoSchedule})
	}
	return spec.PoolPlan{Pool: pool, Machines: machines, NodeLabels: labels, NodeTaints: taints, DiskGiB: 200}
}

// stocked has a registry and a bucket beside.
func stocked(args *Args) *Args {
	args.Platform.Registry = spec.Registry{Enabled: on(), KeepImages: 50, UntaggedDays: 14}
	args.Platform.ModelBucket = spec.ModelBucket{Enabled: on(), OldVersionDays: 30}
	return args
}

func machine(name, gpu string, gpus int) accelerators.Machine {
	return accelerators.Machine{Cloud: "azure", Type: name, GPU: gpu, GPUs: gpus, VCPU: 4, MemoryMiB: 16384, Arch: "amd64"}
}

func on() *bool  { return pulumi.BoolRef(true) }
func off() *bool { return pulumi.BoolRef(false) }

// run makes the cluster and fails the test when that fails.
func run(t *testing.T, args *Args) *componenttest.Recorder {
	t.Helper()
	rec, err := try(args, nil)
	require.NoError(t, err)
	return rec
}

// try makes the cluster and hands its handle to look, if there is one.
func try(args *Args, look func(*cluster.Handle)) (*componenttest.Recorder, error) {
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: account}
	return rec, rec.Run(func(ctx *pulumi.Context) error {
		c, err := New(ctx, "cluster", args)
		if err == nil && look != nil {
			look(c.Handle)
		}
		return err
	})
}

// with makes the cluster and a program beside it.
func with(t *testing.T, args *Args, program func(*pulumi.Context, *cluster.Handle) error) *componenttest.Recorder {
	t.Helper()
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: account}
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		c, err := New(ctx, "cluster", args)
		if err != nil {
			return err
		}
		return program(ctx, c.Handle)
	}))
	return rec
}

// resolve runs the cluster and returns the values of outputs of its handle.
func resolve(t *testing.T, args *Args, choose func(*cluster.Handle) []pulumi.StringOutput) []string {
	t.Helper()
	var mu sync.Mutex
	var values []string
	_, err := try(args, func(h *cluster.Handle) {
		chosen := choose(h)
		values = make([]string, len(chosen))
		for i, output := range chosen {
			output.ApplyT(func(v string) string {
				mu.Lock()
				defer mu.Unlock()
				values[i] = v
				return v
			})
		}
	})
	require.NoError(t, err)
	return values
}

// outputs is what Azure adds to the inputs.
func outputs(r componenttest.Resource) resource.PropertyMap {
	own := map[string]any{"name": nameInAzure(r)}
	switch r.Type {
	case typeIdentity:
		own["clientId"], own["principalId"] = r.Name+"-client", r.Name+"-principal"
	case "azure-native:containerregistry:Registry":
		own["loginServer"] = nameInAzure(r) + ".azurecr.io"
	case "azure-native:storage:StorageAccount":
		own["primaryEndpoints"] = map[string]any{"blob": "https://" + nameInAzure(r) + ".blob.core.windows.net/"}
	case typePublicIP:
		own["ipAddress"] = egress
	}
	return resource.NewPropertyMapFromMap(own)
}

// nameInAzure is the input that names a resource: it is called otherwise for
// every type.
func nameInAzure(r componenttest.Resource) string {
	for _, input := range []resource.PropertyKey{
		"agentPoolName", "subnetName", "virtualNetworkName", "natGatewayName", "publicIpAddressName", "workspaceName",
		"federatedIdentityCredentialResourceName", "roleAssignmentName", "configName", "resourceName", "name",
		"registryName", "containerName", "accountName", "resourceGroupName",
	} {
		if name, set := r.Inputs[input]; set && name.IsString() {
			return name.StringValue()
		}
	}
	return r.Name
}

// account answers the lookups.
func account(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	file := base64.StdEncoding.EncodeToString([]byte(`
apiVersion: v1
kind: Config
clusters:
- name: gantry-dev
  cluster: {server: "` + endpoint + `", certificate-authority-data: Q0E=}
users:
- name: clusterUser
  user: {exec: {command: kubelogin}}
`))
	answers := map[string]map[string]any{
		"azure-native:authorization:getClientConfig": {
			"clientId": clientAzureCLI, "objectId": callerID, "subscriptionId": subscription, "tenantId": "00000000-0000-0000-0000-00000000aaaa",
		},
		"azure-native:containerservice/v20241001:getManagedCluster": {
			"oidcIssuerProfile": map[string]any{"enabled": true, "issuerURL": issuer},
		},
		"azure-native:containerservice/v20241001:listManagedClusterUserCredentials": {
			"kubeconfigs": []any{map[string]any{"name": "clusterUser", "value": file}},
		},
	}
	answer, known := answers[token]
	if !known {
		return nil, fmt.Errorf("unexpected lookup %s", token)
	}
	if name, asked := args["resourceName"]; asked && args["resourceGroupName"].StringValue() != name.StringValue() {
		return nil, fmt.Errorf("%s asks for %v of the group %v", token, name, args["resourceGroupName"])
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// edit changes fresh arguments in passing.
func edit(args *Args, change func(*Args)) *Args {
	change(args)
	return args
}

func urns(all []componenttest.Resource) []string {
	var out []string
	for _, res := range all {
		out = append(out, res.URN)
	}
	return out
}
