// Command checkvalues compares the values that Gantry gives to Helm charts with
// what the charts know. Helm passes over a key that a chart does not know, so
// that a key renamed by an upgrade is a setting lost without a word.
//
//	checkvalues --charts DIR
//
// DIR holds charts, as folders or packed, or plain values files that are named
// after their charts. The platform is built in memory, for every cloud and with
// everything that changes values, and nothing is asked outside of this machine.
// It exits with 1 when a chart does not know a key, and with 2 when it could not
// check at all.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// The exit codes.
const (
	exitKnown   = 0
	exitUnknown = 1
	exitFailed  = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("checkvalues", flag.ContinueOnError)
	flags.SetOutput(problems)
	dir := flags.String("charts", "", "folder with charts or values files")
	if err := flags.Parse(args); err != nil {
		return exitFailed
	}
	unknown, err := check(*dir, out)
	if err != nil {
		_, _ = fmt.Fprintln(problems, "checkvalues:", err)
		return exitFailed
	}
	if unknown > 0 {
		return exitUnknown
	}
	return exitKnown
}

// check writes the report and returns how many keys are unknown.
func check(dir string, out io.Writer) (int, error) {
	if dir == "" {
		return 0, errors.New("name a folder with charts: make check-values CHARTS=dir")
	}
	found, err := chartsIn(dir)
	if err != nil {
		return 0, err
	}
	var all []release
	for _, v := range variants() {
		releases, err := v.releases()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", v.name, err)
		}
		all = append(all, releases...)
	}
	r := compare(all, found)
	r.write(out, dir)
	return r.unknown(), nil
}
