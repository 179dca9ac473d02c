package localkube

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAllocatableIsWhatEKSImagesLeave(t *testing.T) {
	for _, test := range []struct {
		name                          string
		node                          Node
		cpu, memory, ephemeralStorage string
	}{
		// 80 millicores and 255 + 11·58 + 100 MiB less.
		{"m5.xlarge", Node{VCPU: 4, MemoryMiB: 16384, DiskGiB: 100, MaxPods: 58}, "3920m", "15391Mi", "89Gi"},
		{"t3.small", Node{VCPU: 2, MemoryMiB: 2048, DiskGiB: 20, MaxPods: 11}, "1930m", "1572Mi", "17Gi"},
		{"p4d.24xlarge", Node{VCPU: 96, MemoryMiB: 1179648, DiskGiB: 500, MaxPods: 737}, "95690m", "1171186Mi", "449Gi"},
		{"too small to be true", Node{VCPU: 1, MemoryMiB: 128, DiskGiB: 1, MaxPods: 8}, "940m", "0", "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.node.allocatable()
			assert.Equal(t, test.cpu, got.Cpu().String())
			assert.Equal(t, test.memory, got.Memory().String())
			assert.Equal(t, test.ephemeralStorage, got.StorageEphemeral().String())
		})
	}
}

func TestPortsAreKeptAndNotSharedWithOtherClusters(t *testing.T) {
	dir := t.TempDir()
	taken := map[int]string{}
	for i := range 20 {
		c := &cluster{dir: filepath.Join(dir, strconv.Itoa(i)), opts: &Options{}}
		require.NoError(t, os.Mkdir(c.dir, 0o700))
		p, err := c.choosePorts()
		require.NoError(t, err)
		loaded, err := c.loadPorts()
		require.NoError(t, err)
		assert.Equal(t, p, loaded)
		for name, port := range p {
			assert.Empty(t, taken[port], "port %d", port)
			taken[port] = name
		}
	}
}

func TestPortOfAnotherProgramBlocksADeadComponent(t *testing.T) {
	c := &cluster{dir: t.TempDir(), opts: &Options{}}
	p, err := c.choosePorts()
	require.NoError(t, err)
	require.False(t, c.blocked(p, nil))

	listener, err := net.Listen("tcp", p.address(portScheduler))
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	assert.True(t, c.blocked(p, nil))
	assert.False(t, c.blocked(p, map[string]int{scheduler: 1}), "it is the component's own")
}

func TestCertificatesAreMadeOnceAndSeparateTheAuthorities(t *testing.T) {
	c := &cluster{name: "test", dir: t.TempDir()}
	require.NoError(t, os.Mkdir(c.path("pki.tmp"), 0o700), "left by a crash")
	require.NoError(t, c.ensurePKI())
	before, err := os.ReadFile(c.pki(caCluster + ".crt"))
	require.NoError(t, err)
	require.NoError(t, c.ensurePKI())
	after, err := os.ReadFile(c.pki(caCluster + ".crt"))
	require.NoError(t, err)
	assert.Equal(t, before, after)

	for _, cert := range certificates() {
		for _, ca := range []string{caCluster, caEtcd, caFrontProxy} {
			err := verify(t, c, cert.name, ca)
			assert.Equal(t, ca == cert.ca, err == nil, "%s by %s: %v", cert.name, ca, err)
		}
	}
	files, err := os.ReadDir(c.path("pki"))
	require.NoError(t, err)
	for _, file := range files {
		info, err := file.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file.Name())
	}
}

func verify(t *testing.T, c *cluster, name, ca string) error {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(c.pki(name+".crt"), c.pki(name+".key"))
	require.NoError(t, err)
	authority, err := os.ReadFile(c.pki(ca + ".crt"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(authority))
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err
}
