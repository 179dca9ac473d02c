package emulator

import (
	"context"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// defaultsKey lists, inside the inputs, the properties that the provider chose
// itself. Bridged providers use the same key, and the engine hides it.
const defaultsKey = "__defaults"

// nameDigits is the length of the random part of a chosen name, as in the
// bridged providers.
const nameDigits = 7

// Check implements pulumirpc.ResourceProviderServer: it completes the inputs of
// a resource and reports everything that is wrong with their form.
func (p *Provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	t, err := p.lookup(urn.URN(req.GetUrn()).Type().String())
	if err != nil {
		return nil, err
	}
	inputs, err := decode(req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := decode(req.GetOlds())
	if err != nil {
		return nil, err
	}
	if err := t.Name.fill(inputs, olds, urn.URN(req.GetUrn()).Name(), req.GetRandomSeed()); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	problems := p.cloud.Schema.check(inputs, p.cloud.Schema.Resources[t.Token].Inputs)
	if p.cloud.Prepare != nil {
		p.cloud.Prepare(t, inputs)
	}
	wire, err := encode(inputs)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: wire, Failures: failures(problems)}, nil
}

func failures(problems []problem) []*pulumirpc.CheckFailure {
	var found []*pulumirpc.CheckFailure
	for _, problem := range problems {
		found = append(found, &pulumirpc.CheckFailure{
			Property: problem.path,
			Reason:   problem.path + " " + problem.reason,
		})
	}
	return found
}

// fill chooses a name where the program gives none. A chosen name is kept for
// the life of the object; the random seed makes it the same in the preview and
// in the update that follows.
func (n *AutoName) fill(inputs, olds Properties, logical string, seed []byte) error {
	if n == nil || inputs.Has(n.Property) || n.Unless != "" && inputs.Has(n.Unless) {
		return nil
	}
	inputs[defaultsKey] = []any{n.Property}
	if n.chosen(olds) {
		inputs[n.Property] = olds[n.Property]
		return nil
	}
	name, err := n.choose(logical, seed)
	if err != nil {
		return err
	}
	inputs[n.Property] = name
	return nil
}

func (n *AutoName) choose(logical string, seed []byte) (string, error) {
	if n.Choose != nil {
		return n.Choose(logical, seed)
	}
	separator := n.Separator
	if separator == "" {
		separator = "-"
	}
	return resource.NewUniqueName(seed, n.Prefix+logical+separator, nameDigits, n.MaxLength, nil)
}

// chosen tells whether the name in inputs was chosen by the provider.
func (n *AutoName) chosen(inputs Properties) bool {
	return n != nil && inputs.Has(n.Property) && slices.Contains(inputs.Strings(defaultsKey), n.Property)
}
