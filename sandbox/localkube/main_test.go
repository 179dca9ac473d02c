package localkube_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

// agentArg makes the test binary act as the agent, as the sandbox's own binary
// does.
const agentArg = "agent"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == agentArg {
		cmd := agent.NewCommand()
		cmd.SetArgs(os.Args[2:])
		if err := cmd.ExecuteContext(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if err := shared.tearDown(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// programs of a control plane, in the folder where the sandbox builds them.
var programs = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"}

func binDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../.gantry/bin")
	require.NoError(t, err)
	for _, program := range programs {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			t.Skipf("no control plane to test with: %v; the sandbox builds it on its first start", err)
		}
	}
	return dir
}

func options(t *testing.T, dir string) localkube.Options {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return localkube.Options{
		Dir: dir, BinDir: binDir(t), AgentCommand: []string{self, agentArg},
		Log: func(format string, args ...any) { fmt.Printf("    "+format+"\n", args...) },
	}
}

// shared is one control plane for all tests that leave it alive.
var shared sharedCluster

const sharedName = "shared"

type sharedCluster struct {
	once     sync.Once
	dir      string
	clusters *localkube.Clusters
	err      error
}

func (s *sharedCluster) get(t *testing.T) *localkube.Clusters {
	t.Helper()
	o := options(t, "")
	s.once.Do(func() {
		if s.dir, s.err = os.MkdirTemp("", "localkube"); s.err != nil {
			return
		}
		o.Dir = s.dir
		s.clusters = localkube.New(o)
		s.err = s.clusters.CreateCluster(context.Background(), sharedName)
	})
	require.NoError(t, s.err)
	return s.clusters
}

func (s *sharedCluster) tearDown() error {
	if s.clusters == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.clusters.DeleteCluster(ctx, sharedName); err != nil {
		return err
	}
	return os.RemoveAll(s.dir)
}

func sharedClient(t *testing.T) (*localkube.Clusters, kubernetes.Interface) {
	t.Helper()
	clusters := shared.get(t)
	return clusters, clientOf(t, clusters, sharedName)
}

func clientOf(t *testing.T, clusters *localkube.Clusters, name string) kubernetes.Interface {
	t.Helper()
	config, err := clusters.RESTConfig(name)
	require.NoError(t, err)
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	return client
}
