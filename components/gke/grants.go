package gke

import (
	"errors"
	"fmt"
	"regexp"

	gcpdns "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/dns"
	gcpprojects "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	gcpstorage "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
)

// granting is one grant of a binding, about to be registered.
type granting struct {
	build *build
	ctx   *pulumi.Context
	// name begins the Pulumi names.
	name string
	// member is who is granted something.
	member  pulumi.StringInput
	options []pulumi.ResourceOption
}

// rightsOf is what each kind of grant registers for a resource.
var rightsOf = map[cluster.GrantKind]func(granting, pulumi.StringOutput) ([]pulumi.Resource, error){
	cluster.ReadObjects:  onBucket("roles/storage.objectViewer"),
	cluster.WriteObjects: onBucket("roles/storage.objectUser"),
	cluster.ManageDNS:    onZone,
	cluster.WriteMetrics: onMetrics("roles/monitoring.metricWriter"),
	// The lengths of Pub/Sub's queues are metrics, of the project or of none. Source:
	// https://keda.sh/docs/latest/scalers/gcp-pub-sub/
	cluster.MeasureQueue: onMetrics("roles/monitoring.viewer"),
}

// grantable finds the grants that have no meaning on Google Cloud.
func grantable(grants []cluster.Grant) error {
	var problems []error
	for i, grant := range grants {
		if rightsOf[grant.Kind] == nil {
			problems = append(problems, fmt.Errorf("grant %d is of kind %s, which no pod needs here: GKE scales its nodes and makes its load balancers itself", i, grant.Kind))
		}
	}
	return errors.Join(problems...)
}

// resourceOf a grant; empty where it names none.
func resourceOf(grant cluster.Grant) pulumi.StringOutput {
	if grant.Resource == nil {
		return pulumi.String("").ToStringOutput()
	}
	return grant.Resource.ToStringOutput()
}

// bucketName is the form of the name of a bucket. Source:
// https://cloud.google.com/storage/docs/buckets#naming
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)

// onBucket grants a role on one bucket. Source:
// https://cloud.google.com/storage/docs/access-control/iam-roles
func onBucket(role string) func(granting, pulumi.StringOutput) ([]pulumi.Resource, error) {
	return func(g granting, bucket pulumi.StringOutput) ([]pulumi.Resource, error) {
		member, err := gcpstorage.NewBucketIAMMember(g.ctx, g.name, &gcpstorage.BucketIAMMemberArgs{
			Bucket: formed(bucket, bucketName, "the bucket %q of a grant is not the name of a bucket, for example my-models"),
			Role:   pulumi.String(role),
			Member: g.member,
		}, g.options...)
		return []pulumi.Resource{member}, err
	}
}

// zoneName is the form of the name of a managed zone. Source: the reference of
// the Cloud DNS API, managedZones.
var zoneName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

// onZone grants everything in one DNS zone of the cluster's project, and to find
// it: zones are listed all or not at all. Source:
// https://cloud.google.com/dns/docs/access-control
func onZone(g granting, zone pulumi.StringOutput) ([]pulumi.Resource, error) {
	project := pulumi.String(g.build.platform.Account)
	admin, err := gcpdns.NewDnsManagedZoneIamMember(g.ctx, g.name, &gcpdns.DnsManagedZoneIamMemberArgs{
		Project:     project,
		ManagedZone: formed(zone, zoneName, "the DNS zone %q of a grant is not the name of a managed zone of Cloud DNS, for example ml-example-com"),
		Role:        pulumi.String("roles/dns.admin"),
		Member:      g.member,
	}, g.options...)
	if err != nil {
		return nil, err
	}
	reader, err := gcpprojects.NewIAMMember(g.ctx, g.name+"-list", &gcpprojects.IAMMemberArgs{
		Project: project,
		Role:    pulumi.String("roles/dns.reader"),
		Member:  g.member,
	}, g.options...)
	return []pulumi.Resource{admin, reader}, err
}

// onMetrics grants a role on the metrics of the cluster's project, those of Managed
// Service for Prometheus among them. The grant's resource has no part in it. Source:
// https://cloud.google.com/stackdriver/docs/managed-prometheus/setup-unmanaged
func onMetrics(role string) func(granting, pulumi.StringOutput) ([]pulumi.Resource, error) {
	return func(g granting, _ pulumi.StringOutput) ([]pulumi.Resource, error) {
		member, err := gcpprojects.NewIAMMember(g.ctx, g.name, &gcpprojects.IAMMemberArgs{
			Project: pulumi.String(g.build.platform.Account),
			Role:    pulumi.String(role),
			Member:  g.member,
		}, g.options...)
		return []pulumi.Resource{member}, err
	}
}

// formed is a value, as long as it has the form; problem takes the value.
func formed(value pulumi.StringOutput, form *regexp.Regexp, problem string) pulumi.StringOutput {
	return value.ApplyT(func(text string) (string, error) {
		if !form.MatchString(text) {
			return "", fmt.Errorf(problem, text)
		}
		return text, nil
	}).(pulumi.StringOutput)
}
