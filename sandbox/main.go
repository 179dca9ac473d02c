// Command sandbox runs Gantry with no cloud account: the real Pulumi engine
// over emulated clouds and a real Kubernetes control plane with simulated
// nodes.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// errInterrupted is the cause of a context ended by Ctrl-C or a TERM signal.
var errInterrupted = errors.New("interrupted; run the same command again to go on where it stopped")

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		fmt.Fprintln(os.Stderr, "\nstopping: the engine saves its state (once more to stop at once)")
		cancel(errInterrupted)
		<-signals
		os.Exit(130)
	}()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "gantry:", err)
		os.Exit(1)
	}
}
