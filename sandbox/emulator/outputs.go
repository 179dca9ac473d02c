package emulator

import "strings"

// planned are the outputs of an object as far as its inputs tell: what it had,
// with the new inputs in place of the old, and defaults for the rest.
func (p *Provider) planned(t *Type, inputs, olds, oldInputs Properties) Properties {
	outputs := Properties(merge(olds.Clone(), plain(oldInputs), plain(inputs.Clone())))
	for path, value := range t.Defaults {
		if !outputs.Has(path) {
			outputs.Set(path, value)
		}
	}
	if p.cloud.Complete != nil {
		p.cloud.Complete(t, outputs)
	}
	return outputs
}

// complete derives what follows from the outputs that a hook has set. A plain
// output that the SDK counts on and that nobody has set has no value in the
// cloud; bridged providers then report the zero value.
func (p *Provider) complete(t *Type, object *Object) {
	if p.cloud.Complete != nil {
		p.cloud.Complete(t, object.Outputs)
	}
	for name, output := range p.cloud.Schema.Resources[t.Token].Outputs {
		if zero, ok := zeroes[output]; ok && !object.Outputs.Has(name) {
			object.Outputs[name] = zero
		}
	}
	object.Outputs = object.Outputs.Clone()
	object.State = object.State.Clone()
}

var zeroes = map[PropertyType]any{"string": "", "boolean": false, "integer": 0.0, "number": 0.0}

// merge puts new inputs in place of old ones and keeps what was never an input.
func merge(out, olds, news map[string]any) map[string]any {
	if out == nil {
		out = map[string]any{}
	}
	for key := range olds {
		if _, kept := news[key]; !kept {
			delete(out, key)
		}
	}
	for key, v := range news {
		object, isObject := v.(map[string]any)
		before, wasObject := out[key].(map[string]any)
		if isObject && wasObject {
			old, _ := olds[key].(map[string]any)
			v = merge(before, old, object)
		}
		out[key] = v
	}
	return out
}

// foreseeUpdate makes the outputs of an object those that a preview of its
// update tells.
func (p *Provider) foreseeUpdate(t *Type, object *Object, old Object) {
	if p.cloud.OutputsUnknown {
		object.Outputs = p.planned(t, object.Inputs, Properties{}, nil)
		p.addUnknowns(t, object.Outputs, object.Inputs)
		for _, name := range p.cloud.Stable {
			if old.Outputs.Has(name) {
				object.Outputs[name] = old.Outputs[name]
			}
		}
	}
	if t.Volatile == nil {
		return
	}
	for _, path := range t.Volatile(old.Inputs, object.Inputs) {
		object.Outputs.Set(path, Unknown{})
	}
}

// addUnknowns marks the outputs that only the cloud can know. An array or map
// that could have been an input is left out, because it is probably empty.
func (p *Provider) addUnknowns(t *Type, outputs, inputs Properties) {
	schema := p.cloud.Schema.Resources[t.Token]
	if p.cloud.OutputsUnknown {
		p.cloud.Schema.addUnknowns(outputs, schema.Outputs)
		return
	}
	for name, output := range schema.Outputs {
		if outputs.Has(name) {
			continue
		}
		_, isInput := schema.Inputs[name]
		if !isInput || !output.Optional() && !output.collection() {
			outputs[name] = Unknown{}
		}
	}
	for _, path := range t.Computed {
		if !inputs.Has(path) {
			outputs.Set(path, Unknown{})
		}
	}
}

// addUnknowns marks everything that an object, and the objects in it, could have
// and has not.
func (s Schema) addUnknowns(object map[string]any, want map[string]PropertyType) {
	for name, t := range want {
		v, given := object[name]
		if !given {
			object[name] = Unknown{}
			continue
		}
		kind := strings.TrimSuffix(string(t), "?")
		nested := s.Objects[strings.TrimPrefix(kind, "[]")]
		if nested == nil {
			continue
		}
		elements, isArray := v.([]any)
		if !isArray {
			elements = []any{v}
		}
		for _, element := range elements {
			if inner, isObject := element.(map[string]any); isObject {
				s.addUnknowns(inner, nested)
			}
		}
	}
}
