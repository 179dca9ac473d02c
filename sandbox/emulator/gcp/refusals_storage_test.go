package gcp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestRefusals_Repositories(t *testing.T) {
	p := newCluster(t)
	repository := change(p.repositoryProps(), Props{"repositoryId": "other"})
	agent := "service-" + p.number() + "@gcp-sa-artifactregistry.iam.gserviceaccount.com"
	unmade := Props{"cryptoKeyId": p.By["key"].ID, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "member": "serviceAccount:" + agent}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"an agent that nobody has made": {keyMemberType, unmade, "Service account " + agent + " does not exist., badRequest"},
		"a key that it may not use": {repositoryType, repository, "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '" + p.By["key"].ID +
			"' (or it may not exist). Grant roles/cloudkms.cryptoKeyEncrypterDecrypter on it to serviceAccount:" + agent},
		"the agent of an API that is off": {agentType, Props{"service": "run.googleapis.com"}, "Cloud Run Admin API has not been used"},
	})

	p.images()
	policies := func(all ...any) Props { return change(repository, Props{"cleanupPolicies": all}) }
	onImages := Props{"repository": "dev", "role": "roles/artifactregistry.reader", "member": p.By["nodes"].Outputs["member"]}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"one that exists":           {repositoryType, p.repositoryProps(), "Error 409: the repository already exists"},
		"one in no region":          {repositoryType, change(repository, Props{"location": "us-central9"}), "Permission denied on 'locations/us-central9' (or it may not exist)."},
		"a key of another region":   {repositoryType, change(repository, Props{"location": "us-east1"}), "Cloud KMS key location 'us-central1' does not match the location 'us-east1'"},
		"a key that is none":        {repositoryType, change(repository, Props{"kmsKeyName": p.By["key"].ID + "x"}), "(or it may not exist)"},
		"a name in capitals":        {repositoryType, change(repository, Props{"repositoryId": "Dev"}), "1 to 63 lower-case letters"},
		"a format that is none":     {repositoryType, change(repository, Props{"format": "CRATES"}), `format is "CRATES", expected one of APT, DOCKER`},
		"no format":                 {repositoryType, change(repository, Props{"format": nil}), "format is required"},
		"policies of one name":      {repositoryType, policies(Props{"id": "a", "condition": Props{"tagState": "ANY"}}, Props{"id": "a", "condition": Props{"tagState": "ANY"}}), "Cleanup policy a is named twice."},
		"a policy of everything":    {repositoryType, policies(Props{"id": "a", "action": "DELETE"}), "must have exactly one of condition and mostRecentVersions"},
		"the newest, to be deleted": {repositoryType, policies(Props{"id": "a", "action": "DELETE", "mostRecentVersions": Props{"keepCount": 1}}), "with action KEEP only"},
		"an age without its unit":   {repositoryType, policies(Props{"id": "a", "condition": Props{"olderThan": "7"}}), `is "7", expected a number of seconds`},
		"a reader of nothing":       {imageMemberType, change(onImages, Props{"repository": "none"}), "Requested entity was not found: projects/" + project + "/locations/us-central1/repositories/none"},
		"a role for elsewhere":      {imageMemberType, change(onImages, Props{"role": "roles/storage.objectViewer"}), "is not supported for this resource"},
		"a zone with a bad name":    {zoneMemberType, Props{"managedZone": "ml.example.com", "role": "roles/dns.admin", "member": p.By["nodes"].Outputs["member"]}, "the name of a managed zone"},
		"a zone's role that is not": {zoneMemberType, Props{"managedZone": "ml", "role": "roles/viewer", "member": p.By["nodes"].Outputs["member"]}, "is not supported for this resource"},
	})
}

func TestRefusals_Buckets(t *testing.T) {
	p := newCluster(t)
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a key that it may not use": {bucketType, p.bucketProps(), "Grant roles/cloudkms.cryptoKeyEncrypterDecrypter on it to serviceAccount:service-" + p.number() + "@gs-project-accounts.iam.gserviceaccount.com"},
	})
	p.models()
	bucket := p.bucketProps()
	rule := func(action, condition Props) Props {
		return change(bucket, Props{"lifecycleRules": []any{Props{"action": action, "condition": condition}}})
	}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"one that exists":            {bucketType, change(bucket, Props{"name": p.Text("models", "name")}), "Your previous request to create the named bucket succeeded and you already own it., conflict"},
		"one of others":              {bucketType, change(bucket, Props{"name": "my-models"}), "The requested bucket name is not available."},
		"a name in capitals":         {bucketType, change(bucket, Props{"name": "Models"}), "expected the name of a bucket"},
		"a name of Google's":         {bucketType, change(bucket, Props{"name": "my-google-models"}), "Invalid bucket name: 'my-google-models'"},
		"no place":                   {bucketType, change(bucket, Props{"location": nil}), "location is required"},
		"a place that is none":       {bucketType, change(bucket, Props{"location": "MARS"}), "The specified location constraint is not valid., invalid"},
		"a key of another place":     {bucketType, change(bucket, Props{"location": "US-EAST1"}), "Cloud KMS key location 'us-central1' does not match the location 'us-east1'"},
		"a class that is none":       {bucketType, change(bucket, Props{"storageClass": "HOT"}), "expected one of STANDARD"},
		"public, a little":           {bucketType, change(bucket, Props{"publicAccessPrevention": "some"}), "expected one of enforced, inherited"},
		"deleted for a day":          {bucketType, change(bucket, Props{"softDeletePolicy": Props{"retentionDurationSeconds": 86400}}), "Invalid soft delete policy"},
		"a rule for everything":      {bucketType, rule(Props{"type": "Delete"}, Props{}), "must have a condition"},
		"a rule that does naught":    {bucketType, rule(Props{"type": "Wait"}, Props{"age": 1}), "expected one of Delete, SetStorageClass"},
		"a class to delete":          {bucketType, rule(Props{"type": "Delete", "storageClass": "NEARLINE"}, Props{"age": 1}), "must have a storage class with the action SetStorageClass"},
		"everyone in a closed one":   {bucketMemberType, Props{"bucket": p.Text("models", "name"), "role": "roles/storage.objectViewer", "member": "allUsers"}, "public access prevention is enforced., conditionNotMet"},
		"an agent of another number": {keyMemberType, Props{"cryptoKeyId": p.By["key"].ID, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "member": "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com"}, "does not exist."},
	})
}

func TestStorage_WhatIsReplaced(t *testing.T) {
	p := newCluster(t)
	p.images()
	p.models()
	p.Replaces(t, p.By["images"], change(p.repositoryProps(), Props{"kmsKeyName": nil}), []string{"kmsKeyName"}, false)
	p.Replaces(t, p.By["images"], change(p.repositoryProps(), Props{"description": "images"}), nil, false)
	p.Replaces(t, p.By["models"], change(p.bucketProps(), Props{"location": "US"}), []string{"location"}, false)
	p.Replaces(t, p.By["models"], change(p.bucketProps(), Props{"storageClass": "NEARLINE"}), nil, false)
	models := p.By["models"]
	assert.Equal(t, "gs://"+models.ID, models.Outputs["url"])
	assert.True(t, strings.HasPrefix(models.ID, "models-"))
	assert.Equal(t, "projects/"+project+"/locations/us-central1/repositories/dev", p.By["images"].ID)
	assert.Equal(t, "projects/"+project+"/locations/us-central1/repositories/dev/roles/artifactregistry.reader/serviceAccount:dev-nodes@"+project+".iam.gserviceaccount.com",
		p.By["images-nodes"].ID)

	before := len(p.Objects())
	require.NoError(t, p.Delete(p.By["images"]))
	assert.Len(t, p.Objects(), before-2, "who may read it goes along")
}
