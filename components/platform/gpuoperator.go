package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

const gpuOperatorName = "gpu-operator"

// gpuOperatorAddon is NVIDIA's GPU Operator.
var gpuOperatorAddon = addon{
	name:      gpuOperatorName,
	chart:     "gpu-operator",
	namespace: GPUNamespace,
	when: func(in inputs) bool {
		return spec.On(in.platform.Addons.GPUOperator.Enabled) && len(scheduling.WithGPU(in.handle.Pools)) > 0
	},
	after:  []string{monitoringName},
	values: func(inputs) (pulumi.Map, error) { return pulumi.Map{}, nil },
}
