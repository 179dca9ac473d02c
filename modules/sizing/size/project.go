package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/sizing"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/stackfile"
)

// modelsFolder holds the model files.
const modelsFolder = "stacks/models"

// project is the repository as the command sees it: a model in a stack.
type project struct {
	root  string
	stack stackfile.Stack
	files map[string][]byte
	// model is complete with defaults and what the stack overrides, and node is
	// what it runs on.
	model spec.Model
	node  sizing.Node
	// file is the path of the model's own file; empty where it has none.
	file string
	// overrides are the keys that the stack sets over the file.
	overrides map[string]any
}

func readProject(root string, o options) (project, error) {
	stack, err := stackfile.Read(os.DirFS(root), o.stack)
	if err != nil {
		return project{}, err
	}
	if o.cloud != "" {
		stack = stack.On(spec.Cloud(o.cloud))
	}
	files, err := stackfile.ModelFiles(os.DirFS(root), modelsFolder)
	if err != nil {
		return project{}, err
	}
	p := project{root: root, stack: stack, files: files}
	platform, plans, err := p.load(files)
	if err != nil {
		return project{}, err
	}
	model, ok := platform.Models[o.model]
	if !ok {
		return project{}, fmt.Errorf("the stack %s has no model %q; it has %s", o.stack, o.model, listed(platform.Models))
	}
	p.model = model
	if pools := spec.PoolsFor(model, plans); len(pools) > 0 {
		p.node = sizing.Node{Pool: pools[0].Name, Machine: pools[0].Machines[0], Shared: pools[0].Sharing != (spec.Sharing{})}
	}
	for _, ending := range []string{".yaml", ".yml"} {
		if name := path.Join(modelsFolder, o.model+ending); files[name] != nil {
			p.file = name
		}
	}
	p.overrides, err = overridesOf(stack, o.model)
	return p, err
}

func listed(models map[string]spec.Model) string {
	if len(models) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(models)), ", ")
}

// load is the platform with the model files, judged as a preview does. The pools
// of a stack on the cluster of another are known to nobody without the engine, so
// that nothing is judged there.
func (p project) load(files map[string][]byte) (spec.Platform, []spec.PoolPlan, error) {
	raw := p.stack.Raw(files)
	if p.stack.LayersFrom() == "" {
		return spec.Load(raw)
	}
	platform, err := spec.Decode(raw)
	return spec.Default(platform), nil, err
}

// overridesOf are the keys of a model, with the dots of their path, that the
// configuration of a stack sets.
func overridesOf(stack stackfile.Stack, model string) (map[string]any, error) {
	text := stack.Values["gantry:models"]
	if text == "" {
		return nil, nil
	}
	var models map[string]map[string]any
	if err := json.Unmarshal([]byte(text), &models); err != nil {
		return nil, fmt.Errorf("reading gantry:models of the stack %s: %w", stack.Name, err)
	}
	keys := map[string]any{}
	for section, value := range models[model] {
		if values, ok := value.(map[string]any); ok {
			for key, value := range values {
				keys[section+"."+key] = value
			}
		}
	}
	return keys, nil
}

// change is what a proposal comes to in the model file.
type change struct {
	// file is the path of the model file, before and after its content.
	file          string
	before, after []byte
	// diff of the two; empty where nothing changes.
	diff string
	// elsewhere are figures that the model file does not decide.
	elsewhere []sizing.Figure
	// refused is why the configuration would not be accepted; nil where it is.
	refused error
	// unjudged tells that nobody knows whether it is.
	unjudged bool
}

// change writes the figures that differ into the content of the model file. Those
// that the stack sets itself are left out: the file would not change them there,
// and would in other stacks.
func (p project) change(proposal sizing.Proposal) (change, error) {
	c := change{file: p.file, before: p.files[p.file], unjudged: p.stack.LayersFrom() != ""}
	var own []sizing.Figure
	for _, figure := range proposal.Writes() {
		_, overridden := p.overrides[figure.Key]
		switch {
		case !overridden && p.file != "":
			own = append(own, figure)
		case !overridden || figure.Changes():
			c.elsewhere = append(c.elsewhere, figure)
		}
	}
	var err error
	if c.after, err = sizing.Edit(c.before, own); err != nil {
		return change{}, fmt.Errorf("%s: %w", p.file, err)
	}
	if c.diff, err = sizing.Diff(p.file, c.before, c.after); err != nil {
		return change{}, err
	}
	if c.diff != "" {
		files := maps.Clone(p.files)
		files[p.file] = c.after
		_, _, c.refused = p.load(files)
	}
	return c, nil
}

// write writes the model file, unless the configuration would be refused then.
func (p project) write(out io.Writer, c change) error {
	if c.refused != nil {
		return errors.New("the model file is left as it is, because the configuration would be refused")
	}
	if c.diff == "" {
		fmt.Fprintln(out, "\nThere is nothing to write.")
		return nil
	}
	target := filepath.Join(p.root, p.file)
	info, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("writing the model file: %w", err)
	}
	if err := os.WriteFile(target, c.after, info.Mode().Perm()); err != nil {
		return fmt.Errorf("writing the model file: %w", err)
	}
	fmt.Fprintf(out, "\nWritten: %s\n", p.file)
	return nil
}
