package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"

	"gantry.dev/gantry/modules/previewreport"
	"gantry.dev/gantry/modules/previewreport/comment"
)

// post puts a report on the pull request, or the merge request, of the job.
func post(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	var stack, report string
	var number int
	flags := flag.NewFlagSet("previewreport post", flag.ContinueOnError)
	flags.StringVar(&stack, "stack", "", "`name` of the stack that the report is of")
	flags.StringVar(&report, "report", "", "`FILE` with the report")
	flags.IntVar(&number, "pr", 0, "`number` of the pull request (default: that of the job)")
	if err := parse(flags, args); err != nil {
		return err
	}
	if stack == "" || report == "" {
		return errors.New("name the stack with --stack and the report with --report")
	}
	body, err := os.ReadFile(report)
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	thread, where, err := thread(number, env)
	if err != nil {
		return err
	}
	outcome, err := comment.Poster{}.Upsert(ctx, thread, previewreport.Marker(stack), string(body))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s the comment on %s\n", outcome, where)
	return nil
}

// pullRef is the ref of a workflow that runs on a pull request.
var pullRef = regexp.MustCompile(`^refs/pull/(\d+)/`)

// pullOf is the pull request that a workflow runs for, or 0.
func pullOf(env func(string) string) int {
	if number, err := strconv.Atoi(env("PR_NUMBER")); err == nil {
		return number
	}
	if ref := pullRef.FindStringSubmatch(env("GITHUB_REF")); ref != nil {
		number, _ := strconv.Atoi(ref[1]) // of digits only
		return number
	}
	return 0
}

// thread is the conversation that the environment of the job names.
func thread(number int, env func(string) string) (comment.Thread, string, error) {
	if repository := env("GITHUB_REPOSITORY"); repository != "" {
		if number == 0 {
			number = pullOf(env)
		}
		token := env("GITHUB_TOKEN")
		if number == 0 || token == "" {
			return nil, "", errors.New("GITHUB_TOKEN is not set, or the job runs for no pull request: set it from secrets.GITHUB_TOKEN, and name the pull request with --pr")
		}
		return comment.GitHub{URL: env("GITHUB_API_URL"), Repository: repository, Pull: number, Token: token},
			fmt.Sprintf("pull request %d of %s", number, repository), nil
	}
	if project := env("CI_PROJECT_ID"); project != "" {
		if number == 0 {
			number, _ = strconv.Atoi(env("CI_MERGE_REQUEST_IID")) // unset: 0
		}
		token := env("GITLAB_TOKEN")
		if number == 0 || token == "" {
			return nil, "", errors.New("GITLAB_TOKEN is not set, or the job runs for no merge request: set it to a token with the scope api, and run the job on merge requests")
		}
		return comment.GitLab{URL: cmp.Or(env("CI_API_V4_URL"), "https://gitlab.com/api/v4"), Project: project, Merge: number, Token: token},
			fmt.Sprintf("merge request %d of project %s", number, project), nil
	}
	return nil, "", errors.New("neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set: this is no job of GitHub or GitLab")
}
