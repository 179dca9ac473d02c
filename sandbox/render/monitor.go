package render

import (
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/serving"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/aws"
	"gantry.dev/gantry/sandbox/emulator/azure"
	"gantry.dev/gantry/sandbox/emulator/gcp"
)

// monitor is an engine that makes nothing: of cloud resources it answers with
// placeholders for their outputs, and what is inside the cluster it remembers.
type monitor struct {
	platform spec.Platform
	schema   emulator.Schema

	mu       sync.Mutex
	objects  []Object
	meanings map[string]string
}

func newMonitor(platform spec.Platform, meanings map[string]string) *monitor {
	m := &monitor{platform: platform, meanings: meanings}
	switch platform.Cloud {
	case spec.AWS:
		m.schema = aws.Schema()
	case spec.GCP:
		m.schema = gcp.Schema()
	case spec.Azure:
		m.schema = azure.Schema()
	}
	return m
}

// Call implements pulumi.MockResourceMonitor.
func (m *monitor) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	answer, known := functions[args.Token]
	if !known {
		return nil, fmt.Errorf("the program calls %s, which rendering has no answer for", args.Token)
	}
	return answer(m, args.Args)
}

// NewResource implements pulumi.MockResourceMonitor.
func (m *monitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if !args.Custom || strings.HasPrefix(args.TypeToken, anyProviders) {
		return args.Name, resource.PropertyMap{}, nil
	}
	if strings.HasPrefix(args.TypeToken, kubernetes) {
		return m.object(args)
	}
	outputs := m.outputs(args.TypeToken, args.Name, args.Inputs)
	if reached(args.TypeToken) {
		return "", outputs, nil
	}
	return m.placeholder(args.TypeToken, args.Name, "id"), outputs, nil
}

// reached tells of a type whose id, once it is known, makes the program ask the
// cloud for zones and machines. Nothing inside the cluster comes of it.
func reached(token string) bool {
	return token == "gcp:projects/service:Service"
}

// object remembers an object. One that leaves its name to the engine is called
// like its resource, so that every rendering is the same.
func (m *monitor) object(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	inputs, err := asked(args)
	if err != nil {
		return "", nil, err
	}
	metadata := resource.PropertyMap{}
	if inputs["metadata"].IsObject() {
		metadata = inputs["metadata"].ObjectValue().Copy()
	}
	if inputs["kind"].IsString() {
		if !metadata["name"].HasValue() {
			metadata["name"] = resource.NewProperty(args.Name)
		}
		inputs["metadata"] = resource.NewProperty(metadata)
	}
	inputs = m.known(args, inputs)
	made := Object{Name: args.Name, Type: args.TypeToken, Inputs: inputs}
	parent := resource.URN("")
	if rpc := args.RegisterRPC; rpc != nil {
		parent, made.Protect = resource.URN(rpc.GetParent()), rpc.GetProtect()
	}
	if parent != "" && parent.Type() == serving.ModelType {
		made.Model = parent.Name()
	}
	made.URN = urnOf(m.platform, parent, args)
	m.mu.Lock()
	m.objects = append(m.objects, made)
	m.mu.Unlock()
	return args.Name, inputs, nil
}

// asked are the inputs of a registration with what is not known yet, which those
// of the mock leave out.
func asked(args pulumi.MockResourceArgs) (resource.PropertyMap, error) {
	if args.RegisterRPC == nil {
		return args.Inputs.Copy(), nil
	}
	inputs, err := plugin.UnmarshalProperties(args.RegisterRPC.GetObject(), plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", args.Name, err)
	}
	return inputs, nil
}

// urnOf spells a URN as the engine does.
func urnOf(platform spec.Platform, parent resource.URN, args pulumi.MockResourceArgs) string {
	types := args.TypeToken
	if parent != "" && parent.QualifiedType() != resource.RootStackType {
		types = string(parent.QualifiedType()) + "$" + types
	}
	return fmt.Sprintf("urn:pulumi:%s::%s::%s::%s", platform.Stack, platform.Project, types, args.Name)
}
