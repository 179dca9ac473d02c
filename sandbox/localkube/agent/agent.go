// Package agent plays the parts of a cloud that live inside a cluster and that
// need more than a simulated kubelet: the NVIDIA device plugin's effect on a
// node, the CSI drivers' volumes, metrics-server's figures, the autoscaler's
// nodes, and pods whose node is back. It runs as a background process beside one
// control plane and acts only through its API.
package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"

	"gantry.dev/gantry/sandbox/localkube/autoscaler"
	"gantry.dev/gantry/sandbox/localkube/eventscaling"
)

// Flags of the command.
const (
	FlagKubeconfig = "kubeconfig"
	FlagListen     = "listen"
	FlagCert       = "tls-cert"
	FlagKey        = "tls-key"
	FlagClientCA   = "client-ca"
)

// Options of one agent.
type Options struct {
	// Kubeconfig is the file to reach the cluster with.
	Kubeconfig string
	// Listen is the loopback address that serves the metrics API.
	Listen string
	// CertFile and KeyFile serve it; the certificate is from the cluster's
	// authority and valid for MetricsServerName.
	CertFile, KeyFile string
	// ClientCAFile has the authority of the only client that is let in, the
	// API server's aggregator. It has already authorised each request.
	ClientCAFile string
}

// CommandName is the name of the sub-command.
const CommandName = "agent"

// NewCommand is the hidden sub-command that runs an agent until it is told to
// stop.
func NewCommand() *cobra.Command {
	var o Options
	cmd := &cobra.Command{
		Use:           CommandName,
		Short:         "Play the parts of a cloud inside a local cluster",
		Hidden:        true,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			return Run(ctx, o)
		},
	}
	for _, f := range []struct {
		name  string
		value *string
		usage string
	}{
		{FlagKubeconfig, &o.Kubeconfig, "kubeconfig of the cluster"},
		{FlagListen, &o.Listen, "loopback address that serves the metrics API"},
		{FlagCert, &o.CertFile, "certificate of the metrics API"},
		{FlagKey, &o.KeyFile, "key of the metrics API"},
		{FlagClientCA, &o.ClientCAFile, "authority of the aggregator's client certificate"},
	} {
		cmd.Flags().StringVar(f.value, f.name, "", f.usage)
		if err := cmd.MarkFlagRequired(f.name); err != nil {
			panic(err) // the flag was defined one line above
		}
	}
	return cmd
}

// resync repeats every decision now and then, should a write have been lost
// for a reason that retries do not cover.
const resync = 10 * time.Minute

// Run plays the parts until ctx ends. An API server that is not there, or goes
// away, is waited for. It fails only when it cannot begin.
func Run(ctx context.Context, o Options) error {
	config, err := clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
	if err != nil {
		return fmt.Errorf("agent: kubeconfig: %w", err)
	}
	config.UserAgent = "sandbox-agent"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	tlsConfig, err := serverTLS(o)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	events := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "sandbox-agent"})

	factory := informers.NewSharedInformerFactoryWithOptions(client, resync, informers.WithTransform(slim))
	devices, err := newDevicePlugins(client, factory, events)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	readiness, err := newReadiness(client, factory)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	figures := newFigures(factory, events)
	scaler := autoscaler.New(client, factory,
		broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: autoscaler.Component}), Annotations)
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	keda := eventscaling.New(client, objects)
	roles, err := newRoles(config, o.Listen, client, factory)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	addons, err := newAddons(client, roles)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(ctx, o.Listen, tlsConfig, figures.handler()) })
	group.Go(func() error { devices.run(ctx); return nil })
	group.Go(func() error { readiness.run(ctx); return nil })
	group.Go(func() error { addons.run(ctx); return nil })
	group.Go(func() error { scaler.Run(ctx); return nil })
	group.Go(func() error { keda.Run(ctx); return nil })
	return group.Wait()
}

// newRoles are the add-ons that are simulated, by the cloud's names.
func newRoles(config *rest.Config, listen string, client kubernetes.Interface, factory informers.SharedInformerFactory) (map[string]role, error) {
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	metrics, err := newMetricsRole(dynamicClient, listen, config.CAData)
	if err != nil {
		return nil, err
	}
	roles := newDriverRoles(client, factory)
	roles[AddonMetrics] = metrics
	return roles, nil
}

// slim drops what is large in every object and never read here.
func slim(obj any) (any, error) {
	if m, err := meta.Accessor(obj); err == nil {
		m.SetManagedFields(nil)
	}
	return obj, nil
}

func serve(ctx context.Context, address string, config *tls.Config, handler http.Handler) error {
	server := &http.Server{
		Addr:              address,
		Handler:           handler,
		TLSConfig:         config,
		ReadHeaderTimeout: 10 * time.Second,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServeTLS("", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("agent: metrics API: %w", err)
	}
	return nil
}
