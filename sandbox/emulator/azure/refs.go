package azure

import (
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// The references that several types have. What a reference holds cannot be
// deleted before it.

// groupRef is the resource group that a resource is in. Deleting the group
// deletes what is in it, so it is not held.
func groupRef() emulator.Ref {
	return emulator.Ref{
		Path: "resourceGroupName", To: []emulator.Target{{Token: tokenResourceGroup, Attr: "name"}},
		Missing: groupNotFound,
	}
}

func groupNotFound(name string) error {
	return refuse("ResourceGroupNotFound", "Resource group '%s' could not be found.", name)
}

// idRef is a resource that another one uses, by id.
func idRef(path, token string) emulator.Ref {
	return emulator.Ref{Path: path, To: []emulator.Target{{Token: token, Holds: true}}, Missing: notFound}
}

// identityRef is a managed identity. One that is in use can be deleted; its
// user then fails.
func identityRef(path string) emulator.Ref {
	return emulator.Ref{
		Path: path, To: []emulator.Target{{Token: tokenIdentity}},
		Missing: func(id string) error {
			return refuse("FailedIdentityOperation", "Identity operation failed with error "+
				"'Failed to perform resource identity operation. The resource identity %s could not be found.'", id)
		},
	}
}

// parent is the resource that a new one is inside of, or the refusal of
// Resource Manager.
func parent(tx *emulator.Tx, token, id, child string) (emulator.Object, error) {
	o, found := find(tx, token, id)
	if !found {
		return o, refuse("ParentResourceNotFound", "Failed to perform 'write' on resource(s) of type '%s', "+
			"because the parent resource '%s' could not be found.", child, id)
	}
	return o, nil
}

// dropInside drops the objects whose ids are below another one's.
func dropInside(tx *emulator.Tx, id string) error {
	for _, o := range tx.Objects() {
		if strings.EqualFold(o.ID, id) || !inside(o.ID, id) {
			continue
		}
		if err := tx.Drop(o.Token, o.ID); err != nil {
			return err
		}
	}
	return nil
}

// sameRegion refuses a reference to a resource in another region.
func sameRegion(location string, other emulator.Object) error {
	if normalLocation(other.Outputs.String("location")) != normalLocation(location) {
		return notFound(other.ID)
	}
	return nil
}
