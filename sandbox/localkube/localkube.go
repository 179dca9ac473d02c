package localkube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Options of a set of local clusters.
type Options struct {
	// Dir holds one folder a cluster: etcd's data, certificates, kubeconfigs,
	// logs and process records.
	Dir string
	// BinDir holds the programs etcd, kube-apiserver, kube-controller-manager,
	// kube-scheduler and kwok.
	BinDir string
	// AgentCommand starts the agent: the program and the arguments that come
	// before the flags of agent.NewCommand.
	AgentCommand []string
	// Log receives progress for the person who waits; nil discards it.
	Log func(format string, args ...any)
}

// Clusters manages the control planes under one folder. It holds no state of
// its own: everything is on disk and in the process table, so that any process
// may continue what another one started. It is safe for concurrent use, also
// from several processes.
type Clusters struct {
	opts Options
}

// New returns the clusters under o.Dir. It starts nothing; see
// [Clusters.Resume].
func New(o Options) *Clusters {
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	// Processes are recognised by the paths in their arguments, which must
	// not depend on the working directory.
	if abs, err := filepath.Abs(o.Dir); err == nil {
		o.Dir = abs
	}
	if abs, err := filepath.Abs(o.BinDir); err == nil {
		o.BinDir = abs
	}
	return &Clusters{opts: o}
}

// Component is the state of one process of a control plane.
type Component struct {
	Name    string
	Running bool
	// PID is 0 for a component that does not run.
	PID int
}

// ErrNotFound says that no cluster has the name.
var ErrNotFound = errors.New("no such local cluster")

// Names lists the clusters, running or not, in alphabetical order.
func (c *Clusters) Names() ([]string, error) {
	entries, err := os.ReadDir(c.opts.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing local clusters: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Resume starts what has died of every cluster, for example after a reboot of
// the machine. The clusters keep their objects.
func (c *Clusters) Resume(ctx context.Context) error {
	names, err := c.Names()
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, c.CreateCluster(ctx, name))
	}
	return errors.Join(errs...)
}

// Status reports the components of a cluster in the order they start. A
// cluster that does not exist is [ErrNotFound].
func (c *Clusters) Status(name string) ([]Component, error) {
	cl, err := c.existing(name)
	if err != nil {
		return nil, err
	}
	components := cl.components(nil)
	found, err := findProcesses(cl, components)
	if err != nil {
		return nil, err
	}
	status := make([]Component, 0, len(components))
	for _, comp := range components {
		pid := found[comp.name]
		status = append(status, Component{Name: comp.name, Running: pid != 0, PID: pid})
	}
	return status, nil
}

// Kubeconfig is the administrator's kubeconfig of a cluster. It holds a
// private key. A cluster that does not exist is [ErrNotFound].
func (c *Clusters) Kubeconfig(name string) ([]byte, error) {
	cl, err := c.existing(name)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(cl.kubeconfig(userAdmin))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("local cluster %s was not created to the end: create it again", name)
	}
	if err != nil {
		return nil, fmt.Errorf("kubeconfig of local cluster %s: %w", name, err)
	}
	return data, nil
}

// RESTConfig is the administrator's client configuration of a cluster.
func (c *Clusters) RESTConfig(name string) (*rest.Config, error) {
	data, err := c.Kubeconfig(name)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(data)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig of local cluster %s: %w", name, err)
	}
	// The server is on this machine and guards itself with priority and
	// fairness; the client's own throttle would only slow applies down.
	config.QPS = -1
	return config, nil
}

func (c *Clusters) client(name string) (kubernetes.Interface, error) {
	config, err := c.RESTConfig(name)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("client of local cluster %s: %w", name, err)
	}
	return client, nil
}

// clusterName is what EKS accepts as a cluster name, which is also safe as the
// name of a folder.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
var clusterName = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$`)

func (c *Clusters) cluster(name string) (*cluster, error) {
	if !clusterName.MatchString(name) {
		return nil, fmt.Errorf("local cluster name %q: use up to 100 letters, digits, '-' and '_', beginning with a letter or digit", name)
	}
	return &cluster{name: name, dir: filepath.Join(c.opts.Dir, name), opts: &c.opts}, nil
}

func (c *Clusters) existing(name string) (*cluster, error) {
	cl, err := c.cluster(name)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(cl.dir); err != nil {
		return nil, fmt.Errorf("local cluster %s: %w", name, ErrNotFound)
	}
	return cl, nil
}

// lockFile takes a lock that is held across processes and given back when this
// process dies. what is for the message while waiting.
func (c *Clusters) lockFile(ctx context.Context, file, what string) (unlock func(), err error) {
	if err := os.MkdirAll(c.opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the local clusters: %w", err)
	}
	lock := flock.New(filepath.Join(c.opts.Dir, file))
	locked, err := lock.TryLock()
	if err == nil && !locked {
		c.opts.Log("waiting for another process that works on %s", what)
		_, err = lock.TryLockContext(ctx, 50*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", what, err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// cluster is the folder of one cluster.
type cluster struct {
	name string
	dir  string
	opts *Options
}

func (c *cluster) path(parts ...string) string {
	return filepath.Join(append([]string{c.dir}, parts...)...)
}

func (c *cluster) pki(file string) string { return c.path("pki", file) }

func (c *cluster) kubeconfig(user string) string { return c.path(user + ".kubeconfig") }

func (c *cluster) log(component string) string { return c.path("logs", component+".log") }

// checkBinaries names every program that is missing, before any is started.
func (c *cluster) checkBinaries() error {
	if len(c.opts.AgentCommand) == 0 {
		return fmt.Errorf("local cluster %s: no command to start the agent with", c.name)
	}
	var missing []string
	for _, comp := range c.components(nil) {
		program := comp.command[0]
		if filepath.IsAbs(program) && !isExecutable(program) {
			missing = append(missing, program)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("local cluster %s needs programs that are not there: %s", c.name, strings.Join(slices.Compact(missing), ", "))
	}
	return nil
}

func isExecutable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// writeFile replaces a file in one step, so that a reader or a crash never
// meets half of it.
func writeFile(file string, data []byte) error {
	tmp := file + ".tmp"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}
