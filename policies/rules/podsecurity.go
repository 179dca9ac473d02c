package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// exempt are the namespaces whose pods have to reach into nodes: Gantry puts
// GPU drivers and plugins there, and nothing else.
var exempt = Parameter{Name: "exemptNamespaces", Default: []string{"gpu-system", "kube-system"}, Says: "Namespaces that are not judged."}

var podRules = []Rule{
	{
		ID: "pod-not-privileged", Group: Pods, Level: Mandatory,
		Says:       "No container is privileged.",
		Why:        "A privileged container is root on the node, and so has whatever any pod on it has.",
		Fix:        "Remove securityContext.privileged; add the one capability that is needed.",
		Except:     "For an agent that manages devices; its namespace belongs into exemptNamespaces.",
		Like:       []string{"CKV_K8S_16", "KSV-0017", "privileged-container"},
		Parameters: []Parameter{exempt}, Types: podTypes, Judge: secured(notPrivileged),
	},
	{
		ID: "pod-no-privilege-escalation", Group: Pods, Level: Mandatory,
		Says:       "No process gains more rights than the one that started it.",
		Why:        "A program with the setuid bit makes root of an intruder who is not.",
		Fix:        "Set securityContext.allowPrivilegeEscalation to false.",
		Except:     "For an image that starts as root and drops its rights with sudo.",
		Like:       []string{"CKV_K8S_20", "KSV-0001"},
		Parameters: []Parameter{exempt}, Types: podTypes, Judge: secured(noEscalation),
	},
	{
		ID: "pod-non-root", Group: Pods, Level: Mandatory,
		Says:       "Containers do not run as root.",
		Why:        "Root in the container is root on the node as soon as something lets it out.",
		Fix:        "Set securityContext.runAsNonRoot to true and runAsUser to a number that the image can run as.",
		Except:     "For an image of another vendor that needs root to start.",
		Like:       []string{"CKV_K8S_23", "KSV-0012", "KSV-0105", "run-as-non-root"},
		Parameters: []Parameter{exempt}, Types: podTypes, Judge: secured(nonRoot),
	},
	{
		ID: "pod-read-only-root", Group: Pods, Level: Mandatory,
		Says:       "A container cannot write to its own image.",
		Why:        "An intruder who cannot write cannot leave anything behind, and a container that fills its layer fills the node's disk.",
		Fix:        "Set securityContext.readOnlyRootFilesystem to true, and mount an emptyDir where the program writes.",
		Except:     "For an image that writes beside its program.",
		Like:       []string{"CKV_K8S_22", "KSV-0014", "no-read-only-root-fs"},
		Parameters: []Parameter{exempt}, Types: podTypes, Judge: secured(readOnlyRoot),
	},
	{
		ID: "pod-drops-capabilities", Group: Pods, Level: Mandatory,
		Says:       "Containers have no capabilities of the kernel.",
		Why:        "The default set lets a container forge packets and change the owner of files; a model needs none of it.",
		Fix:        "Set securityContext.capabilities.drop to [ALL], and add back by name what is needed.",
		Except:     "For a program that binds a port below 1024: add NET_BIND_SERVICE.",
		Like:       []string{"CKV_K8S_37", "KSV-0003", "KSV-0106", "drop-net-raw-capability"},
		Parameters: []Parameter{exempt, {Name: "add", Default: []string{"NET_BIND_SERVICE"}, Says: "Capabilities that may be added back."}},
		Types:      podTypes, Judge: secured(dropsCapabilities),
	},
	{
		ID: "pod-seccomp", Group: Pods, Level: Remediate,
		Says:       "Pods run with the runtime's seccomp profile.",
		Why:        "The profile refuses some sixty system calls that programs do not need and exploits do.",
		Fix:        "Set securityContext.seccompProfile.type to RuntimeDefault. Where it is left out, the pack does so.",
		Except:     "For a profiler or debugger.",
		Like:       []string{"CKV_K8S_31", "KSV-0030", "KSV-0104"},
		Parameters: []Parameter{exempt}, Types: podTypes, Judge: seccomp, Mend: mendSeccomp,
	},
	{
		ID: "pod-no-host-namespaces", Group: Pods, Level: Mandatory,
		Says:       "Pods share neither network, processes nor memory with the node.",
		Why:        "In the host network a pod reaches the node's credentials and whatever listens on loopback; with the host's processes it can read their memory.",
		Fix:        "Remove hostNetwork, hostPID, hostIPC and hostPort.",
		Except:     "For training over InfiniBand or EFA that needs the host network.",
		Like:       []string{"CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "CKV_K8S_26", "KSV-0008", "KSV-0009", "KSV-0010"},
		Parameters: []Parameter{exempt}, Types: podTypes, Judge: secured(noHostNamespaces),
	},
	{
		ID: "pod-host-path", Group: Pods, Level: Mandatory,
		Says:   "Pods mount paths of the node only for the model cache, and read-only.",
		Why:    "A path of the node is shared with every other pod and outlives all of them; the wrong one is the whole node.",
		Fix:    "Use an emptyDir or a volume claim.",
		Except: "For an agent of the node; its namespace belongs into exemptNamespaces.",
		Like:   []string{"KSV-0023", "KSV-0006", "CKV_K8S_27", "sensitive-host-mounts"},
		Parameters: []Parameter{exempt,
			{Name: "paths", Default: []string{"/var/lib/gantry/*"}, Says: "Paths that may be mounted; a star stands for anything."},
			{Name: "writers", Default: []string{}, Says: "Names of containers that may write to them, for example the one that fills the cache; a star stands for anything."},
		},
		Types: podTypes, Judge: secured(hostPaths),
	},
	{
		ID: "pod-no-account-token", Group: Pods, Level: Mandatory,
		Says:       "Pods get no token for the Kubernetes API.",
		Why:        "A model calls no Kubernetes API. Its token is there for whoever gets into it.",
		Fix:        "Set automountServiceAccountToken to false in the pod.",
		Except:     "For a controller or operator, which does call the API.",
		Like:       []string{"CKV_K8S_38", "KSV-0036"},
		Parameters: []Parameter{exempt}, Types: podTypes, Judge: secured(noToken),
	},
	{
		ID: "pod-no-literal-secrets", Group: Pods, Level: Mandatory,
		Says:   "No password stands in a manifest.",
		Why:    "An environment variable with its value is readable for everyone who may look at the pod, and lies in the state and in every preview.",
		Fix:    "Put the value into a Secret from `pulumi config set --secret`, and mount it.",
		Except: "For a variable whose name only sounds like a secret.",
		Like:   []string{"CKV_K8S_35", "KSV-0109", "KSV-01010", "env-var-secret"},
		Parameters: []Parameter{
			{Name: "names", Default: []string{"*PASSWORD*", "*PASSWD*", "*SECRET*", "*_TOKEN", "*API_KEY*", "*ACCESS_KEY*", "*PRIVATE_KEY*"}, Says: "Names of variables, in upper case, that hold secrets."},
		},
		Types: append([]string{typeConfigMap}, podTypes...), Judge: noLiteralSecrets,
	},
	{
		ID: "pod-secret-files", Group: Pods, Level: Advisory,
		Says:   "Secrets are mounted as files rather than put into the environment.",
		Why:    "The environment is inherited by every child and printed by crash reports; a mounted secret is not, and changes when the secret does.",
		Fix:    "Mount the Secret as a volume and read the file.",
		Except: "For a program that reads the environment only.",
		Like:   []string{"CKV_K8S_35"},
		Types:  podTypes, Judge: eachContainer(secretFiles),
	},
}

// secured judges the pods of all but the exempt namespaces.
func secured(judge func(p pod, v Values) []string) func(Resource, Values) []string {
	return func(r Resource, v Values) []string {
		p := podOf(r)
		if p.spec.Unknown() || p.exempted(v) {
			return nil
		}
		return judge(p, v)
	}
}

// exempted tells whether the pod is, or may be, in an exempt namespace.
func (p pod) exempted(v Values) bool {
	return p.somewhere || slices.Contains(v.Texts(exempt.Name), p.namespace)
}

// containersWith is the facts about the containers that are wrong.
func (p pod) containersWith(wrong func(c container) string) []string {
	var problems []string
	for _, c := range p.containers() {
		if fact := wrong(c); fact != "" {
			problems = append(problems, "container "+c.name+": "+fact)
		}
	}
	return problems
}

func notPrivileged(p pod, _ Values) []string {
	return p.containersWith(func(c container) string {
		if c.At("securityContext", "privileged").True() {
			return "privileged is true"
		}
		return ""
	})
}

func noEscalation(p pod, _ Values) []string {
	return p.containersWith(func(c container) string {
		if c.At("securityContext", "allowPrivilegeEscalation").NotFalse() {
			return "allowPrivilegeEscalation is not false"
		}
		return ""
	})
}

func nonRoot(p pod, _ Values) []string {
	ofPod := p.spec.At("securityContext")
	return p.containersWith(func(c container) string {
		own := c.At("securityContext")
		// What the container says holds before what the pod says.
		said := func(field string) Value {
			if value := own.At(field); !value.Missing() {
				return value
			}
			return ofPod.At(field)
		}
		if user, ok := said("runAsUser").Number(); ok && user == 0 {
			return "runAsUser is 0"
		}
		if said("runAsNonRoot").NotTrue() {
			return "runAsNonRoot is not true"
		}
		return ""
	})
}

func readOnlyRoot(p pod, _ Values) []string {
	return p.containersWith(func(c container) string {
		if c.At("securityContext", "readOnlyRootFilesystem").NotTrue() {
			return "readOnlyRootFilesystem is not true"
		}
		return ""
	})
}

func dropsCapabilities(p pod, v Values) []string {
	return p.containersWith(func(c container) string {
		capabilities := c.At("securityContext", "capabilities")
		if !capabilities.HasUnknown() && !slices.Contains(capabilities.At("drop").Texts(), "ALL") {
			return "capabilities.drop does not have ALL"
		}
		for _, added := range capabilities.At("add").Texts() {
			if !slices.Contains(v.Texts("add"), strings.TrimPrefix(added, "CAP_")) {
				return "capabilities.add has " + added
			}
		}
		return ""
	})
}

func seccomp(r Resource, v Values) []string {
	return secured(func(p pod, _ Values) []string {
		ofPod := p.spec.At("securityContext", "seccompProfile", "type")
		return p.containersWith(func(c container) string {
			profile := c.At("securityContext", "seccompProfile", "type")
			if profile.Missing() {
				profile = ofPod
			}
			if profile.Missing() || profile.Is("Unconfined") {
				return "seccompProfile.type is neither RuntimeDefault nor Localhost"
			}
			return ""
		})
	})(r, v)
}

// mendSeccomp sets the profile of the pod where it has none; a container with a
// profile of its own keeps it.
func mendSeccomp(r Resource, v Values) (property.Map, bool) {
	p := podOf(r)
	profile := p.spec.At("securityContext", "seccompProfile")
	if p.spec.Missing() || p.spec.Unknown() || profile.Unknown() || !profile.Missing() || p.exempted(v) {
		return property.Map{}, false
	}
	path := append(slices.Clone(p.path), "securityContext", "seccompProfile", "type")
	return with(r.Map(), property.New("RuntimeDefault"), path...), true
}

func noHostNamespaces(p pod, _ Values) []string {
	var problems []string
	for _, field := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		if p.spec.At(field).True() {
			problems = append(problems, field+" is true")
		}
	}
	return append(problems, p.containersWith(func(c container) string {
		for _, port := range c.At("ports").List() {
			if number, ok := port.At("hostPort").Number(); ok && number > 0 {
				return fmt.Sprintf("hostPort is %g", number)
			}
		}
		return ""
	})...)
}

func hostPaths(p pod, v Values) []string {
	var problems []string
	for _, volume := range p.spec.At("volumes").List() {
		path := volume.At("hostPath", "path")
		if path.Missing() || path.Unknown() {
			continue
		}
		name := volume.At("name").Text()
		if strings.Contains(path.Text(), "..") || !matchesAny(v.Texts("paths"), path.Text()) {
			problems = append(problems, fmt.Sprintf("the volume %s is the path %s of the node", name, path.Text()))
			continue
		}
		for _, c := range p.containers() {
			for _, mount := range c.At("volumeMounts").List() {
				if mount.At("name").Is(name) && mount.At("readOnly").NotTrue() && !c.At("name").Unknown() && !matchesAny(v.Texts("writers"), c.name) {
					problems = append(problems, fmt.Sprintf("container %s: may write to %s of the node", c.name, path.Text()))
				}
			}
		}
	}
	return problems
}

func noToken(p pod, _ Values) []string {
	if p.spec.At("automountServiceAccountToken").NotFalse() {
		return []string{"automountServiceAccountToken is not false"}
	}
	return nil
}

// notSecret are values that a variable with a suspicious name may have: a
// switch, a number, a path of a file or a reference to something else.
var notSecret = regexp.MustCompile(`^(|true|false|[0-9]+|/\S*|\$\(\S+\))$`)

func noLiteralSecrets(r Resource, v Values) []string {
	suspicious := func(name string, value Value) bool {
		return matchesAny(v.Texts("names"), strings.ToUpper(name)) && value.Text() != "" && !notSecret.MatchString(value.Text())
	}
	var problems []string
	if r.Type == typeConfigMap {
		data := r.At("data")
		if data.Unknown() || !data.v.IsMap() {
			return nil
		}
		for key, value := range data.v.AsMap().AllStable {
			if suspicious(key, Value{value}) {
				problems = append(problems, "the ConfigMap has "+key)
			}
		}
		return problems
	}
	return eachContainer(func(c container, _ Values) []string {
		var problems []string
		for _, variable := range c.At("env").List() {
			if name := variable.At("name").Text(); suspicious(name, variable.At("value")) {
				problems = append(problems, "the variable "+name+" has its value in the manifest")
			}
		}
		return problems
	})(r, v)
}

func secretFiles(c container, _ Values) []string {
	var problems []string
	for _, variable := range c.At("env").List() {
		if !variable.At("valueFrom", "secretKeyRef").Missing() && !variable.At("valueFrom").Unknown() {
			problems = append(problems, "the variable "+variable.At("name").Text()+" is taken from a Secret")
		}
	}
	for _, source := range c.At("envFrom").List() {
		if !source.At("secretRef").Missing() && !source.Unknown() {
			problems = append(problems, "envFrom takes a whole Secret")
		}
	}
	return problems
}
