package gke

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPlaces_AreTheFirstZonesThatSellTheMachine(t *testing.T) {
	rec := run(t, dev())
	assert.Equal(t, []string{"us-central1-a", "us-central1-b"}, rec.Named(t, "cluster-serve").Strings(t, "nodeLocations"))
	assert.Equal(t, []string{"us-central1-a"}, rec.Named(t, "cluster-train").Strings(t, "nodeLocations"), "b has no A100")

	rec = run(t, edit(prod(), func(a *Args) { a.pool("serve").Zones = 1 }))
	assert.Equal(t, []string{"us-central1-a"}, rec.Named(t, "cluster-serve").Strings(t, "nodeLocations"))
	assert.Equal(t, []string{"us-central1-a", "us-central1-c"}, rec.Named(t, "cluster-train").Strings(t, "nodeLocations"))
	assert.Len(t, rec.Named(t, "cluster-system").Strings(t, "nodeLocations"), 3)
}

func TestPlaces_AsksForZonesThatAreUpAndForMachinesOfThePools(t *testing.T) {
	for _, call := range run(t, dev()).Calls() {
		asked := call.Args.Mappable()
		switch call.Token {
		case callZones:
			assert.Equal(t, map[string]any{"project": project, "region": "us-central1", "status": "UP"}, asked)
		case callMachineTypes:
			assert.Equal(t, project, asked["project"])
			assert.Contains(t, []any{"us-central1-a", "us-central1-b"}, asked["zone"])
			assert.Equal(t, `(name = "a2-highgpu-8g") OR (name = "e2-standard-4") OR (name = "g2-standard-4")`, asked["filter"])
		}
	}
}

func TestPlaces_APoolWithoutAPlaceIsFoundBeforeTheCluster(t *testing.T) {
	rec, err := try(edit(dev(), func(a *Args) {
		a.pool("train").Machines[0].Type = "a2-ultragpu-8g"
		a.pool("serve").Machines[0].Type = "a3-highgpu-8g"
	}), nil)
	require.ErrorContains(t, err, "pool train: a2-ultragpu-8g is sold in none of the cluster's zones (us-central1-a, us-central1-b)")
	require.ErrorContains(t, err, "pool serve: a3-highgpu-8g is sold in none")
	assert.Empty(t, rec.OfType(typeNodePool))
	assert.Empty(t, rec.OfType(typeCluster), "a cluster takes a quarter of an hour")
}

func TestPlaces_OfARegionWithFewerZones(t *testing.T) {
	_, err := tryIn(func(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
		if token == callZones {
			return resource.NewPropertyMapFromMap(map[string]any{"names": []any{"us-central1-b", "us-central1-ai1a"}}), nil
		}
		return lookup(token, args)
	}, dev(), nil)
	assert.ErrorContains(t, err, "gantry:cluster.zones is 2: us-central1 has 1 zones for nodes of every kind (us-central1-b)")
}
