package localkube_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"gantry.dev/gantry/sandbox/localkube"
)

const clusterName = "crash-test"

func TestClusterSurvivesCrashesAndDeletionLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	clusters := localkube.New(options(t, dir))
	t.Cleanup(func() { assert.NoError(t, clusters.DeleteCluster(t.Context(), clusterName)) })

	begin := time.Now()
	createConcurrently(t, dir, 3)
	t.Logf("created in %s", time.Since(begin).Round(100*time.Millisecond))
	client := clientOf(t, clusters, clusterName)
	kept := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}
	_, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), kept, metav1.CreateOptions{})
	require.NoError(t, err)
	before := pids(t, clusters)

	t.Run("creating again starts nothing", func(t *testing.T) {
		require.NoError(t, clusters.CreateCluster(t.Context(), clusterName))
		assert.Equal(t, before, pids(t, clusters))
		assert.Len(t, processesUnder(t, dir), len(before))
	})

	t.Run("killed components come back with their data", func(t *testing.T) {
		for _, name := range []string{"etcd", "kube-apiserver"} {
			require.NoError(t, syscall.Kill(before[name], syscall.SIGKILL))
		}
		require.Eventually(t, func() bool {
			running := pids(t, clusters)
			return running["etcd"] == 0 && running["kube-apiserver"] == 0
		}, 10*time.Second, 50*time.Millisecond)

		// Another process, which knows only what is on disk.
		again := localkube.New(options(t, dir))
		require.NoError(t, again.CreateCluster(t.Context(), clusterName))
		_, err := clientOf(t, again, clusterName).CoreV1().ConfigMaps("default").Get(t.Context(), "kept", metav1.GetOptions{})
		assert.NoError(t, err)
		after := pids(t, clusters)
		assert.NotEqual(t, before["etcd"], after["etcd"])
		assert.Equal(t, before["kube-scheduler"], after["kube-scheduler"], "what ran is left alone")
		assert.NoError(t, again.PutNode(t.Context(), clusterName, cpuNode("after-crash", "us-east-1a")))
	})

	t.Run("after a reboot all of it resumes", func(t *testing.T) {
		for _, pid := range pids(t, clusters) {
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}
		require.NoError(t, clusters.Resume(t.Context()))
		for name, pid := range pids(t, clusters) {
			assert.NotZero(t, pid, name)
		}
		_, err := client.CoreV1().ConfigMaps("default").Get(t.Context(), "kept", metav1.GetOptions{})
		assert.NoError(t, err)
	})

	t.Run("a component without a pid file is found, not started twice", func(t *testing.T) {
		running := pids(t, clusters)
		require.NoError(t, os.Remove(filepath.Join(dir, clusterName, "run", "kwok.json")))
		require.NoError(t, clusters.CreateCluster(t.Context(), clusterName))
		assert.Equal(t, running, pids(t, clusters))
	})

	t.Run("a taken port moves the cluster", func(t *testing.T) {
		config, err := clusters.RESTConfig(clusterName)
		require.NoError(t, err)
		port := strings.TrimPrefix(config.Host, "https://")
		require.NoError(t, syscall.Kill(pids(t, clusters)["kube-apiserver"], syscall.SIGKILL))
		release := occupy(t, port)
		defer release()
		require.NoError(t, clusters.CreateCluster(t.Context(), clusterName))
		moved, err := clusters.RESTConfig(clusterName)
		require.NoError(t, err)
		assert.NotEqual(t, config.Host, moved.Host)
		_, err = clientOf(t, clusters, clusterName).CoreV1().ConfigMaps("default").Get(t.Context(), "kept", metav1.GetOptions{})
		assert.NoError(t, err)
	})

	require.NoError(t, clusters.DeleteCluster(t.Context(), clusterName))
	assert.NoDirExists(t, filepath.Join(dir, clusterName))
	assert.Empty(t, processesUnder(t, dir))
	names, err := clusters.Names()
	require.NoError(t, err)
	assert.Empty(t, names)
	_, err = clusters.Status(clusterName)
	require.ErrorIs(t, err, localkube.ErrNotFound)
	assert.NoError(t, clusters.DeleteCluster(t.Context(), clusterName), "deleting twice is no error")
}

// createConcurrently calls CreateCluster from several independent callers.
func createConcurrently(t *testing.T, dir string, callers int) {
	t.Helper()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			assert.NoError(t, localkube.New(options(t, dir)).CreateCluster(t.Context(), clusterName))
		})
	}
	group.Wait()
	require.Len(t, processesUnder(t, dir), 6, "one process a component")
}

func TestDeleteClusterEndsAHalfStartedCluster(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.AgentCommand = []string{"/bin/false"}
	clusters := localkube.New(o)

	err := clusters.CreateCluster(t.Context(), "half")
	require.ErrorContains(t, err, "agent ended while starting")
	require.NotEmpty(t, processesUnder(t, dir))

	require.NoError(t, clusters.DeleteCluster(t.Context(), "half"))
	assert.Empty(t, processesUnder(t, dir))
	assert.NoDirExists(t, filepath.Join(dir, "half"))
}

func TestCreateClusterNamesEveryMissingProgram(t *testing.T) {
	empty := t.TempDir()
	clusters := localkube.New(localkube.Options{Dir: t.TempDir(), BinDir: empty, AgentCommand: []string{"/bin/true"}})
	err := clusters.CreateCluster(t.Context(), "x")
	for _, program := range programs {
		assert.ErrorContains(t, err, filepath.Join(empty, program))
	}
}

func TestClusterNamesStayInsideTheFolder(t *testing.T) {
	clusters := localkube.New(localkube.Options{Dir: t.TempDir()})
	for _, name := range []string{"", "..", "../x", "a/b", ".hidden", "-x", strings.Repeat("a", 101)} {
		assert.ErrorContains(t, clusters.CreateCluster(t.Context(), name), "name", name)
		assert.ErrorContains(t, clusters.DeleteCluster(t.Context(), name), "name", name)
	}
}

func TestKubeconfigIsSelfContained(t *testing.T) {
	clusters := shared.get(t)
	data, err := clusters.Kubeconfig(sharedName)
	require.NoError(t, err)
	config, err := clientcmd.Load(data)
	require.NoError(t, err)
	assert.Equal(t, sharedName, config.CurrentContext)
	for _, user := range config.AuthInfos {
		assert.NotEmpty(t, user.ClientKeyData)
		assert.Empty(t, user.ClientKey)
	}
}

func pids(t *testing.T, clusters *localkube.Clusters) map[string]int {
	t.Helper()
	status, err := clusters.Status(clusterName)
	require.NoError(t, err)
	found := map[string]int{}
	for _, c := range status {
		found[c.Name] = c.PID
	}
	return found
}

// processesUnder finds processes by what they were given, without the records
// of the package under test.
func processesUnder(t *testing.T, dir string) []string {
	t.Helper()
	all, err := process.Processes()
	require.NoError(t, err)
	var found []string
	for _, p := range all {
		line, err := p.Cmdline()
		if err != nil || !strings.Contains(line, dir) || int(p.Pid) == os.Getpid() {
			continue
		}
		if status, err := p.Status(); err == nil && status[0] != process.Zombie {
			found = append(found, line)
		}
	}
	return found
}
