package localkube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// errPortTaken says that another program took a port between the check and the
// start.
var errPortTaken = errors.New("port taken by another program")

// errGone says that a process that was found running has ended since, as one
// does that was killed a moment ago.
var errGone = errors.New("ended meanwhile")

// attempts bounds how often bringing up is tried for these two reasons.
const attempts = 3

// CreateCluster brings a control plane up and waits until it serves. It may be
// called again at any time: what runs is left alone, what has died is started
// over the existing data, and a creation that was interrupted is completed.
// When a component does not come up, the error holds the end of its log.
func (c *Clusters) CreateCluster(ctx context.Context, name string) error {
	cl, err := c.cluster(name)
	if err != nil {
		return err
	}
	if err := cl.checkBinaries(); err != nil {
		return err
	}
	unlock, err := c.lockFile(ctx, name+".lock", "local cluster "+name)
	if err != nil {
		return err
	}
	defer unlock()
	for attempt := 1; ; attempt++ {
		err := c.bringUp(ctx, cl)
		if err == nil {
			return nil
		}
		again := errors.Is(err, errPortTaken) || errors.Is(err, errGone)
		if !again || attempt == attempts {
			return fmt.Errorf("local cluster %s: %w", name, err)
		}
		c.opts.Log("%v; trying again", err)
	}
}

func (c *Clusters) bringUp(ctx context.Context, cl *cluster) error {
	for _, dir := range []string{cl.dir, cl.path("logs"), cl.path("run")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := cl.ensurePKI(); err != nil {
		return err
	}
	p, running, err := c.settlePorts(ctx, cl)
	if err != nil {
		return err
	}
	if err := cl.writeKubeconfigs(p); err != nil {
		return err
	}
	if err := cl.writeStages(); err != nil {
		return err
	}
	// The controllers give up when the API server is slow to come, so they
	// start when it is ready; etcd and the API server wait for each other.
	components := cl.components(p)
	store, controllers := components[:2], components[2:]
	for _, stage := range [][]component{store, controllers} {
		if err := cl.startStage(ctx, stage, p, running); err != nil {
			return err
		}
	}
	return cl.waitForDefaults(ctx)
}

// settlePorts returns the cluster's ports and what already runs on them. When
// a component is dead and its port is not free, everything stops and moves.
func (c *Clusters) settlePorts(ctx context.Context, cl *cluster) (ports, map[string]int, error) {
	unlock, err := c.lockFile(ctx, "ports.lock", "the ports of the local clusters")
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	running, err := findProcesses(cl, cl.components(nil))
	if err != nil {
		return nil, nil, err
	}
	p, err := cl.loadPorts()
	if err != nil {
		return nil, nil, err
	}
	if p != nil && !cl.blocked(p, running) {
		return p, running, nil
	}
	if err := cl.stop(ctx); err != nil {
		return nil, nil, err
	}
	p, err = cl.choosePorts()
	return p, map[string]int{}, err
}

// portGrace is how long a port may stay taken by a process that is being
// killed.
const portGrace = time.Second

// blocked tells whether something else has a port of a component that does not
// run.
func (c *cluster) blocked(p ports, running map[string]int) bool {
	deadline := time.Now().Add(portGrace)
	for _, comp := range c.components(p) {
		if running[comp.name] != 0 {
			continue
		}
		for _, port := range comp.ports {
			for !isFree(p[port]) {
				if time.Now().After(deadline) {
					return true
				}
				time.Sleep(pollEvery)
			}
		}
	}
	return false
}

// startStage starts what does not run of the stage and waits for all of it.
func (c *cluster) startStage(ctx context.Context, stage []component, p ports, running map[string]int) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, comp := range stage {
		started := &child{pid: running[comp.name]}
		if started.pid == 0 {
			var err error
			if started, err = c.start(comp); err != nil {
				return errors.Join(err, group.Wait())
			}
		}
		group.Go(func() error { return c.waitReady(ctx, comp, p, started) })
	}
	return group.Wait()
}
