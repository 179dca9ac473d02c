// Package emulator is the cloud-neutral half of the sandbox's emulated clouds:
// an account on disk and a Pulumi resource provider that is driven by tables of
// resource types. It knows no cloud; the packages below it hold the tables and
// the behaviour of one cloud each.
//
// The provider stands in for the real one at the protocol that the Pulumi
// engine speaks (pulumirpc.ResourceProvider), so previews, replacements,
// refreshes and destroys are the engine's own. What it refuses, it refuses in
// the words of the cloud, because that is what a user has to learn to read.
package emulator

import (
	"context"
	"fmt"
	"strings"
)

// Cloud is everything that the provider has to know about one cloud.
type Cloud struct {
	// Package is the name of the Pulumi package, for example aws.
	Package string
	// Version is the provider version to report. The engine warns when it is
	// older than the one that the program's SDK asks for.
	Version string
	// Schema lists the properties of the package's resource types.
	Schema Schema
	// Types are the resource types that the cloud serves.
	Types []Type
	// Invokes are the functions that the cloud serves, by token.
	Invokes map[string]Invoke
	// Configure takes the checked provider configuration of a run. An error
	// stops the run.
	Configure func(config Properties) error
	// ReplaceConfig lists the provider inputs that, when they change, replace
	// the provider and every resource that it manages.
	ReplaceConfig []string
	// Prepare completes checked inputs with what the provider configuration
	// adds to every resource, for example default tags. May be nil.
	Prepare func(t *Type, inputs Properties)
	// Complete derives outputs that follow from other outputs the same way
	// on every type. It is called for previews too. May be nil.
	Complete func(t *Type, outputs Properties)
	// OutputsUnknown tells that a preview knows an output only when the
	// program gives it as an input, however deep, on updates too. So do
	// providers that are generated from the cloud's own API and know no
	// defaults of theirs.
	OutputsUnknown bool
	// Stable lists, for OutputsUnknown, the outputs that no update changes.
	Stable []string
}

// Invoke answers a function call of the program.
type Invoke func(ctx context.Context, args Properties) (Properties, error)

// Type is one resource type: where its rules come from, and the rules.
type Type struct {
	// Token of the type, for example aws:ec2/vpc:Vpc.
	Token string
	// Source names the public file that the replacement rules were read
	// from.
	Source string
	// Replace lists the input properties that the real API cannot change on
	// an existing object. A path reaches into nested objects and, with [],
	// into every element of an array.
	Replace []string
	// ReplaceIf names further such properties, depending on what changes. May
	// be nil.
	ReplaceIf func(olds, news Properties) []string
	// Sets lists the array inputs whose order means nothing.
	Sets []string
	// JSON lists the string inputs that hold a JSON document, which is
	// compared by meaning.
	JSON []string
	// DeleteFirst tells that a replacement waits until the old object is
	// gone, unless the old one's name was chosen at random. Otherwise it
	// waits only when both would bear the same name.
	DeleteFirst bool
	// Name says how the object is named when the program names it not; nil
	// for types without a name.
	Name *AutoName
	// Defaults are outputs that are known before the object exists, by path.
	// They stand in for inputs that the program leaves out; stating one is no
	// change.
	Defaults Properties
	// Computed lists nested outputs that are unknown until the object
	// exists. Top-level ones follow from the schema.
	Computed []string
	// Volatile lists the outputs that an update from olds to news changes
	// beside the inputs. May be nil.
	Volatile func(olds, news Properties) []string
	// Refs lists inputs that must name an object that exists.
	Refs []Ref
	// InUse is the refusal to delete an object that another one holds. Nil
	// for types that nothing holds.
	InUse func(object, holder Object) error
	// Protected is the refusal to delete an object for what it is, or for how
	// the account is. It is not asked when a creation that failed or was
	// interrupted is undone. May be nil.
	Protected func(tx *Tx, object Object) error
	// Lock is the boolean input by which the owner of an object protects it,
	// for example deletionProtection. Empty for types without one.
	Lock string
	// Taken is the refusal to create an object whose id exists. Nil for
	// types with random ids.
	Taken func(object Object) error

	// Validate refuses inputs for what they are, whatever else exists. It
	// runs in previews, where values may be Unknown.
	Validate func(inputs Properties) error
	// Create sets the id and the outputs of a new object.
	Create func(op *Op) error
	// Update sets the outputs of a changed object. Nil: the outputs follow
	// from the inputs.
	Update func(op *Op) error
	// Delete refuses, or clears up what the object owns. Nil: nothing to do.
	Delete func(op *Op) error

	// Ready tells what still keeps a new object from coming to life. It is
	// asked again until that is nothing; when patience ends, the creation
	// fails with the last answer. May be nil.
	Ready func(tx *Tx, object Object) error
	// Apply brings the world outside the account in line with an object that
	// was created, changed, or found in the account at start. It must be
	// idempotent. May be nil.
	Apply func(ctx context.Context, object Object) error
	// Remove undoes Apply, before the object leaves the account. It must be
	// idempotent. May be nil.
	Remove func(ctx context.Context, object Object) error
	// Observe looks at what the world outside has done to an object by
	// itself, as an autoscaler does to the size of a group, and returns what
	// takes it over into the account; nil when nothing is new. It is asked
	// before an object is read or changed. May be nil.
	Observe func(ctx context.Context, object Object) (TakeOver, error)
}

// TakeOver changes an object in the account, and others that show the same.
type TakeOver func(tx *Tx, object *Object) error

// Ref is an input that must name an object that exists.
type Ref struct {
	// Path of the input.
	Path string
	// To lists where the value may be found; one match is enough.
	To []Target
	// Missing is the refusal when no target matches.
	Missing func(value string) error
}

// Target is an output of a resource type that a Ref may point at.
type Target struct {
	// Token of the type that is pointed at.
	Token string
	// Attr is the path of the output; empty for the id.
	Attr string
	// Holds tells that the target cannot be deleted while it is pointed at.
	Holds bool
}

// matches tells whether value names object by this target.
func (t Target) matches(object Object, value string) bool {
	if object.Token != t.Token {
		return false
	}
	if t.Attr == "" {
		return object.ID == value
	}
	for _, found := range object.Outputs.All(t.Attr) {
		if found == value {
			return true
		}
	}
	return false
}

// AutoName says how an object gets a physical name when the program gives none:
// the logical name, a separator and seven random hexadecimal digits, unless
// Choose says otherwise.
type AutoName struct {
	// Property that holds the name.
	Property string
	// Unless names a property that takes over the naming when it is set,
	// for example namePrefix.
	Unless string
	// Prefix that the API demands.
	Prefix string
	// MaxLength of the whole name.
	MaxLength int
	// Separator between the logical name and the random digits; empty means
	// "-".
	Separator string
	// Choose makes the name instead, from the logical name and a seed that is
	// the same in a preview and in the update that follows. May be nil.
	Choose func(logical string, seed []byte) (string, error)
	// Fixed tells that Choose gives a replacement the name of the old object.
	Fixed bool
}

// Op is one create, update or delete of one object, inside a transaction of the
// account.
type Op struct {
	*Tx
	// Object to work on. Its Inputs are complete; Create sets the ID, and
	// Create and Update set Outputs and State.
	Object *Object
	// Old is the object as it was before an update.
	Old Object
	// Retain, set by Delete, leaves the object in the account, owned by no
	// stack.
	Retain bool
}

// In is the object's inputs.
func (o *Op) In() Properties { return o.Object.Inputs }

// Out is the object's outputs.
func (o *Op) Out() Properties { return o.Object.Outputs }

// types indexes a cloud's table by token.
func (c Cloud) types() (map[string]*Type, error) {
	index := make(map[string]*Type, len(c.Types))
	for i := range c.Types {
		t := &c.Types[i]
		switch _, known := c.Schema.Resources[t.Token]; {
		case index[t.Token] != nil:
			return nil, fmt.Errorf("emulated %s: type %s has two tables", c.Package, t.Token)
		case !known:
			return nil, fmt.Errorf("emulated %s: type %s is not in the schema", c.Package, t.Token)
		case t.Create == nil || strings.TrimSpace(t.Source) == "":
			return nil, fmt.Errorf("emulated %s: type %s needs a Source and a Create", c.Package, t.Token)
		}
		t.Defaults = t.Defaults.Clone() // whole numbers become float64, as on the wire
		index[t.Token] = t
	}
	return index, nil
}
