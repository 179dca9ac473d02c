package kubeprovider

import (
	"context"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	configMapType  = "kubernetes:core/v1:ConfigMap"
	deploymentType = "kubernetes:apps/v1:Deployment"
	podSpec        = `{tolerations: [{operator: Exists}], containers: [{name: web, image: "web:1"}]}`
)

func TestCreateIsRepeatable(t *testing.T) {
	d := newDeployment(t)
	first := d.mustCreate(configMapType, `{metadata: {name: a}, data: {k: v}}`)
	assert.Equal(t, d.namespace+"/a", first.id)
	again := d.mustCreate(configMapType, `{metadata: {name: a}, data: {k: w}}`)
	assert.Equal(t, toObject(first.state).GetUID(), toObject(again.state).GetUID(), "the object of an interrupted run is taken over")
	live, err := d.client.CoreV1().ConfigMaps(d.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"k": "w"}, live.Data)
}

func TestCreateRefusesUnknownFieldsWithTheirPath(t *testing.T) {
	d := newDeployment(t)
	inputs := d.check(deploymentType, `{metadata: {name: a}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: `+podSpec+`}}}`, nil)
	inputs["spec"].ObjectValue()["template"].ObjectValue()["spec"].ObjectValue()["restart"] = inputs["kind"]
	for _, preview := range []bool{true, false} {
		_, err := d.provider.Create(t.Context(), &pulumirpc.CreateRequest{
			Urn: urnOf(deploymentType), Properties: structOf(t, inputs), Preview: preview,
		})
		assert.ErrorContains(t, err, ".spec.template.spec.restart")
	}
	_, err := d.client.AppsV1().Deployments(d.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	assert.Error(t, err, "nothing was stored")
}

func TestUpdateRemovesWhatTheProgramNoLongerSays(t *testing.T) {
	d := newDeployment(t)
	created := d.mustCreate(configMapType, `{metadata: {name: a, labels: {x: "1"}}, data: {k: v, l: w}}`)
	_, err := d.client.CoreV1().ConfigMaps(d.namespace).Patch(t.Context(), "a", types.MergePatchType,
		[]byte(`{"data": {"other": "kept"}}`), metav1.PatchOptions{FieldManager: "controller"})
	require.NoError(t, err)

	_, err = d.update(created, `{metadata: {name: a}, data: {k: v2}}`)
	require.NoError(t, err)
	live, err := d.client.CoreV1().ConfigMaps(d.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"k": "v2", "other": "kept"}, live.Data)
	assert.Empty(t, live.Labels)
}

func TestRefreshSeesDriftOfWhatWasSetOnly(t *testing.T) {
	d := newDeployment(t)
	created := d.mustCreate(deploymentType, `
metadata: {name: a, labels: {app: a}}
spec:
  replicas: 0
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: web, image: "web:1", resources: {limits: {cpu: 1000m, memory: 1024Mi}}}]}`)
	refreshed, drift := d.refresh(created)
	assert.Empty(t, drift.GetDetailedDiff(), "defaults are no drift")
	assert.Equal(t, created.inputs, refreshed.inputs)

	_, err := d.client.AppsV1().Deployments(d.namespace).Patch(t.Context(), "a", types.StrategicMergePatchType, []byte(
		`{"metadata": {"labels": {"extra": "1"}}, "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}}`),
		metav1.PatchOptions{FieldManager: "kubectl-edit"})
	require.NoError(t, err)
	drifted, drift := d.refresh(created)
	assert.Len(t, drift.GetDetailedDiff(), 1)
	assert.Contains(t, drift.GetDetailedDiff(), "spec.template.spec.containers[0].image")

	drifted.inputs = created.inputs
	_, err = d.update(drifted, `
metadata: {name: a, labels: {app: a}}
spec:
  replicas: 0
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: web, image: "web:1", resources: {limits: {cpu: "1", memory: 1Gi}}}]}`)
	require.NoError(t, err, "the program prevails over kubectl edit")
	_, drift = d.refresh(created)
	assert.Empty(t, drift.GetDetailedDiff())
}

func TestReadOfWhatIsGoneHasNoID(t *testing.T) {
	d := newDeployment(t)
	created := d.mustCreate(configMapType, `{metadata: {name: a}}`)
	require.NoError(t, d.delete(created))
	resp, err := d.provider.Read(t.Context(), &pulumirpc.ReadRequest{
		Urn: urnOf(configMapType), Id: created.id, Properties: structOf(t, created.state), Inputs: structOf(t, created.inputs),
	})
	require.NoError(t, err)
	assert.Empty(t, resp.GetId())
	_, err = d.update(created, `{metadata: {name: a}, data: {k: v}}`)
	assert.ErrorContains(t, err, "deleted outside of this program")
}

func TestImportReadsTheWholeObject(t *testing.T) {
	d := newDeployment(t)
	created := d.mustCreate(configMapType, `{metadata: {name: a}, data: {k: v}}`)
	resp, err := d.provider.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urnOf(configMapType), Id: created.id})
	require.NoError(t, err)
	assert.Equal(t, created.id, resp.GetId())
	assert.Equal(t, created.inputs, propsOf(t, resp.GetInputs()))
	drift, err := d.provider.Diff(t.Context(), &pulumirpc.DiffRequest{
		Urn: urnOf(configMapType), Olds: resp.GetProperties(), News: resp.GetInputs(),
	})
	require.NoError(t, err)
	assert.Empty(t, drift.GetDetailedDiff())
}

func TestPreviewAsksTheServerAndStoresNothing(t *testing.T) {
	d := newDeployment(t)
	planned, err := d.preview("kubernetes:core/v1:Service", `{metadata: {name: a}, spec: {ports: [{port: 80}]}}`)
	require.NoError(t, err)
	assert.Equal(t, "ClusterIP", planned["spec"].ObjectValue()["type"].StringValue(), "the server's defaults show")
	assert.NotContains(t, toObject(planned).Object, "status")
	_, err = d.client.CoreV1().Services(d.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	assert.Error(t, err)

	_, err = d.preview("kubernetes:core/v1:Service", `{metadata: {name: a}, spec: {ports: [{port: 99999}]}}`)
	assert.ErrorContains(t, err, "spec.ports[0].port")

	planned, err = d.preview(configMapType, `{metadata: {name: a, namespace: not-there-yet}}`)
	require.NoError(t, err, "the namespace may come with the same run")
	assert.NotContains(t, toObject(planned).Object, inputsKey)
	_, err = d.preview("kubernetes:example.com/v1:NotThereYet", `{metadata: {name: a}}`)
	require.NoError(t, err, "the kind may come with the same run")
}

func TestPreviewOfAReplacementIsJudgedAsANewObject(t *testing.T) {
	d := newDeployment(t)
	spec := func(app string) string {
		return `{metadata: {name: a}, spec: {replicas: 0, selector: {matchLabels: {app: ` + app + `}}, template: {metadata: {labels: {app: ` + app + `}}, spec: ` + podSpec + `}}}`
	}
	d.mustCreate(deploymentType, spec("a"))
	planned, err := d.preview(deploymentType, spec("b"))
	require.NoError(t, err)
	assert.Equal(t, "a", toObject(planned).GetName())
	_, err = d.create(deploymentType, spec("b"))
	assert.ErrorContains(t, err, "field is immutable", "only a preview may look past what is there")
}

func TestConflictsNameTheManagerAndTheWayOut(t *testing.T) {
	d := newDeployment(t)
	created := d.mustCreate(configMapType, `{metadata: {name: a}, data: {k: v}}`)
	force := true
	_, err := d.client.CoreV1().ConfigMaps(d.namespace).Patch(t.Context(), "a", types.ApplyPatchType,
		[]byte(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "theirs"}}`),
		metav1.PatchOptions{FieldManager: "somebody", Force: &force})
	require.NoError(t, err)

	_, err = d.update(created, `{metadata: {name: a}, data: {k: ours}}`)
	assert.ErrorContains(t, err, "somebody")
	assert.ErrorContains(t, err, ".data.k")
	assert.ErrorContains(t, err, annotationPatchForce)
	_, err = d.update(created, `{metadata: {name: a, annotations: {pulumi.com/patchForce: "true"}}, data: {k: ours}}`)
	assert.NoError(t, err)
}

func TestIgnoredFieldsAreLeftToTheAutoscaler(t *testing.T) {
	d := newDeployment(t)
	spec := func(image string) string {
		return `{metadata: {name: a, annotations: {pulumi.com/skipAwait: "true"}}, spec: {replicas: 0, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: web, image: "` + image + `"}]}}}}`
	}
	created := d.mustCreate(deploymentType, spec("web:1"))
	scale, err := d.client.AppsV1().Deployments(d.namespace).GetScale(t.Context(), "a", metav1.GetOptions{})
	require.NoError(t, err)
	scale.Spec.Replicas, scale.ResourceVersion = 5, ""
	_, err = d.client.AppsV1().Deployments(d.namespace).UpdateScale(t.Context(), "a", scale, metav1.UpdateOptions{FieldManager: "autoscaler"})
	require.NoError(t, err)

	updated, err := d.update(created, spec("web:2"), "spec.replicas")
	require.NoError(t, err)
	_, err = d.update(updated, spec("web:3"), "spec.replicas")
	require.NoError(t, err)
	live, err := d.client.AppsV1().Deployments(d.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, 5, *live.Spec.Replicas)
	assert.Equal(t, "web:3", live.Spec.Template.Spec.Containers[0].Image)
}

func TestCustomObjectsMayCreateBeforeTheirKind(t *testing.T) {
	d := newDeployment(t)
	const widget = "kubernetes:gantry.test/v1:Widget"
	done := make(chan applied, 1)
	go func() {
		created, err := d.create(widget, `{metadata: {name: a}, spec: {size: 3}}`)
		assert.NoError(t, err)
		done <- created
	}()
	time.Sleep(1500 * time.Millisecond)
	definition := d.mustCreate("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", `
metadata: {name: widgets.gantry.test}
spec:
  group: gantry.test
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer}, tags: {type: array, items: {type: string}, x_kubernetes_list_type: set}}}`)
	created := <-done
	require.NotEmpty(t, created.id)
	_, drift := d.refresh(created)
	assert.Empty(t, drift.GetDetailedDiff())
	_, drift = d.refresh(definition)
	assert.Empty(t, drift.GetDetailedDiff())

	_, err := d.create(widget, `{metadata: {name: b}, spec: {sise: 3}}`)
	assert.ErrorContains(t, err, ".spec.sise")
	require.NoError(t, d.delete(definition))
	assert.NoError(t, d.delete(created), "the object went with its kind")
}

func TestDeleteWaitsUntilTheObjectIsGone(t *testing.T) {
	d := newDeployment(t)
	created := d.mustCreate(configMapType, `{metadata: {name: a, finalizers: [gantry.test/hold]}}`)

	err := d.deleteWith(t.Context(), created, 1)
	require.Error(t, err)
	require.NotNil(t, initFailure(err), "the object stays in the state")
	assert.ErrorContains(t, err, "timed out waiting to be deleted")
	assert.ErrorContains(t, err, "gantry.test/hold")

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	start := time.Now()
	assert.ErrorContains(t, d.deleteWith(ctx, created, 60), "cancelled")
	assert.Less(t, time.Since(start), 2*time.Second)

	time.AfterFunc(500*time.Millisecond, func() {
		_, err := d.client.CoreV1().ConfigMaps(d.namespace).Patch(context.Background(), "a", types.MergePatchType,
			[]byte(`{"metadata": {"finalizers": null}}`), metav1.PatchOptions{})
		assert.NoError(t, err)
	})
	require.NoError(t, d.delete(created))
	_, err = d.client.CoreV1().ConfigMaps(d.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	require.Error(t, err)
	assert.NoError(t, d.delete(created), "what is gone is deleted")
}

func TestCreateWaitsForThePreviousObjectToGo(t *testing.T) {
	d := newDeployment(t)
	created := d.mustCreate(configMapType, `{metadata: {name: a, finalizers: [gantry.test/hold]}}`)
	require.Error(t, d.deleteWith(t.Context(), created, 0.2))
	time.AfterFunc(500*time.Millisecond, func() {
		_, err := d.client.CoreV1().ConfigMaps(d.namespace).Patch(context.Background(), "a", types.MergePatchType,
			[]byte(`{"metadata": {"finalizers": null}}`), metav1.PatchOptions{})
		assert.NoError(t, err)
	})
	again := d.mustCreate(configMapType, `{metadata: {name: a}, data: {k: v}}`)
	assert.NotEqual(t, toObject(created.state).GetUID(), toObject(again.state).GetUID())
	live, err := d.client.CoreV1().ConfigMaps(d.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"k": "v"}, live.Data)
}

func TestSecretsStaySecret(t *testing.T) {
	d := newDeployment(t)
	created := d.mustCreate("kubernetes:core/v1:Secret", `{metadata: {name: a}, stringData: {token: hush}}`)
	require.True(t, created.state["data"].IsSecret())
	live, err := d.client.CoreV1().Secrets(d.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, "hush", string(live.Data["token"]))
	assert.Equal(t, corev1.SecretTypeOpaque, live.Type)
	_, drift := d.refresh(created)
	assert.Empty(t, drift.GetDetailedDiff())
}
