// Package rollback decides what a model goes back to, and what has to be written
// into the configuration of its stack for it. It asks nobody: what is known of the
// past is handed in.
package rollback

import (
	"cmp"
	"fmt"
	"slices"

	"gantry.dev/gantry/modules/spec"
)

// Past is what is known of a model.
type Past struct {
	// Model as configured now, with defaults.
	Model spec.Model
	// Shared is the model without what the stack overrides; empty where there is
	// no model file.
	Shared spec.Model
	// Live is the image that the stable version's Deployment asks for; empty
	// where it is not known.
	Live string
	// Revisions of that Deployment, in any order.
	Revisions []Revision
	// Updates of the stack, the newest first.
	Updates []Update
}

// Revision is one that a Deployment went through.
type Revision struct {
	// Number grows with each revision.
	Number int64
	Image  string
	// Ready replicas that it has.
	Ready int32
}

// Update is what the engine's history has of an update.
type Update struct {
	Succeeded bool
	// Image that the stack's configuration gave the model; empty for the one of
	// its file.
	Image string
	// Message of the update, see Step.Message.
	Message string
}

// Kind is what is taken back.
type Kind string

// What can be taken back.
const (
	Canary    Kind = "canary"
	BlueGreen Kind = "blueGreen"
	Image     Kind = "image"
)

// Step is how a model goes back.
type Step struct {
	Kind  Kind
	Model string
	// Before and After tell people what is served.
	Before, After string
	// Changes of what the stack says of the model; none where it says the right
	// thing already.
	Changes []Change
	// from is the image that is left.
	from string
}

// Change is one of what a stack says of a model.
type Change struct {
	// Path of keys below the model.
	Path []string
	// Value in YAML; empty to remove what is there.
	Value string
}

// Plan decides how a model goes back: from a canary or from green to the stable
// version, else to the image before. It is an error when there is nothing to go
// back to.
func Plan(past Past) (Step, error) {
	m := past.Model
	step := Step{Model: m.Name, After: "100% " + m.Image}
	switch c, bg := m.Rollout.Canary, m.Rollout.BlueGreen; {
	case m.Rollout.Analysed():
		return Step{}, fmt.Errorf("the versions of %s are let in by an analysis, which gives the requests back by itself; "+
			"set gantry:models.%s.image to the image before, and run make up", m.Name, m.Name)
	case c.Image != "":
		step.Kind, step.from = Canary, c.Image
		step.Before = fmt.Sprintf("%d%% %s (canary), %d%% %s", c.Weight, c.Image, 100-c.Weight, m.Image)
		at := []string{"rollout", "canary"}
		step.Changes = []Change{{Path: at}}
		if past.Shared.Rollout.Canary.Image != "" {
			step.Changes = append(step.Changes, Change{Path: at, Value: "null"})
		}
		return step, nil
	case bg.Green != "" && bg.Active == spec.Green:
		step.Kind, step.from = BlueGreen, bg.Green
		step.Before = fmt.Sprintf("100%% %s (green)", bg.Green)
		step.After += " (blue)"
		step.Changes = []Change{{Path: []string{"rollout", "blueGreen", "active"}, Value: string(spec.Blue)}}
		return step, nil
	case bg.Green != "":
		return Step{}, fmt.Errorf("all requests of %s go to blue, %s, already; remove its rollout.blueGreen first to go back to an earlier image", m.Name, m.Image)
	}
	return past.image()
}

// image is the step to the image before.
func (p Past) image() (Step, error) {
	m := p.Model
	step := Step{Kind: Image, Model: m.Name, from: cmp.Or(p.Live, m.Image)}
	step.Before = "100% " + step.from
	image := ""
	switch {
	case p.Live != "" && p.Live != m.Image && p.serves(m.Image):
		// The configuration is back already, and the cluster is not.
		image = m.Image
	default:
		if image = p.previous(); image == "" {
			return Step{}, fmt.Errorf("there is nothing to go back to: no other image of %s than %s is known to have run; "+
				"set gantry:models.%s.image, and run make up", m.Name, m.Image, m.Name)
		}
		step.Changes = []Change{{Path: []string{"image"}, Value: image}}
	}
	step.After = "100% " + image
	return step, nil
}

func (p Past) serves(image string) bool {
	return slices.ContainsFunc(p.Revisions, func(r Revision) bool { return r.Image == image && r.Ready > 0 })
}

// previous is the image to go back to: one that serves beside the new one, as in a
// rollout that is stuck, else that of the newest revision, else that of the newest
// update that succeeded. An image that never came up, or was left by a rollback,
// is none of the latter two.
func (p Past) previous() string {
	revisions := slices.SortedFunc(slices.Values(p.Revisions), func(a, b Revision) int { return cmp.Compare(b.Number, a.Number) })
	other := func(image string) bool { return image != "" && image != p.Model.Image }
	for _, r := range revisions {
		if other(r.Image) && r.Ready > 0 {
			return r.Image
		}
	}
	bad := p.bad()
	for _, r := range revisions {
		if other(r.Image) && !bad[r.Image] {
			return r.Image
		}
	}
	for _, u := range p.Updates {
		if other(u.Image) && u.Succeeded && !bad[u.Image] {
			return u.Image
		}
	}
	return ""
}

// bad are the images that no update brought up, and those that were left.
func (p Past) bad() map[string]bool {
	bad := map[string]bool{}
	for _, u := range p.Updates {
		if u.Image != "" {
			if _, known := bad[u.Image]; !known || u.Succeeded {
				bad[u.Image] = !u.Succeeded
			}
		}
	}
	for _, u := range p.Updates {
		if left := leftBy(u.Message, p.Model.Name); left != "" {
			bad[left] = true
		}
	}
	return bad
}

const messageFormat = "rollback of %s from %s"

// Message is what the history of the stack says of the step.
func (s Step) Message() string { return fmt.Sprintf(messageFormat, s.Model, s.from) }

// leftBy is the image that a message says was left by a rollback of a model.
func leftBy(message, model string) string {
	var of, image string
	if n, err := fmt.Sscanf(message, messageFormat, &of, &image); err != nil || n != 2 || of != model {
		return ""
	}
	return image
}
