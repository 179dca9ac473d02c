package localkube

import (
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// writeKubeconfigs writes a kubeconfig for every user, with the certificates
// inside so that the file can be copied elsewhere.
func (c *cluster) writeKubeconfigs(p ports) error {
	ca, err := os.ReadFile(c.pki(caCluster + ".crt"))
	if err != nil {
		return fmt.Errorf("kubeconfigs: %w", err)
	}
	for _, user := range users {
		cert, err := os.ReadFile(c.pki(user + ".crt"))
		if err != nil {
			return fmt.Errorf("kubeconfig of %s: %w", user, err)
		}
		key, err := os.ReadFile(c.pki(user + ".key"))
		if err != nil {
			return fmt.Errorf("kubeconfig of %s: %w", user, err)
		}
		config := clientcmdapi.NewConfig()
		config.Clusters[c.name] = &clientcmdapi.Cluster{Server: p.url(portAPI), CertificateAuthorityData: ca}
		config.AuthInfos[user] = &clientcmdapi.AuthInfo{ClientCertificateData: cert, ClientKeyData: key}
		config.Contexts[c.name] = &clientcmdapi.Context{Cluster: c.name, AuthInfo: user}
		config.CurrentContext = c.name
		data, err := clientcmd.Write(*config)
		if err != nil {
			return fmt.Errorf("kubeconfig of %s: %w", user, err)
		}
		if err := writeFile(c.kubeconfig(user), data); err != nil {
			return fmt.Errorf("kubeconfig of %s: %w", user, err)
		}
	}
	return nil
}
