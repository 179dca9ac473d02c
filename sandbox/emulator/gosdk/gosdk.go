// Package gosdk reads the sources of a Pulumi Go SDK and tells which properties
// its resources have: the part of a provider's schema that the SDK spells out in
// its struct types. The provider binary, which holds the whole schema, is not
// needed for it.
package gosdk

import (
	"errors"
	"fmt"
	"go/ast"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// Read reads the resources named by tokens (aws:ec2/vpc:Vpc) and the provider
// configuration from the SDK whose packages are below dir.
func Read(dir string, tokens []string) (emulator.Schema, error) {
	return read(inOneModule(dir), tokens)
}

// ReadSplit is Read for an SDK whose packages are Go modules of their own and
// whose tokens name no file (azure-native:network:Subnet). The function locate
// finds the folder of a package; the empty one holds the provider.
func ReadSplit(locate func(pkg string) (string, error), tokens []string) (emulator.Schema, error) {
	return read(inManyModules(locate), tokens)
}

func read(l layout, tokens []string) (emulator.Schema, error) {
	r := reader{layout: l, packages: map[string]*sdkPackage{}, schema: emulator.Schema{
		Resources: map[string]emulator.ResourceSchema{},
		Objects:   map[string]map[string]emulator.PropertyType{},
	}}
	for _, tok := range tokens {
		if err := r.resource(tok); err != nil {
			return emulator.Schema{}, fmt.Errorf("%s: %w", tok, err)
		}
	}
	if err := r.config(); err != nil {
		return emulator.Schema{}, fmt.Errorf("provider configuration: %w", err)
	}
	return r.schema, nil
}

type reader struct {
	layout
	packages map[string]*sdkPackage
	schema   emulator.Schema
}

// resource reads one type: NewVpc says what is required, vpcArgs are the
// inputs, Vpc the outputs.
func (r *reader) resource(tok string) error {
	parts := strings.Split(tok, ":")
	if len(parts) != 3 {
		return errors.New("is not " + r.form)
	}
	name := parts[2]
	module, file := r.place(parts[1], name)
	pkg, err := r.load(module, file+".go", "pulumiTypes*.go", "pulumiEnums*.go")
	if err != nil {
		return err
	}
	args, outs := pkg.structOf(lowerCamel(name)+"Args"), pkg.structOf(name)
	if args == nil || outs == nil {
		return fmt.Errorf("the SDK has no type %s in %s", name, parts[1])
	}
	required := pkg.required("New" + name)
	inputs, err := r.fields(pkg, args, func(field, t string) emulator.PropertyType {
		t = strings.TrimSuffix(t, "?")
		if !required[field] {
			t += "?"
		}
		return emulator.PropertyType(t)
	})
	if err != nil {
		return err
	}
	outputs, err := r.outputs(pkg, outs)
	if err != nil {
		return err
	}
	r.schema.Resources[tok] = emulator.ResourceSchema{Inputs: inputs, Outputs: outputs}
	return nil
}

// config reads the provider's own inputs.
func (r *reader) config() error {
	pkg, err := r.load("", "provider.go", "pulumiTypes*.go", "pulumiEnums*.go")
	if err != nil {
		return err
	}
	args := pkg.structOf("providerArgs")
	if args == nil {
		return errors.New("the SDK has no type providerArgs")
	}
	r.schema.Config, err = r.fields(pkg, args, func(_, t string) emulator.PropertyType {
		return emulator.PropertyType(strings.TrimSuffix(t, "?") + "?")
	})
	return err
}

// fields reads the properties of a struct of plain values. A pointer is
// optional; of slices and maps the SDK does not tell, so they are taken as
// optional too.
func (r *reader) fields(pkg *sdkPackage, s *ast.StructType, adjust func(field, t string) emulator.PropertyType) (map[string]emulator.PropertyType, error) {
	found := map[string]emulator.PropertyType{}
	for _, field := range s.Fields.List {
		name := property(field)
		if name == "" || len(field.Names) != 1 {
			continue
		}
		t, err := r.plainType(pkg, field.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		found[name] = adjust(field.Names[0].Name, t)
	}
	return found, nil
}

func (r *reader) plainType(pkg *sdkPackage, expr ast.Expr) (string, error) {
	switch t := expr.(type) {
	case *ast.StarExpr:
		inner, err := r.plainType(pkg, t.X)
		return strings.TrimSuffix(inner, "?") + "?", err
	case *ast.ArrayType:
		inner, err := r.plainType(pkg, t.Elt)
		return "[]" + strings.TrimSuffix(inner, "?") + "?", err
	case *ast.MapType:
		inner, err := r.plainType(pkg, t.Value)
		return "map[string]" + strings.TrimSuffix(inner, "?") + "?", err
	case *ast.InterfaceType, *ast.SelectorExpr:
		return "any", nil // unions, assets and types of other packages
	case *ast.Ident:
		return r.named(pkg, t.Name)
	default:
		return "", fmt.Errorf("a field of type %T is not understood", expr)
	}
}

// named is the type behind a Go name, and reads it when it is a struct.
func (r *reader) named(pkg *sdkPackage, name string) (string, error) {
	if basic, ok := map[string]string{
		"string": "string", "int": "integer", "float64": "number", "bool": "boolean", "any": "any",
	}[name]; ok {
		return basic, nil
	}
	switch t := pkg.types[name].(type) {
	case *ast.StructType:
		return r.object(pkg, name, t)
	case *ast.Ident: // an enumeration
		return r.named(pkg, t.Name)
	default:
		return "", fmt.Errorf("the SDK does not declare %s", name)
	}
}

func (r *reader) object(pkg *sdkPackage, name string, s *ast.StructType) (string, error) {
	full := strings.TrimPrefix(pkg.name+"."+name, ".")
	if _, done := r.schema.Objects[full]; done {
		return full, nil
	}
	r.schema.Objects[full] = nil // ends the recursion of types that hold themselves
	fields, err := r.fields(pkg, s, func(_, t string) emulator.PropertyType { return emulator.PropertyType(t) })
	r.schema.Objects[full] = fields
	return full, err
}

// outputs reads a resource struct, whose fields are Pulumi outputs:
// pulumi.StringPtrOutput, ClusterVpcConfigOutput, NodeGroupTaintArrayOutput.
func (r *reader) outputs(pkg *sdkPackage, s *ast.StructType) (map[string]emulator.PropertyType, error) {
	found := map[string]emulator.PropertyType{}
	for _, field := range s.Fields.List {
		name := property(field)
		if name == "" {
			continue
		}
		t, err := r.outputType(pkg, field.Type)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		found[name] = emulator.PropertyType(t)
	}
	return found, nil
}

func (r *reader) outputType(pkg *sdkPackage, expr ast.Expr) (string, error) {
	builtin := false
	if selector, ok := expr.(*ast.SelectorExpr); ok {
		expr, builtin = selector.Sel, true
	}
	ident, ok := expr.(*ast.Ident)
	if !ok {
		return "", fmt.Errorf("an output of type %T is not understood", expr)
	}
	name, optional := strings.TrimSuffix(ident.Name, "Output"), ""
	if inner, ok := strings.CutSuffix(name, "Ptr"); ok {
		name, optional = inner, "?"
	}
	shape := ""
	for {
		if inner, ok := strings.CutSuffix(name, "Array"); ok {
			name, shape = inner, shape+"[]"
		} else if inner, ok := strings.CutSuffix(name, "Map"); ok {
			name, shape = inner, shape+"map[string]"
		} else {
			break
		}
	}
	if builtin {
		basic := map[string]string{"String": "string", "Int": "integer", "Float64": "number", "Bool": "boolean"}[name]
		if basic == "" {
			basic = "any"
		}
		return shape + basic + optional, nil
	}
	inner, err := r.named(pkg, name)
	return shape + inner + optional, err
}
