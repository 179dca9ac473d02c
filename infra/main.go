// Command infra is the program that the Pulumi CLI runs.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/stacks"
)

func main() {
	pulumi.Run(stacks.Deploy)
}
