package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// protection takes the guard off those protected resources that the stack allows
// to be replaced. The engine refuses to replace or delete all others, already in
// a preview.
type protection struct {
	allowed []string
	// met are the allowed names that were protected, and guarded are the names
	// of everything protected.
	met, guarded []string
}

// guard watches every registration of the program from now on.
func guard(ctx *pulumi.Context, allowed []string) (*protection, error) {
	p := &protection{allowed: allowed}
	if err := ctx.RegisterStackTransformation(p.transform); err != nil {
		return nil, fmt.Errorf("gantry:allowReplace: %w", err)
	}
	return p, nil
}

func (p *protection) transform(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
	options, err := pulumi.NewResourceOptions(args.Opts...)
	if err != nil || !options.Protect {
		return nil
	}
	p.guarded = append(p.guarded, args.Name)
	if !slices.Contains(p.allowed, args.Name) {
		return nil
	}
	p.met = append(p.met, args.Name)
	return &pulumi.ResourceTransformationResult{Props: args.Props, Opts: append(slices.Clone(args.Opts), pulumi.Protect(false))}
}

// warn tells of allowed names that guard nothing: a misspelt one would let its
// author believe that a replacement has been allowed.
func (p *protection) warn(ctx *pulumi.Context) error {
	unknown := slices.DeleteFunc(slices.Clone(p.allowed), func(name string) bool { return slices.Contains(p.met, name) })
	if len(unknown) == 0 {
		return nil
	}
	fix := "remove it"
	if len(p.guarded) > 0 {
		slices.Sort(p.guarded)
		fix += ", or use one of: " + strings.Join(slices.Compact(p.guarded), ", ")
	}
	return ctx.Log.Warn(fmt.Sprintf("gantry:allowReplace: %s is not the name of anything that is protected: %s",
		strings.Join(unknown, ", "), fix), nil)
}
