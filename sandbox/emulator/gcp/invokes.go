package gcp

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// invokes are the functions that the account answers.
func (a *Account) invokes() map[string]emulator.Invoke {
	return map[string]emulator.Invoke{
		"gcp:compute/getMachineTypes:getMachineTypes":                   a.getMachineTypes,
		"gcp:compute/getZones:getZones":                                 a.getZones,
		"gcp:organizations/getProject:getProject":                       a.getProject,
		"gcp:storage/getProjectServiceAccount:getProjectServiceAccount": a.getProjectServiceAccount,
	}
}

// getProject answers organizations.LookupProject. Of all projects, the caller
// can see the one that it works in.
func (a *Account) getProject(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	if err := a.enabledNow("cloudresourcemanager.googleapis.com"); err != nil {
		return nil, err
	}
	own := a.settings().project
	project := args.String("projectId")
	if project == "" {
		project = own
	}
	if project != own {
		return nil, &APIError{403, fmt.Sprintf("The caller does not have permission on project %s, or it may not exist", project), "forbidden"}
	}
	return emulator.Properties{
		"id": "projects/" + project, "projectId": project, "name": project, "number": projectNumber(project),
		"autoCreateNetwork": true, "deletionPolicy": "PREVENT", "skipDelete": false,
		"billingAccount": "000000-000000-000000", "folderId": "", "orgId": "",
		"labels": map[string]any{}, "effectiveLabels": map[string]any{}, "pulumiLabels": map[string]any{},
	}, nil
}

// nameFilter is one term of a filter by name.
var nameFilter = regexp.MustCompile(`^\(?\s*name\s*=\s*"?([a-z0-9-]+)"?\s*\)?$`)

// getMachineTypes answers compute.GetMachineTypes. Of the filters of Compute
// Engine it knows names, joined by OR.
// https://cloud.google.com/compute/docs/reference/rest/v1/machineTypes/list
func (a *Account) getMachineTypes(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	if err := a.enabledNow("compute.googleapis.com"); err != nil {
		return nil, err
	}
	zone := args.String("zone")
	if regionOf(zone) == "" || isRegion(zone) {
		return nil, invalidField("zone", zone, "Unknown zone.")
	}
	names := allMachineTypes()
	if filter := args.String("filter"); filter != "" {
		names = nil
		for _, term := range strings.Split(filter, " OR ") {
			m := nameFilter.FindStringSubmatch(strings.TrimSpace(term))
			if m == nil {
				return nil, invalidField("filter", filter, "Invalid list filter expression. The emulated account knows (name = \"…\"), joined by OR.")
			}
			names = append(names, m[1])
		}
	}
	project := a.settings().project
	types := []any{}
	for _, name := range names {
		if m, exists := machineOf(name); exists && m.soldIn(zone) {
			types = append(types, m.describe(project, zone))
		}
	}
	return emulator.Properties{
		"id": fmt.Sprintf("projects/%s/zones/%s", project, zone), "project": project, "zone": zone,
		"filter": args.String("filter"), "machineTypes": types,
	}, nil
}

// describe is a machine type as Compute Engine tells of it.
func (m machineType) describe(project, zone string) map[string]any {
	attached := []any{}
	if model := builtIn[m.series]; model != "" {
		attached = append(attached, map[string]any{"guestAcceleratorType": model, "guestAcceleratorCount": m.GPUs})
	}
	return map[string]any{
		"name": m.Type, "guestCpus": m.VCPU, "memoryMb": m.MemoryMiB, "accelerators": attached,
		"description":  fmt.Sprintf("%d vCPUs, %d GB RAM", m.VCPU, m.MemoryMiB/1024),
		"isSharedCpus": m.Type == defaultMachineType, "maximumPersistentDisks": 128, "maximumPersistentDisksSizeGb": 263168,
		"bundledLocalSsds": []any{}, "deprecateds": []any{},
		"selfLink": fmt.Sprintf("%sprojects/%s/zones/%s/machineTypes/%s", computeHost, project, zone, m.Type),
	}
}
