package previewreport

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMeaning_OfWhatHurts(t *testing.T) {
	t.Parallel()
	property := func(path string) []Property { return []Property{{Path: path}} }
	for name, test := range map[string]struct {
		change Change
		weight Weight
		says   string
	}{
		"a new pool beside the old one": {Change{Op: Replace, Type: "aws:eks/nodeGroup:NodeGroup"}, Disruption, "New nodes come up first"},
		"a pool whose name is taken": {
			Change{Op: Replace, Type: "azure-native:containerservice:AgentPool", GoesFirst: true}, Disruption, "until then the pool has no nodes",
		},
		"a pool that rolls": {
			Change{Op: Update, Type: "aws:eks/nodeGroup:NodeGroup", Properties: property("launchTemplate.version")}, StepByStep, "a third of them at a time",
		},
		"a pool that grows": {
			Change{Op: Update, Type: "aws:eks/nodeGroup:NodeGroup", Properties: property("scalingConfig.maxSize")}, Minor, "",
		},
		"machines on GKE": {
			Change{Op: Update, Type: "gcp:container/nodePool:NodePool", Properties: property("nodeConfig.machineType")}, StepByStep, "step by step",
		},
		"a lost cluster": {Change{Op: Replace, Type: "gcp:container/cluster:Cluster"}, DataLoss, "The cluster is lost"},
		"a lost key":     {Change{Op: Delete, Type: "aws:kms/key:Key"}, DataLoss, "can be read again"},
		"kept files": {
			Change{Op: Delete, Type: "aws:efs/fileSystem:FileSystem", Retained: true}, Disruption, "stays in the account",
		},
		"a new image": {
			Change{Op: Update, Type: "kubernetes:apps/v1:Deployment", Properties: property("spec.template.spec.containers[0].image")}, StepByStep, "A rolling update",
		},
		"more replicas": {
			Change{Op: Update, Type: "kubernetes:apps/v1:Deployment", Properties: property("spec.replicas")}, StepByStep, "none is replaced",
		},
		"a canary's share": {
			Change{Op: Update, Type: "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", Properties: property("spec.rules[0].backendRefs[1].weight")},
			StepByStep, "Traffic is divided anew",
		},
		"two things at once": {
			Change{Op: Update, Type: "aws:eks/cluster:Cluster", Properties: []Property{{Path: "version"}, {Path: "vpcConfig.publicAccessCidrs[0]"}}},
			Disruption, "the nodes follow. Who can reach the Kubernetes API changes",
		},
		"a chart's version": {
			Change{Op: Update, Type: "kubernetes:helm.sh/v3:Release", Properties: property("version")}, StepByStep, "The chart is upgraded. What it changes inside",
		},
		"a chart's values": {
			Change{Op: Update, Type: "kubernetes:helm.sh/v3:Release", Properties: property("values.x")}, StepByStep, "The chart is rendered anew",
		},
		"a label":    {Change{Op: Update, Type: "kubernetes:apps/v1:Deployment", Properties: property("metadata.labels.x")}, Minor, ""},
		"a new pool": {Change{Op: Create, Type: "aws:eks/nodeGroup:NodeGroup"}, Minor, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			meaning := test.change.Meaning()
			assert.Equal(t, test.weight, meaning.Weight)
			assert.Contains(t, meaning.Says, test.says)
			assert.Equal(t, test.says == "", meaning.Says == "")
		})
	}
}

// foreign are types in the tables that Gantry does not make on every cloud, or
// not yet.
var foreign = []string{
	"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2",
	"gcp:compute/address:Address", "gcp:filestore/instance:Instance", "gcp:storage/bucket:Bucket",
	"azure-native:keyvault:Key", "azure-native:keyvault:Vault",
	"azure-native:storage:BlobContainer", "azure-native:storage:FileShare", "azure-native:storage:StorageAccount",
}

// A type that is misspelt means nothing, and no report would tell.
func TestMeanings_AreOfTypesThatTheCloudsHave(t *testing.T) {
	t.Parallel()
	known := slices.Clone(foreign)
	for _, cloud := range []string{"aws", "gcp", "azure"} {
		list, err := os.ReadFile(filepath.Join("..", "..", "sandbox", "emulator", cloud, "types.txt"))
		require.NoError(t, err)
		for kind := range strings.FieldsSeq(string(list)) {
			known = append(known, unversioned(kind))
		}
	}
	ofCloud := func(kind string) bool {
		return !strings.HasPrefix(kind, "kubernetes:") && !strings.HasPrefix(kind, "pulumi:")
	}
	for _, row := range meanings {
		assert.NotEmpty(t, row.Types)
		assert.NotEmpty(t, row.Ops)
		assert.Positive(t, row.Weight, "%v", row.Types)
		assert.True(t, strings.HasSuffix(row.Says, "."), "%q is a sentence", row.Says)
		for _, kind := range row.Types {
			if ofCloud(kind) {
				assert.Contains(t, known, kind)
			}
		}
	}
	for kind := range nouns {
		if ofCloud(kind) {
			assert.Contains(t, known, kind)
		}
	}
}

// A row that stands behind one for the same types, operations and any property is
// never reached.
func TestMeanings_AreReached(t *testing.T) {
	t.Parallel()
	for i, row := range meanings {
		for _, kind := range row.Types {
			for _, op := range row.Ops {
				change := Change{Op: op, Type: kind}
				if len(row.Properties) > 0 {
					change.Properties = []Property{{Path: strings.ReplaceAll(row.Properties[0], "[]", "[0]")}}
				}
				first := slices.IndexFunc(meanings, func(other consequence) bool { return other.about(change) })
				assert.Equal(t, i, first, "%s of %s: %s", op, kind, row.Says)
			}
		}
	}
}

func TestNoun_IsAWord(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"aws:eks/nodeGroup:NodeGroup":                       "node group",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment": "role policy attachment",
		"aws:ec2/vpcEndpoint:VpcEndpoint":                   "VPC endpoint",
		"gcp:projects/iAMMember:IAMMember":                  "IAM member",
		"kubernetes:apps/v1:DaemonSet":                      "DaemonSet",
		"pulumi:providers:aws":                              "provider",
		"odd":                                               "odd",
	} {
		assert.Equal(t, want, noun(kind), kind)
	}
}
