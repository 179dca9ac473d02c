package localkube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// record is the pid file of a component. The start time tells the process from
// a later one that was given the same pid.
type record struct {
	PID     int32 `json:"pid"`
	Started int64 `json:"startedMilliseconds"`
}

// startTolerance allows for the clock's corrections since the process was
// recorded: start times are computed from the machine's boot time.
const startTolerance = 5 * time.Second

func (c *cluster) pidFile(component string) string {
	return c.path("run", component+".json")
}

// child is a running component: one that this process has started, or one that
// it has found.
type child struct {
	pid int
	// exited is closed when the process ends; nil for one that was found.
	exited chan struct{}
	// logOffset is where its output begins in the log.
	logOffset int64
}

func (k *child) adopted() bool { return k.exited == nil }

func (k *child) hasEnded() bool {
	if k.adopted() {
		return !isAlivePID(k.pid)
	}
	select {
	case <-k.exited:
		return true
	default:
		return false
	}
}

// start runs a component in a session of its own, with its output in a file,
// so that neither Ctrl-C in the terminal nor the end of this process ends it.
func (c *cluster) start(comp component) (*child, error) {
	log, err := os.OpenFile(c.log(comp.name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", comp.name, err)
	}
	defer func() { _ = log.Close() }()
	offset, err := trimLog(log)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", comp.name, err)
	}
	cmd := exec.Command(comp.command[0], append(slices.Clone(comp.command[1:]), comp.args...)...)
	cmd.Dir = c.dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// None of them needs the caller's environment, which may hold cloud
	// credentials; HOME keeps them from reading the user's own settings.
	cmd.Env = []string{"HOME=" + c.dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", comp.name, err)
	}
	k := &child{pid: cmd.Process.Pid, exited: make(chan struct{}), logOffset: offset}
	go func() {
		_ = cmd.Wait() // its log says why it ended
		close(k.exited)
	}()
	return k, c.writeRecord(comp.name, k.pid)
}

// maxLog is the size beyond which a log is begun anew when its component
// starts.
const maxLog = 16 << 20

func trimLog(log *os.File) (size int64, err error) {
	info, err := log.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() < maxLog {
		return info.Size(), nil
	}
	return 0, log.Truncate(0)
}

// startTime finds a process and when it started, in milliseconds since 1970.
func startTime(pid int32) (p *process.Process, started int64, running bool) {
	p, err := process.NewProcess(pid)
	if err != nil {
		return nil, 0, false
	}
	started, err = p.CreateTime()
	return p, started, err == nil
}

func (c *cluster) writeRecord(component string, pid int) error {
	_, started, running := startTime(int32(pid))
	if !running {
		return nil // whoever waits for it will say so
	}
	data, err := json.Marshal(record{PID: int32(pid), Started: started})
	if err != nil {
		return fmt.Errorf("recording %s: %w", component, err)
	}
	if err := writeFile(c.pidFile(component), data); err != nil {
		return fmt.Errorf("recording %s: %w", component, err)
	}
	return nil
}

// findProcesses returns the pids of the components that run, by name. What the
// pid files do not know, because whoever started it died before recording it,
// is found by its arguments.
func findProcesses(c *cluster, components []component) (map[string]int, error) {
	found := map[string]int{}
	var missing []component
	for _, comp := range components {
		if pid, ok := c.recorded(comp); ok {
			found[comp.name] = pid
		} else {
			missing = append(missing, comp)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	all, err := process.Processes()
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	for _, p := range all {
		args, err := p.CmdlineSlice()
		if err != nil || len(args) == 0 {
			continue // ended meanwhile, or another user's
		}
		for _, comp := range missing {
			if comp.isRunBy(args) && isAlive(p) {
				found[comp.name] = int(p.Pid)
			}
		}
	}
	return found, nil
}

func (c *cluster) recorded(comp component) (pid int, ok bool) {
	data, err := os.ReadFile(c.pidFile(comp.name))
	if err != nil {
		return 0, false
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return 0, false
	}
	p, started, running := startTime(r.PID)
	if !running || time.Duration(abs(started-r.Started))*time.Millisecond > startTolerance {
		return 0, false
	}
	args, err := p.CmdlineSlice()
	if err != nil || !isAlive(p) {
		return 0, false
	}
	// A process has no arguments for a moment while it loads its program.
	return int(r.PID), len(args) == 0 || comp.isRunBy(args)
}

func abs(n int64) int64 { return max(n, -n) }

// isRunBy tells whether a process with these arguments is the component. The
// program's name is compared too: an editor or kubectl may have been given the
// same file.
func (c component) isRunBy(args []string) bool {
	return len(args) > 0 && len(c.command) > 0 &&
		filepath.Base(args[0]) == filepath.Base(c.command[0]) &&
		slices.Contains(args[1:], c.identity)
}

// isAlive is false for a zombie, which stays for ever where nobody reaps it,
// as in a container without an init process.
func isAlive(p *process.Process) bool {
	status, err := p.Status()
	return err == nil && !slices.Contains(status, process.Zombie)
}

func isAlivePID(pid int) bool {
	p, err := process.NewProcess(int32(pid))
	return err == nil && isAlive(p)
}

// Grace periods of stop.
const (
	termGrace = 8 * time.Second
	killGrace = 5 * time.Second
)

// stop ends a cluster's components and returns when none runs. etcd is last:
// without it the API server hangs in its own shutdown.
func (c *cluster) stop(ctx context.Context) error {
	components := c.components(nil)
	for _, group := range [][]component{components[1:], components[:1]} {
		if err := c.stopAll(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) stopAll(ctx context.Context, components []component) error {
	for _, step := range []struct {
		signal syscall.Signal
		grace  time.Duration
	}{{syscall.SIGTERM, termGrace}, {syscall.SIGKILL, killGrace}} {
		gone, err := c.signalAll(ctx, components, step.signal, step.grace)
		if gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("processes of local cluster %s do not end", c.name)
}

// signalAll signals the process groups and waits up to grace for all of them.
func (c *cluster) signalAll(ctx context.Context, components []component, signal syscall.Signal, grace time.Duration) (gone bool, err error) {
	running, err := findProcesses(c, components)
	if err != nil {
		return false, err
	}
	for name, pid := range running {
		// The group: an agent may have been started through a wrapper.
		if err := syscall.Kill(-pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return false, fmt.Errorf("stopping %s (pid %d): %w", name, pid, err)
		}
	}
	for deadline := time.Now().Add(grace); len(running) > 0; {
		if time.Now().After(deadline) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("stopping local cluster %s: %w", c.name, ctx.Err())
		case <-time.After(25 * time.Millisecond):
		}
		for name, pid := range running {
			if !isAlivePID(pid) {
				delete(running, name)
			}
		}
	}
	return true, nil
}
