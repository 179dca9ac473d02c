package localkube

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// readyTimeout is generous: a first start on a busy two-core machine
	// reads half a gigabyte of programs from disk.
	readyTimeout = 3 * time.Minute
	// progressEvery is how often somebody who waits hears of it.
	progressEvery = 3 * time.Second
	pollEvery     = 50 * time.Millisecond
	// tailSize is how much of a log an error shows.
	tailSize = 2 << 10
)

// waitReady waits until the component serves, dies or takes too long.
func (c *cluster) waitReady(ctx context.Context, comp component, p ports, k *child) error {
	check, err := c.readiness(comp, p)
	if err != nil {
		return err
	}
	begin := time.Now()
	reported := begin
	for {
		if k.hasEnded() {
			return c.diedEarly(comp, k)
		}
		last := check(ctx)
		if last == nil {
			return nil
		}
		if waited := time.Since(begin); waited > readyTimeout {
			return fmt.Errorf("%s is not ready after %s: %w%s", comp.name, readyTimeout, last, c.tail(comp.name, k.logOffset))
		}
		if time.Since(reported) >= progressEvery {
			reported = time.Now()
			c.opts.Log("waiting for %s (%d s)…", comp.name, int(time.Since(begin).Seconds()))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", comp.name, context.Cause(ctx))
		case <-time.After(pollEvery):
		}
	}
}

func (c *cluster) diedEarly(comp component, k *child) error {
	if k.adopted() {
		return fmt.Errorf("%s: %w", comp.name, errGone)
	}
	tail := c.tail(comp.name, k.logOffset)
	if strings.Contains(tail, "address already in use") {
		return fmt.Errorf("%s: %w", comp.name, errPortTaken)
	}
	return fmt.Errorf("%s ended while starting%s", comp.name, tail)
}

// readiness returns a function that tells why the component does not serve.
func (c *cluster) readiness(comp component, p ports) (func(context.Context) error, error) {
	url := comp.healthURL(p)
	if url == "" {
		return func(ctx context.Context) error { return dial(ctx, p.address(comp.ports[0])) }, nil
	}
	config, err := c.restConfig()
	if err != nil {
		return nil, err
	}
	if !comp.admin {
		config = rest.AnonymousClientConfig(config)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("client of %s: %w", comp.name, err)
	}
	return func(ctx context.Context) error { return get(ctx, client, url) }, nil
}

func dial(ctx context.Context, address string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func get(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, tailSize))
	return fmt.Errorf("%s answers %s: %s", url, response.Status, bytes.TrimSpace(body))
}

// waitForDefaults waits for what the controllers make in a new cluster and
// everybody expects to be there: pods are refused without a service account.
func (c *cluster) waitForDefaults(ctx context.Context) error {
	config, err := c.restConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the default service account: %w%s", err, c.tail(controllerManager, 0))
		case <-time.After(pollEvery):
		}
	}
}

func (c *cluster) restConfig() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig(userAdmin))
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	return config, nil
}

// tail is the end of a component's log from offset on, set off for an error
// message, with the place of the rest.
func (c *cluster) tail(component string, offset int64) string {
	file := c.log(component)
	data, err := os.ReadFile(file)
	if err != nil || int64(len(data)) <= offset {
		return fmt.Sprintf(" (nothing in %s)", file)
	}
	data = data[offset:]
	if cut := len(data) - tailSize; cut > 0 {
		data = data[cut:]
		if _, rest, found := bytes.Cut(data, []byte("\n")); found {
			data = rest
		}
	}
	return fmt.Sprintf("; the end of %s:\n%s", file, bytes.TrimSpace(data))
}
