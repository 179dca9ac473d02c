package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"gantry.dev/gantry/modules/previewreport"
	"gantry.dev/gantry/modules/previewreport/page"
)

// write writes the report of an event log.
func write(args []string, env func(string) string, out io.Writer) error {
	var events, target, web, base string
	options := previewreport.Options{}
	flags := flag.NewFlagSet("previewreport", flag.ContinueOnError)
	flags.StringVar(&events, "events", "", "event log of the preview: pulumi preview --event-log `FILE`")
	flags.StringVar(&options.Stack, "stack", "", "`name` of the stack (default: that of the log)")
	flags.IntVar(&options.ExitCode, "exit-code", 0, "exit `code` of the preview; anything but 0 is a failure, whatever the log says")
	flags.StringVar(&target, "out", "", "`FILE` for the report (default: standard output)")
	flags.StringVar(&web, "html", "", "`FILE` for the report as a page to look at")
	flags.StringVar(&base, "base-cost", "", "`FILE` with the output cost of another stack, to compare a new one with")
	flags.StringVar(&options.Docs, "docs", docs(env), "`URL` of the repository's files, for links")
	flags.IntVar(&options.Limit, "limit", previewreport.Limit, "greatest length of the report, in `bytes`")
	if err := parse(flags, args); err != nil {
		return err
	}
	if events == "" {
		return errors.New("name the event log with --events")
	}
	preview, err := read(events, options)
	if err != nil {
		return err
	}
	if base != "" {
		if options.Base, err = readCost(base); err != nil {
			return err
		}
	}
	report := previewreport.Markdown(preview, options)
	if web != "" {
		if err := writePage(web, report); err != nil {
			return err
		}
	}
	if target == "" {
		_, err := io.WriteString(out, report)
		return err
	}
	return os.WriteFile(target, []byte(report), 0o644)
}

// docs is where the files of the commit are shown, in a workflow of GitHub or a
// job of GitLab.
func docs(env func(string) string) string {
	if repository, commit := env("GITHUB_REPOSITORY"), env("GITHUB_SHA"); repository != "" && commit != "" {
		return strings.TrimSuffix(env("GITHUB_SERVER_URL"), "/") + "/" + repository + "/blob/" + commit
	}
	if project, commit := env("CI_PROJECT_URL"), env("CI_COMMIT_SHA"); project != "" && commit != "" {
		return project + "/-/blob/" + commit
	}
	return ""
}

// read reads the event log. A preview that failed before it wrote one has a
// report all the same.
func read(events string, options previewreport.Options) (*previewreport.Preview, error) {
	file, err := os.Open(events)
	if errors.Is(err, fs.ErrNotExist) && options.ExitCode != 0 {
		return previewreport.Read(strings.NewReader(""))
	}
	if err != nil {
		return nil, fmt.Errorf("read the event log: %w", err)
	}
	defer file.Close()
	preview, err := previewreport.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", events, err)
	}
	return preview, nil
}

func readCost(name string) (*previewreport.Cost, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the cost to compare with: %w", err)
	}
	cost, err := previewreport.ParseCost(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return cost, nil
}

func writePage(name, report string) error {
	rendered, err := page.Render("Preview", report)
	if err != nil {
		return err
	}
	return os.WriteFile(name, rendered, 0o644)
}
