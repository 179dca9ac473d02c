package azure

import (
	"context"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

func (a *Account) resourceGroup() emulator.Type {
	return emulator.Type{
		Token:    tokenResourceGroup,
		Source:   "specification/resources/resource-manager/Microsoft.Resources/stable/2022-09-01/resources.json",
		Replace:  []string{"location", "resourceGroupName"},
		Name:     named("resourceGroupName"),
		Validate: rules.All(matching("resourceGroupName", groupForm), located(kindResourceGroup), tagRules),
		Create: func(op *emulator.Op) error {
			name, out := op.In().String("resourceGroupName"), op.Out()
			out["name"], out["type"] = name, kindResourceGroup
			out.Set("properties.provisioningState", "Succeeded")
			return claim(op, a.groupID(name))
		},
		Remove: a.removeGroup,
		Delete: func(op *emulator.Op) error { return dropInside(op.Tx, op.Object.ID) },
	}
}

// removeGroup ends the clusters in a group: deleting a group deletes everything
// in it, whoever made it.
func (a *Account) removeGroup(ctx context.Context, group emulator.Object) error {
	objects, err := a.store.Objects()
	if err != nil {
		return err
	}
	for _, o := range objects {
		if o.Token != tokenCluster || !inside(o.ID, group.ID) {
			continue
		}
		if err := a.kube.DeleteCluster(ctx, localName(o)); err != nil {
			return err
		}
	}
	return nil
}
