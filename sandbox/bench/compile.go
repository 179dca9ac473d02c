package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// cloudSDKs begin the import path of every package of a cloud's SDK.
var cloudSDKs = []string{
	"github.com/pulumi/pulumi-aws/sdk/", "github.com/pulumi/pulumi-gcp/sdk/", "github.com/pulumi/pulumi-azure-native-sdk/",
}

// compileLimit is how many times the cold compile of the cloud packages alone
// the cold compile of the whole program may take.
const compileLimit = 2.5

// build is one measured run of the compiler with an empty build cache.
type build struct {
	elapsed time.Duration
	// peakMiB is the memory of the largest process of the build.
	peakMiB int64
}

// compileTimes compares the whole program with the cloud packages that it
// cannot do without.
func compileTimes(ctx context.Context, repository, scratch string) error {
	fmt.Println("Cold compile (empty build cache)")
	packages, err := cloudPackages(ctx, repository)
	if err != nil {
		return err
	}
	cloud, err := coldBuild(ctx, repository, filepath.Join(scratch, "cache-cloud"), packages...)
	if err != nil {
		return err
	}
	fmt.Printf("  %-44s %6.1f s  %5d MiB\n", fmt.Sprintf("%d packages of three clouds, with what they need", len(packages)), cloud.elapsed.Seconds(), cloud.peakMiB)
	program, err := coldBuild(ctx, repository, filepath.Join(scratch, "cache-program"), "./infra")
	if err != nil {
		return err
	}
	fmt.Printf("  %-44s %6.1f s  %5d MiB\n", "the program", program.elapsed.Seconds(), program.peakMiB)
	ratio := program.elapsed.Seconds() / cloud.elapsed.Seconds()
	fmt.Printf("  %-44s %6.2f\n", "ratio", ratio)
	if ratio > compileLimit {
		return fmt.Errorf("the program takes %.2f times as long as its cloud packages, more than %.1f", ratio, compileLimit)
	}
	return nil
}

func cloudPackages(ctx context.Context, repository string) ([]string, error) {
	list := exec.CommandContext(ctx, "go", "list", "-deps", "./infra")
	list.Dir = repository
	output, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list the packages of the program: %w", err)
	}
	var packages []string
	for path := range strings.FieldsSeq(string(output)) {
		if slices.ContainsFunc(cloudSDKs, func(sdk string) bool { return strings.HasPrefix(path, sdk) }) {
			packages = append(packages, path)
		}
	}
	return packages, nil
}

func coldBuild(ctx context.Context, dir, cache string, packages ...string) (build, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"build", "-o", os.DevNull}, packages...)...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOCACHE="+cache)
	start := time.Now()
	output, err := command.CombinedOutput()
	if err != nil {
		return build{}, fmt.Errorf("%s: %w\n%s", command, err, output)
	}
	measured := build{elapsed: time.Since(start)}
	if usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		// Linux counts in KiB, and a process's figure includes the children
		// that it waited for.
		measured.peakMiB = usage.Maxrss / 1024
	}
	return measured, os.RemoveAll(cache)
}
