// Package toolchain builds the programs that the sandbox runs, from pinned Go
// modules, into one folder. It uses the standard library only: it is the first
// thing that compiles on a new machine.
package toolchain

// Versions that are linked into the programs. Unlinked, the Automation API
// refuses the CLI, and kubectl and Helm cannot parse the server's version. Each
// must agree with the go.mod of the tool's module; a test holds this.
const (
	PulumiVersion     = "3.250.0"
	KubernetesVersion = "1.37.2"
)

// Tool is a Go module whose commands the sandbox needs.
type Tool struct {
	// Name for stamps and messages.
	Name string
	// About tells a newcomer what it is for.
	About string
	// Dir of the module, below the sandbox folder.
	Dir string
	// Packages that are built, all with one go build.
	Packages []string
	// Binaries that the build leaves behind; with a single package the
	// binary is called so whatever the package is called.
	Binaries []string
	// LDFlags for the linker.
	LDFlags string
	// GCFlags for the compiler.
	GCFlags string
	// Always runs go build even when the stamp says that nothing changed:
	// for code of this repository.
	Always bool
}

// The tools are built without debugging data, which the linker would drop: the
// compiler is done an eighth sooner.
const (
	strip   = "-s -w"
	noDebug = "all=-dwarf=false"
)

// Pulumi is the engine and its command line.
var Pulumi = Tool{
	Name:     "pulumi",
	About:    "the Pulumi engine",
	Dir:      "tools/pulumi",
	Packages: []string{"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
	Binaries: []string{"pulumi"},
	LDFlags:  strip + " -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v" + PulumiVersion,
	GCFlags:  noDebug,
}

// Kubernetes is the control plane.
var Kubernetes = Tool{
	Name:  "kubernetes",
	About: "the Kubernetes control plane",
	Dir:   "tools/kubernetes",
	Packages: []string{
		"k8s.io/kubernetes/cmd/kube-apiserver",
		"k8s.io/kubernetes/cmd/kube-controller-manager",
		"k8s.io/kubernetes/cmd/kube-scheduler",
	},
	Binaries: []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler"},
	LDFlags: strip + " -X k8s.io/component-base/version.gitVersion=v" + KubernetesVersion +
		" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37",
	GCFlags: noDebug,
}

// Etcd stores what the control plane knows.
var Etcd = Tool{
	Name:     "etcd",
	About:    "the store of the control plane",
	Dir:      "tools/etcd",
	Packages: []string{"go.etcd.io/etcd/server/v3"},
	Binaries: []string{"etcd"},
	LDFlags:  strip,
	GCFlags:  noDebug,
}

// Kwok simulates the kubelets.
var Kwok = Tool{
	Name:     "kwok",
	About:    "simulated nodes",
	Dir:      "tools/kwok",
	Packages: []string{"sigs.k8s.io/kwok/cmd/kwok"},
	Binaries: []string{"kwok"},
	LDFlags:  strip,
	GCFlags:  noDebug,
}

// Sandbox is the emulated clouds with Gantry's program inside. It is compiled
// as its tests are, so that they find its packages in the build cache.
var Sandbox = Tool{
	Name:     "sandbox",
	About:    "Gantry and the emulated clouds",
	Dir:      ".",
	Packages: []string{"gantry.dev/gantry/sandbox"},
	Binaries: []string{"sandbox"},
	LDFlags:  strip,
	Always:   true,
}

// Policies is the policy pack under the name by which an engine without the Go
// language host starts a pack in Go.
var Policies = Tool{
	Name:     "policies",
	About:    "the policy pack",
	Dir:      "..",
	Packages: []string{"gantry.dev/gantry/policies"},
	Binaries: []string{"pulumi-analyzer-policy-go"},
	LDFlags:  strip,
	Always:   true,
}

// All tools, the long builds first.
var All = []Tool{Kubernetes, Pulumi, Sandbox, Policies, Kwok, Etcd}

// Planning is what a preview needs: no control plane.
var Planning = []Tool{Pulumi, Sandbox, Policies}
