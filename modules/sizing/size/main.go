// Command size proposes what a model should request, from what it was measured to
// use, and shows the change of its file. It is run at the root of the repository:
//
//	go run ./modules/sizing/size --model image-classifier --csv load.csv
//	go run ./modules/sizing/size --model image-classifier --prometheus http://localhost:9090
//
// docs/right-sizing.md has the sums.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"gantry.dev/gantry/modules/sizing"
)

// options are what the command is told.
type options struct {
	model, stack, cloud        string
	csv, prometheus, tokenFile string
	namespace                  string
	window, step               time.Duration
	sizing                     sizing.Options
	write                      bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, ".", os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

// run proposes for the repository in a folder.
func run(ctx context.Context, root string, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	p, err := readProject(root, o)
	if err != nil {
		return err
	}
	usage, source, err := measured(ctx, o)
	if err != nil {
		return err
	}
	proposal, err := sizing.Propose(p.model, p.node, usage, o.sizing)
	if err != nil {
		return err
	}
	change, err := p.change(proposal)
	if err != nil {
		return err
	}
	if err := report(out, o, source, proposal, change); err != nil {
		return err
	}
	if !o.write {
		return nil
	}
	return p.write(out, change)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("size", flag.ContinueOnError)
	flags.StringVar(&o.model, "model", "", "`name` of the model")
	flags.StringVar(&o.stack, "stack", "dev", "`name` of the stack whose configuration the model is judged by")
	flags.StringVar(&o.cloud, "cloud", "", "`cloud` that stands in for the stack's own")
	flags.StringVar(&o.csv, "csv", "", "`file` of measurements; - reads standard input")
	flags.StringVar(&o.prometheus, "prometheus", "", "`URL` of a Prometheus to ask")
	flags.StringVar(&o.tokenFile, "bearer-token-file", "", "`file` with the token that Prometheus asks for")
	flags.StringVar(&o.namespace, "namespace", "models", "`namespace` of the model's pods")
	flags.DurationVar(&o.window, "window", 24*time.Hour, "how far back Prometheus is asked")
	flags.DurationVar(&o.step, "step", time.Minute, "time between two samples of Prometheus")
	flags.IntVar(&o.sizing.Concurrency, "concurrency", 1, "`requests` that one replica works on at the same time")
	flags.IntVar(&o.sizing.Utilization, "utilization", 70, "how busy a replica should be, in `percent`")
	flags.DurationVar(&o.sizing.Startup, "startup", 0, "how long a new replica takes until it answers (default scale.startupSeconds, or 2m)")
	flags.BoolVar(&o.write, "write", false, "write the change into the model file")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	switch {
	case flags.NArg() > 0:
		return options{}, fmt.Errorf("%q is no option; see --help", flags.Arg(0))
	case o.model == "":
		return options{}, errors.New("name the model, for example: make size MODEL=image-classifier CSV=load.csv")
	case (o.csv == "") == (o.prometheus == ""):
		return options{}, errors.New("name one source of measurements: CSV=load.csv, or PROMETHEUS=http://localhost:9090")
	case o.tokenFile != "" && o.prometheus == "":
		return options{}, errors.New("a token is for Prometheus: remove --bearer-token-file, or name --prometheus")
	case o.sizing.Concurrency < 1:
		return options{}, fmt.Errorf("--concurrency %d is no number of requests: write 1 or more", o.sizing.Concurrency)
	case o.sizing.Utilization < 1 || o.sizing.Utilization > 100:
		return options{}, fmt.Errorf("--utilization %d is not between 1 and 100", o.sizing.Utilization)
	}
	return o, nil
}

// measured is what the model used, and where that was read, for people.
func measured(ctx context.Context, o options) (sizing.Usage, string, error) {
	switch o.csv {
	case "":
	case "-":
		usage, err := sizing.ReadCSV(os.Stdin)
		return usage, "standard input", err
	default:
		file, err := os.Open(o.csv)
		if err != nil {
			return sizing.Usage{}, "", fmt.Errorf("reading the measurements: %w", err)
		}
		defer file.Close()
		usage, err := sizing.ReadCSV(file)
		if err != nil {
			return sizing.Usage{}, "", fmt.Errorf("%s: %w", o.csv, err)
		}
		return usage, o.csv, nil
	}
	server := sizing.Prometheus{URL: o.prometheus, Client: &http.Client{Timeout: time.Minute}}
	if o.tokenFile != "" {
		token, err := os.ReadFile(o.tokenFile)
		if err != nil {
			return sizing.Usage{}, "", fmt.Errorf("reading the token of Prometheus: %w", err)
		}
		server.Token = strings.TrimSpace(string(token))
	}
	window := sizing.Window{End: time.Now(), Length: o.window, Step: o.step}
	usage, err := server.Usage(ctx, o.namespace, o.model, window)
	return usage, fmt.Sprintf("%v, %v", server, window), err
}
