package gke

import (
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
	typeAccount   = "gcp:serviceaccount/account:Account"
	typeBucketIAM = "gcp:storage/bucketIAMMember:BucketIAMMember"
	typeCluster   = "gcp:container/cluster:Cluster"
	typeFirewall  = "gcp:compute/firewall:Firewall"
	typeIAMMember = "gcp:projects/iAMMember:IAMMember"
	typeNAT       = "gcp:compute/routerNat:RouterNat"
	typeNodePool  = "gcp:container/nodePool:NodePool"
	typeProvider  = "pulumi:providers:gcp"
	typeService   = "gcp:projects/service:Service"
	typeSubnet    = "gcp:compute/subnetwork:Subnetwork"
)

// The lookups that a cluster makes.
const (
	callProject      = "gcp:organizations/getProject:getProject"
	callZones        = "gcp:compute/getZones:getZones"
	callMachineTypes = "gcp:compute/getMachineTypes:getMachineTypes"
)

const (
	project    = "ml-platform"
	nodesEmail = "cluster-node-account@ml-platform.iam.gserviceaccount.com"
)

// offers are the machine types of each zone.
var offers = map[string][]string{
	"us-central1-a": {"e2-standard-4", "g2-standard-4", "a2-highgpu-8g", "n4-standard-4"},
	"us-central1-b": {"e2-standard-4", "g2-standard-4", "n4-standard-4"},
	"us-central1-c": {"e2-standard-4", "g2-standard-4", "a2-highgpu-8g"},
}

// dev is a small platform with a pool of each kind.
func dev() *Args {
	return &Args{
		Platform: spec.Platform{
			Name:    "gantry-dev",
			Stack:   "dev",
			Cloud:   spec.GCP,
			Region:  "us-central1",
			Account: project,
			Tags:    map[string]string{"team": "ml"},
			Protect: off(),
			Cluster: spec.Cluster{
				Version: "1.34", Zones: 2, NAT: spec.NATSingle,
				NetworkCIDR: "10.0.0.0/16", PodCIDR: "100.64.0.0/14", ServiceCIDR: "172.20.0.0/20",
			},
			Addons: spec.Addons{DevicePlugin: spec.DevicePlugin{Enabled: off()}},
		},
		Pools: []spec.PoolPlan{
			plan(spec.Pool{Name: "serve", Role: spec.RoleInference, Capacity: spec.CapacityOnDemand, GPU: "l4", GPUCount: 1, Max: 20},
				machine("g2-standard-4", "l4", 1)),
			plan(spec.Pool{Name: "system", Role: spec.RoleSystem, Capacity: spec.CapacityOnDemand, Min: 2, Max: 4},
				machine("e2-standard-4", "", 0)),
			plan(spec.Pool{Name: "train", Role: spec.RoleTraining, Capacity: spec.CapacitySpot, GPU: "a100", GPUCount: 8, Max: 16},
				machine("a2-highgpu-8g", "a100", 8)),
		},
	}
}

// prod is dev as production has it.
func prod() *Args {
	args := dev()
	args.Platform.Name, args.Platform.Stack, args.Platform.Protect = "gantry-prod", "prod", on()
	args.Platform.Cluster.Zones = 3
	args.Platform.Cluster.NAT = spec.NATPerZone
	args.Platform.Cluster.Admins = []string{"group:ml@example.com"}
	args.Platform.Models = map[string]spec.Model{"m": {Name: "m", Storage: spec.ModelStorage{Models: "10Gi"}}}
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
	if pool.Capacity == spec.CapacitySpot {
		taints = append(taints, spec.Taint{Key: naming.TaintSpotGKE, Value: "true", Effect: spec.NoSchedule})
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
	return accelerators.Machine{Cloud: "gcp", Type: name, GPU: gpu, GPUs: gpus, VCPU: 4, MemoryMiB: 16384, Arch: "amd64"}
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
	return tryIn(lookup, args, look)
}

// tryIn is try in a project that answers lookups in its own way.
func tryIn(answer func(token string, args resource.PropertyMap) (resource.PropertyMap, error), args *Args, look func(*cluster.Handle)) (*componenttest.Recorder, error) {
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: answer}
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

// certificate is what the emulated clusters have as their authority.
var certificate = "Q0E="

// outputs is what Google Cloud adds to the inputs.
func outputs(r componenttest.Resource) resource.PropertyMap {
	own := map[string]any{}
	switch r.Type {
	case typeCluster:
		own["endpoint"] = "10.0.255.242"
		own["masterAuth"] = map[string]any{
			"clusterCaCertificate":    certificate,
			"clientCertificateConfig": map[string]any{"issueClientCertificate": false},
		}
	case "gcp:projects/serviceIdentity:ServiceIdentity":
		own["email"] = "service-123456789012@gcp-sa-artifactregistry.iam.gserviceaccount.com"
	case "gcp:storage/bucket:Bucket":
		own["url"] = "gs://" + r.Name + "-1a2b3c4"
	case typeAccount:
		email := r.Name + "@" + project + ".iam.gserviceaccount.com"
		own["email"], own["member"] = email, "serviceAccount:"+email
		own["name"] = "projects/" + project + "/serviceAccounts/" + email
	}
	if r.Inputs["name"].IsNull() && own["name"] == nil {
		own["name"] = r.Name + "-1a2b3c4"
	}
	all := resource.NewPropertyMapFromMap(own)
	if r.Type == typeCluster {
		// As the provider marks it; a secret in a part makes a secret of the whole.
		all["masterAuth"].ObjectValue()["clientKey"] = resource.MakeSecret(resource.NewProperty(""))
	}
	return all
}

// lookup answers the lookups.
func lookup(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	switch token {
	case callProject:
		return resource.NewPropertyMapFromMap(map[string]any{"projectId": args["projectId"].StringValue(), "number": "123456789012"}), nil
	case "gcp:storage/getProjectServiceAccount:getProjectServiceAccount":
		return resource.NewPropertyMapFromMap(map[string]any{"emailAddress": "service-123456789012@gs-project-accounts.iam.gserviceaccount.com"}), nil
	case callZones:
		return resource.NewPropertyMapFromMap(map[string]any{
			"names": []any{"us-central1-ai1a", "us-central1-c", "us-central1-a", "us-central1-b"},
		}), nil
	case callMachineTypes:
		var types []any
		for _, name := range offers[args["zone"].StringValue()] {
			types = append(types, map[string]any{"name": name})
		}
		return resource.NewPropertyMapFromMap(map[string]any{"machineTypes": types}), nil
	}
	return nil, fmt.Errorf("unexpected lookup %s", token)
}

// edit changes fresh arguments in passing.
func edit(args *Args, change func(*Args)) *Args {
	change(args)
	return args
}

// pool is the pool of that name, to be edited.
func (a *Args) pool(name string) *spec.PoolPlan {
	for i := range a.Pools {
		if a.Pools[i].Name == name {
			return &a.Pools[i]
		}
	}
	panic("no pool " + name)
}
