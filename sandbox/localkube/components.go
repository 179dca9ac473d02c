package localkube

import (
	"path/filepath"
	"strings"

	"gantry.dev/gantry/sandbox/localkube/agent"
)

// Names of the components.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	kwok              = "kwok"
	agentName         = "agent"
)

const (
	// serviceCIDR is what EKS gives to services in a VPC of 10.0.0.0/8.
	// https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
	serviceCIDR = "172.20.0.0/16"
	// serviceAddress is the address of the service kubernetes in it.
	serviceAddress = "172.20.0.1"
	// podCIDR is the range that EKS users give to pods outside the VPC's own
	// range, and the first address in it; nothing routes to simulated pods.
	podCIDR = "100.64.0.1/16"
)

// component is one process of a control plane.
type component struct {
	name string
	// command is the program and its first arguments, args its flags.
	command []string
	args    []string
	// identity is the argument that no other process on the machine has.
	identity string
	// ports that it listens on.
	ports []string
	// scheme and healthPath make the address on its first port that answers
	// 200 when it serves; an empty path if an open port is all there is to
	// see. Only admin ones ask for credentials.
	scheme     string
	healthPath string
	admin      bool
}

// components in the order they start. p may be nil to recognise processes
// rather than start them.
func (c *cluster) components(p ports) []component {
	return []component{
		c.etcd(p), c.apiServer(p), c.controllerManager(p), c.scheduler(p), c.kwok(p), c.agent(p),
	}
}

func (c *cluster) binary(name string) []string {
	return []string{filepath.Join(c.opts.BinDir, name)}
}

func (c *cluster) etcd(p ports) component {
	client, peer := p.url(portEtcd), p.url(portEtcdPeer)
	dataDir := "--data-dir=" + c.path("etcd")
	return component{
		name:     etcd,
		command:  c.binary(etcd),
		identity: dataDir,
		ports:    []string{portEtcd, portEtcdPeer},
		args: []string{
			dataDir,
			"--name=default",
			"--listen-client-urls=" + client,
			"--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer,
			"--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=default=" + peer,
			"--cert-file=" + c.pki(certEtcd+".crt"),
			"--key-file=" + c.pki(certEtcd+".key"),
			"--trusted-ca-file=" + c.pki(caEtcd+".crt"),
			"--client-cert-auth=true",
			"--peer-cert-file=" + c.pki(certEtcd+".crt"),
			"--peer-key-file=" + c.pki(certEtcd+".key"),
			"--peer-trusted-ca-file=" + c.pki(caEtcd+".crt"),
			"--peer-client-cert-auth=true",
			// The data of a sandbox need not survive a power cut, and the
			// bootstrap is some hundred small writes.
			"--unsafe-no-fsync=true",
			"--log-level=warn",
		},
	}
}

func (c *cluster) apiServer(p ports) component {
	identity := "--tls-cert-file=" + c.pki(certServing+".crt")
	return component{
		name:       apiServer,
		command:    c.binary(apiServer),
		identity:   identity,
		ports:      []string{portAPI},
		scheme:     "https",
		healthPath: "/readyz",
		admin:      true,
		args: append(c.listenArgs(p, portAPI),
			"--advertise-address=127.0.0.1",
			// A loopback address is not a valid endpoint for the service
			// kubernetes, and no simulated pod dials it.
			"--endpoint-reconciler-type=none",
			"--etcd-servers="+p.url(portEtcd),
			"--etcd-cafile="+c.pki(caEtcd+".crt"),
			"--etcd-certfile="+c.pki(certEtcdClient+".crt"),
			"--etcd-keyfile="+c.pki(certEtcdClient+".key"),
			"--client-ca-file="+c.pki(caCluster+".crt"),
			"--anonymous-auth=false",
			"--authorization-mode=Node,RBAC",
			"--enable-admission-plugins=NodeRestriction",
			"--allow-privileged=true",
			"--service-cluster-ip-range="+serviceCIDR,
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
			"--service-account-key-file="+c.pki(keyAccounts+".pub"),
			"--service-account-signing-key-file="+c.pki(keyAccounts+".key"),
			"--requestheader-client-ca-file="+c.pki(caFrontProxy+".crt"),
			"--requestheader-allowed-names="+frontProxyName,
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--requestheader-group-headers=X-Remote-Group",
			"--requestheader-username-headers=X-Remote-User",
			"--proxy-client-cert-file="+c.pki(certFrontProxy+".crt"),
			"--proxy-client-key-file="+c.pki(certFrontProxy+".key"),
			"--profiling=false",
		),
	}
}

func (c *cluster) controllerManager(p ports) component {
	kubeconfig := "--kubeconfig=" + c.kubeconfig(userControllerManager)
	return component{
		name:       controllerManager,
		command:    c.binary(controllerManager),
		identity:   kubeconfig,
		ports:      []string{portControllerManager},
		scheme:     "https",
		healthPath: "/healthz",
		args: append(c.controllerArgs(p, portControllerManager, userControllerManager),
			kubeconfig,
			"--cluster-name="+c.name,
			"--use-service-account-credentials=true",
			// Each controller fetches a token as it starts; at the default
			// rate that alone takes five seconds.
			"--kube-api-qps=500",
			"--kube-api-burst=500",
			"--service-account-private-key-file="+c.pki(keyAccounts+".key"),
			"--root-ca-file="+c.pki(caCluster+".crt"),
			"--cluster-signing-cert-file="+c.pki(caCluster+".crt"),
			"--cluster-signing-key-file="+c.pki(caCluster+".key"),
		),
	}
}

func (c *cluster) scheduler(p ports) component {
	kubeconfig := "--kubeconfig=" + c.kubeconfig(userScheduler)
	return component{
		name:       scheduler,
		command:    c.binary(scheduler),
		identity:   kubeconfig,
		ports:      []string{portScheduler},
		scheme:     "https",
		healthPath: "/healthz",
		args:       append(c.controllerArgs(p, portScheduler, userScheduler), kubeconfig),
	}
}

func (c *cluster) kwok(p ports) component {
	kubeconfig := "--kubeconfig=" + c.kubeconfig(userKwok)
	return component{
		name:       kwok,
		command:    c.binary(kwok),
		identity:   kubeconfig,
		ports:      []string{portKwok},
		scheme:     "http",
		healthPath: "/healthz",
		args: []string{
			kubeconfig,
			"--config=" + c.stages(),
			"--manage-all-nodes=true",
			// With node leases, a restarted KWOK leaves its nodes alone until
			// the leases of its predecessor have run out. Without them it
			// writes the heartbeat into the node, and takes over at once.
			"--node-lease-duration-seconds=0",
			"--cidr=" + podCIDR,
			"--server-address=" + p.address(portKwok),
		},
	}
}

func (c *cluster) agent(p ports) component {
	identity := "--" + agent.FlagKubeconfig + "=" + c.kubeconfig(userAgent)
	return component{
		name:     agentName,
		command:  c.opts.AgentCommand,
		identity: identity,
		ports:    []string{portAgent},
		args: []string{
			identity,
			"--" + agent.FlagListen + "=" + p.address(portAgent),
			"--" + agent.FlagCert + "=" + c.pki(certServing+".crt"),
			"--" + agent.FlagKey + "=" + c.pki(certServing+".key"),
			"--" + agent.FlagClientCA + "=" + c.pki(caFrontProxy+".crt"),
		},
	}
}

// listenArgs are the flags that the Kubernetes servers share.
func (c *cluster) listenArgs(p ports, port string) []string {
	_, number, _ := strings.Cut(p.address(port), ":")
	return []string{
		"--bind-address=127.0.0.1",
		"--secure-port=" + number,
		"--tls-cert-file=" + c.pki(certServing+".crt"),
		"--tls-private-key-file=" + c.pki(certServing+".key"),
	}
}

func (c *cluster) controllerArgs(p ports, port, user string) []string {
	return append(c.listenArgs(p, port),
		"--authentication-kubeconfig="+c.kubeconfig(user),
		"--authorization-kubeconfig="+c.kubeconfig(user),
		// One replica has nobody to elect, and an election costs a restart
		// the rest of a lease.
		"--leader-elect=false",
		"--profiling=false",
	)
}

// healthURL is empty for a component without a health path.
func (c component) healthURL(p ports) string {
	if c.healthPath == "" {
		return ""
	}
	return c.scheme + "://" + p.address(c.ports[0]) + c.healthPath
}
