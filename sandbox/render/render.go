// Package render runs the program of a stack in memory and keeps what it would
// make above the cluster: Kubernetes objects and Helm releases. It needs no
// engine, no cloud account and no cluster.
package render

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/helm"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/stackfile"
	"gantry.dev/gantry/stacks"
)

// Rendering is what a stack makes above its cluster.
type Rendering struct {
	// Stack is the name of the stack.
	Stack string
	// Objects of Kubernetes, sorted by their URNs.
	Objects []Object
	// Releases of Helm charts, sorted by their URNs.
	Releases []Object
	// Meanings tells of each placeholder, such as ${gantry-dev-vpc.id}, what it
	// stands for.
	Meanings map[string]string
}

// Object is a Kubernetes object or a Helm release.
type Object struct {
	// URN, Name and Type identify the resource that the program registers.
	URN, Name, Type string
	// Model that the object belongs to; empty for one of the platform.
	Model string
	// Inputs as they are registered, with placeholders for what nobody knows
	// yet.
	Inputs resource.PropertyMap
	// Protect tells whether the engine refuses to delete the object.
	Protect bool
}

const (
	secretsKey   = "gantry:secrets"
	kubernetes   = "kubernetes:"
	anyProviders = "pulumi:providers:"
)

// Stack renders a stack of the project in the folder root. The values of
// gantry:secrets are not read: placeholders stand for them. It is an error when
// the configuration has problems, and for a stack that builds on the cluster of
// another one.
func Stack(stack stackfile.Stack, root string) (*Rendering, error) {
	if from := stack.LayersFrom(); from != "" {
		return nil, fmt.Errorf("the stack %s builds on the cluster of %s, whose outputs only that stack has: render a stack that makes its cluster", stack.Name, from)
	}
	stack, meanings := withoutSecrets(stack)
	models, err := stacks.ModelFiles()
	if err != nil {
		return nil, err
	}
	// It knows misspelt keys too, which a program in memory does not see.
	platform, _, err := spec.Load(stack.Raw(models))
	if err != nil {
		return nil, err
	}
	m := newMonitor(platform, meanings)
	err = pulumi.RunErr(stacks.Deploy, pulumi.WithMocks(stack.Project, stack.Name, m), func(info *pulumi.RunInfo) {
		// What no answer tells is then unknown, and not empty.
		info.DryRun = true
		info.Config, info.ConfigSecretKeys = stack.Values, stack.Secrets
		info.RootDirectory = root
	})
	if err != nil {
		return nil, err
	}
	return m.rendering(stack.Name), nil
}

// withoutSecrets puts a placeholder in place of every value of gantry:secrets,
// encrypted or not. What is no map of them is left to validation.
func withoutSecrets(stack stackfile.Stack) (stackfile.Stack, map[string]string) {
	meanings := map[string]string{}
	var secrets map[string]any
	if json.Unmarshal([]byte(stack.Values[secretsKey]), &secrets) != nil || len(secrets) == 0 {
		return stack, meanings
	}
	for name := range secrets {
		placeholder := "${" + secretsKey + "." + name + "}"
		secrets[name] = placeholder
		meanings[placeholder] = "secret " + name + " of the configuration: pulumi config get --path " + secretsKey + "." + name
	}
	encoded, _ := json.Marshal(secrets) // a map of texts
	stack.Values = maps.Clone(stack.Values)
	stack.Values[secretsKey] = string(encoded)
	return stack, meanings
}

// rendering is what the monitor was asked to make inside the cluster.
func (m *monitor) rendering(stack string) *Rendering {
	r := &Rendering{Stack: stack, Meanings: m.meanings}
	slices.SortFunc(m.objects, func(a, b Object) int { return strings.Compare(a.URN, b.URN) })
	for _, object := range m.objects {
		if object.Type == helm.Type {
			r.Releases = append(r.Releases, object)
		} else {
			r.Objects = append(r.Objects, object)
		}
	}
	return r
}
