package render

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// functions are the answers to what the program asks of a cloud before it
// registers anything.
var functions = map[string]func(m *monitor, args resource.PropertyMap) (resource.PropertyMap, error){
	"aws:index/getPartition:getPartition": func(m *monitor, _ resource.PropertyMap) (resource.PropertyMap, error) {
		partition, suffix := "aws", "amazonaws.com"
		switch {
		case strings.HasPrefix(m.platform.Region, "cn-"):
			partition, suffix = "aws-cn", "amazonaws.com.cn"
		case strings.HasPrefix(m.platform.Region, "us-gov-"):
			partition = "aws-us-gov"
		}
		return texts("id", partition, "partition", partition, "dnsSuffix", suffix), nil
	},
	"aws:index/getCallerIdentity:getCallerIdentity": func(m *monitor, _ resource.PropertyMap) (resource.PropertyMap, error) {
		return texts("id", accountOf(m), "accountId", accountOf(m), "userId", "caller", "arn", "arn:aws:iam::"+accountOf(m)+":user/caller"), nil
	},
	"aws:iam/getSessionContext:getSessionContext": func(_ *monitor, args resource.PropertyMap) (resource.PropertyMap, error) {
		arn := args["arn"].StringValue()
		return texts("id", arn, "arn", arn, "issuerArn", arn, "issuerId", "", "issuerName", "", "sessionName", ""), nil
	},
	// Which zones there are shows in nothing inside the cluster: these are as
	// many as a cluster may ask for.
	"aws:index/getAvailabilityZones:getAvailabilityZones": func(m *monitor, _ resource.PropertyMap) (resource.PropertyMap, error) {
		answer := texts("id", m.platform.Region)
		var names []resource.PropertyValue
		for _, letter := range "abcdef" {
			names = append(names, resource.NewProperty(m.platform.Region+string(letter)))
		}
		answer["names"], answer["zoneIds"] = resource.NewProperty(names), resource.NewProperty(names)
		return answer, nil
	},
	"aws:ssm/getParameter:getParameter": func(m *monitor, args resource.PropertyMap) (resource.PropertyMap, error) {
		name := args["name"].StringValue()
		value := m.placeholder("the public parameter", name, "value")
		return texts("id", name, "name", name, "value", value, "insecureValue", value, "arn", "", "type", "String"), nil
	},
	"gcp:organizations/getProject:getProject": func(m *monitor, _ resource.PropertyMap) (resource.PropertyMap, error) {
		return texts("id", m.platform.Account, "projectId", m.platform.Account,
			"number", m.placeholder("the project", m.platform.Account, "number")), nil
	},
	"gcp:storage/getProjectServiceAccount:getProjectServiceAccount": func(m *monitor, _ resource.PropertyMap) (resource.PropertyMap, error) {
		agent := m.placeholder("the service agent of Cloud Storage", m.platform.Account, "emailAddress")
		return texts("id", agent, "project", m.platform.Account, "emailAddress", agent, "member", "serviceAccount:"+agent), nil
	},
	"azure-native:authorization:getClientConfig": func(m *monitor, _ resource.PropertyMap) (resource.PropertyMap, error) {
		return texts("clientId", "caller", "objectId", "caller", "subscriptionId", accountOf(m),
			"tenantId", m.placeholder("the subscription", "account", "tenantId")), nil
	},
	"azure-native:containerservice/v20241001:getManagedCluster": func(m *monitor, args resource.PropertyMap) (resource.PropertyMap, error) {
		name := args["resourceName"].StringValue()
		answer := texts("id", m.placeholder("the cluster", name, "id"), "name", name)
		answer["oidcIssuerProfile"] = resource.NewProperty(texts("issuerURL", m.placeholder("the cluster", name, "issuer")))
		return answer, nil
	},
	"azure-native:containerservice/v20241001:listManagedClusterUserCredentials": func(_ *monitor, args resource.PropertyMap) (resource.PropertyMap, error) {
		file := fmt.Sprintf("clusters: [{cluster: {server: 'https://%s.invalid', certificate-authority-data: bm9uZQ==}}]", args["resourceName"].StringValue())
		credential := texts("name", "clusterUser", "value", base64.StdEncoding.EncodeToString([]byte(file)))
		return resource.PropertyMap{"kubeconfigs": resource.NewProperty([]resource.PropertyValue{resource.NewProperty(credential)})}, nil
	},
}

// accountOf is the account of the stack, or a placeholder for that of the
// caller's credentials.
func accountOf(m *monitor) string {
	if m.platform.Account != "" {
		return m.platform.Account
	}
	return m.placeholder("the account of whoever runs up", "account", "id")
}

// texts is an answer of texts: keys and values in turn.
func texts(pairs ...string) resource.PropertyMap {
	answer := resource.PropertyMap{}
	for i := 0; i < len(pairs); i += 2 {
		answer[resource.PropertyKey(pairs[i])] = resource.NewProperty(pairs[i+1])
	}
	return answer
}
