package componenttest

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type custom struct {
	pulumi.CustomResourceState

	Size pulumi.StringOutput `pulumi:"size"`
}

type component struct{ pulumi.ResourceState }

func register(ctx *pulumi.Context, name string, props pulumi.Map, opts ...pulumi.ResourceOption) (*custom, error) {
	var res custom
	return &res, ctx.RegisterResource("test:index:Thing", name, props, &res, opts...)
}

func program(ctx *pulumi.Context) error {
	var parent component
	if err := ctx.RegisterComponentResource("test:index:Group", "group", &parent); err != nil {
		return err
	}
	first, err := register(ctx, "first", pulumi.Map{"size": pulumi.String("1")}, pulumi.Parent(&parent),
		pulumi.Protect(true), pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "40m"}))
	if err != nil {
		return err
	}
	second, err := register(ctx, "second", pulumi.Map{
		"nested": pulumi.Map{"list": pulumi.Array{first.Size, pulumi.ToSecret("hidden")}},
	}, pulumi.Parent(&parent), pulumi.IgnoreChanges([]string{"nested"}))
	if err != nil {
		return err
	}
	_, err = register(ctx, "third", nil, pulumi.DependsOn([]pulumi.Resource{second}))
	return err
}

func TestRecorder_KeepsWhatDecidesTheEnginesWork(t *testing.T) {
	rec := &Recorder{Outputs: func(r Resource) resource.PropertyMap {
		if r.Name == "first" {
			return resource.PropertyMap{"size": resource.NewProperty("from the cloud")}
		}
		return nil
	}}
	require.NoError(t, rec.Run(program))

	first, second, third := rec.Named(t, "first"), rec.Named(t, "second"), rec.Named(t, "third")
	assert.Len(t, rec.All(), 4)
	assert.Len(t, rec.OfType("test:index:Thing"), 3)
	assert.Equal(t, rec.Named(t, "group").URN, first.Parent)
	assert.True(t, first.Protect)
	assert.False(t, second.Protect)
	assert.Equal(t, 40*time.Minute, first.CreateTimeout)
	assert.Equal(t, []string{"nested"}, second.IgnoreChanges)
	assert.Equal(t, []string{"from the cloud", "hidden"}, second.Strings(t, "nested.list"))
	assert.True(t, second.Secret(t, "nested.list[1]"))
	assert.False(t, second.Secret(t, "nested.list[0]"))
	assert.Nil(t, second.Input(t, "nested.absent"))
	assert.True(t, rec.DependsOn(second, first), "by property")
	assert.True(t, rec.DependsOn(third, first), "through another resource")
	assert.False(t, rec.DependsOn(first, third))
}

func TestRecorder_PreviewLeavesOutputsUnknown(t *testing.T) {
	rec := &Recorder{Preview: true, Outputs: func(Resource) resource.PropertyMap {
		return resource.PropertyMap{"size": resource.NewProperty("from the cloud")}
	}}
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		res, err := register(ctx, "first", nil)
		if err != nil {
			return err
		}
		res.Size.ApplyT(func(s string) string {
			t.Error("an output of a resource that does not exist yet is known: " + s)
			return s
		})
		return nil
	}))
}

func TestRecorder_UnexpectedFunctionCallIsAnError(t *testing.T) {
	rec := &Recorder{}
	err := rec.Run(func(ctx *pulumi.Context) error {
		var out struct{}
		return ctx.Invoke("test:index:lookup", pulumi.Map{}, &out)
	})
	assert.ErrorContains(t, err, "test:index:lookup")
	require.Len(t, rec.Calls(), 1)
	assert.Equal(t, "test:index:lookup", rec.Calls()[0].Token)
	assert.Empty(t, rec.Calls()[0].Provider, "it would go to a default provider")
}
