package cost

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/stackfile"
)

// shipped is the estimate of a stack of this repository on a cloud.
func shipped(t *testing.T, stack string, cloud spec.Cloud) Estimate {
	t.Helper()
	read, err := stackfile.Read(os.DirFS("../.."), stack)
	require.NoError(t, err)
	models := map[string][]byte{}
	files, err := filepath.Glob("../../stacks/models/*.yaml")
	require.NoError(t, err)
	for _, file := range files {
		models[file], err = os.ReadFile(file)
		require.NoError(t, err)
	}
	platform, plans, err := spec.Load(read.On(cloud).Raw(models))
	require.NoError(t, err)
	return Of(platform, plans)
}

func TestShipped_AreKnownAtRestOnEveryCloud(t *testing.T) {
	// What a month at rest is allowed to be: dev is to try things on.
	limits := map[string][2]float64{"dev": {500, 2000}, "prod": {1000, 5000}}
	for stack, limit := range limits {
		for _, cloud := range []spec.Cloud{spec.AWS, spec.GCP, spec.Azure} {
			e := shipped(t, stack, cloud)
			atRest, known := e.Total().Min.Known()
			assert.True(t, known, "%s on %s: training pools are empty at rest", stack, cloud)
			assert.Greater(t, atRest, limit[0], "%s on %s", stack, cloud)
			assert.Less(t, atRest, limit[1], "%s on %s", stack, cloud)
			assert.Greater(t, e.Total().Max.AtLeast(), atRest, "%s on %s", stack, cloud)
			_, bounded := e.Total().Max.AtMost()
			assert.True(t, bounded, "%s on %s: what is unknown is a spot price", stack, cloud)
			assert.Len(t, e.PriceRegions(), 1, "%s on %s", stack, cloud)
		}
	}
}

func TestShipped_SpotPricesAreKnownOnGoogleCloudAlone(t *testing.T) {
	for _, stack := range []string{"dev", "prod"} {
		for cloud, told := range map[spec.Cloud]bool{spec.AWS: false, spec.GCP: true, spec.Azure: false} {
			e := shipped(t, stack, cloud)
			_, known := e.Spot().Max.Known()
			assert.Equal(t, told, known, "%s on %s", stack, cloud)
			_, known = e.OnDemand().Max.Known()
			assert.True(t, known, "%s on %s", stack, cloud)
		}
	}
}
