package azure

import (
	"regexp"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"gantry.dev/gantry/sandbox/emulator"
)

// The three ways in which azure-native names what the program leaves unnamed:
// provider/pkg/resources, AutoNamer.

// named is for resources of their own: the logical name and eight digits.
func named(property string) *emulator.AutoName {
	return &emulator.AutoName{Property: property, Choose: func(logical string, seed []byte) (string, error) {
		return resource.NewUniqueName(seed, logical, 8, 0, nil)
	}}
}

// namedAlike is for resources inside others: the logical name itself.
func namedAlike(property string) *emulator.AutoName {
	return &emulator.AutoName{Property: property, Fixed: true, Choose: func(logical string, _ []byte) (string, error) {
		return logical, nil
	}}
}

// namedByGUID is for role assignments.
func namedByGUID(property string) *emulator.AutoName {
	return &emulator.AutoName{Property: property, Choose: func(_ string, seed []byte) (string, error) {
		text, err := resource.NewUniqueName(seed, "", 32, 0, nil)
		if err != nil {
			return "", err
		}
		id, err := uuid.Parse(text)
		return id.String(), err
	}}
}

// Forms of names.
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
var (
	groupForm     = regexp.MustCompile(`^[-\w._()]{0,89}[-\w_()]$`)
	networkForm   = regexp.MustCompile(`^[a-zA-Z0-9]([\w.-]{0,78}\w)?$`)
	vnetForm      = regexp.MustCompile(`^[a-zA-Z0-9]([\w.-]{0,62}\w)?$`)
	identityForm  = regexp.MustCompile(`^[a-zA-Z0-9][\w-]{2,127}$`)
	federatedForm = regexp.MustCompile(`^[a-zA-Z0-9][\w-]{2,119}$`)
	guidForm      = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)
