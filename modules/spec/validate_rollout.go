package spec

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// checkRollout checks the second version of a model.
func checkRollout(r *report, p Platform, at string, m Model) {
	rollout := m.Rollout
	named := rollout.named()
	if len(named) > 1 {
		r.add(at, strings.Join(named, ", "), "are several second versions at once", "keep one of them")
		return
	}
	if len(named) == 0 {
		checkNoRollout(r, at, rollout)
		return
	}
	if m.Route == "" {
		r.add(at+"."+named[0], named[0], "shares the requests of a route, and the model has none", "add route: with a path, for example /"+m.Name+"/v1")
	}
	if rollout.Analysed() {
		checkAnalysis(r, p, at+".analysis", m)
	}
	checkImage(r, at+".canary.image", rollout.Canary.Image)
	checkImage(r, at+".blueGreen.green", rollout.BlueGreen.Green)
	checkImage(r, at+".shadow.image", rollout.Shadow.Image)
	if rollout.Canary.Image != "" {
		checkCanary(r, at+".canary", m)
	}
}

// Analysed tells whether Flagger lets new versions of the model in.
func (r ModelRollout) Analysed() bool { return r.Analysis.MaxErrorRate > 0 }

// Analyses tells whether Flagger lets new versions of a model of the platform in.
func (p Platform) Analyses() bool {
	for _, m := range p.Models {
		if m.Rollout.Analysed() {
			return true
		}
	}
	return false
}

// named are the kinds of second version that are asked for.
func (r ModelRollout) named() []string {
	var named []string
	if r.Analysed() {
		named = append(named, "analysis")
	}
	for _, kind := range []struct{ name, image string }{
		{"canary", r.Canary.Image}, {"blueGreen", r.BlueGreen.Green}, {"shadow", r.Shadow.Image},
	} {
		if kind.image != "" {
			named = append(named, kind.name)
		}
	}
	return named
}

// Second is the greatest number of replicas of a model's second version; 0
// without one.
func (m Model) Second() int {
	switch {
	case m.Rollout.Analysed(), m.Rollout.Canary.Image != "", m.Rollout.BlueGreen.Green != "":
		return m.Scale.Max
	case m.Rollout.Shadow.Image != "":
		return m.Rollout.Shadow.Replicas
	default:
		return 0
	}
}

// LeastSecond is the least number of replicas of a model's second version; 0
// without one.
func (m Model) LeastSecond() int {
	switch {
	case m.Rollout.Canary.Image != "":
		return m.Rollout.Canary.Min
	case m.Rollout.Analysed(), m.Rollout.BlueGreen.Green != "":
		return m.Scale.Min
	case m.Rollout.Shadow.Image != "":
		return m.Rollout.Shadow.Replicas
	default:
		return 0
	}
}

// checkNoRollout reports settings of a version that has no image.
func checkNoRollout(r *report, at string, rollout ModelRollout) {
	if a := rollout.Analysis; a.MaxP95 != "" || a.IntervalSeconds != 0 || len(a.Steps) > 0 || a.MaxFailures != 0 {
		r.missing(at+".analysis.maxErrorRate", "is missing, so that nothing is analysed", "add maxErrorRate: 1, or remove analysis")
	}
	if c := rollout.Canary; c.Weight != 0 || c.Min != 0 {
		r.missing(at+".canary.image", "is missing, so that there is no canary", "add image: with the image of the new version, or remove canary")
	}
	if rollout.BlueGreen.Active != "" {
		r.missing(at+".blueGreen.green", "is missing, so that there is no second version", "add green: with its image, or remove blueGreen")
	}
	if s := rollout.Shadow; s.Percent != 0 || s.Replicas != 0 {
		r.missing(at+".shadow.image", "is missing, so that there is no shadow", "add image: with the image of the new version, or remove shadow")
	}
}

func checkCanary(r *report, at string, m Model) {
	c := m.Rollout.Canary
	switch {
	case c.Image == m.Image:
		r.add(at+".image", c.Image, "is the image of the stable version too", "name the new image, or remove canary")
	case c.Weight == 0:
		r.missing(at+".weight", "is missing", "add weight: 5 to begin with five of a hundred requests")
	}
	if c.Min > m.Scale.Max {
		r.add(at+".min", c.Min, fmt.Sprintf("is more than scale.max, %d", m.Scale.Max), "lower it, or raise scale.max")
	}
	// Whoever gets the share must be there before it moves: the autoscaler would
	// only start the rest once requests have waited.
	if least := (m.Scale.Min*c.Weight + 99) / 100; c.Min < least {
		r.add(at+".min", c.Min, fmt.Sprintf("is too few replicas for %d of a hundred requests: the stable version takes all of them with %d", c.Weight, m.Scale.Min),
			fmt.Sprintf("use min: %d or more, or a smaller weight", least))
	}
}

// checkDuration reports a latency that cannot be read.
func checkDuration(r *report, at, text string) {
	if text == "" {
		return
	}
	if d, err := time.ParseDuration(text); err != nil || d < time.Millisecond || d > time.Hour {
		r.add(at, text, "is not a latency between a millisecond and an hour", "write it as 250ms or 1.5s")
	}
}

// gatewayPaths are paths that the gateway keeps for itself.
var gatewayPaths = []string{"/.well-known/acme-challenge"}

// checkTraffic checks a model's route and what comes with it.
func checkTraffic(r *report, p Platform, at string, m Model) {
	if m.Route == "" {
		if t := m.Traffic; len(t.APIKeys) > 0 || t.JWT.Issuer != "" || t.RequestsPerSecond > 0 {
			r.missing(at+".route", "is missing, so that nothing of traffic applies", "add route: with a path, or remove traffic")
		}
		return
	}
	checkURLPath(r, at+".route", m.Route)
	switch {
	case m.Route == "/" || strings.HasSuffix(m.Route, "/"):
		r.add(at+".route", m.Route, "ends in '/'", "write it as /"+m.Name+"/v1")
	case strings.Contains(m.Route, "//"):
		r.add(at+".route", m.Route, "has an empty part", "write it as /"+m.Name+"/v1")
	case slices.ContainsFunc(gatewayPaths, func(own string) bool { return m.Route == own || strings.HasPrefix(m.Route, own+"/") }):
		r.add(at+".route", m.Route, "is the gateway's own", "use another path")
	}
	if !On(p.Addons.Gateway.Enabled) && p.Has(LayerPlatform) {
		r.add(at+".route", m.Route, "leads nowhere: gantry:addons.gateway.enabled is false", "enable the gateway, or remove route")
	}
	checkBytes(r, at+".traffic.maxBody", m.Traffic.MaxBody, 1)
	for i, name := range m.Traffic.APIKeys {
		checkSecretName(r, p, fmt.Sprintf("%s.traffic.apiKeys[%d]", at, i), name)
	}
	checkJWT(r, at+".traffic.jwt", m.Traffic)
}

func checkJWT(r *report, at string, t ModelTraffic) {
	jwt := t.JWT
	if jwt.Issuer == "" {
		if len(jwt.Audiences) > 0 || jwt.JWKS != "" {
			r.missing(at+".issuer", "is missing, so that no token is asked for", "add issuer, or remove jwt")
		}
		return
	}
	if issuer, err := url.Parse(jwt.Issuer); err != nil || issuer.Scheme != "https" || issuer.Host == "" {
		r.add(at+".issuer", jwt.Issuer, "is not the https:// address of an issuer", "write it as the claim iss of its tokens has it")
	}
	if len(t.APIKeys) > 0 {
		r.add(at+".issuer", jwt.Issuer, "asks for a token beside the keys of apiKeys", "keep one of the two")
	}
	if len(jwt.Audiences) == 0 {
		r.missing(at+".audiences", "is missing, so that tokens meant for others would do", "add audiences: with the name of this platform at the issuer")
	}
	if !strings.HasPrefix(jwt.JWKS, "https://") {
		if jwt.JWKS == "" {
			r.missing(at+".jwks", "is missing", "add the https:// address of the issuer's public keys")
		} else {
			r.add(at+".jwks", jwt.JWKS, "is not an https:// address", "give the address of the issuer's public keys")
		}
	}
}

// checkRoutes reports models with the same path.
func checkRoutes(r *report, p Platform, models []string) {
	owner := map[string]string{}
	for _, name := range models {
		route := p.Models[name].Route
		if route == "" {
			continue
		}
		if other := owner[route]; other != "" {
			r.add(join("gantry:models", name)+".route", route, "is the route of "+other+" too", "give each model a path of its own")
			continue
		}
		owner[route] = name
	}
}
