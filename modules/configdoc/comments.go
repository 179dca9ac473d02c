package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// comments are the doc comments of the configuration types by Go name: "Pool",
// "Pool.GPU". Each is one line.
type comments map[string]string

// readComments reads the doc comments of package spec.
func readComments(root string) (comments, error) {
	dir := filepath.Join(root, "modules", "spec")
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no Go files in %s: %w", dir, fs.ErrNotExist)
	}
	docs := comments{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("reading doc comments: %w", err)
		}
		docs.addFile(file)
	}
	return docs, nil
}

func (c comments) addFile(file *ast.File) {
	for _, declaration := range file.Decls {
		types, ok := declaration.(*ast.GenDecl)
		if !ok || types.Tok != token.TYPE {
			continue
		}
		for _, one := range types.Specs {
			named, ok := one.(*ast.TypeSpec)
			if !ok {
				continue
			}
			c[named.Name.Name] = oneLine(types.Doc.Text())
			if body, ok := named.Type.(*ast.StructType); ok {
				c.addFields(named.Name.Name, body)
			}
		}
	}
}

func (c comments) addFields(owner string, body *ast.StructType) {
	for _, field := range body.Fields.List {
		for _, name := range field.Names {
			c[owner+"."+name.Name] = oneLine(field.Doc.Text())
		}
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// lookup has the form that jsonschema asks for: the comment of a type, or of a
// field of it.
func (c comments) lookup(t reflect.Type, field string) string {
	text := c[t.Name()]
	if field != "" {
		text = c[t.Name()+"."+field]
	}
	meaning, fallback := split(text, field)
	if fallback == "" {
		return meaning
	}
	return meaning + " Default: " + fallback + "."
}

// split parts a doc comment into what a key means and its default, which by
// convention comes last. The Go name that the comment begins with is not what
// a configuration is written in, so it is left out where a sentence remains.
func split(text, name string) (meaning, fallback string) {
	meaning, fallback, _ = strings.Cut(text, "Default: ")
	meaning = strings.TrimSpace(meaning)
	if name != "" {
		verb := regexp.MustCompile(`^` + name + ` (?:is |are |([a-z]+s ))`)
		meaning = capital(verb.ReplaceAllString(meaning, "$1"))
	}
	return meaning, strings.TrimSuffix(fallback, ".")
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
