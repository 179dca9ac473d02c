// Package emulatortest drives an emulated cloud the way the Pulumi engine does,
// one call at a time, so that tests read as what a user does to a resource, and
// holds what every cloud's tables and refusals are tested for.
package emulatortest

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
)

// Unknown is an input that another resource of the same run will bring.
const Unknown = plugin.UnknownStringValue

// Props are the properties of a resource.
type Props = map[string]any

// Client registers resources with a provider.
type Client struct {
	// T is the test that the client works for.
	T      *testing.T
	server pulumirpc.ResourceProviderServer
	// Project and Stack of the resources.
	Project, Stack string
}

// New is a client of server, for the stack dev of the project test.
func New(t *testing.T, server pulumirpc.ResourceProviderServer) *Client {
	return &Client{T: t, server: server, Project: "test", Stack: "dev"}
}

// Resource is a resource in the state of a stack.
type Resource struct {
	Token, URN, ID  string
	Inputs, Outputs Props
}

// Configure begins a run with a provider configuration.
func (c *Client) Configure(config Props) error {
	_, err := c.server.Configure(c.T.Context(), &pulumirpc.ConfigureRequest{Args: c.wire(config)})
	return err
}

// Check completes and checks the inputs of a resource. Problems of form come as
// one error.
func (c *Client) Check(token, name string, olds, news Props) (Props, error) {
	resp, err := c.server.Check(c.T.Context(), &pulumirpc.CheckRequest{
		Urn: c.URN(token, name), Olds: c.wire(olds), News: c.wire(news), RandomSeed: []byte(name),
	})
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, failure := range resp.GetFailures() {
		problems = append(problems, errors.New(failure.GetReason()))
	}
	return resp.GetInputs().AsMap(), errors.Join(problems...)
}

// Create checks and creates a resource.
func (c *Client) Create(token, name string, props Props) (Resource, error) {
	return c.create(token, name, props, false)
}

// Preview checks a resource and tells what it would be.
func (c *Client) Preview(token, name string, props Props) (Resource, error) {
	return c.create(token, name, props, true)
}

// Must creates a resource that nothing is wrong with.
func (c *Client) Must(token, name string, props Props) Resource {
	c.T.Helper()
	r, err := c.Create(token, name, props)
	require.NoError(c.T, err, "%s %s", token, name)
	return r
}

func (c *Client) create(token, name string, props Props, preview bool) (Resource, error) {
	inputs, err := c.Check(token, name, nil, props)
	if err != nil {
		return Resource{}, err
	}
	r := Resource{Token: token, URN: c.URN(token, name), Inputs: inputs}
	resp, err := c.server.Create(c.T.Context(), &pulumirpc.CreateRequest{
		Urn: r.URN, Properties: c.wire(inputs), Preview: preview,
	})
	if err != nil {
		return Resource{}, err
	}
	r.ID, r.Outputs = resp.GetId(), resp.GetProperties().AsMap()
	return r, nil
}

// Diff compares a resource with new inputs.
func (c *Client) Diff(r Resource, props Props, ignored ...string) (*pulumirpc.DiffResponse, error) {
	news, err := c.Check(r.Token, nameOf(r), r.Inputs, props)
	if err != nil {
		return nil, err
	}
	return c.server.Diff(c.T.Context(), &pulumirpc.DiffRequest{
		Id: r.ID, Urn: r.URN, OldInputs: c.wire(r.Inputs), Olds: c.wire(r.Outputs), News: c.wire(news),
		IgnoreChanges: ignored,
	})
}

// Update gives a resource new inputs.
func (c *Client) Update(r Resource, props Props) (Resource, error) { return c.update(r, props, false) }

// PreviewUpdate tells what a resource would be with new inputs.
func (c *Client) PreviewUpdate(r Resource, props Props) (Resource, error) {
	return c.update(r, props, true)
}

func (c *Client) update(r Resource, props Props, preview bool) (Resource, error) {
	news, err := c.Check(r.Token, nameOf(r), r.Inputs, props)
	if err != nil {
		return r, err
	}
	resp, err := c.server.Update(c.T.Context(), &pulumirpc.UpdateRequest{
		Id: r.ID, Urn: r.URN, OldInputs: c.wire(r.Inputs), Olds: c.wire(r.Outputs), News: c.wire(news), Preview: preview,
	})
	if err != nil {
		return r, err
	}
	r.Inputs, r.Outputs = news, resp.GetProperties().AsMap()
	return r, nil
}

// Read reads a resource anew. The id is empty when it is gone.
func (c *Client) Read(r Resource) (Resource, error) {
	resp, err := c.server.Read(c.T.Context(), &pulumirpc.ReadRequest{
		Id: r.ID, Urn: r.URN, Inputs: c.wire(r.Inputs), Properties: c.wire(r.Outputs),
	})
	if err != nil {
		return r, err
	}
	r.ID, r.Inputs, r.Outputs = resp.GetId(), resp.GetInputs().AsMap(), resp.GetProperties().AsMap()
	return r, nil
}

// Delete deletes a resource.
func (c *Client) Delete(r Resource) error {
	_, err := c.server.Delete(c.T.Context(), &pulumirpc.DeleteRequest{
		Id: r.ID, Urn: r.URN, OldInputs: c.wire(r.Inputs), Properties: c.wire(r.Outputs),
	})
	return err
}

// Invoke calls a function.
func (c *Client) Invoke(token string, args Props) (Props, error) {
	resp, err := c.server.Invoke(c.T.Context(), &pulumirpc.InvokeRequest{Tok: token, Args: c.wire(args)})
	return resp.GetReturn().AsMap(), err
}

// URN of a resource of the client's stack.
func (c *Client) URN(token, name string) string {
	return fmt.Sprintf("urn:pulumi:%s::%s::%s::%s", c.Stack, c.Project, token, name)
}

// With is props with more put over it.
func With(props, more Props) Props {
	out := maps.Clone(props)
	maps.Copy(out, more)
	return out
}

// Without is props less some of them.
func Without(props Props, names ...string) Props {
	out := maps.Clone(props)
	for _, name := range names {
		delete(out, name)
	}
	return out
}

// Change is props with the values at top-level names replaced; nested objects are
// merged.
func Change(props, more Props) Props {
	out := With(props, nil)
	for key, v := range more {
		object, isObject := v.(Props)
		before, wasObject := out[key].(Props)
		if isObject && wasObject {
			v = Change(before, object)
		}
		out[key] = v
	}
	return out
}

// Compact is props less those that are nil, however deep, and less the mark of
// the names that the provider chose.
func Compact(props Props) Props {
	out := Props{}
	for key, v := range props {
		if object, ok := v.(Props); ok {
			v = Compact(object)
		}
		if v != nil && key != "__defaults" {
			out[key] = v
		}
	}
	return out
}

func nameOf(r Resource) string { return r.URN[strings.LastIndex(r.URN, "::")+2:] }

func (c *Client) wire(props Props) *structpb.Struct {
	c.T.Helper()
	wire, err := structpb.NewStruct(props)
	require.NoError(c.T, err)
	return wire
}
