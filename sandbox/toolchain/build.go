package toolchain

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

// Builder builds tools into a folder.
type Builder struct {
	// Root is the sandbox folder of the repository.
	Root string
	// Bin receives the binaries.
	Bin string
	// Out receives the progress.
	Out io.Writer
	// Live redraws one progress line in place; otherwise a line is printed
	// now and then.
	Live bool
}

// Build brings the tools up to date, one after the other: each build already
// keeps every core busy. It says what it builds and how far it is, and nothing
// when all is there.
func (b *Builder) Build(ctx context.Context, tools []Tool) error {
	if err := os.MkdirAll(b.Bin, 0o755); err != nil {
		return fmt.Errorf("make the folder for the tools: %w", err)
	}
	var todo []Tool
	for _, tool := range tools {
		if tool.Name == Pulumi.Name && OnPath(ctx) != "" {
			continue
		}
		if tool.Always || !b.current(tool) {
			todo = append(todo, tool)
		}
	}
	for i, tool := range todo {
		if err := b.build(ctx, tool, fmt.Sprintf("[%d/%d]", i+1, len(todo))); err != nil {
			return fmt.Errorf("build %s (%s): %w", tool.Name, tool.About, err)
		}
	}
	return nil
}

// current tells whether the tool was built from the module files as they are.
func (b *Builder) current(tool Tool) bool {
	for _, name := range tool.Binaries {
		if _, err := os.Stat(filepath.Join(b.Bin, name)); err != nil {
			return false
		}
	}
	stamp, err := os.ReadFile(b.stampFile(tool))
	return err == nil && string(stamp) == b.fingerprint(tool)
}

func (b *Builder) stampFile(tool Tool) string {
	return filepath.Join(b.Bin, "."+tool.Name+".stamp")
}

// fingerprint changes with everything that decides what a tool's binaries are.
func (b *Builder) fingerprint(tool Tool) string {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		// A file that cannot be read fails the build itself, with a better message.
		data, _ := os.ReadFile(filepath.Join(b.Root, tool.Dir, name))
		sum.Write(data)
	}
	fmt.Fprintln(sum, runtime.Version(), tool.Packages, tool.LDFlags, tool.GCFlags)
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func (b *Builder) build(ctx context.Context, tool Tool, label string) error {
	total := b.stale(ctx, tool)
	progress := &progress{out: b.Out, live: b.Live, total: total, start: time.Now(),
		label: fmt.Sprintf("%s building %s: %s", label, tool.Name, tool.About)}
	// A handful of packages is a matter of seconds and not worth a line.
	if total > 20 {
		stop := progress.run()
		defer stop()
	}

	output := filepath.Join(b.Bin, tool.Binaries[0])
	if len(tool.Packages) > 1 {
		output = b.Bin + string(filepath.Separator)
	}
	args := append([]string{"build", "-v", "-o", output, "-ldflags", tool.LDFlags, "-gcflags", tool.GCFlags}, tool.Packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(b.Root, tool.Dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the Go compiler: %w", err)
	}
	problems := progress.read(stderr)
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w\n%s", err, problems)
	}
	return os.WriteFile(b.stampFile(tool), []byte(b.fingerprint(tool)), 0o644)
}

// stale counts the packages that a build will compile. An estimate that fails
// costs only the percentage.
func (b *Builder) stale(ctx context.Context, tool Tool) int {
	args := append([]string{"list", "-deps", "-gcflags", tool.GCFlags, "-f", "{{if .Stale}}x{{end}}"}, tool.Packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(b.Root, tool.Dir)
	out, err := cmd.Output()
	if err != nil {
		return 0
	}
	return bytes.Count(out, []byte("x"))
}

// progress shows how many packages of a build are compiled.
type progress struct {
	out   io.Writer
	live  bool
	label string
	total int
	start time.Time
	done  atomic.Int64
}

// read counts the packages that go build -v names and returns everything else
// it said.
func (p *progress) read(stderr io.Reader) string {
	var problems []string
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		line := lines.Text()
		if strings.ContainsAny(line, " :#") {
			if !strings.HasPrefix(line, "go: downloading") {
				problems = append(problems, line)
			}
			continue
		}
		p.done.Add(1)
	}
	return strings.Join(problems, "\n")
}

// run shows the progress until the returned function is called.
func (p *progress) run() (stop func()) {
	every := 15 * time.Second
	if p.live {
		every = 500 * time.Millisecond
	}
	ended, quit := make(chan struct{}), make(chan struct{})
	p.show()
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.show()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
		p.show()
		if p.live {
			fmt.Fprintln(p.out)
		}
	}
}

func (p *progress) show() {
	elapsed := time.Since(p.start).Round(time.Second)
	done := min(int(p.done.Load()), p.total)
	line := fmt.Sprintf("%s  %d of %d packages, %s", p.label, done, p.total, elapsed)
	if done == p.total {
		line = fmt.Sprintf("%s  %d packages, linking, %s", p.label, p.total, elapsed)
	}
	if p.live {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.out, line)
}

// OnPath returns the Pulumi CLI on PATH when it is at least PulumiVersion, and
// an empty string otherwise.
func OnPath(ctx context.Context) string {
	path, err := exec.LookPath("pulumi")
	if err != nil {
		return ""
	}
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return ""
	}
	if atLeast(strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), PulumiVersion) != nil {
		return ""
	}
	return path
}

var errOlder = errors.New("older than needed")

// atLeast compares two versions of the form 1.2.3, a suffix such as -dev left
// aside.
func atLeast(have, want string) error {
	parse := func(version string) (numbers [3]int, err error) {
		_, err = fmt.Sscanf(version, "%d.%d.%d", &numbers[0], &numbers[1], &numbers[2])
		return numbers, err
	}
	haveNumbers, err := parse(have)
	if err != nil {
		return fmt.Errorf("read the version %q: %w", have, err)
	}
	wantNumbers, err := parse(want)
	if err != nil {
		return fmt.Errorf("read the version %q: %w", want, err)
	}
	for i := range haveNumbers {
		if haveNumbers[i] != wantNumbers[i] {
			if haveNumbers[i] < wantNumbers[i] {
				return errOlder
			}
			return nil
		}
	}
	return nil
}
