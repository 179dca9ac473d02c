package helm

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/blang/semver"
	"k8s.io/apimachinery/pkg/util/validation"
)

// maxReleaseName is Helm's own limit: the name of each revision's Secret must
// stay a DNS name, https://helm.sh/docs/chart_template_guide/builtin_objects/.
const maxReleaseName = 53

const ociScheme = "oci://"

// validate returns every problem of the arguments.
func (a *ReleaseArgs) validate() error {
	return errors.Join(
		a.validateName(),
		a.validateNamespace(),
		a.validateVersion(),
		a.validateSource(),
		a.validateTimeout(),
	)
}

func (a *ReleaseArgs) validateName() error {
	switch {
	case a.Name == "":
		return errors.New("no release name: name the release")
	case len(a.Name) > maxReleaseName:
		return fmt.Errorf("release name %q has %d characters: Helm allows %d, shorten it", a.Name, len(a.Name), maxReleaseName)
	}
	return named("release name", a.Name, validation.IsDNS1123Subdomain(a.Name))
}

func (a *ReleaseArgs) validateNamespace() error {
	if a.Namespace == "" {
		return errors.New("no namespace: name the one that the chart is installed into")
	}
	return named("namespace", a.Namespace, validation.IsDNS1123Label(a.Namespace))
}

func named(what, value string, problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s %q: %s", what, value, problems[0])
}

// validateVersion refuses what Helm would resolve by asking a repository: the
// same program must install the same chart tomorrow.
func (a *ReleaseArgs) validateVersion() error {
	if a.Version == "" {
		return fmt.Errorf("chart %q has no version: pin an exact one", a.Chart)
	}
	if _, err := semver.Parse(strings.TrimPrefix(a.Version, "v")); err != nil {
		return fmt.Errorf("version %q of chart %q is not exact: pin one such as 1.2.3", a.Version, a.Chart)
	}
	return nil
}

func (a *ReleaseArgs) validateSource() error {
	switch {
	case a.Chart == "":
		return errors.New("no chart: name one")
	case a.RepositoryURL == "":
		if strings.Contains(a.Chart, "://") && !strings.HasPrefix(a.Chart, ociScheme) {
			return fmt.Errorf("chart %q: write oci://, a path, or a name with the URL of its repository", a.Chart)
		}
		return nil
	case strings.HasPrefix(a.Chart, ociScheme):
		return fmt.Errorf("chart %q is a whole reference: leave out the repository %q", a.Chart, a.RepositoryURL)
	case strings.ContainsAny(a.Chart, "/:"):
		return fmt.Errorf("chart %q of repository %q: name the chart only", a.Chart, a.RepositoryURL)
	}
	repository, err := url.Parse(a.RepositoryURL)
	if err != nil || repository.Host == "" || repository.Scheme != "https" && repository.Scheme != "http" {
		return fmt.Errorf("repository %q of chart %q is no http or https URL: "+
			"write an OCI chart as oci:// in full and without a repository", a.RepositoryURL, a.Chart)
	}
	return nil
}

func (a *ReleaseArgs) validateTimeout() error {
	if a.Timeout < 0 || a.Timeout%time.Second != 0 {
		return fmt.Errorf("timeout %s: Helm counts whole seconds", a.Timeout)
	}
	return nil
}
