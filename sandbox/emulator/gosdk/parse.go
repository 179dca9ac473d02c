package gosdk

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"unicode"
)

// sdkPackage is what was parsed of one Go package.
type sdkPackage struct {
	name  string // of the directory: ec2
	types map[string]ast.Expr
	funcs map[string]*ast.FuncDecl
}

// load parses files of an SDK package, once.
func (r *reader) load(module, file string, shared ...string) (*sdkPackage, error) {
	pkg := r.packages[module]
	patterns := []string{file}
	if pkg == nil {
		pkg = &sdkPackage{name: module, types: map[string]ast.Expr{}, funcs: map[string]*ast.FuncDecl{}}
		r.packages[module] = pkg
		patterns = append(patterns, shared...)
	}
	dir, err := r.dir(module)
	if err != nil {
		return nil, err
	}
	for _, p := range patterns {
		names, err := fs.Glob(os.DirFS(dir), p)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 && p == file {
			return nil, fmt.Errorf("the SDK has no file %s", filepath.Join(dir, file))
		}
		for _, name := range names {
			if err := pkg.parse(filepath.Join(dir, name)); err != nil {
				return nil, err
			}
		}
	}
	return pkg, nil
}

func (p *sdkPackage) parse(file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, decl := range parsed.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				p.funcs[d.Name.Name] = d
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok {
					p.types[t.Name.Name] = t.Type
				}
			}
		}
	}
	return nil
}

func (p *sdkPackage) structOf(name string) *ast.StructType {
	s, _ := p.types[name].(*ast.StructType)
	return s
}

var requiredArgument = regexp.MustCompile(`invalid value for required argument '(\w+)'`)

// required are the fields that a constructor refuses to go without.
func (p *sdkPackage) required(constructor string) map[string]bool {
	found := map[string]bool{}
	f := p.funcs[constructor]
	if f == nil {
		return found
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok {
			if m := requiredArgument.FindStringSubmatch(literal.Value); m != nil {
				found[m[1]] = true
			}
		}
		return true
	})
	return found
}

// property is the wire name of a struct field.
func property(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("pulumi")
	name, _, _ := strings.Cut(tag, ",")
	return name
}

// lowerCamel writes a type's name as the generator of the SDKs writes it in
// files and private types: the capitals that it begins with become small, so
// that SecurityGroup is securityGroup and IAMMember is iammember.
func lowerCamel(s string) string {
	rest := strings.TrimLeftFunc(s, unicode.IsUpper)
	capitals := len(s) - len(rest)
	return strings.ToLower(s[:capitals]) + rest
}
