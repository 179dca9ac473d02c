package agent

import (
	"maps"
	"slices"
	"strings"

	storagev1 "k8s.io/api/storage/v1"
)

// reservedPrefix begins the parameters that the external provisioner takes for
// itself. https://kubernetes-csi.github.io/docs/secrets-and-credentials-storage-class.html
const reservedPrefix = "csi.storage.k8s.io/"

// fsTypeParameter is the file system of disks, before and since the prefix.
const fsTypeParameter = "fstype"

// parameters of a StorageClass, as a driver gets them: without those that the
// external provisioner takes, and with names in lower case, unless the driver
// tells names apart by case.
type parameters map[string]string

func parametersOf(class *storagev1.StorageClass, exact bool) parameters {
	p := parameters{}
	for name, value := range class.Parameters {
		if strings.HasPrefix(name, reservedPrefix) {
			continue
		}
		if !exact {
			name = strings.ToLower(name)
		}
		p[name] = value
	}
	return p
}

// unknown is the first parameter, in alphabetical order, that is not among the
// known ones. Known names may end in * for any ending.
func (p parameters) unknown(known []string) (name string, found bool) {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		isKnown := slices.ContainsFunc(known, func(k string) bool {
			prefix, open := strings.CutSuffix(k, "*")
			return name == k || open && strings.HasPrefix(name, prefix)
		})
		if !isKnown {
			return name, true
		}
	}
	return "", false
}

// fsType of the disks of a class, by default ext4 as in every driver.
func fsType(class *storagev1.StorageClass) string {
	for name, value := range class.Parameters {
		if name = strings.TrimPrefix(strings.ToLower(name), reservedPrefix); name == fsTypeParameter && value != "" {
			return value
		}
	}
	return "ext4"
}
