package cost

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/modules/spec"
)

func TestImageRegistry_CostsSomethingOnAzureAlone(t *testing.T) {
	with := func(cloud spec.Cloud, protect bool) [2]string {
		p := platform(cloud, protect)
		p.Registry.Enabled = new(true)
		return texts(Of(p, nil).Kind(ImageRegistry))
	}
	assert.Equal(t, [2]string{"$20.28", "$20.28"}, with(spec.Azure, false), "0.027778 an hour")
	assert.Equal(t, [2]string{"$50.69", "$50.69"}, with(spec.Azure, true), "0.069444 an hour")
	for _, cloud := range []spec.Cloud{spec.AWS, spec.GCP} {
		assert.Equal(t, [2]string{"$0.00", "$0.00"}, with(cloud, true), cloud)
	}
	assert.Equal(t, [2]string{"$0.00", "$0.00"}, texts(Of(platform(spec.Azure, true), nil).Kind(ImageRegistry)), "without a registry")
}
