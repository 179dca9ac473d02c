package serving

import "gantry.dev/gantry/modules/spec"

// track tells the versions of one model apart. It is part of the selectors of a
// version's Deployment and Service.
type track string

const (
	// stable is the model as it stands outside its rollout.
	stable track = "stable"
	// canary, green and shadow are second versions, see spec.ModelRollout.
	canary track = "canary"
	green  track = "green"
	shadow track = "shadow"
	// next is the newest version of an analysed model, and promoted the one that
	// serves, see canary.go.
	next     track = "next"
	promoted track = "next-primary"
)

// versions are all versions of a model that Gantry deploys, the stable one first. Of
// an analysed model that is the newest only.
func (s *server) versions() []*server {
	all := []*server{s}
	rollout := s.model.Rollout
	switch {
	case rollout.Analysed():
		return []*server{s.second(next, s.model.Image, s.model.Scale.Min, s.model.Scale.Max)}
	case rollout.Canary.Image != "":
		all = append(all, s.second(canary, rollout.Canary.Image, rollout.Canary.Min, s.model.Scale.Max))
	case rollout.BlueGreen.Green != "":
		all = append(all, s.second(green, rollout.BlueGreen.Green, s.model.Scale.Min, s.model.Scale.Max))
	case rollout.Shadow.Image != "":
		all = append(all, s.second(shadow, rollout.Shadow.Image, rollout.Shadow.Replicas, rollout.Shadow.Replicas))
	}
	return all
}

// second is another version of the same model: its image and bounds, and
// everything else of the stable one.
func (s *server) second(t track, image string, least, greatest int) *server {
	version := *s
	version.track = t
	version.model.Image = image
	version.model.Scale.Min, version.model.Scale.Max = least, greatest
	version.model.Rollout = spec.ModelRollout{}
	return &version
}

// name of the objects of a version: the model's own for the stable one.
func (s *server) name() string {
	if s.track == stable {
		return s.model.Name
	}
	return s.model.Name + "-" + string(s.track)
}
