package gcp

import (
	"context"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
)

// machine is an instance of a node pool, as the account remembers it.
type machine struct{ Name, Zone, Address string }

const (
	stateNodes = "nodes"
	// stateTerminated are the nodes that the last change took away. They stay
	// on record so that an interruption cannot leave them in the cluster.
	stateTerminated = "terminated"
)

// machines are the instances of a node pool, or of a cluster's default pool.
func machines(pool emulator.Object) []machine { return remembered(pool, stateNodes) }

func remembered(pool emulator.Object, list string) []machine {
	var found []machine
	for _, p := range pool.State.Objects(list) {
		found = append(found, machine{p.String("name"), p.String("zone"), p.String("address")})
	}
	return found
}

func remember(list []machine) []any {
	array := make([]any, len(list))
	for i, m := range list {
		array[i] = map[string]any{"name": m.Name, "zone": m.Zone, "address": m.Address}
	}
	return array
}

// runNodes brings the nodes of a cluster in line with a node pool, and the pool
// with what the autoscaler did to it.
func (a *Account) runNodes(ctx context.Context, pool emulator.Object) error {
	nodes, gone, err := a.settledNodes(ctx, pool)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if err := a.kube.PutNode(ctx, controlPlane(pool), n); err != nil {
			return err
		}
	}
	for _, name := range gone {
		if err := a.kube.DeleteNode(ctx, controlPlane(pool), name); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) removeNodes(ctx context.Context, pool emulator.Object) error {
	// The control plane may have died with an interrupted sandbox.
	if err := a.kube.CreateCluster(ctx, controlPlane(pool)); err != nil {
		return err
	}
	last, err := a.kube.DeleteNodeGroup(ctx, controlPlane(pool), pool.State.String("pool"))
	if err != nil {
		return err
	}
	names := last.Names()
	for _, m := range append(machines(pool), remembered(pool, stateTerminated)...) {
		names = append(names, m.Name)
	}
	for _, name := range names {
		if err := a.kube.DeleteNode(ctx, controlPlane(pool), name); err != nil {
			return err
		}
	}
	return nil
}

func providerID(pool emulator.Object, zone, name string) string {
	return "gce://" + pool.Outputs.String("project") + "/" + zone + "/" + name
}

// node is a machine as Kubernetes sees it.
func node(pool emulator.Object, m machine) localkube.Node {
	config := configOf(pool.Outputs)
	kind, _ := machineOf(config.String("machineType"))
	gpus := slots(config)
	n := localkube.Node{
		Name:       m.Name,
		ProviderID: providerID(pool, m.Zone, m.Name),
		Region:     regionOf(m.Zone),
		Zone:       m.Zone,
		Address:    m.Address,
		Labels:     nodeLabels(pool, m, kind),
		VCPU:       kind.VCPU,
		MemoryMiB:  kind.MemoryMiB,
		DiskGiB:    config.Int("diskSizeGb"),
		MaxPods:    maxPods(pool),
		GPUs:       gpus,

		DevicePlugin: gpus > 0 && ownDevicePlugin(config),
	}
	if gpus > 0 {
		n.Accelerator = localkube.Accelerator{
			Model: kind.GPU, MemoryMiB: kind.GPUMemoryMiB, Partition: partition(config),
			// The plugin and the installer of the driver are one DaemonSet.
			Driverless: !ownDevicePlugin(config),
		}
	}
	for _, taint := range config.Objects("effectiveTaints") {
		n.Taints = append(n.Taints, localkube.Taint{
			Key: taint.String("key"), Value: taint.String("value"), Effect: taintEffects[taint.String("effect")],
		})
	}
	return n
}

// labelNoPlugin keeps GKE's device plugin off a node.
const labelNoPlugin = "gke-no-default-nvidia-gpu-device-plugin"

// ownDevicePlugin tells whether GKE advertises the GPUs of a node: unless the
// node's labels forbid it, or nobody installs the driver that its plugin needs.
// https://cloud.google.com/kubernetes-engine/docs/how-to/gpus
func ownDevicePlugin(config emulator.Properties) bool {
	driver := config.String("guestAccelerators[0].gpuDriverInstallationConfig.gpuDriverVersion")
	return config.StringMap("labels")[labelNoPlugin] != "true" && driver != "INSTALLATION_DISABLED"
}
