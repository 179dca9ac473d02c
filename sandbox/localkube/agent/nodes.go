package agent

import (
	"encoding/json"
	"strconv"

	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// Annotations tell the agent what is in a node's machine.
func Annotations(n fleet.Node) map[string]string {
	annotations := map[string]string{AnnotationGPUs: strconv.Itoa(n.GPUs)}
	if n.DevicePlugin {
		annotations[AnnotationDevicePlugin] = CloudDevicePlugin
	}
	if n.Accelerator != (fleet.Accelerator{}) {
		text, err := json.Marshal(n.Accelerator)
		if err != nil {
			panic(err) // strings, a number and a boolean
		}
		annotations[AnnotationAccelerator] = string(text)
	}
	return annotations
}
