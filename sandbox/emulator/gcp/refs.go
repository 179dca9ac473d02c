package gcp

import (
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// byReference are the ways in which a program may name a resource of Compute
// Engine: by its path, its self-link or its name. What a reference holds cannot
// be deleted before it.
func byReference(token string, holds bool) []emulator.Target {
	return []emulator.Target{
		{Token: token, Holds: holds},
		{Token: token, Attr: "selfLink", Holds: holds},
		{Token: token, Attr: "name", Holds: holds},
	}
}

func networkRef() emulator.Ref {
	return emulator.Ref{
		Path: "network", To: byReference(tokenNetwork, true),
		Missing: func(value string) error {
			return invalidField("network", value, "The referenced network resource cannot be found.")
		},
	}
}

// get is the object of a type with this id. A reference has made sure that it
// exists, so the second value is dropped.
func get(tx *emulator.Tx, token, id string) emulator.Object {
	o, _ := tx.Get(token, id)
	return o
}

// named is the object that a reference names. Names are unique in a region or a
// project only, so in narrows what a bare name may mean.
func named(tx *emulator.Tx, token, value string, in func(emulator.Object) bool) (emulator.Object, bool) {
	for _, target := range byReference(token, false) {
		o, ok := tx.Find(token, func(o emulator.Object) bool {
			return (value == o.ID && target.Attr == "" || target.Attr != "" && o.Outputs.String(target.Attr) == value) && in(o)
		})
		if ok {
			return o, true
		}
	}
	return emulator.Object{}, false
}

// inSame narrows to the objects that have the same output values as others.
func inSame(outputs ...string) func(emulator.Object) bool {
	return func(o emulator.Object) bool {
		for i := 0; i < len(outputs); i += 2 {
			if o.Outputs.String(outputs[i]) != outputs[i+1] {
				return false
			}
		}
		return true
	}
}

// networkOf is the network that an input of a resource names, in its project.
func networkOf(tx *emulator.Tx, value, project string) (emulator.Object, bool) {
	return named(tx, tokenNetwork, value, inSame("project", project))
}

// lastOf is the part of a path after the last slash.
func lastOf(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// drop takes objects out of the account that go along with another one.
func drop(tx *emulator.Tx, objects []emulator.Object) error {
	for _, o := range objects {
		if err := tx.Drop(o.Token, o.ID); err != nil {
			return err
		}
	}
	return nil
}
