package azure

import (
	"fmt"

	"gantry.dev/gantry/sandbox/emulator"
)

// settings are what the program configures on the provider.
type settings struct {
	subscription string
	tenant       string
	location     string
}

// defaultSettings stand for the login of the Azure CLI. The subscription and the
// tenant are invented.
var defaultSettings = settings{
	subscription: "5a4d5b0e-0000-4000-8000-000000000001",
	tenant:       "7e4a4700-0000-4000-8000-000000000002",
}

const (
	// callerID is the object id of whoever the sandbox's credentials belong to.
	callerID = "ca11e400-0000-4000-8000-000000000003"
	// callerApp is the application id of the Azure CLI.
	callerApp = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
)

func (a *Account) configure(config emulator.Properties) error {
	set := defaultSettings
	for key, to := range map[string]*string{"subscriptionId": &set.subscription, "tenantId": &set.tenant} {
		value := config.String(key)
		if value == "" {
			continue
		}
		if !guidForm.MatchString(value) {
			return fmt.Errorf("azure-native:%s is %q, which is not a GUID", key, value)
		}
		*to = value
	}
	set.location = config.String("location")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.config = set
	return nil
}

func (a *Account) settings() settings {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.config
}

// subscription is the id of the subscription, as it begins every other id.
func (a *Account) subscription() string { return "/subscriptions/" + a.settings().subscription }

// addLocation completes the inputs with a place, as azure-native does: the one
// in the provider's configuration, or that of the resource group.
func (a *Account) addLocation(t *emulator.Type, inputs emulator.Properties) {
	_, hasLocation := a.schema.Resources[t.Token].Inputs["location"]
	if !hasLocation || inputs.Has("location") {
		return
	}
	if configured := a.settings().location; configured != "" {
		inputs["location"] = configured
		return
	}
	if !inputs.Known("resourceGroupName") {
		inputs["location"] = emulator.Unknown{}
		return
	}
	group := a.groupID(inputs.String("resourceGroupName"))
	objects, err := a.store.Objects()
	if err != nil {
		return
	}
	for _, o := range objects {
		if o.Token == tokenResourceGroup && inside(o.ID, group) {
			inputs["location"] = o.Outputs["location"]
		}
	}
}

// dropParameters takes those inputs out of the outputs that the API does not
// return: the names in the path of the request, above all.
func (a *Account) dropParameters(t *emulator.Type, outputs emulator.Properties) {
	known := a.schema.Resources[t.Token].Outputs
	for name := range outputs {
		if _, returned := known[name]; !returned {
			delete(outputs, name)
		}
	}
	if place := outputs.String("location"); place != "" {
		outputs["location"] = normalLocation(place)
	}
	// Identities go in as a list and come out as a map that only Azure can fill.
	if _, given := outputs.At("identity.userAssignedIdentities").([]any); given {
		outputs.Set("identity.userAssignedIdentities", emulator.Unknown{})
	}
}
