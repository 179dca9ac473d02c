package platform

import "strings"

// chartSource is where a chart is fetched from, as helm.ReleaseArgs has it.
type chartSource struct{ chart, repository string }

// sourceOf is where a chart comes from: its own repository, or the mirror in
// place of it. A mirror over OCI has the charts below it, one over HTTP is a
// repository with all of them, and a folder holds them packed or as folders.
func sourceOf(mirror, repository, chart string) chartSource {
	if mirror != "" {
		repository = mirror
	}
	switch {
	case strings.HasPrefix(repository, "oci://"):
		return chartSource{chart: strings.TrimSuffix(repository, "/") + "/" + chart}
	case strings.HasPrefix(repository, "https://"), strings.HasPrefix(repository, "http://"):
		return chartSource{chart: chart, repository: repository}
	case repository != "":
		return chartSource{chart: strings.TrimSuffix(repository, "/") + "/" + chart}
	default:
		return chartSource{chart: chart} // an oci:// reference or a path
	}
}
