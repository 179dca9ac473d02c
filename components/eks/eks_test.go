package eks

import (
	"errors"
	"fmt"
	"strings"
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
	typeAddon          = "aws:eks/addon:Addon"
	typeASGTag         = "aws:autoscaling/tag:Tag"
	typeCluster        = "aws:eks/cluster:Cluster"
	typeFileSystem     = "aws:efs/fileSystem:FileSystem"
	typeLaunchTemplate = "aws:ec2/launchTemplate:LaunchTemplate"
	typeMountTarget    = "aws:efs/mountTarget:MountTarget"
	typeNAT            = "aws:ec2/natGateway:NatGateway"
	typeNodeGroup      = "aws:eks/nodeGroup:NodeGroup"
	typeProvider       = "pulumi:providers:aws"
	typeSubnet         = "aws:ec2/subnet:Subnet"
)

const (
	endpoint = "https://0123456789ABCDEF0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com"
	issuer   = "https://oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
	caller   = "arn:aws:sts::111122223333:assumed-role/platform-admin/alice"
	behind   = "arn:aws:iam::111122223333:role/platform-admin"
)

// dev is a small platform with a pool of each kind.
func dev() *Args {
	return &Args{
		Platform: spec.Platform{
			Name:    "gantry-dev",
			Stack:   "dev",
			Cloud:   spec.AWS,
			Region:  "us-east-1",
			Tags:    map[string]string{"team": "ml"},
			Protect: off(),
			Cluster: spec.Cluster{
				Version: "1.34", Zones: 2, NetworkCIDR: "10.0.0.0/16", NAT: spec.NATSingle, LogRetentionDays: 90,
			},
		},
		Pools: []spec.PoolPlan{
			plan(spec.Pool{Name: "system", Role: spec.RoleSystem, Min: 2, Max: 4}, machine("m7i.xlarge", "", 0)),
			plan(spec.Pool{Name: "train", Role: spec.RoleTraining, Capacity: spec.CapacitySpot, GPU: "a100", GPUCount: 8, Max: 16},
				machine("p4d.24xlarge", "a100", 8), machine("p4de.24xlarge", "a100", 8)),
			plan(spec.Pool{Name: "serve", Role: spec.RoleInference, GPU: "l4", GPUCount: 1, Max: 20},
				machine("g6.xlarge", "l4", 1)),
		},
	}
}

// prod is dev as production has it.
func prod() *Args {
	args := dev()
	args.Platform.Name, args.Platform.Stack, args.Platform.Protect = "gantry-prod", "prod", on()
	args.Platform.Cluster.Zones = 3
	args.Platform.Cluster.NAT = spec.NATPerZone
	args.Platform.Models = map[string]spec.Model{"m": {Name: "m", Storage: spec.ModelStorage{Models: "10Gi"}}}
	return args
}

// stocked has a registry and a bucket beside.
func stocked(args *Args) *Args {
	args.Platform.Registry = spec.Registry{Enabled: on(), KeepImages: 50, UntaggedDays: 14}
	args.Platform.ModelBucket = spec.ModelBucket{Enabled: on(), OldVersionDays: 30}
	args.Platform.Models = map[string]spec.Model{"classifier": {Name: "classifier"}, "ranker": {Name: "ranker"}}
	return args
}

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
	return spec.PoolPlan{Pool: pool, Machines: machines, NodeLabels: labels, NodeTaints: taints, DiskGiB: 200}
}

func machine(name, gpu string, gpus int) accelerators.Machine {
	return accelerators.Machine{Cloud: "aws", Type: name, GPU: gpu, GPUs: gpus, VCPU: 4, MemoryMiB: 16384, Arch: "amd64"}
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

// outputs is what AWS adds to the inputs.
func outputs(r componenttest.Resource) resource.PropertyMap {
	own := map[string]any{"arn": "arn:aws:test:us-east-1:111122223333:" + r.Name}
	switch r.Type {
	case typeCluster:
		own["endpoint"] = endpoint
		own["certificateAuthority"] = map[string]any{"data": "Q0E="}
		own["identities"] = []any{map[string]any{"oidcs": []any{map[string]any{"issuer": issuer}}}}
		vpc := r.Inputs["vpcConfig"].ObjectValue().Mappable()
		vpc["clusterSecurityGroupId"] = "sg-cluster"
		own["vpcConfig"] = vpc
	case typeNodeGroup:
		own["resources"] = []any{map[string]any{"autoscalingGroups": []any{map[string]any{"name": "eks-" + r.Name}}}}
	case typeLaunchTemplate:
		own["latestVersion"] = 3
	case "aws:s3/bucketV2:BucketV2":
		own["bucket"], own["arn"] = r.Name, "arn:aws:s3:::"+r.Name
	case "aws:kms/key:Key":
		own["keyId"] = "0123"
	case "aws:iam/role:Role":
		own["name"] = r.Name
	}
	return resource.NewPropertyMapFromMap(own)
}

// account answers the lookups.
func account(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	answers := map[string]map[string]any{
		"aws:index/getPartition:getPartition":           {"partition": "aws", "dnsSuffix": "amazonaws.com"},
		"aws:index/getCallerIdentity:getCallerIdentity": {"arn": caller},
		"aws:iam/getSessionContext:getSessionContext":   {"issuerArn": behind},
		"aws:index/getAvailabilityZones:getAvailabilityZones": {
			"names": []any{"us-east-1c", "us-east-1a", "us-east-1b"},
		},
	}
	answers["aws:ssm/getParameter:getParameter"] = map[string]any{"insecureValue": "ami of " + textOf(args["name"])}
	answer, known := answers[token]
	if !known {
		return nil, fmt.Errorf("unexpected lookup %s", token)
	}
	if strings.Contains(token, "getSessionContext") && args["arn"].StringValue() != caller {
		return nil, errors.New("the session that was asked for is not the caller's")
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

func textOf(v resource.PropertyValue) string {
	if v.IsString() {
		return v.StringValue()
	}
	return ""
}

// edit changes fresh arguments in passing.
func edit(args *Args, change func(*Args)) *Args {
	change(args)
	return args
}
