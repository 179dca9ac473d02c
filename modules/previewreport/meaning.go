package previewreport

import (
	"regexp"
	"slices"
	"strings"
)

// Weight is how grave a change is.
type Weight int

// The weights. Data loss is what no later deployment brings back; disruption is
// what somebody notices while it lasts; a step by step change is made so that
// nobody should.
const (
	Minor Weight = iota
	StepByStep
	Disruption
	DataLoss
)

// Meaning is what a change means for the platform.
type Meaning struct {
	Weight Weight
	// Says it in words; empty where there is nothing to say.
	Says string
}

// consequence is a row of the tables of meanings.
type consequence struct {
	// Types of resources that it is about.
	Types []string
	// Ops that it is about.
	Ops []Op
	// Properties that have to change, as in matches. Empty: any.
	Properties []string
	Weight     Weight
	// Says what it means; First says it of a replacement whose old resource
	// goes first, where that is something else.
	Says, First string
}

// meanings are all rows. Those of properties come before those of any, which
// count only where no other does.
var meanings = slices.Concat(engineMeanings, awsMeanings, googleMeanings, azureMeanings, kubernetesMeanings)

// engineMeanings are about the engine's own resources.
var engineMeanings = []consequence{
	{
		Types: []string{"pulumi:providers:kubernetes"}, Ops: []Op{Replace}, Weight: DataLoss,
		Says: "The stack works on another cluster from now on: everything in the old one is deleted or left behind, and made anew.",
	},
	{
		Types: []string{"pulumi:providers:aws", "pulumi:providers:gcp", "pulumi:providers:azure-native"}, Ops: []Op{Replace}, Weight: DataLoss,
		Says: "The stack works in another account or region from now on: everything that this provider made is made anew.",
	},
}

// Meaning looks a change up in the tables.
func (c Change) Meaning() Meaning {
	var all Meaning
	for _, row := range meanings {
		if !row.about(c) || (len(row.Properties) == 0 && all.Says != "") {
			continue
		}
		says := row.Says
		if c.GoesFirst && row.First != "" {
			says = row.First
		}
		all.Weight = max(all.Weight, row.Weight)
		all.Says = strings.TrimSpace(all.Says + " " + says)
	}
	return c.softened(all)
}

// softened takes into account that what is retained is not lost.
func (c Change) softened(m Meaning) Meaning {
	if c.Retained && (c.Op == Delete || c.Op == Replace) {
		return Meaning{min(m.Weight, Disruption), "The old one stays in the account, and Pulumi forgets it: nobody looks after it from now on."}
	}
	return m
}

func (row consequence) about(c Change) bool {
	if !slices.Contains(row.Types, c.Type) || !slices.Contains(row.Ops, c.Op) {
		return false
	}
	return len(row.Properties) == 0 || slices.ContainsFunc(row.Properties, func(pattern string) bool {
		return slices.ContainsFunc(c.Properties, func(p Property) bool { return matches(pattern, p.Path) }) ||
			slices.Contains(c.Reasons, pattern)
	})
}

// nouns are what types of resources are called where their last word is not
// enough.
var nouns = map[string]string{
	"aws:eks/nodeGroup:NodeGroup":                                 "node group",
	"aws:eks/addon:Addon":                                         "add-on",
	"aws:eks/cluster:Cluster":                                     "EKS cluster",
	"aws:kms/key:Key":                                             "encryption key",
	"aws:efs/fileSystem:FileSystem":                               "file system",
	"aws:s3/bucket:Bucket":                                        "bucket",
	"aws:s3/bucketV2:BucketV2":                                    "bucket",
	"aws:cloudwatch/logGroup:LogGroup":                            "log group",
	"aws:ec2/vpc:Vpc":                                             "network",
	"aws:ec2/eip:Eip":                                             "public address",
	"aws:ec2/natGateway:NatGateway":                               "NAT gateway",
	"aws:ec2/launchTemplate:LaunchTemplate":                       "launch template",
	"aws:iam/role:Role":                                           "role",
	"aws:autoscaling/tag:Tag":                                     "autoscaling tag",
	"gcp:projects/service:Service":                                "API of the project",
	"gcp:serviceaccount/account:Account":                          "service account",
	"gcp:container/nodePool:NodePool":                             "node pool",
	"gcp:container/cluster:Cluster":                               "GKE cluster",
	"gcp:kms/cryptoKey:CryptoKey":                                 "encryption key",
	"gcp:storage/bucket:Bucket":                                   "bucket",
	"gcp:compute/network:Network":                                 "network",
	"gcp:filestore/instance:Instance":                             "file system",
	"azure-native:containerservice:AgentPool":                     "node pool",
	"azure-native:containerservice:ManagedCluster":                "AKS cluster",
	"azure-native:resources:ResourceGroup":                        "resource group",
	"azure-native:storage:StorageAccount":                         "storage account",
	"azure-native:operationalinsights:Workspace":                  "log workspace",
	"azure-native:network:VirtualNetwork":                         "network",
	"azure-native:network:PublicIPAddress":                        "public address",
	"azure-native:network:NatGateway":                             "NAT gateway",
	"pulumi:providers:kubernetes":                                 "connection to the cluster",
	"kubernetes:helm.sh/v3:Release":                               "Helm release",
	"kubernetes:core/v1:PersistentVolumeClaim":                    "volume claim",
	"kubernetes:autoscaling/v2:HorizontalPodAutoscaler":           "autoscaler",
	"kubernetes:policy/v1:PodDisruptionBudget":                    "disruption budget",
	"kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": "custom resource definition",
}

// noun is what a type of resources is called: a word for those that people know,
// the kind of a Kubernetes object, else the words in the name of the type.
func noun(kind string) string {
	if known, ok := nouns[kind]; ok {
		return known
	}
	if strings.HasPrefix(kind, typeProvider) {
		return "provider"
	}
	parts := strings.Split(kind, ":")
	if parts[0] == "kubernetes" && len(parts) == 3 {
		return parts[2]
	}
	return words(parts[len(parts)-1])
}

var (
	// humps are where a word begins in the name of a type.
	humps = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)
	// initials are words that are written in capitals.
	initials = regexp.MustCompile(`\b(vpc|iam|nat|kms|dns|ip|api|efs|ecr)\b`)
)

// words turns RolePolicyAttachment into role policy attachment.
func words(name string) string {
	spaced := strings.ToLower(humps.ReplaceAllString(name, "$1$3 $2$4"))
	return initials.ReplaceAllStringFunc(spaced, strings.ToUpper)
}
