package localkube

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"gantry.dev/gantry/sandbox/localkube/agent"
)

// Names of the certificate authorities. They are separate for the reason that
// kubeadm separates them: a client certificate of the cluster must open
// neither etcd nor the aggregated APIs.
const (
	caCluster    = "ca"
	caEtcd       = "etcd-ca"
	caFrontProxy = "front-proxy-ca"
)

// Names of the other key pairs.
const (
	certServing    = "serving"
	certEtcd       = "etcd"
	certEtcdClient = "etcd-client"
	certFrontProxy = "front-proxy-client"
	keyAccounts    = "service-accounts"
)

// Users of the Kubernetes API; each has a certificate and a kubeconfig.
const (
	userAdmin             = "admin"
	userControllerManager = "kube-controller-manager"
	userScheduler         = "kube-scheduler"
	userKwok              = "kwok"
	userAgent             = "agent"
)

var users = []string{userAdmin, userControllerManager, userScheduler, userKwok, userAgent}

// frontProxyName is the common name that aggregated APIs trust.
const frontProxyName = "front-proxy-client"

// groupMasters is bound to cluster-admin by the API server's bootstrap. KWOK
// and the agent are in it because they stand for kubelets, CSI drivers and
// cloud controllers at once.
const groupMasters = "system:masters"

// certificate is one line of the cluster's PKI.
type certificate struct {
	name, ca, commonName string
	groups               []string
	servers              []string // DNS names and addresses; empty for a client
}

func certificates() []certificate {
	loopback := []string{"localhost", "127.0.0.1", "::1"}
	api := append([]string{
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		serviceAddress, agent.MetricsServerName,
	}, loopback...)
	return []certificate{
		{name: certServing, ca: caCluster, commonName: "kube-apiserver", servers: api},
		{name: certEtcd, ca: caEtcd, commonName: "etcd", servers: loopback},
		{name: certEtcdClient, ca: caEtcd, commonName: "kube-apiserver"},
		{name: certFrontProxy, ca: caFrontProxy, commonName: frontProxyName},
		{name: userAdmin, ca: caCluster, commonName: "kubernetes-admin", groups: []string{groupMasters}},
		{name: userControllerManager, ca: caCluster, commonName: "system:kube-controller-manager"},
		{name: userScheduler, ca: caCluster, commonName: "system:kube-scheduler"},
		{name: userKwok, ca: caCluster, commonName: "sandbox-kwok", groups: []string{groupMasters}},
		{name: userAgent, ca: caCluster, commonName: "sandbox-agent", groups: []string{groupMasters}},
	}
}

// ensurePKI writes the cluster's keys and certificates unless they exist. The
// folder appears in one step: a crash leaves all of it or nothing.
func (c *cluster) ensurePKI() error {
	final := c.path("pki")
	if _, err := os.Stat(final); err == nil {
		return nil
	}
	tmp := c.path("pki.tmp")
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if err := writePKI(tmp, c.name); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if err := os.Rename(tmp, final); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	return nil
}

func writePKI(dir, clusterName string) error {
	authorities := map[string]*issuer{}
	for _, name := range []string{caCluster, caEtcd, caFrontProxy} {
		ca, err := newIssuer(clusterName + "-" + name)
		if err != nil {
			return err
		}
		if err := writePair(dir, name, ca.cert.Raw, ca.key); err != nil {
			return err
		}
		authorities[name] = ca
	}
	for _, cert := range certificates() {
		der, key, err := authorities[cert.ca].issue(cert)
		if err != nil {
			return fmt.Errorf("%s: %w", cert.name, err)
		}
		if err := writePair(dir, cert.name, der, key); err != nil {
			return err
		}
	}
	return writeAccountsKey(dir)
}

// writeAccountsKey writes the key that signs service account tokens.
func writeAccountsKey(dir string) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := writeKey(dir, keyAccounts, key); err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, keyAccounts+".pub"), "PUBLIC KEY", public)
}

// issuer is a certificate authority.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(name string) (*issuer, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template, err := newTemplate(pkix.Name{CommonName: name})
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &issuer{cert: cert, key: key}, nil
}

func (i *issuer) issue(c certificate) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	template, err := newTemplate(pkix.Name{CommonName: c.commonName, Organization: c.groups})
	if err != nil {
		return nil, nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(c.servers) > 0 {
		// etcd's gRPC gateway dials its own server with the server's pair.
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, s := range c.servers {
		if ip := net.ParseIP(s); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, s)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, i.cert, &key.PublicKey, i.key)
	return der, key, err
}

// newTemplate is valid for ten years: nothing renews the certificates of a
// sandbox, and an hour back in case clocks are set.
func newTemplate(subject pkix.Name) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(10, 0, 0),
	}, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func writePair(dir, name string, der []byte, key *ecdsa.PrivateKey) error {
	if err := writePEM(filepath.Join(dir, name+".crt"), "CERTIFICATE", der); err != nil {
		return err
	}
	return writeKey(dir, name, key)
}

func writeKey(dir, name string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, name+".key"), "EC PRIVATE KEY", der)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
