package previewreport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Bounds of what is shown at once; more is folded or counted.
const (
	// mostNames of resources stand in a line.
	mostNames = 6
	// mostProperties of a change are listed.
	mostProperties = 12
	// mostMinor kinds of minor changes stand beside grave ones, unfolded.
	mostMinor = 3
)

// group is changes that are told together: the same thing happens, for the same
// reason, to resources of one type in one component.
type group []Change

func (g group) names() []string {
	var all []string
	for _, change := range g {
		all = append(all, change.Name)
	}
	return all
}

// what is a group in words: node group `serve`, or 3 × `aws:ec2:Subnet`.
func (g group) what() string {
	if len(g) == 1 {
		return noun(g[0].Type) + " " + code(g[0].Name)
	}
	return fmt.Sprintf("%d × %s", len(g), noun(g[0].Type))
}

// grouped puts together what is told alike. The order stays.
func grouped(changes []Change) []group {
	var groups []group
	found := map[string]int{}
	for _, change := range changes {
		key := fmt.Sprint(change.Op, change.Type, change.Meaning(), change.Protected, change.Retained, change.reasons(), changes2text(change.others()))
		if at, known := found[key]; known {
			groups[at] = append(groups[at], change)
			continue
		}
		found[key] = len(groups)
		groups = append(groups, group{change})
	}
	return groups
}

func changes2text(properties []Property) string {
	var all []string
	for _, property := range properties {
		all = append(all, property.String())
	}
	return strings.Join(all, "; ")
}

// String is a property with what it changes to, in Markdown.
func (p Property) String() string {
	switch {
	case p.Old == shownSecret || p.New == shownSecret:
		return code(p.Path) + " (secret)"
	case p.New == shownUnknown:
		return code(p.Path) + " (known afterwards)"
	case p.Old == "" && p.New == "":
		return code(p.Path)
	case p.Old == "":
		return code(p.Path) + ", new: " + code(p.New)
	case p.New == "":
		return code(p.Path) + ", gone: " + code(p.Old)
	default:
		return code(p.Path) + " from " + code(p.Old) + " to " + code(p.New)
	}
}

// reasons says what forces a replacement.
func (c Change) reasons() string {
	var forced []string
	for _, property := range c.Properties {
		if property.Forces {
			forced = append(forced, property.String())
		}
	}
	if len(forced) == 0 {
		for _, reason := range c.Reasons {
			forced = append(forced, code(reason))
		}
	}
	switch {
	case slices.Equal(c.Reasons, []string{reasonProvider}) && strings.HasPrefix(c.Type, "kubernetes:"):
		return "because the cluster is another one"
	case slices.Equal(c.Reasons, []string{reasonProvider}):
		return "because its provider is replaced"
	case len(forced) == 0:
		return ""
	default:
		return "because of " + strings.Join(forced, ", ")
	}
}

// others are the properties that change along and force nothing.
func (c Change) others() []Property {
	return slices.DeleteFunc(slices.Clone(c.Properties), func(p Property) bool { return p.Forces })
}

// gone is what is replaced and deleted, by component.
func (r report) gone() section {
	lost := with(r.Changes, Replace, Delete)
	if len(lost) == 0 {
		return section{}
	}
	title := "### Replaced and deleted\n\n"
	switch {
	case len(with(lost, Delete)) == 0:
		title = "### Replaced\n\n"
	case len(with(lost, Replace)) == 0:
		title = "### Deleted\n\n"
	}
	full, bare, counts := title, title, title
	for _, component := range byComponent(lost) {
		heading := fmt.Sprintf("#### %s\n\n", component[0].Component.Title())
		full += heading + goneFully(component) + "\n"
		bare += heading + goneBarely(component) + "\n"
		counts += heading + goneCounted(component) + "\n"
	}
	return section{rankGone, []string{full, bare, counts}}
}

// goneFully lists every change, those of weight with what they mean, and folds
// the minor ones where there are many kinds of them.
func goneFully(changes []Change) string {
	var grave, minor []group
	least, why := Disruption, "that hold no data and interrupt nothing by themselves"
	if slices.ContainsFunc(changes, Change.isCluster) {
		least, why = DataLoss, "that go with the cluster"
	}
	for _, one := range grouped(changes) {
		if one[0].Meaning().Weight >= least {
			grave = append(grave, one)
		} else {
			minor = append(minor, one)
		}
	}
	// Among the grave ones the gravest first, whether replaced or deleted.
	slices.SortStableFunc(grave, func(a, b group) int {
		return cmp.Or(cmp.Compare(b[0].Meaning().Weight, a[0].Meaning().Weight), clusterFirst(a[0], b[0]))
	})
	var b strings.Builder
	for _, one := range grave {
		b.WriteString(goneItem(one, true))
	}
	var folded strings.Builder
	count := 0
	for _, one := range minor {
		count += len(one)
		// Beside what is lost, nobody asks what became of its autoscaler.
		folded.WriteString(goneItem(one, len(grave) == 0))
	}
	switch {
	case len(minor) <= mostMinor:
		b.WriteString(folded.String())
	default:
		summary := fmt.Sprintf("**%d more** %s", count, why)
		b.WriteString("\n" + details(summary, folded.String()))
	}
	return b.String()
}

// goneWords say what happens to a resource.
var goneWords = map[Op]string{Replace: "Replaced", Delete: "Deleted"}

func goneItem(g group, explain bool) string {
	change := g[0]
	var b strings.Builder
	fmt.Fprintf(&b, "- **%s: %s**", goneWords[change.Op], g.what())
	if reason := change.reasons(); reason != "" && change.Op == Replace {
		b.WriteString(", " + reason)
	}
	b.WriteString(".")
	if says := change.Meaning().Says; says != "" && explain {
		b.WriteString(" " + says)
	}
	if change.Protected && !change.Retained {
		b.WriteString(" **It is protected: Pulumi refuses this.**")
	}
	b.WriteString("\n")
	if others := change.others(); len(others) > 0 {
		b.WriteString(indent("Also: " + propertyLine(others)))
	}
	if len(g) > 1 {
		b.WriteString(indent(nameList(g.names())))
	}
	return b.String()
}

// propertyLine lists properties in a line, as many as are looked at.
func propertyLine(properties []Property) string {
	if len(properties) > mostProperties {
		return changes2text(properties[:mostProperties]) + fmt.Sprintf("; and %d more", len(properties)-mostProperties)
	}
	return changes2text(properties)
}

// nameList lists names in a line, or folds them where they are many. Without an
// empty line in it, the list around it stays as tight as it was.
func nameList(all []string) string {
	if len(all) <= mostNames {
		return names(all)
	}
	quoted := make([]string, len(all))
	for i, name := range all {
		quoted[i] = "<code>" + htmlSign.Replace(strings.Join(strings.Fields(name), " ")) + "</code>"
	}
	return fmt.Sprintf("<details><summary>%d names</summary>%s</details>\n", len(all), strings.Join(quoted, ", "))
}

// goneBarely names every resource and what happens to it, without reasons.
func goneBarely(changes []Change) string {
	var b strings.Builder
	for _, op := range []Op{Replace, Delete} {
		for _, one := range byType(with(changes, op)) {
			fmt.Fprintf(&b, "- **%s: %s**", goneWords[op], one.what())
			if len(one) > 1 {
				b.WriteString(": " + names(one.names()))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// goneCounted only counts.
func goneCounted(changes []Change) string {
	var b strings.Builder
	for _, op := range []Op{Replace, Delete} {
		for _, one := range byType(with(changes, op)) {
			fmt.Fprintf(&b, "- **%s: %d × %s**\n", goneWords[op], len(one), noun(one[0].Type))
		}
	}
	return b.String()
}

// byType puts changes of one type together, in the order in which types come.
func byType(changes []Change) []group {
	var groups []group
	for _, change := range changes {
		at := slices.IndexFunc(groups, func(g group) bool { return g[0].Type == change.Type })
		if at < 0 {
			groups = append(groups, group{change})
			continue
		}
		groups[at] = append(groups[at], change)
	}
	return groups
}

// updated is what changes in place, by component.
func (r report) updated() section {
	changes := with(r.Changes, Update)
	if len(changes) == 0 {
		return section{}
	}
	title := "### Changed in place\n\n"
	full, bare := title, title
	for _, component := range byComponent(changes) {
		heading := fmt.Sprintf("#### %s\n\n", component[0].Component.Title())
		full += heading
		for _, one := range grouped(component) {
			full += updateItem(one)
		}
		full += "\n"
		bare += heading
		for _, one := range byType(component) {
			bare += "- " + one.what() + "\n"
			if len(one) > 1 {
				bare += indent(nameList(one.names()))
			}
		}
		bare += "\n"
	}
	counts := fmt.Sprintf("### Changed in place\n\n%s; this report has no room for them.\n\n", plural(len(changes), "resource", "resources"))
	return section{rankUpdates, []string{full, bare, counts}}
}

func updateItem(g group) string {
	change := g[0]
	var b strings.Builder
	fmt.Fprintf(&b, "- %s", capital(g.what()))
	properties := change.Properties
	if len(properties) == 1 {
		fmt.Fprintf(&b, ": %s", properties[0])
	}
	b.WriteString(".")
	if says := change.Meaning().Says; says != "" {
		b.WriteString(" " + says)
	}
	b.WriteString("\n")
	if len(properties) > 1 {
		var list strings.Builder
		for i, property := range properties {
			if i == mostProperties {
				fmt.Fprintf(&list, "- and %d more\n", len(properties)-mostProperties)
				break
			}
			fmt.Fprintf(&list, "- %s\n", property)
		}
		b.WriteString(indent(list.String()))
	}
	if len(g) > 1 {
		b.WriteString(indent(nameList(g.names())))
	}
	return b.String()
}

// created is what is new, folded away: a component a fold.
func (r report) created() section {
	changes := with(r.Changes, Create, Lookup)
	if len(changes) == 0 {
		return section{}
	}
	title := "### Created\n\n"
	full, types, counts := title, title, title
	for _, component := range byComponent(changes) {
		heading := component[0].Component.Title()
		var list, kinds strings.Builder
		for _, one := range gravestFirst(byType(component)) {
			verb := ""
			if one[0].Op == Lookup {
				verb = "read: "
			}
			switch {
			case len(one) == 1:
				fmt.Fprintf(&list, "- %s%s\n", verb, one.what())
			case len(one) <= mostNames:
				fmt.Fprintf(&list, "- %s%s: %s\n", verb, one.what(), names(one.names()))
			default:
				fmt.Fprintf(&list, "- %s%s\n%s", verb, one.what(), indent(nameList(one.names())))
			}
			fmt.Fprintf(&kinds, "- %s%d × %s\n", verb, len(one), noun(one[0].Type))
		}
		summary := fmt.Sprintf("%s: %s", heading, plural(len(component), "resource", "resources"))
		full += details(summary, list.String()) + "\n"
		types += details(summary, kinds.String()) + "\n"
		counts += "- " + summary + "\n"
	}
	return section{rankCreated, []string{full, types, counts + "\n"}}
}

// gravestFirst puts first what it would hurt most to lose: that is what a reader
// knows by name.
func gravestFirst(groups []group) []group {
	slices.SortStableFunc(groups, func(a, b group) int {
		ofA, ofB := Change{Op: Delete, Type: a[0].Type}, Change{Op: Delete, Type: b[0].Type}
		return cmp.Or(cmp.Compare(ofB.Meaning().Weight, ofA.Meaning().Weight), clusterFirst(ofA, ofB))
	})
	return groups
}

func clusterFirst(a, b Change) int {
	switch {
	case a.isCluster() == b.isCluster():
		return 0
	case a.isCluster():
		return -1
	default:
		return 1
	}
}

// isCluster tells whether a cluster goes: then so does everything that it has.
func (c Change) isCluster() bool {
	clusters := []string{"aws:eks/cluster:Cluster", "gcp:container/cluster:Cluster", "azure-native:containerservice:ManagedCluster"}
	return slices.Contains(clusters, c.Type) && (c.Op == Replace || c.Op == Delete)
}
