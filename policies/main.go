// Command policies is the policy pack. The engine starts it for a preview or an
// up with `--policy-pack policies`; what it judges is in rules. Nothing else of
// the pack knows the engine's protocol: a change of it ends in server.go.
//
// Nothing may be printed to standard output, on which the engine waits for the
// port of the pack.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// packName is what the engine shows, and packVersion grows with every change of
// what the pack refuses.
const (
	packName    = "gantry"
	packVersion = "1.0.0"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "policies:", err)
		os.Exit(1)
	}
}

// serve answers the engine until it ends the pack.
func serve() error {
	pack, err := newPack("", "")
	if err != nil {
		return err
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(to *grpc.Server) error {
		pulumirpc.RegisterAnalyzerServer(to, &server{pack: pack})
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}
