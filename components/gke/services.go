package gke

import (
	"fmt"
	"slices"

	gcpprojects "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// serviceCompute is the API that tells of zones and machine types.
const serviceCompute = "compute"

// service is an API that has to be enabled in the project.
type service struct {
	// name before .googleapis.com.
	name string
	// when it is needed; nil for always.
	when func(b *build) bool
}

// serviceTable is every API that a platform needs.
var serviceTable = []service{
	{name: "artifactregistry"},
	{name: "cloudkms"},
	{name: "cloudresourcemanager"},
	{name: serviceCompute},
	{name: "container"},
	{name: "iam"},
	{name: "iamcredentials"}, // tokens of Workload Identity
	{name: "logging"},
	{name: "monitoring"},
	{name: "storage"},
	{name: "dns", when: func(b *build) bool { return b.platform.Addons.DNS.Zone != "" }},
	{name: "file", when: func(b *build) bool { return b.platform.StoresFiles() }},
	{name: "containerfilesystem", when: func(b *build) bool { return slices.ContainsFunc(b.pools, hasGPU) }}, // image streaming
}

// services are the enabled APIs.
type services struct {
	// all of them: whatever is made in the project waits for them.
	all []pulumi.Resource
	// compute is that of Compute Engine.
	compute *gcpprojects.Service
}

// services enables the APIs. They stay enabled on destroy: they cost nothing,
// and others in the project may have come to rely on them.
func (b *build) services() (*services, error) {
	s := &services{}
	for _, api := range serviceTable {
		if api.when != nil && !api.when(b) {
			continue
		}
		registered, err := gcpprojects.NewService(b.ctx, b.child("api-"+api.name), &gcpprojects.ServiceArgs{
			Project:                  pulumi.String(b.platform.Account),
			Service:                  pulumi.String(api.name + ".googleapis.com"),
			DisableOnDestroy:         pulumi.Bool(false),
			DisableDependentServices: pulumi.Bool(false),
		}, b.with()...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", api.name, err)
		}
		s.all = append(s.all, registered)
		if api.name == serviceCompute {
			s.compute = registered
		}
	}
	return s, nil
}

func hasGPU(plan spec.PoolPlan) bool { return plan.GPU != "" }
