package previewreport

import (
	"cmp"
	"slices"
	"strings"
)

// Component is a part of the platform that resources belong to.
type Component struct {
	Type, Name string
}

// componentTitles are what the components of Gantry are called, in the order in
// which a platform is built. The name follows the first word.
var componentTitles = []struct{ kind, word, where string }{
	{"gantry:eks:Cluster", "Cluster", "on EKS"},
	{"gantry:gke:Cluster", "Cluster", "on GKE"},
	{"gantry:aks:Cluster", "Cluster", "on AKS"},
	{"gantry:existing:Cluster", "Cluster", "that is there already"},
	{"gantry:platform:Platform", "Platform", ""},
	{"gantry:serving:Model", "Model", ""},
}

// Title is the component in Markdown.
func (c Component) Title() string {
	if c == (Component{}) {
		return "The stack itself"
	}
	word, where := "", ""
	for _, known := range componentTitles {
		if known.kind == c.Type {
			word, where = known.word, known.where
		}
	}
	if word == "" {
		return code(c.Name) + ", a " + code(c.Type)
	}
	return strings.TrimSpace(word + " " + code(c.Name) + " " + where)
}

// rank orders components as the platform is built; those that are not known come
// after. What stands alone comes first: it is what everything else goes through.
func (c Component) rank() int {
	if c == (Component{}) {
		return -1
	}
	for i, known := range componentTitles {
		if known.kind == c.Type {
			return i
		}
	}
	return len(componentTitles)
}

func compareComponents(a, b Component) int {
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
}

// componentOf is the component nearest above a resource.
func (r *reader) componentOf(of *resource) Component {
	for urn, depth := of.state().Parent, 0; urn != "" && depth < 32; depth++ {
		above, known := r.resources[urn]
		kind := typeOf(urn)
		if kind == typeStack {
			break
		}
		if !known || !above.state().Custom {
			return Component{Type: kind, Name: nameOf(urn)}
		}
		urn = above.state().Parent
	}
	return Component{}
}

// byComponent splits changes, which are in order, into those of each component.
func byComponent(changes []Change) [][]Change {
	var groups [][]Change
	for _, change := range changes {
		last := len(groups) - 1
		if last >= 0 && groups[last][0].Component == change.Component {
			groups[last] = append(groups[last], change)
		} else {
			groups = append(groups, []Change{change})
		}
	}
	return groups
}

// with returns the changes that have one of the operations.
func with(changes []Change, ops ...Op) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return !slices.Contains(ops, c.Op) })
}
