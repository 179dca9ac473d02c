package aws

import "gantry.dev/gantry/sandbox/emulator"

func (a *Account) podIdentityAssociation() emulator.Type {
	return emulator.Type{
		Token:   tokenPodIdentityAssociation,
		Source:  "hashicorp/terraform-provider-aws internal/service/eks/pod_identity_association.go",
		Replace: []string{"clusterName", "namespace", "serviceAccount"},
		Refs: []emulator.Ref{
			clusterRef(false),
			roleARNRef("roleArn", "Role provided in the request does not exist: %s"),
		},
		Create: func(op *emulator.Op) error {
			if err := onlyAssociation(op); err != nil {
				return err
			}
			id := associationID()
			op.Object.ID = id
			op.Out()["associationId"] = id
			op.Out()["associationArn"] = a.arn("eks", "podidentityassociation/"+op.In().String("clusterName")+"/"+id)
			return podsMayAssume(op.Tx, op.In().String("roleArn"))
		},
		Update: func(op *emulator.Op) error { return podsMayAssume(op.Tx, op.In().String("roleArn")) },
		Ready: func(tx *emulator.Tx, o emulator.Object) error {
			if cluster := o.Inputs.String("clusterName"); !hasAgent(tx, cluster) {
				return refuse("InvalidParameterException", "The add-on %s is not installed in cluster %s", podIdentityAgent, cluster)
			}
			return nil
		},
	}
}

// onlyAssociation refuses a second role for one service account, also when the
// first came with an add-on.
func onlyAssociation(op *emulator.Op) error {
	in := op.In()
	other, taken := op.Find(tokenPodIdentityAssociation, func(o emulator.Object) bool {
		return o.Inputs.String("clusterName") == in.String("clusterName") &&
			o.Inputs.String("namespace") == in.String("namespace") &&
			o.Inputs.String("serviceAccount") == in.String("serviceAccount")
	})
	if taken {
		return refuse("ResourceInUseException", "Association already exists: %s", other.ID)
	}
	return nil
}
