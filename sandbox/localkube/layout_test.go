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
