package engine_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/aks"
	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/eks"
	"gantry.dev/gantry/components/gke"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/stackfile"
	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/stacks"
)

// buckets are how each cloud names a bucket of model files.
var buckets = map[string]string{
	"aws": "arn:aws:s3:::models", "gcp": "models",
	"azure": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/models",
}

// A service account gets an identity in the cloud of its cluster, by the same
// call on every cloud.
func TestIdentity_IsBoundOnEveryCloud(t *testing.T) {
	for _, cloud := range slices.Sorted(maps.Keys(clouds)) {
		t.Run(cloud, func(t *testing.T) {
			w := newWorldOn(t, repository(t), cloud)
			var bound *cluster.BoundAccount
			program := func(ctx *pulumi.Context) error {
				handle, err := w.makeCluster(ctx)
				if err != nil {
					return err
				}
				bound, err = handle.BindServiceAccount(ctx, "reader", cluster.Binding{
					Namespace: "models", ServiceAccount: "image-classifier",
					Grants: []cluster.Grant{{Kind: cluster.ReadObjects, Resource: pulumi.String(buckets[cloud])}},
				})
				return err
			}
			changes := w.run(program)
			assert.Equal(t, changes[apitype.OpCreate], changes.Total())
			assert.NotEmpty(t, bound.Ready)
			assert.Zero(t, w.run(program).Total(), "a second up changes nothing")
			w.downToNothing("dev")
		})
	}
}

// makeCluster makes the cluster of the dev stack and nothing above it.
func (w *world) makeCluster(ctx *pulumi.Context) (*cluster.Handle, error) {
	file, err := stackfile.Read(os.DirFS(w.project), "dev")
	if err != nil {
		return nil, err
	}
	models, err := stacks.ModelFiles()
	if err != nil {
		return nil, err
	}
	platform, plans, err := spec.Load(file.On(spec.Cloud(w.cloud)).Raw(models))
	if err != nil {
		return nil, err
	}
	switch platform.Cloud {
	case spec.AWS:
		made, err := eks.New(ctx, platform.Name, &eks.Args{Platform: platform, Pools: plans})
		if err != nil {
			return nil, err
		}
		return made.Handle, nil
	case spec.GCP:
		made, err := gke.New(ctx, platform.Name, &gke.Args{Platform: platform, Pools: plans})
		if err != nil {
			return nil, err
		}
		return made.Handle, nil
	case spec.Azure:
		made, err := aks.New(ctx, platform.Name, &aks.Args{Platform: platform, Pools: plans})
		if err != nil {
			return nil, err
		}
		return made.Handle, nil
	}
	return nil, fmt.Errorf("no component for %s", platform.Cloud)
}

// run brings a program up as the stack dev.
func (w *world) run(program pulumi.RunFunc) engine.Changes {
	w.Helper()
	opened := w.options("dev")
	opened.Program = program
	sandbox, err := engine.Open(context.Background(), opened)
	require.NoError(w, err)
	defer func() { require.NoError(w, sandbox.Close()) }()
	changes, err := sandbox.Up(context.Background())
	require.NoError(w, err)
	return changes
}
