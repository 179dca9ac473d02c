package aws

import (
	"context"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// invokes are the functions that the account answers.
func (a *Account) invokes() map[string]emulator.Invoke {
	return map[string]emulator.Invoke{
		"aws:index/getAvailabilityZones:getAvailabilityZones": a.getAvailabilityZones,
		"aws:index/getCallerIdentity:getCallerIdentity":       a.getCallerIdentity,
		"aws:index/getPartition:getPartition":                 a.getPartition,
		"aws:iam/getSessionContext:getSessionContext":         a.getSessionContext,
		"aws:ssm/getParameter:getParameter":                   a.getParameter,
	}
}

// callerARN is who calls the account.
func (a *Account) callerARN() string { return a.globalARN("iam", "user/"+callerUser) }

func (a *Account) getCallerIdentity(context.Context, emulator.Properties) (emulator.Properties, error) {
	return emulator.Properties{
		"id": accountID, "accountId": accountID,
		"arn": a.callerARN(),
		// The user id of the AWS documentation.
		"userId": "AIDACKCEVSQ6C2EXAMPLE",
	}, nil
}

func (a *Account) getPartition(context.Context, emulator.Properties) (emulator.Properties, error) {
	reverse := "com.amazonaws"
	if a.partition() == "aws-cn" {
		reverse = "cn.com.amazonaws"
	}
	return emulator.Properties{
		"id": a.partition(), "partition": a.partition(),
		"dnsSuffix": a.dnsSuffix(), "reverseDnsPrefix": reverse,
	}, nil
}

// getSessionContext answers iam.GetSessionContext: the role behind the session
// of an assumed role, and every other identity as itself.
func (a *Account) getSessionContext(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	arn := args.String("arn")
	result := emulator.Properties{
		"id": arn, "arn": arn,
		"issuerArn": arn, "issuerId": "", "issuerName": "", "sessionName": "",
	}
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) != 6 || fields[0] != "arn" {
		return nil, refuse("ValidationError", "ARN %s is not valid.", arn)
	}
	rest, assumed := strings.CutPrefix(fields[5], "assumed-role/")
	if fields[2] != "sts" || !assumed {
		return result, nil
	}
	name, session, _ := strings.Cut(rest, "/")
	result["issuerName"], result["sessionName"] = name, session
	var role emulator.Object
	var found bool
	objects, err := a.store.Objects()
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		if o.Token == tokenRole && o.ID == name {
			role, found = o, true
		}
	}
	if !found {
		return nil, refuse("NoSuchEntity", "The role with name %s cannot be found.", name)
	}
	result["issuerArn"] = role.Outputs.String("arn")
	result["issuerId"] = role.Outputs.String("uniqueId")
	return result, nil
}
