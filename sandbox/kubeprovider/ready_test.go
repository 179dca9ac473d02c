package kubeprovider

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/emptypb"

	"gantry.dev/gantry/sandbox/localkube"
)

// workload is a Deployment for nodes of a pool.
func workload(pool string, replicas string) string {
	return `
metadata: {name: web}
spec:
  replicas: ` + replicas + `
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {gantry.test/pool: ` + pool + `}
      containers: [{name: web, image: "web:1", ports: [{containerPort: 80}], resources: {requests: {cpu: "1"}}}]`
}

func poolNode(pool, name string) localkube.Node {
	return localkube.Node{
		Name: name, ProviderID: "aws:///us-east-1a/i-" + name, VCPU: 4, MemoryMiB: 16384, DiskGiB: 50, MaxPods: 20,
		Labels: map[string]string{"gantry.test/pool": pool},
	}
}

func TestADeploymentIsReadyWhenItsPodsAre(t *testing.T) {
	d := newDeployment(t)
	controlPlane.node(t, poolNode("ready", "ready-1"))
	created := d.mustCreate(deploymentType, workload("ready", "2"))
	available, _ := created.state["status"].ObjectValue()["availableReplicas"].V.(float64)
	assert.InDelta(t, 2, available, 0, "the state is that of the ready object")
	assert.NotEmpty(t, d.shown(), "progress is shown")

	service := d.mustCreate("kubernetes:core/v1:Service", `{metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}`)
	for _, a := range []applied{created, service} {
		_, drift := d.refresh(a)
		assert.Empty(t, drift.GetDetailedDiff())
	}
	rolled, err := d.update(created, strings.Replace(workload("ready", "2"), "web:1", "web:2", 1))
	require.NoError(t, err)
	updated, _ := rolled.state["status"].ObjectValue()["updatedReplicas"].V.(float64)
	assert.InDelta(t, 2, updated, 0)
}

func TestATimeoutSaysWhatIsNotReadyAndWhy(t *testing.T) {
	d := newDeployment(t)
	created, err := d.createWith(t.Context(), deploymentType, workload("missing", "1"), 3)
	require.Error(t, err)
	assert.ErrorContains(t, err, "'web' timed out waiting to be Ready")
	failed := initFailure(err)
	require.NotNil(t, failed, "the object exists, so its state is kept")
	assert.Equal(t, d.namespace+"/web", failed.GetId())
	reasons := strings.Join(failed.GetReasons(), "\n")
	assert.Contains(t, reasons, "waiting for 1/1 replicas")
	assert.Contains(t, reasons, "[Pod web-")
	assert.Contains(t, reasons, "nodes are available")
	assert.Condition(t, func() bool { return known(d.shown(), "waiting for 1/1 replicas: [Pod web-") }, "%v", d.shown())

	controlPlane.node(t, poolNode("missing", "missing-1"))
	_, err = d.update(created, workload("missing", "1"))
	assert.NoError(t, err, "the next run continues with what the last one left")
}

func TestARefusedPodIsNamedInTheTimeout(t *testing.T) {
	d := newDeployment(t)
	d.mustCreate("kubernetes:core/v1:ResourceQuota", `{metadata: {name: none}, spec: {hard: {pods: 0}}}`)
	_, err := d.createWith(t.Context(), "kubernetes:apps/v1:StatefulSet", `{metadata: {name: db}, spec: {serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: `+podSpec+`}}}`, 3)
	failed := initFailure(err)
	require.NotNil(t, failed)
	assert.Contains(t, strings.Join(failed.GetReasons(), "\n"), "exceeded quota", "the event of the StatefulSet tells")
}

func TestWaitingEndsWhenTheEngineCancels(t *testing.T) {
	d := newDeployment(t)
	for name, cancel := range map[string]func(context.CancelFunc){
		"request": func(cancel context.CancelFunc) { cancel() },
		"Cancel": func(context.CancelFunc) {
			_, err := d.provider.Cancel(context.Background(), &emptypb.Empty{})
			assert.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			time.AfterFunc(time.Second, func() { cancel(stop) })
			start := time.Now()
			created, err := d.createWith(ctx, deploymentType, workload("never", "1"), 600)
			configure(t, d.provider, eksKubeconfig("https://a.gr7.us-east-1.eks.amazonaws.com"))
			assert.Less(t, time.Since(start), 5*time.Second)
			assert.ErrorContains(t, err, "cancelled")
			assert.NotEmpty(t, created.id, "what was created is kept")
		})
	}
}

func TestSkipAwaitReturnsAtOnce(t *testing.T) {
	d := newDeployment(t)
	start := time.Now()
	d.mustCreate(deploymentType, strings.Replace(workload("never", "1"), "{name: web}", `{name: web, annotations: {pulumi.com/skipAwait: "true"}}`, 1))
	assert.Less(t, time.Since(start), 2*time.Second)
}

func TestAJobEndsItsWait(t *testing.T) {
	d := newDeployment(t)
	controlPlane.node(t, poolNode("jobs", "jobs-1"))
	job := func(name, pool, extra string) string {
		return `{metadata: {name: ` + name + `}, spec: {` + extra + `template: {spec: {restartPolicy: Never, nodeSelector: {gantry.test/pool: ` + pool + `}, containers: [{name: j, image: j}]}}}}`
	}
	created := d.mustCreate("kubernetes:batch/v1:Job", job("good", "jobs", ""))
	_, drift := d.refresh(created)
	assert.Empty(t, drift.GetDetailedDiff())
	_, err := d.create("kubernetes:batch/v1:Job", job("late", "none", "activeDeadlineSeconds: 1, "))
	assert.ErrorContains(t, err, "DeadlineExceeded")
}

func TestAClaimIsNotWaitedForBeforeItsFirstPod(t *testing.T) {
	d := newDeployment(t)
	class := d.mustCreate("kubernetes:storage.k8s.io/v1:StorageClass",
		`{provisioner: gantry.test/none, volumeBindingMode: WaitForFirstConsumer}`)
	defer func() { assert.NoError(t, d.delete(class)) }()
	claim := d.mustCreate("kubernetes:core/v1:PersistentVolumeClaim",
		`{metadata: {name: models}, spec: {storageClassName: `+class.id+`, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}}`)
	_, drift := d.refresh(claim)
	assert.Empty(t, drift.GetDetailedDiff())
	assert.NoError(t, d.delete(claim))
}

func TestAJobSucceedsUnlessItIsAnnotatedToFail(t *testing.T) {
	d := newDeployment(t)
	controlPlane.node(t, poolNode("jobs", "jobs-1"))
	job := func(name, annotations string) string {
		return `
metadata: {name: ` + name + `}
spec:
  backoffLimit: 0
  template:
    metadata: {annotations: {` + annotations + `}}
    spec: {restartPolicy: Never, nodeSelector: {gantry.test/pool: jobs}, containers: [{name: a, image: "a:1"}]}`
	}
	d.mustCreate("kubernetes:batch/v1:Job", job("good", ""))
	_, err := d.create("kubernetes:batch/v1:Job", job("bad", `sandbox.gantry.dev/fail: "true"`))
	assert.ErrorContains(t, err, "BackoffLimitExceeded")
}
