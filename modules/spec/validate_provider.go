package spec

import "regexp"

// place is how one cloud writes where a cluster lies.
type place struct {
	// region is the form of a region, zone that of a zone, whose first group is
	// its region.
	region, zone *regexp.Regexp
	// name of a region, and of some.
	noun, example, examples string
}

// Forms of regions and zones. Sources: the lists of regions of the three
// clouds.
var places = map[Cloud]place{
	AWS: {
		region: regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[1-9]$`),
		zone:   regexp.MustCompile(`^([a-z]{2}(-[a-z]+)+-[1-9])[a-z]$`),
		noun:   "an AWS region", example: "us-east-1", examples: "us-east-1 or eu-central-1",
	},
	GCP: {
		region: regexp.MustCompile(`^[a-z]+-[a-z]+[1-9][0-9]?$`),
		zone:   regexp.MustCompile(`^([a-z]+-[a-z]+[1-9][0-9]?)-[a-z]$`),
		noun:   "a Google Cloud region", example: "us-central1", examples: "us-central1 or europe-west4",
	},
	Azure: {
		region: regexp.MustCompile(`^[a-z]+[1-9]?$`),
		zone:   regexp.MustCompile(`^([a-z]+[1-9]?)-[1-3]$`),
		noun:   "an Azure location", example: "eastus", examples: "eastus or westeurope",
	},
}

var (
	// gcpProject is the form of a project id. Source:
	// https://cloud.google.com/resource-manager/docs/creating-managing-projects
	gcpProject    = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	projectNumber = regexp.MustCompile(`^[0-9]+$`)
	guid          = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// checkProvider checks the keys of the cloud's own provider.
func checkProvider(r *report, p Platform) {
	regionKey, accountKey := p.Cloud.ProviderKeys()
	if where, ok := places[p.Cloud]; ok {
		checkRegion(r, regionKey, where, p.Region)
	}
	switch {
	case p.Cloud == GCP && p.Account == "":
		r.missing(accountKey, "is missing", "pulumi config set "+accountKey+" followed by the id of the project")
	case p.Cloud == GCP && projectNumber.MatchString(p.Account):
		r.add(accountKey, p.Account, "is the number of a project, not its id", "use the id: gcloud projects describe "+p.Account+" --format='value(projectId)'")
	case p.Cloud == GCP && !gcpProject.MatchString(p.Account):
		r.add(accountKey, p.Account, "is not the id of a project", "use 6 to 30 lower-case letters, digits and '-', beginning with a letter")
	case p.Cloud == Azure && p.Account != "" && !guid.MatchString(p.Account):
		r.add(accountKey, p.Account, "is not the id of a subscription", "use the id that `az account show --query id` prints, or remove the key for that of the credentials")
	}
}

func checkRegion(r *report, at string, where place, region string) {
	if region == "" {
		r.missing(at, "is missing", "pulumi config set "+at+" "+where.example)
		return
	}
	if zone := where.zone.FindStringSubmatch(region); zone != nil {
		r.add(at, region, "is an availability zone, not a region", "use "+zone[1])
		return
	}
	if !where.region.MatchString(region) {
		r.add(at, region, "is not the name of "+where.noun, "use a name such as "+where.examples)
	}
}
