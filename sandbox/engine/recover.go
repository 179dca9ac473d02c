package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/shirou/gopsutil/v4/process"
)

// protection tells what recovery does with protected resources.
type protection bool

const (
	keepProtection protection = false
	// dropProtection lets Down destroy a stack that protects its resources.
	dropProtection protection = true
)

// recover repairs what an interruption left between the engine's state and the
// emulated account, and tells whether there was anything to repair.
//
// The engine notes an operation in its state before it asks a provider for it
// and again when it is done. A kill between the two leaves a note without a
// result: the object may exist in the account while the engine does not know
// its id. Such an object is deleted, so that the next run does not make it a
// second time.
func (s *Sandbox) recover(ctx context.Context, protect protection) (bool, error) {
	if err := s.waitForEngine(ctx); err != nil {
		return false, err
	}
	state, err := s.stack.Export(ctx)
	if err != nil {
		return false, fmt.Errorf("read the engine's state: %w", err)
	}
	known, err := knownObjects(state)
	if err != nil {
		return false, err
	}
	orphans, err := s.accounts.rollback(ctx, s.options.Stack, known)
	if err != nil {
		return false, fmt.Errorf("undo what an interrupted run left unfinished: %w", err)
	}
	interrupted, changed, err := repair(&state, protect)
	if err != nil {
		return false, err
	}
	if changed {
		if err := s.stack.Import(ctx, state); err != nil {
			return false, fmt.Errorf("repair the engine's state: %w", err)
		}
	}
	recovered := interrupted || len(orphans) > 0
	if recovered {
		fmt.Fprintf(s.options.Out, "    the last run was interrupted: %d unfinished resources undone, going on from there\n", len(orphans))
	}
	return recovered, nil
}

// knownObjects returns the ids that the engine's state has for each URN.
func knownObjects(state apitype.UntypedDeployment) (map[string][]string, error) {
	known := map[string][]string{}
	if len(state.Deployment) == 0 || bytes.Equal(state.Deployment, []byte("null")) {
		return known, nil
	}
	var deployment apitype.DeploymentV3
	if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
		return nil, fmt.Errorf("read the engine's state: %w", err)
	}
	for _, resource := range deployment.Resources {
		if resource.ID != "" {
			urn := string(resource.URN)
			known[urn] = append(known[urn], resource.ID.String())
		}
	}
	return known, nil
}

// repair forgets operations that never ended, and the protection of resources
// when asked to. What it does not know of the state it leaves as it is.
func repair(state *apitype.UntypedDeployment, protect protection) (interrupted, changed bool, err error) {
	var deployment map[string]json.RawMessage
	if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
		return false, false, fmt.Errorf("read the engine's state: %w", err)
	}
	if pending := deployment["pending_operations"]; len(pending) > 0 && !bytes.Equal(pending, []byte("null")) && !bytes.Equal(pending, []byte("[]")) {
		delete(deployment, "pending_operations")
		interrupted = true
	}
	unprotected := false
	if protect == dropProtection {
		if unprotected, err = unprotect(deployment); err != nil {
			return false, false, err
		}
	}
	if !interrupted && !unprotected {
		return false, false, nil
	}
	state.Deployment, err = json.Marshal(deployment)
	return interrupted, true, err
}

func unprotect(deployment map[string]json.RawMessage) (changed bool, err error) {
	if len(deployment["resources"]) == 0 {
		return false, nil
	}
	var resources []map[string]json.RawMessage
	if err := json.Unmarshal(deployment["resources"], &resources); err != nil {
		return false, fmt.Errorf("read the engine's state: %w", err)
	}
	for _, resource := range resources {
		if _, protected := resource["protect"]; protected {
			delete(resource, "protect")
			changed = true
		}
	}
	deployment["resources"], err = json.Marshal(resources)
	return changed, err
}

// engineGrace is how long an engine whose sandbox was killed may take to notice
// that its providers are gone and to save its state.
const engineGrace = 60 * time.Second

// waitForEngine waits for an engine that a killed sandbox left behind, and
// removes the lock of one that died itself.
func (s *Sandbox) waitForEngine(ctx context.Context) error {
	locks := s.path("state", ".pulumi", "locks", "organization", project, s.options.Stack)
	ctx, cancel := context.WithTimeoutCause(ctx, engineGrace, errBusy)
	defer cancel()
	for told := false; ; {
		alive, err := clearLocks(locks)
		if err != nil {
			return err
		}
		if alive == 0 {
			return nil
		}
		if !told {
			fmt.Fprintf(s.options.Out, "    waiting for the engine of an interrupted run (process %d) to save its state\n", alive)
			told = true
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// clearLocks removes the locks of processes that are gone and returns the id of
// one that is not, or 0.
func clearLocks(dir string) (alive int32, err error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for locks of the engine: %w", err)
	}
	for _, entry := range files {
		file := filepath.Join(dir, entry.Name())
		var lock struct {
			Pid       int32     `json:"pid"`
			Timestamp time.Time `json:"timestamp"`
		}
		data, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read a lock of the engine: %w", err)
		}
		// A lock cut short by a kill names no process and holds nothing.
		if json.Unmarshal(data, &lock) == nil && holds(lock.Pid, lock.Timestamp) {
			return lock.Pid, nil
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("remove a stale lock of the engine: %w", err)
		}
	}
	return 0, nil
}

// holds tells whether the process that took a lock still runs. A process that
// started after the lock was taken only has the same number.
func holds(pid int32, taken time.Time) bool {
	p, err := process.NewProcess(pid)
	if err != nil {
		return false
	}
	started, err := p.CreateTime()
	return err == nil && time.UnixMilli(started).Before(taken.Add(time.Second))
}
