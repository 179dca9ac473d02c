package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
)

func step(op apitype.OpType, token, name string, diffs ...string) apitype.StepEventMetadata {
	return apitype.StepEventMetadata{Op: op, Type: token, URN: "urn:pulumi:dev::gantry::" + token + "::" + name, Diffs: diffs}
}

func TestNarrator_TellsWhatHappensAndNothingElse(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	now := time.Unix(0, 0)
	n := &narrator{
		out: &out, now: func() time.Time { return now },
		started: map[string]time.Time{}, waiting: map[string]string{}, last: now,
	}
	group := step(apitype.OpCreate, "aws:eks/nodeGroup:NodeGroup", "dev-serve")
	finish := func(s apitype.StepEventMetadata) {
		n.tell(apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: s}})
	}
	say := func(said apitype.DiagnosticEvent) { n.tell(apitype.EngineEvent{DiagnosticEvent: &said}) }

	n.tell(apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: group}})
	say(apitype.DiagnosticEvent{URN: group.URN, Message: "<{%reset%}>0 of 2 nodes<{%reset%}>\n", Severity: "info", Ephemeral: true})
	now = now.Add(12 * time.Second)
	n.remind()
	finish(group)
	finish(step(apitype.OpSame, "aws:ec2/vpc:Vpc", "dev-vpc"))
	finish(step(apitype.OpCreate, "pulumi:providers:aws", "dev-aws"))
	finish(step(apitype.OpUpdate, "kubernetes:apps/v1:Deployment", "classifier", "spec", "metadata"))
	say(apitype.DiagnosticEvent{Message: "quota is near", Severity: "warning"})
	n.tell(apitype.EngineEvent{ResOpFailedEvent: &apitype.ResOpFailedEvent{Metadata: step(apitype.OpDelete, "aws:ec2/vpc:Vpc", "dev-vpc")}})

	assert.Equal(t, strings.Join([]string{
		"   waiting for dev-serve (12s): 0 of 2 nodes",
		"+  aws:eks:NodeGroup                                  dev-serve  12s",
		"~  kubernetes:apps/v1:Deployment                      classifier  [spec, metadata]",
		"warning: quota is near",
		"x  aws:ec2:Vpc                                        dev-vpc failed",
		"",
	}, "\n"), out.String())
}
