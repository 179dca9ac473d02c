package aws_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

// refusal is a resource that AWS does not create, and what it says.
type refusal emulatortest.Refusal

func TestRefusals_Identity(t *testing.T) {
	p := newNetwork(t)
	role := Props{"name": "role", "assumeRolePolicy": trust("ec2.amazonaws.com")}
	p.Add(roleType, "role", role)
	p.Add(keyType, "key", Props{})
	p.Add(aliasType, "alias", Props{"name": "alias/a", "targetKeyId": p.By["key"].ID})
	p.Add(logType, "logs", Props{"name": "logs"})
	attachment := Props{"role": "role", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"}

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a role that exists":                {roleType, role, "EntityAlreadyExists: Role with name role already exists."},
		"a role that nobody may take":       {roleType, change(role, Props{"assumeRolePolicy": "{}"}), "MalformedPolicyDocument"},
		"a trust policy with a resource":    {roleType, change(role, Props{"assumeRolePolicy": `{"Statement":{"Effect":"Allow","Resource":"*"}}`}), "prohibited field Resource"},
		"a trust policy as an object":       {roleType, change(role, Props{"assumeRolePolicy": Props{}}), "as a JSON string"},
		"a role with a long name":           {roleType, change(role, Props{"name": strings.Repeat("r", 65)}), "up to 64"},
		"a role with a long prefix":         {roleType, change(role, Props{"name": nil, "namePrefix": strings.Repeat("r", 39)}), "39 characters long, expected at most 38"},
		"a role with a session of a second": {roleType, change(role, Props{"maxSessionDuration": 1}), "from 3600 to 43200"},
		"a policy for nobody":               {policyType, Props{"role": "nobody", "policy": trust("x")}, "NoSuchEntity: The role with name nobody cannot be found."},
		"a policy that says nothing":        {policyType, Props{"role": "role", "policy": "{}"}, "the policy has no Statement"},
		"a policy that does not exist":      {attachmentType, change(attachment, Props{"policyArn": "arn:aws:iam::aws:policy/AmazonEKSClustrPolicy"}), "does not exist or is not attachable"},
		"an attachment to nobody":           {attachmentType, change(attachment, Props{"role": "nobody"}), "NoSuchEntity"},
		"a key that dies tomorrow":          {keyType, Props{"deletionWindowInDays": 1}, "from 7 to 30"},
		"a period without rotation":         {keyType, Props{"rotationPeriodInDays": 90}, "needs enableKeyRotation"},
		"an alias that exists":              {aliasType, Props{"name": "alias/a", "targetKeyId": p.By["key"].ID}, "AlreadyExistsException"},
		"an alias of AWS":                   {aliasType, Props{"name": "alias/aws/eks", "targetKeyId": p.By["key"].ID}, "reserved for AWS"},
		"an alias for nothing":              {aliasType, Props{"name": "alias/b", "targetKeyId": "no"}, "NotFoundException: Key 'no' does not exist"},
		"an alias without its prefix":       {aliasType, Props{"name": "b", "targetKeyId": p.By["key"].ID}, "expected alias/"},
		"logs that exist":                   {logType, Props{"name": "logs"}, "ResourceAlreadyExistsException"},
		"logs for two days":                 {logType, Props{"retentionInDays": 2}, "is 2, expected one of"},
		"logs under a key that is not":      {logType, Props{"kmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/x"}, "does not exist"},
	})
}

func TestRefusals_RolesTakeTenPolicies(t *testing.T) {
	p := newNetwork(t)
	p.role("role", "ec2.amazonaws.com",
		"ReadOnlyAccess", "PowerUserAccess", "AmazonEKSClusterPolicy", "AmazonEKSServicePolicy", "AmazonS3FullAccess",
		"AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonSSMManagedInstanceCore", "AmazonFSxFullAccess", "AWSXRayDaemonWriteAccess")
	emulatortest.Refuses(t, p.Account, map[string]refusal{"the eleventh": {
		attachmentType, Props{"role": p.By["role"].ID, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
		"LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10",
	}})
}

func TestPreview_RefusesWhatIsWrongInItself(t *testing.T) {
	p := newNetwork(t)
	_, err := p.Preview(groupType, "g", Props{
		"clusterName": "not-yet", "nodeRoleArn": unknown, "subnetIds": unknown, "instanceTypes": []any{"g6.tiny"},
		"scalingConfig": Props{"minSize": 0, "desiredSize": 1, "maxSize": 1},
	})
	assert.ErrorContains(t, err, "instance types do not exist: [g6.tiny]")
	plan, err := p.Preview(groupType, "g", Props{
		"clusterName": "not-yet", "nodeRoleArn": unknown, "subnetIds": unknown, "instanceTypes": []any{"m6i.large"},
		"scalingConfig": Props{"minSize": 0, "desiredSize": 1, "maxSize": 1}, "labels": unknown, "taints": unknown,
	})
	require.NoError(t, err, "what is missing may yet come")
	assert.Equal(t, unknown, plan.Outputs["resources"])
	assert.Equal(t, emulatortest.Unknown, plan.Outputs["version"])
}
