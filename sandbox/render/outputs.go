package render

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/sandbox/emulator"
)

// deepest is how far down in the outputs of a resource placeholders go: some
// types of the clouds hold themselves.
const deepest = 5

// placeholder stands for an output of a resource.
func (m *monitor) placeholder(token, name, output string) string {
	text := "${" + name + "." + output + "}"
	m.mu.Lock()
	defer m.mu.Unlock()
	m.meanings[text] = fmt.Sprintf("output %s of %s %s", output, token, name)
	return text
}

// outputs are the inputs of a cloud resource and placeholders for all texts that
// the cloud adds. Other outputs are left out, and so unknown.
func (m *monitor) outputs(token, name string, inputs resource.PropertyMap) resource.PropertyMap {
	return m.complete(inputs, m.schema.Resources[token].Outputs, deepest, func(path string) resource.PropertyValue {
		text := m.placeholder(token, name, path)
		switch {
		// The program makes a kubeconfig of both.
		case strings.HasSuffix(path, "endpoint"):
			return resource.NewProperty(m.address(token, name))
		case path == "certificateAuthority.data", path == "masterAuth.clusterCaCertificate":
			return resource.NewProperty(base64.StdEncoding.EncodeToString([]byte(text)))
		case path == "arn":
			// Programs take an ARN apart.
			return resource.NewProperty(fmt.Sprintf("arn:aws:%s:%s:%s:%s", service(token), m.platform.Region, accountOf(m), text))
		}
		return resource.NewProperty(text)
	})
}

// address stands for the address of a cluster's API, which has to be a URL on AWS
// and the host in one on Google Cloud.
func (m *monitor) address(token, name string) string {
	host := name + ".invalid"
	m.mu.Lock()
	defer m.mu.Unlock()
	m.meanings[host] = fmt.Sprintf("output endpoint of %s %s", token, name)
	if service(token) == "eks" {
		return "https://" + host
	}
	return host
}

// service of AWS in a token: kms in aws:kms/key:Key.
func service(token string) string {
	_, rest, _ := strings.Cut(token, ":")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// complete fills in what an object of the schema could have and has not.
func (m *monitor) complete(given resource.PropertyMap, want map[string]emulator.PropertyType, depth int, text func(path string) resource.PropertyValue) resource.PropertyMap {
	all := given.Copy()
	if depth == 0 {
		return all
	}
	for name, t := range want {
		key := resource.PropertyKey(name)
		kind := strings.TrimSuffix(string(t), "?")
		element, isList := strings.CutPrefix(kind, "[]")
		nested := m.schema.Objects[element]
		below := func(object resource.PropertyMap, prefix string) resource.PropertyValue {
			return resource.NewProperty(m.complete(object, nested, depth-1, func(path string) resource.PropertyValue {
				return text(prefix + "." + path)
			}))
		}
		value, there := given[key]
		switch {
		case kind == "string" && !there:
			all[key] = text(name)
		case nested == nil:
		case !there && isList:
			all[key] = resource.NewProperty([]resource.PropertyValue{below(nil, name+"[0]")})
		case !there:
			all[key] = below(nil, name)
		case value.IsObject():
			all[key] = below(value.ObjectValue(), name)
		case value.IsArray():
			items := slices.Clone(value.ArrayValue())
			for i, item := range items {
				if item.IsObject() {
					items[i] = below(item.ObjectValue(), fmt.Sprintf("%s[%d]", name, i))
				}
			}
			all[key] = resource.NewProperty(items)
		}
	}
	return all
}

// known are the inputs of an object with placeholders in place of what is not
// known yet: those have no output of their own but are made of several.
func (m *monitor) known(args pulumi.MockResourceArgs, inputs resource.PropertyMap) resource.PropertyMap {
	all := resource.PropertyMap{}
	for key, value := range inputs {
		all[key] = m.knownValue(args, value, string(key))
	}
	return all
}

func (m *monitor) knownValue(args pulumi.MockResourceArgs, value resource.PropertyValue, path string) resource.PropertyValue {
	switch {
	case value.IsComputed(), value.IsOutput() && !value.OutputValue().Known:
		text := "${" + args.Name + ":" + path + "}"
		m.mu.Lock()
		defer m.mu.Unlock()
		m.meanings[text] = fmt.Sprintf("property %s of %s, which is known once the cluster is made", path, args.Name)
		return resource.NewProperty(text)
	case value.IsOutput():
		return m.knownValue(args, value.OutputValue().Element, path)
	case value.IsSecret():
		return resource.MakeSecret(m.knownValue(args, value.SecretValue().Element, path))
	case value.IsObject():
		object := resource.PropertyMap{}
		for key, item := range value.ObjectValue() {
			object[key] = m.knownValue(args, item, path+"."+string(key))
		}
		return resource.NewProperty(object)
	case value.IsArray():
		var items []resource.PropertyValue
		for i, item := range value.ArrayValue() {
			items = append(items, m.knownValue(args, item, fmt.Sprintf("%s[%d]", path, i)))
		}
		return resource.NewProperty(items)
	default:
		return value
	}
}
