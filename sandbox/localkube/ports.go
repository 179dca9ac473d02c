package localkube

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Names of the ports of a cluster.
const (
	portEtcd              = "etcd"
	portEtcdPeer          = "etcd-peer"
	portAPI               = "kube-apiserver"
	portControllerManager = "kube-controller-manager"
	portScheduler         = "kube-scheduler"
	portKwok              = "kwok"
	portAgent             = "agent"
)

var portNames = []string{portEtcd, portEtcdPeer, portAPI, portControllerManager, portScheduler, portKwok, portAgent}

// Ports are taken from below the ranges that Linux (from 32768) and macOS
// (from 49152) use for outgoing connections, so that a restart finds its ports
// free, and below Kubernetes' node ports (from 30000).
const (
	portFirst = 20000
	portLast  = 29999
)

// ports of a cluster on loopback, by name.
type ports map[string]int

func (p ports) address(name string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(p[name]))
}

func (p ports) url(name string) string { return "https://" + p.address(name) }

func (c *cluster) portsFile() string { return c.path("ports.json") }

// loadPorts returns nil when the cluster has no ports yet.
func (c *cluster) loadPorts() (ports, error) {
	data, err := os.ReadFile(c.portsFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ports: %w", err)
	}
	var p ports
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("ports: %s: %w", c.portsFile(), err)
	}
	for _, name := range portNames {
		if p[name] == 0 {
			return nil, nil // written by another version: choose again
		}
	}
	return p, nil
}

// choosePorts picks and stores free ports that no other cluster under the same
// folder has been given. The caller holds the folder's port lock.
func (c *cluster) choosePorts() (ports, error) {
	taken, err := c.siblingPorts()
	if err != nil {
		return nil, err
	}
	p := ports{}
	size := portLast - portFirst + 1
	next := rand.IntN(size)
	for tried := 0; len(p) < len(portNames); tried++ {
		if tried == size {
			return nil, fmt.Errorf("no %d free ports between %d and %d on 127.0.0.1", len(portNames), portFirst, portLast)
		}
		port := portFirst + (next+tried)%size
		if !taken[port] && isFree(port) {
			p[portNames[len(p)]] = port
		}
	}
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("ports: %w", err)
	}
	if err := writeFile(c.portsFile(), data); err != nil {
		return nil, fmt.Errorf("ports: %w", err)
	}
	return p, nil
}

func (c *cluster) siblingPorts() (map[int]bool, error) {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(c.dir), "*", filepath.Base(c.portsFile())))
	if err != nil {
		return nil, fmt.Errorf("ports: %w", err)
	}
	taken := map[int]bool{}
	for _, file := range files {
		sibling := &cluster{dir: filepath.Dir(file)}
		p, err := sibling.loadPorts()
		if err != nil {
			continue // a cluster that is being deleted
		}
		for _, port := range p {
			taken[port] = true
		}
	}
	return taken, nil
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
