// Command cmd writes the report of a preview and puts it on a pull request. It is
// run at the root of the repository:
//
//	go run ./modules/previewreport/cmd --events events.jsonl --stack dev --out report.md
//	go run ./modules/previewreport/cmd post --stack dev --report report.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "previewreport:", err)
		os.Exit(1)
	}
}

// run is the command: post as the first argument posts, anything else writes.
func run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	if len(args) > 0 && args[0] == "post" {
		return post(ctx, args[1:], env, out)
	}
	return write(args, env, out)
}

// parse reads flags and refuses what is none.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag of %s", flags.Arg(0), flags.Name())
	}
	return nil
}
