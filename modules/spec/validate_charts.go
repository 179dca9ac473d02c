package spec

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/blang/semver"
)

const (
	// maxReleaseName is Helm's own limit, see
	// https://helm.sh/docs/chart_template_guide/builtin_objects/.
	maxReleaseName = 53
	// maxNamespace is the length of a DNS label.
	maxNamespace = 63
	// modelNamespace holds the models and nothing else.
	modelNamespace = "models"
	ociScheme      = "oci://"
)

// clusterNamespaces come with every cluster and belong to it. kube-system is
// one of them too, but charts of drivers have to go there.
var clusterNamespaces = []string{"default", "kube-node-lease", "kube-public"}

// AddonRelease is the Helm release of one of Gantry's own add-ons.
type AddonRelease struct {
	// Name and Namespace of the release.
	Name, Namespace string
	// Key of the add-on below gantry:addons.
	Key string
	// On tells whether the platform has it switched on.
	On bool
}

// AddonReleases lists the releases of Gantry's own add-ons, which a chart of the
// user's must not get into the way of.
func AddonReleases(p Platform) []AddonRelease {
	a := p.Addons
	return []AddonRelease{
		{"monitoring", "monitoring", "monitoring", On(a.Monitoring.Enabled)},
		{"cluster-autoscaler", "kube-system", "autoscaler", p.Cloud == AWS && p.Autoscaled()},
		{"gpu-operator", "gpu-system", "gpuOperator", On(a.GPUOperator.Enabled)},
		{"cert-manager", "cert-manager", "certificates", On(a.Certificates.Enabled)},
		{"aws-load-balancer-controller", "kube-system", "gateway", p.Cloud == AWS && On(a.Gateway.Enabled)},
		{"envoy-gateway", "gateway", "gateway", On(a.Gateway.Enabled)},
		{"external-dns", "dns", "dns", a.DNS.Zone != ""},
		{"keda", "keda", "eventScaling", On(a.EventScaling.Enabled)},
		{"flagger", "flagger", "monitoring", p.Analyses()},
	}
}

// checkCharts reports charts of the user's that could not be installed, or that
// would install something else tomorrow.
func checkCharts(r *report, p Platform) {
	checkMirror(r, "gantry:charts.mirror", p.Charts.Mirror)
	const at = "gantry:addons.charts"
	first := map[string]string{} // chart that makes a namespace
	for _, name := range slices.Sorted(maps.Keys(p.Addons.Charts)) {
		chart := p.Addons.Charts[name]
		at := join(at, name)
		checkRelease(r, p, at, name, chart.Namespace)
		checkSource(r, at, chart)
		checkChartSecrets(r, p, at+".secrets", chart)
		before, taken := first[chart.Namespace]
		if !taken {
			first[chart.Namespace] = name
		} else if level := p.Addons.Charts[before].PodSecurity; level != chart.PodSecurity {
			r.add(at+".podSecurity", string(chart.PodSecurity), "is another level than that of chart "+before+" in the same namespace",
				fmt.Sprintf("use %s, or a namespace of its own", level))
		}
	}
}

// checkRelease reports a name or namespace that Helm refuses or that is taken.
func checkRelease(r *report, p Platform, at, name, namespace string) {
	checkName(r, at, name, maxReleaseName, "rename it")
	if namespace != name {
		checkName(r, at+".namespace", namespace, maxNamespace, "rename it")
	}
	for _, own := range AddonReleases(p) {
		off := "rename it, or switch off gantry:addons." + own.Key
		switch {
		case !own.On:
		case own.Name == name:
			r.add(at, name, "is the name of a release of Gantry's own", off)
			return
		case own.Namespace == namespace && namespace != "kube-system":
			r.add(at+".namespace", namespace, "is the namespace of an add-on of Gantry's own", off)
			return
		}
	}
	switch {
	case namespace == modelNamespace:
		r.add(at+".namespace", namespace, "holds the models and nothing else", "choose another")
	case slices.Contains(clusterNamespaces, namespace):
		r.add(at+".namespace", namespace, "comes with the cluster, and would go with the chart", "choose another")
	}
}

// checkSource reports a chart that Helm could not find, or would choose the
// version of itself.
func checkSource(r *report, at string, c Chart) {
	if c.Chart == "" {
		return // reported as missing
	}
	switch {
	case strings.HasPrefix(c.Chart, ociScheme):
		checkReference(r, at, c)
	case strings.Contains(c.Chart, "://"):
		r.add(at+".chart", c.Chart, "is the address of a file", "write the chart's name and its repository, an oci:// reference, or a path")
		return
	case c.Repository != "":
		checkRepository(r, at+".repository", c)
		if strings.ContainsAny(c.Chart, "/:@") {
			r.add(at+".chart", c.Chart, "is not the name of a chart in a repository", "write the name only, or remove repository")
		}
	case strings.Contains(c.Chart, "/"), strings.HasSuffix(c.Chart, ".tgz"):
		if c.Version != "" {
			checkChartVersion(r, at+".version", c.Version)
		}
		return // a path has the version of the chart that lies there
	default:
		r.add(at+".chart", c.Chart, "is neither an oci:// reference nor a path", "add repository, or write ./"+c.Chart+" for a folder")
		return
	}
	if c.Version == "" {
		r.missing(at+".version", "is missing", `pin one, for example version: "1.2.3"`)
		return
	}
	checkChartVersion(r, at+".version", c.Version)
}

func checkReference(r *report, at string, c Chart) {
	if c.Repository != "" {
		r.add(at+".repository", hidden(c.Repository), "stands beside a chart that names its registry", "remove it")
	}
	host, name, _ := strings.Cut(strings.TrimPrefix(c.Chart, ociScheme), "/")
	last := name[strings.LastIndex(name, "/")+1:]
	switch {
	case host == "" || last == "":
		r.add(at+".chart", c.Chart, "names no chart in a registry", "write it as oci://registry.example.com/charts/name")
	case strings.ContainsAny(last, ":@"):
		r.add(at+".chart", c.Chart, "has a tag or a digest", "write it as version")
	}
}

func checkRepository(r *report, at string, c Chart) {
	if strings.HasPrefix(c.Repository, ociScheme) {
		r.add(at, hidden(c.Repository), "is a registry and no repository over HTTP",
			"remove it, and write chart: "+hidden(strings.TrimSuffix(c.Repository, "/"))+"/"+c.Chart)
		return
	}
	checkAddress(r, at, c.Repository, "is not the address of a chart repository", "write it as https://charts.example.com")
}

// checkMirror reports a mirror that nothing could be fetched from.
func checkMirror(r *report, at, mirror string) {
	rest, isRegistry := strings.CutPrefix(mirror, ociScheme)
	switch {
	case mirror == "":
	case isRegistry && strings.Trim(rest, "/") == "":
		r.add(at, mirror, "names no registry", "write it as oci://registry.example.com/charts")
	case isRegistry:
		checkNoPassword(r, at, mirror)
	case strings.HasPrefix(mirror, "file://"):
		r.add(at, mirror, "is a URL, and folders are written as paths", "write "+strings.TrimPrefix(mirror, "file://"))
	case strings.Contains(mirror, "://"):
		checkAddress(r, at, mirror, "is not the address of a mirror", "write an oci:// or https:// address, or the path of a folder")
	case strings.HasSuffix(mirror, ".tgz"):
		r.add(at, mirror, "is a single chart", "name the folder that it lies in")
	}
}

// checkAddress reports what is no https:// address. Without TLS nobody can tell
// that a chart is what its author published; on this machine there is nobody in
// between.
func checkAddress(r *report, at, text, what, fix string) {
	address, err := url.Parse(text)
	switch {
	case err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http":
		r.add(at, hidden(text), what, fix)
		return
	case address.Scheme == "http" && !IsLoopback(address.Hostname()):
		r.add(at, hidden(text), "is not encrypted, and whoever is in between can change the charts", "use https://; http:// is for this machine only")
	}
	checkNoPassword(r, at, text)
}

// checkNoPassword reports credentials in an address, and does not show them.
func checkNoPassword(r *report, at, text string) {
	if hidden(text) != text {
		r.add(at, hidden(text), "holds credentials in the clear", "remove them, and log in with: helm registry login, or helm repo add --username")
	}
}

// hidden is an address without its credentials.
func hidden(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return text
	}
	host, path, hasPath := strings.Cut(rest, "/")
	at := strings.LastIndex(host, "@")
	if at < 0 {
		return text
	}
	host = host[at+1:]
	if hasPath {
		path = "/" + path
	}
	return scheme + "://" + host + path
}

// IsLoopback tells whether a host, by its name or address, is this machine itself.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkChartVersion reports what Helm would resolve by asking a repository: the
// same configuration must install the same chart tomorrow.
func checkChartVersion(r *report, at, version string) {
	if _, err := semver.Parse(strings.TrimPrefix(version, "v")); err != nil {
		r.add(at, version, "is not one exact version", "pin one such as 1.2.3")
	}
}

// checkChartSecrets reports secrets of a chart that do not exist, and paths at
// which nothing can be put.
func checkChartSecrets(r *report, p Platform, at string, c Chart) {
	paths := slices.Sorted(maps.Keys(c.Secrets))
	for _, path := range paths {
		at, name := join(at, path), c.Secrets[path]
		if name == "" {
			r.missing(at, "names no secret", "write the name of one in gantry:secrets")
		}
		checkSecretName(r, p, at, name)
		switch outer := holder(paths, path); {
		case slices.Contains(strings.Split(path, "."), "") || strings.ContainsAny(path, "[] "):
			r.add(at, path, "is not a path in the values", "write its keys with dots between them, for example auth.password; items of lists cannot be set")
		case outer != "":
			r.add(at, path, "lies within the secret "+outer, "remove one of the two")
		default:
			checkRoom(r, at, path, c.Values)
		}
	}
}

// holder is the path among others that a path lies within; empty for none.
func holder(paths []string, path string) string {
	for _, other := range paths {
		if strings.HasPrefix(path, other+".") {
			return other
		}
	}
	return ""
}

// checkRoom reports a path at which the plain values have something already.
// What stands there may be the secret itself, so it is not shown.
func checkRoom(r *report, at, path string, values map[string]any) {
	keys := strings.Split(path, ".")
	for i, key := range keys {
		value, set := values[key]
		below, isMap := value.(map[string]any)
		switch {
		case !set || value == nil && i < len(keys)-1:
			return
		case i == len(keys)-1:
			r.add(at, path, "stands in the plain values too", "remove it from values; if a secret was committed there, change it")
			return
		case !isMap:
			r.add(at, path, "lies below "+strings.Join(keys[:i+1], ".")+", which is no map in the values", "change the path, or the values")
			return
		}
		values = below
	}
}
