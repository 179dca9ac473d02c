package gcp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	getZones        = "gcp:compute/getZones:getZones"
	getMachineTypes = "gcp:compute/getMachineTypes:getMachineTypes"
	getProject      = "gcp:organizations/getProject:getProject"
)

func TestGetZones(t *testing.T) {
	p := newAccount(t)
	_, err := p.Invoke(getZones, Props{})
	assert.ErrorContains(t, err, "Compute Engine API has not been used in project "+p.number()+" before or it is disabled.")
	assert.ErrorContains(t, err, "SERVICE_DISABLED")

	p.Must(serviceType, "compute", Props{"service": "compute.googleapis.com"})
	found, err := p.Invoke(getZones, Props{"status": "UP"})
	require.NoError(t, err)
	assert.Equal(t, Props{
		"id": "projects/" + project + "/regions/us-central1", "project": project, "region": "us-central1", "status": "UP",
		"names": []any{"us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f"},
	}, found)

	found, err = p.Invoke(getZones, Props{"region": "europe-west1"})
	require.NoError(t, err)
	assert.Equal(t, []any{"europe-west1-b", "europe-west1-c", "europe-west1-d"}, found["names"])
	found, err = p.Invoke(getZones, Props{"status": "DOWN"})
	require.NoError(t, err)
	assert.Empty(t, found["names"])
	_, err = p.Invoke(getZones, Props{"region": "mars-east1"})
	assert.ErrorContains(t, err, "Invalid value for field 'resource.region': 'mars-east1'.")
}

func TestGetMachineTypes(t *testing.T) {
	p := newAccount(t)
	_, err := p.Invoke(getMachineTypes, Props{"zone": "us-central1-a"})
	assert.ErrorContains(t, err, "Compute Engine API has not been used")
	p.Must(serviceType, "compute", Props{"service": "compute.googleapis.com"})

	names := func(zone, filter string) []string {
		found, err := p.Invoke(getMachineTypes, Props{"zone": zone, "filter": filter, "project": project})
		require.NoError(t, err)
		var names []string
		for _, machine := range found["machineTypes"].([]any) {
			names = append(names, machine.(Props)["name"].(string))
		}
		return names
	}
	const wanted = `(name = "e2-standard-4") OR (name = "g2-standard-8") OR (name = "a3-ultragpu-8g") OR (name = "none-1")`
	assert.Equal(t, []string{"e2-standard-4", "g2-standard-8"}, names("us-central1-a", wanted))
	assert.Equal(t, []string{"e2-standard-4", "g2-standard-8", "a3-ultragpu-8g"}, names("us-central1-b", wanted))
	assert.Equal(t, []string{"e2-standard-4"}, names("us-central1-f", wanted), "the zone has none of these GPUs")
	assert.Equal(t, []string{"t2a-standard-4"}, names("us-central1-a", `name = "t2a-standard-4"`))
	assert.Empty(t, names("us-central1-c", `name=t2a-standard-4`))

	found, err := p.Invoke(getMachineTypes, Props{"zone": "us-central1-a", "filter": `name = "g2-standard-24"`})
	require.NoError(t, err)
	machine := found["machineTypes"].([]any)[0].(Props)
	assert.Equal(t, []any{Props{"guestAcceleratorType": "nvidia-l4", "guestAcceleratorCount": 2.0}}, machine["accelerators"])
	assert.Equal(t, []any{24.0, 98304.0}, []any{machine["guestCpus"], machine["memoryMb"]})
	all, err := p.Invoke(getMachineTypes, Props{"zone": "us-central1-a"})
	require.NoError(t, err)
	assert.Greater(t, len(all["machineTypes"].([]any)), 100)

	for filter, want := range map[string]string{"guestCpus > 4": "Invalid list filter expression.", `name != "x"`: "Invalid list filter expression."} {
		_, err = p.Invoke(getMachineTypes, Props{"zone": "us-central1-a", "filter": filter})
		assert.ErrorContains(t, err, want)
	}
	_, err = p.Invoke(getMachineTypes, Props{"zone": "us-central1"})
	assert.ErrorContains(t, err, "Invalid value for field 'resource.zone': 'us-central1'.")
}

func TestGetProject(t *testing.T) {
	a := newAccount(t)
	own, err := a.Invoke(getProject, Props{})
	require.NoError(t, err)
	assert.Regexp(t, `^\d{12}$`, own["number"])
	named, err := a.Invoke(getProject, Props{"projectId": project})
	require.NoError(t, err)
	assert.Equal(t, own, named)
	assert.Equal(t, "projects/"+project, own["id"])
	_, err = a.Invoke(getProject, Props{"projectId": "somebody-else"})
	assert.ErrorContains(t, err, "Error 403: The caller does not have permission on project somebody-else")
}

func TestConfigure_NeedsAProjectAndARegionThatExists(t *testing.T) {
	a := newAccount(t)
	for want, config := range map[string]Props{
		"missing project configuration: set gcp:project":           {"region": "us-central1"},
		`invalid Google Cloud project "ML"`:                        {"project": "ML"},
		`region "virginia" is not available for project "ml-dev1"`: {"project": "ml-dev1", "region": "virginia"},
	} {
		assert.ErrorContains(t, a.Configure(config), want)
	}
	require.NoError(t, a.Configure(Props{"project": "ml-dev1"}))
	_, err := a.Invoke(getZones, Props{})
	assert.ErrorContains(t, err, "Compute Engine API has not been used", "another project has APIs of its own")
}
