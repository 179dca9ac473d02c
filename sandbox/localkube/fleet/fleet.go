// Package fleet is what clouds and clusters tell each other about machines:
// nodes, and groups of them whose number an autoscaler may change. Groups are
// published in the cluster, so that the autoscaler works on while no emulated
// account is open. The package decides nothing.
package fleet

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Node is a machine that joins a local cluster. KWOK simulates its kubelet.
type Node struct {
	// Name as kubectl shows it, for example ip-10-0-3-17.ec2.internal.
	Name string `json:"name"`
	// ProviderID in the cloud's form, for example aws:///us-east-1a/i-0123.
	ProviderID string `json:"providerID"`
	// Region and Zone as the cloud's node controller labels them, for example
	// us-east-1 and us-east-1a. Empty: no such label.
	Region string `json:"region,omitempty"`
	Zone   string `json:"zone,omitempty"`
	// Address of the machine inside its network. Empty: none is shown.
	Address string `json:"address,omitempty"`
	// Labels and taints that the cloud and the pool give the node.
	Labels map[string]string `json:"labels,omitempty"`
	Taints []Taint           `json:"taints,omitempty"`
	// VCPU, MemoryMiB, DiskGiB and MaxPods are the machine's capacity.
	VCPU      int `json:"vcpu"`
	MemoryMiB int `json:"memoryMiB"`
	DiskGiB   int `json:"diskGiB"`
	MaxPods   int `json:"maxPods"`
	// GPUs is the number of accelerators in the machine. They become
	// allocatable when a device plugin runs on the node.
	GPUs int `json:"gpus,omitempty"`
	// Accelerator tells what they are.
	Accelerator Accelerator `json:"accelerator,omitzero"`
	// DevicePlugin tells that the cloud itself runs a device plugin on the
	// node, as GKE does.
	DevicePlugin bool `json:"devicePlugin,omitempty"`
}

// Accelerator is what the GPUs of a machine are.
type Accelerator struct {
	// Model as the catalog of accelerators has it, and the memory of one.
	Model     string `json:"model,omitempty"`
	MemoryMiB int    `json:"memoryMiB,omitempty"`
	// Partition is the MIG profile that the cloud has cut them into. GPUs then
	// counts the slices.
	Partition string `json:"partition,omitempty"`
	// Driverless tells that the machine starts without a driver.
	Driverless bool `json:"driverless,omitempty"`
}

// Taint of a node, with the effect as Kubernetes spells it.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
}

// Cloud tells how an autoscaler looks at a group.
type Cloud string

// The clouds.
const (
	AWS   Cloud = "aws"
	GCP   Cloud = "gcp"
	Azure Cloud = "azure"
)

// Group is a group of like machines as its cloud keeps it: an Auto Scaling
// group, a node pool, a scale set.
type Group struct {
	// Name that the cloud, and so the autoscaler, knows the group by.
	Name  string `json:"name"`
	Cloud Cloud  `json:"cloud"`
	// Min and Max are the bounds of the size: of the group, or of each of its
	// places when PerPlace is set.
	Min      int  `json:"min"`
	Max      int  `json:"max"`
	PerPlace bool `json:"perPlace,omitempty"`
	// AnyPlace tells that places need not be kept equal.
	AnyPlace bool `json:"anyPlace,omitempty"`
	// Tags of the group. On AWS they are all that the autoscaler knows of the
	// labels and taints of a node that is not there yet.
	Tags map[string]string `json:"tags,omitempty"`
	// Kinds are the machines that the group starts, one after the other, with
	// all that does not depend on the machine and its place.
	Kinds []Node `json:"kinds"`
	// Places that machines are spread over.
	Places []Place `json:"places"`
	// NameForm and IDForm make the name and the provider id of a machine; see
	// expand.
	NameForm string `json:"nameForm"`
	IDForm   string `json:"idForm"`
	// Profile of the cloud's own autoscaler. Nil where the cluster has to
	// bring one.
	Profile *Profile `json:"profile,omitempty"`

	// Roster is what changes with the size.
	Roster `json:"-"`
}

// Roster is the machines of a group.
type Roster struct {
	Machines []Machine `json:"machines"`
	// Ended are machines that the autoscaler ended and that the account may
	// still have on record.
	Ended []Machine `json:"ended,omitempty"`
	// Next is the number of the next machine.
	Next int `json:"next"`
}

// Place is where machines of a group can be: a zone, or a subnet in one.
type Place struct {
	// Name of the place, which is the account's.
	Name string `json:"name"`
	// Zone as on nodes, and the labels that tell it in other words.
	Zone   string            `json:"zone,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	// CIDR is the range of the machines' addresses.
	CIDR string `json:"cidr"`
	// Prefix of the machines' names, where it depends on the place.
	Prefix string `json:"prefix,omitempty"`
}

// Machine is one of a group.
type Machine struct {
	Name       string `json:"name"`
	ProviderID string `json:"providerID"`
	Address    string `json:"address"`
	Place      string `json:"place"`
	// Kind is the place in Kinds.
	Kind int `json:"kind"`
	// Number counts the machines of a group, also those that are gone.
	Number int `json:"number"`
	// Reclaimed tells that the cloud has taken the machine back. The group is
	// still to have it, and gets it when the account is brought in line.
	Reclaimed bool `json:"reclaimed,omitempty"`
}

// Profile is how the autoscaler of a cloud decides. Times are those of the
// cloud; zero values mean its defaults.
type Profile struct {
	Expander                 string        `json:"expander,omitempty"`
	Balance                  bool          `json:"balance,omitempty"`
	UnneededTime             time.Duration `json:"unneededTime,omitempty"`
	UnreadyTime              time.Duration `json:"unreadyTime,omitempty"`
	DelayAfterAdd            time.Duration `json:"delayAfterAdd,omitempty"`
	UtilizationThreshold     float64       `json:"utilizationThreshold,omitempty"`
	KeepLocalStorage         bool          `json:"keepLocalStorage,omitempty"`
	KeepSystemPods           bool          `json:"keepSystemPods,omitempty"`
	CountDaemonSets          bool          `json:"countDaemonSets,omitempty"`
	MaxGracefulTermination   time.Duration `json:"maxGracefulTermination,omitempty"`
	MaxEmptyNodesTakenAtOnce int           `json:"maxEmptyNodesTakenAtOnce,omitempty"`
}

// LabelGroup marks the ConfigMaps in kube-system that are groups.
const LabelGroup = "sandbox.gantry.dev/node-group"

// Keys of these ConfigMaps: the cloud writes the first, the cloud and the
// autoscaler the second.
const (
	keyGroup  = "group"
	keyRoster = "roster"
)

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// ConfigMapName is where a group is published. Names of groups may have what
// those of objects may not.
func ConfigMapName(group string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(group))
	plain := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(group), "-"), "-")
	return fmt.Sprintf("node-group.%s.%08x", plain[:min(len(plain), 100)], hash.Sum32())
}

// ConfigMap publishes a group.
func (g Group) ConfigMap() (*corev1.ConfigMap, error) {
	group, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("node group %s: %w", g.Name, err)
	}
	roster, err := json.Marshal(g.Roster)
	if err != nil {
		return nil, fmt.Errorf("node group %s: %w", g.Name, err)
	}
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name: ConfigMapName(g.Name), Namespace: metav1.NamespaceSystem, Labels: map[string]string{LabelGroup: "true"},
		},
		Data: map[string]string{keyGroup: string(group), keyRoster: string(roster)},
	}, nil
}

// Read is the group in a ConfigMap.
func Read(config *corev1.ConfigMap) (Group, error) {
	var g Group
	if err := json.Unmarshal([]byte(config.Data[keyGroup]), &g); err != nil {
		return g, fmt.Errorf("node group in ConfigMap %s: %w", config.Name, err)
	}
	if err := json.Unmarshal([]byte(config.Data[keyRoster]), &g.Roster); err != nil {
		return g, fmt.Errorf("node group in ConfigMap %s: %w", config.Name, err)
	}
	return g, nil
}

// Merged is a group as its account has it, together with what the autoscaler did
// to it meanwhile: machines that it started stay, and those that it ended do not
// come back. What the cloud has reclaimed does.
func (g Group) Merged(published Group) Group {
	known := func(list []Machine, m Machine) bool {
		return slices.ContainsFunc(list, func(other Machine) bool { return other.ProviderID == m.ProviderID })
	}
	merged := g
	merged.Roster = Roster{Next: max(g.Next, published.Next)}
	for _, m := range g.Machines {
		if !known(published.Ended, m) {
			m.Reclaimed = false
			merged.Machines = append(merged.Machines, m)
		} else {
			merged.Ended = append(merged.Ended, m)
		}
	}
	for _, m := range published.Machines {
		if !known(g.Machines, m) && !known(g.Ended, m) {
			m.Reclaimed = false
			merged.Machines = append(merged.Machines, m)
		}
	}
	return merged
}

// Place finds a place by name.
func (g Group) Place(name string) Place {
	for _, p := range g.Places {
		if p.Name == name {
			return p
		}
	}
	return Place{Name: name}
}

// Size is how many machines the group has. Those that the cloud has reclaimed do
// not count.
func (g Group) Size() int {
	n := 0
	for _, m := range g.Machines {
		if !m.Reclaimed {
			n++
		}
	}
	return n
}

// In counts the machines at a place in the same way.
func (g Group) In(place string) int {
	n := 0
	for _, m := range g.Machines {
		if m.Place == place && !m.Reclaimed {
			n++
		}
	}
	return n
}

// Has tells whether a machine has the name.
func (g Group) Has(name string) bool {
	return slices.ContainsFunc(g.Machines, func(m Machine) bool { return m.Name == name })
}

// Names are the names of all machines, also of those that were ended.
func (g Group) Names() []string {
	var names []string
	for _, m := range slices.Concat(g.Machines, g.Ended) {
		names = append(names, m.Name)
	}
	return names
}

// Room is how many more machines may be started at a place.
func (g Group) Room(place string) int {
	if g.PerPlace {
		return max(0, g.Max-g.In(place))
	}
	return max(0, g.Max-g.Size())
}

// Spare is how many machines at a place may be ended.
func (g Group) Spare(place string) int {
	if g.PerPlace {
		return max(0, g.In(place)-g.Min)
	}
	return max(0, g.Size()-g.Min)
}

// Node is what a machine of the group joins the cluster as.
func (g Group) Node(m Machine) Node {
	n := g.Like(m.Kind, g.Place(m.Place))
	n.Name, n.ProviderID, n.Address = m.Name, m.ProviderID, m.Address
	n.Labels[corev1.LabelHostname] = m.Name
	return n
}

// Like is a node of a kind at a place, without name and address.
func (g Group) Like(kind int, at Place) Node {
	n := g.Kinds[min(kind, len(g.Kinds)-1)]
	labels := map[string]string{}
	for _, list := range []map[string]string{n.Labels, at.Labels} {
		for key, value := range list {
			labels[key] = value
		}
	}
	delete(labels, corev1.LabelHostname)
	n.Name, n.ProviderID, n.Address = "", "", ""
	n.Labels, n.Zone = labels, at.Zone
	return n
}
