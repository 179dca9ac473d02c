package kubeprovider

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/registry"
	"helm.sh/helm/v3/pkg/repo"
)

// errUnreachableChart says that a chart is on a machine that cannot be reached
// from here: nothing is known against the chart itself.
var errUnreachableChart = errors.New("the chart is on a machine that cannot be reached")

const (
	// dialTimeout is how long another machine may take to accept a
	// connection: a stack has a dozen charts, and on a train none answers.
	dialTimeout = 2 * time.Second
	// fetchTimeout bounds one request for an index or a chart.
	fetchTimeout = 30 * time.Second
)

// charts finds charts: in folders, in packed files, and in the repositories
// and registries that can be reached.
type charts struct {
	// project is where relative paths start.
	project string
	// network allows to ask other machines. Loopback is always asked.
	network bool

	mu sync.Mutex
	// answers tells of each other machine whether it accepted a connection.
	answers map[string]bool
	// fetched keeps what was downloaded: a pinned version does not change.
	fetched map[string][]byte
}

func newCharts(o Options) *charts {
	return &charts{project: o.Project, network: o.Network, answers: map[string]bool{}, fetched: map[string][]byte{}}
}

// load returns the chart of a release, errUnreachableChart when its machine
// cannot be reached, or another error when there is no such chart.
func (c *charts) load(ctx context.Context, r *release) (*chart.Chart, error) {
	loaded, err := c.find(ctx, r)
	if err != nil {
		return nil, err
	}
	switch loaded.Metadata.Type {
	case "", "application":
		return loaded, nil
	}
	return nil, fmt.Errorf("%s charts are not installable", loaded.Metadata.Type)
}

func (c *charts) find(ctx context.Context, r *release) (*chart.Chart, error) {
	repository := r.RepositoryOpts.Repo
	switch {
	case registry.IsOCI(r.Chart):
		return c.fetch(ctx, r, r.Chart, pullChart)
	case registry.IsOCI(repository):
		return nil, fmt.Errorf("repository %q is a registry: give the chart as %s/%s and no repository",
			repository, strings.TrimSuffix(repository, "/"), r.Chart)
	case repository != "":
		return c.fetch(ctx, r, repository, downloadChart)
	case strings.Contains(r.Chart, "://"):
		return c.fetch(ctx, r, r.Chart, func(ctx context.Context, r *release, _ bool) ([]byte, error) {
			return get(ctx, r, r.Chart)
		})
	}
	return c.open(r.Chart)
}

// open loads a folder or a packed chart.
func (c *charts) open(path string) (*chart.Chart, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.project, path)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("no chart at %s: name a folder with a Chart.yaml or a packed chart, "+
			"or the repository that has the chart", path)
	}
	loaded, err := loader.Load(path)
	if err != nil {
		return nil, fmt.Errorf("chart at %s: %w", path, err)
	}
	return loaded, nil
}

// download gets a packed chart; loopback tells whether it comes from this
// machine.
type download func(ctx context.Context, r *release, loopback bool) ([]byte, error)

// fetch gets a chart from an address unless it did before.
func (c *charts) fetch(ctx context.Context, r *release, address string, from download) (*chart.Chart, error) {
	key := strings.Join([]string{r.RepositoryOpts.Repo, r.Chart, r.Version}, " ")
	c.mu.Lock()
	packed, known := c.fetched[key]
	c.mu.Unlock()
	if !known {
		host, err := hostOf(address)
		if err != nil {
			return nil, err
		}
		if !c.reachable(ctx, host) {
			return nil, errUnreachableChart
		}
		if packed, err = from(ctx, r, loopback(host)); err != nil {
			return nil, fmt.Errorf("chart %s %s from %s: %w", r.Chart, r.Version, address, err)
		}
		c.mu.Lock()
		c.fetched[key] = packed
		c.mu.Unlock()
	}
	loaded, err := loader.LoadArchive(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("chart %s %s from %s: %w", r.Chart, r.Version, address, err)
	}
	return loaded, nil
}

// reachable tells whether something listens at host:port. Another machine is
// dialed once, and only when the network is allowed.
func (c *charts) reachable(ctx context.Context, host string) bool {
	if loopback(host) {
		return accepts(ctx, host)
	}
	if !c.network {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	answers, known := c.answers[host]
	if !known {
		answers = accepts(ctx, host)
		c.answers[host] = answers
	}
	return answers
}

func accepts(ctx context.Context, host string) bool {
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// hostOf returns host:port of a URL, with the port of its scheme if it names
// none.
func hostOf(address string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return "", fmt.Errorf("%q is not the URL of a repository or registry", address)
	}
	if parsed.Port() != "" {
		return parsed.Host, nil
	}
	if parsed.Scheme == "http" {
		return net.JoinHostPort(parsed.Hostname(), "80"), nil
	}
	return net.JoinHostPort(parsed.Hostname(), "443"), nil
}

func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		return false
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// downloadChart gets a chart from a repository by its index.
func downloadChart(ctx context.Context, r *release, _ bool) ([]byte, error) {
	repository := r.RepositoryOpts.Repo
	index, err := get(ctx, r, strings.TrimSuffix(repository, "/")+"/index.yaml")
	if err != nil {
		return nil, err
	}
	entries, err := parseIndex(index)
	if err != nil {
		return nil, err
	}
	entry, err := entries.Get(r.Chart, r.Version)
	if err != nil {
		return nil, fmt.Errorf("the repository's index has no such chart: %w", err)
	}
	if len(entry.URLs) == 0 {
		return nil, errors.New("the repository's index has no URL for it")
	}
	location, err := repo.ResolveReferenceURL(repository, entry.URLs[0])
	if err != nil {
		return nil, fmt.Errorf("URL %q of the repository's index: %w", entry.URLs[0], err)
	}
	return get(ctx, r, location)
}

// parseIndex reads an index, which the library reads from files only.
func parseIndex(content []byte) (*repo.IndexFile, error) {
	file, err := os.CreateTemp("", "helm-index-*.yaml")
	if err != nil {
		return nil, fmt.Errorf("a file for the repository's index: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, writeErr := file.Write(content)
	if err := errors.Join(writeErr, file.Close()); err != nil {
		return nil, fmt.Errorf("writing the repository's index: %w", err)
	}
	index, err := repo.LoadIndexFile(file.Name())
	if err != nil {
		return nil, fmt.Errorf("the repository's index: %w", err)
	}
	return index, nil
}

// get downloads a URL. Credentials go to the repository's own host only.
func get(ctx context.Context, r *release, location string) ([]byte, error) {
	options := []getter.Option{getter.WithTimeout(fetchTimeout)}
	if sameHost(location, r.RepositoryOpts.Repo) {
		options = append(options,
			getter.WithURL(location), getter.WithBasicAuth(r.RepositoryOpts.Username, r.RepositoryOpts.Password))
	}
	client, err := getter.NewHTTPGetter(options...)
	if err != nil {
		return nil, err
	}
	content, err := await(ctx, func() (*bytes.Buffer, error) { return client.Get(location, options...) })
	if err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && x.Host == y.Host
}

// pullChart gets a chart from a registry; one on this machine speaks plain
// HTTP.
func pullChart(ctx context.Context, r *release, loopback bool) ([]byte, error) {
	options := []registry.ClientOption{registry.ClientOptWriter(io.Discard)}
	if loopback {
		options = append(options, registry.ClientOptPlainHTTP())
	}
	if r.RepositoryOpts.Username != "" {
		options = append(options, registry.ClientOptBasicAuth(r.RepositoryOpts.Username, r.RepositoryOpts.Password))
	}
	client, err := registry.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("client for the registry: %w", err)
	}
	// A tag has no plus sign: Helm writes an underscore for it.
	reference := strings.TrimPrefix(r.Chart, registry.OCIScheme+"://") + ":" + strings.ReplaceAll(r.Version, "+", "_")
	pulled, err := await(ctx, func() (*registry.PullResult, error) { return client.Pull(reference) })
	if err != nil {
		return nil, err
	}
	return pulled.Chart.Data, nil
}

// await runs what cannot be told to stop, and leaves it behind when ctx ends.
func await[T any](ctx context.Context, run func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := run()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
