package localkube_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// occupy listens on an address as soon as its last owner has let go of it.
func occupy(t *testing.T, address string) (release func()) {
	t.Helper()
	var listener net.Listener
	require.Eventually(t, func() bool {
		var err error
		listener, err = net.Listen("tcp", address)
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	return func() { _ = listener.Close() }
}
