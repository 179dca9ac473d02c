package azure

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"gantry.dev/gantry/sandbox/emulator"
)

// groupID is the id of a resource group.
func (a *Account) groupID(name string) string {
	return a.subscription() + "/resourceGroups/" + name
}

// id is the id of a resource of a kind (Microsoft.Network/natGateways) in a
// resource group.
func (a *Account) id(group, kind, name string) string {
	return a.groupID(group) + "/providers/" + kind + "/" + name
}

// clusterID is the id of a cluster, which AKS spells in its own way.
func (a *Account) clusterID(group, name string) string {
	return strings.Replace(a.id(group, kindCluster, name), "/resourceGroups/", "/resourcegroups/", 1)
}

// claim gives a new object its id. Ids that differ in case only are the same.
func claim(op *emulator.Op, id string) error {
	op.Object.ID = id
	if existing, taken := find(op.Tx, op.Object.Token, id); taken {
		return exists(existing)
	}
	return nil
}

// exists is what azure-native says before it asks the API: creating and updating
// are one call there.
func exists(o emulator.Object) error {
	return fmt.Errorf("cannot create already existing resource '%s'", o.ID)
}

// find is the object with this id.
func find(tx *emulator.Tx, token, id string) (emulator.Object, bool) {
	return tx.Find(token, func(o emulator.Object) bool { return strings.EqualFold(o.ID, id) })
}

// get is the object with this id. A reference has made sure that it exists, so
// the second value is dropped.
func get(tx *emulator.Tx, token, id string) emulator.Object {
	o, _ := find(tx, token, id)
	return o
}

// lastOf is the part of an id after the last slash.
func lastOf(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// parentOf is the id of the resource that another one is in: a subnet's network,
// a pool's cluster.
func parentOf(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) < 3 {
		return ""
	}
	return strings.Join(parts[:len(parts)-2], "/")
}

// groupOf is the resource group in an id.
func groupOf(id string) string {
	parts := strings.Split(id, "/")
	for i, part := range parts[:max(len(parts)-1, 0)] {
		if strings.EqualFold(part, "resourceGroups") {
			return parts[i+1]
		}
	}
	return ""
}

// inside tells whether an id is at or below a scope.
func inside(id, scope string) bool {
	id, scope = strings.ToLower(id), strings.TrimSuffix(strings.ToLower(scope), "/")
	return id == scope || strings.HasPrefix(id, scope+"/")
}

func newGUID() string { return uuid.NewString() }

const (
	digits       = "0123456789"
	alphanumeric = "abcdefghijklmnopqrstuvwxyz" + digits
)

// etag marks a revision of a network resource.
func etag() string { return `W/"` + newGUID() + `"` }

func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z") }
