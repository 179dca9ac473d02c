// Package existing stands for clusters that Gantry did not make: on premises,
// kind, k3s, or one of another team. It registers nothing in any cloud; pools
// are described by the labels that their nodes have.
package existing

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/kubeconfig"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// Type is the type token of Cluster.
const Type = "gantry:existing:Cluster"

// Args is everything that decides how the cluster is seen. All of it is known
// at plan time.
type Args struct {
	// Platform after spec's Default and Validate.
	Platform spec.Platform
	// Pools are the platform's pools, as described.
	Pools []spec.PoolPlan
}

// Cluster is a cluster that was there before.
type Cluster struct {
	pulumi.ResourceState

	// Handle is what runs in the cluster needs to know of it.
	Handle *cluster.Handle
}

// New finds a cluster by a context of a kubeconfig and makes no resource but
// itself. The file is read to tell that the context exists and where it leads;
// its credentials stay where they are. It is an error when the file cannot be
// read or has no such context.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if args == nil {
		return nil, fmt.Errorf("existing cluster %s: no arguments", name)
	}
	handle, err := args.handle()
	if err != nil {
		return nil, fmt.Errorf("existing cluster %s: %w", name, err)
	}
	c := &Cluster{Handle: handle}
	if err := ctx.RegisterComponentResource(Type, name, c, opts...); err != nil {
		return nil, fmt.Errorf("existing cluster %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"name":       pulumi.String(handle.Name),
		"endpoint":   handle.Endpoint,
		"identifier": handle.Identifier,
	})
}

func (a *Args) handle() (*cluster.Handle, error) {
	file, err := kubeconfigFile(a.Platform.Existing.Kubeconfig)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("gantry:existing.kubeconfig: %w; name the file that leads to the cluster", err)
	}
	context := a.Platform.Existing.Context
	server, err := kubeconfig.Server(content, context)
	if err != nil {
		return nil, fmt.Errorf("gantry:existing.context: %s %w", file, err)
	}
	return &cluster.Handle{
		Name:     a.Platform.Name,
		Pools:    slices.Clone(a.Pools),
		Storage:  storageClasses(a.Platform.Existing.StorageClasses),
		Context:  context,
		Endpoint: pulumi.String(server).ToStringOutput(),
		// Another context or server is another cluster.
		Identifier: pulumi.String("existing-" + naming.Hash(context+" "+server)).ToStringOutput(),
		Kubeconfig: pulumi.String(file).ToStringOutput(),
	}, nil
}

// kubeconfigFile is the path of the kubeconfig, found as kubectl finds it where
// none is named.
func kubeconfigFile(path string) (string, error) {
	if path == "" {
		path, _, _ = strings.Cut(os.Getenv("KUBECONFIG"), string(os.PathListSeparator))
	}
	if path == "" {
		path = "~/.kube/config"
	}
	rest, inHome := strings.CutPrefix(path, "~/")
	if !inHome {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("gantry:existing.kubeconfig: the home directory is not known: write an absolute path")
	}
	return filepath.Join(home, rest), nil
}

// storageClasses are the classes that the configuration names.
func storageClasses(named spec.ExistingStorage) []cluster.StorageClass {
	var classes []cluster.StorageClass
	for _, class := range []cluster.StorageClass{
		{Name: named.Block, Access: cluster.ReadWriteOnce},
		// When a volume is bound is not known: a claim is then not waited for.
		{Name: named.Shared, Access: cluster.ReadWriteMany},
		{Name: named.ReadOnly, Access: cluster.ReadOnlyMany},
	} {
		if class.Name != "" {
			class.Exists, class.WaitForConsumer = true, true
			classes = append(classes, class)
		}
	}
	return classes
}
