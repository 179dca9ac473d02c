package aks

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
)

// right is a role on the resource of a grant, or on something around it.
type right struct {
	// suffix of the Pulumi name, where a grant is more than one role.
	suffix string
	role   role
	// on makes the scope of the id of the resource, as long as Azure can grant
	// the role there.
	on func(id string) (string, error)
}

// rightsOf is the roles that each kind of grant stands for. Source:
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var rightsOf = map[cluster.GrantKind][]right{
	cluster.ReadObjects:  {{role: blobReader, on: storage}},
	cluster.WriteObjects: {{role: blobContributor, on: storage}},
	// Zones are listed by their group. Source:
	// https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/azure/
	cluster.ManageDNS:    {{role: zoneContributor, on: dnsZone}, {suffix: "-list", role: reader, on: groupOfZone}},
	cluster.WriteMetrics: {{role: metricsPublisher, on: collectionRule}},
	// The length of a queue is told to whoever may manage it. Source:
	// https://keda.sh/docs/latest/scalers/azure-service-bus/
	cluster.MeasureQueue: {{role: serviceBusOwner, on: serviceBusQueue}},
}

// grantable finds the grants that have no meaning on Azure.
func grantable(grants []cluster.Grant) error {
	var problems []error
	for i, grant := range grants {
		if rightsOf[grant.Kind] == nil {
			problems = append(problems, fmt.Errorf("grant %d is of kind %s, which no pod needs here: AKS scales its nodes and makes its load balancers itself", i, grant.Kind))
		}
	}
	return errors.Join(problems...)
}

// scope of the right on a resource.
func (r right) scope(resource pulumi.StringInput) pulumi.StringOutput {
	return resource.ToStringOutput().ApplyT(r.on).(pulumi.StringOutput)
}

// Beginnings of the resource ids that grants are for, and of everything in them.
// Azure does not tell case apart in ids.
var (
	storageAccount = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Storage/storageAccounts/[^/]+`)
	zoneID         = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/dnsZones/[^/]+$`)
	queueID        = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ServiceBus/namespaces/[^/]+/queues/[^/]+$`)
	ruleID         = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Insights/dataCollectionRules/[^/]+$`)
)

func storage(id string) (string, error) {
	return known(id, storageAccount, "the bucket %q of a grant is not the resource id of a storage account or of one of its containers, "+
		"for example /subscriptions/.../resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/models")
}

func dnsZone(id string) (string, error) {
	return known(id, zoneID, "the DNS zone %q of a grant is not the resource id of an Azure DNS zone, "+
		"for example /subscriptions/.../resourceGroups/dns/providers/Microsoft.Network/dnsZones/ml.example.com")
}

// groupOfZone is the resource group that a DNS zone lies in.
func groupOfZone(id string) (string, error) {
	zone, err := dnsZone(id)
	return strings.Join(strings.Split(zone, "/")[:min(5, strings.Count(zone, "/")+1)], "/"), err
}

func collectionRule(id string) (string, error) {
	return known(id, ruleID, "the workspace %q of a grant is not the resource id of a data collection rule of Azure Monitor, "+
		"for example /subscriptions/.../resourceGroups/monitoring/providers/Microsoft.Insights/dataCollectionRules/ml")
}

func serviceBusQueue(id string) (string, error) {
	return known(id, queueID, "the queue %q of a grant is not the resource id of a queue of Service Bus, "+
		"for example /subscriptions/.../resourceGroups/ml/providers/Microsoft.ServiceBus/namespaces/ml/queues/requests")
}

// known is an id, as long as it has the form; problem takes the id.
func known(id string, form *regexp.Regexp, problem string) (string, error) {
	if !form.MatchString(id) {
		return "", fmt.Errorf(problem, id)
	}
	return id, nil
}
