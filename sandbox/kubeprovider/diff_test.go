package kubeprovider

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const deploymentInputs = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: prod, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "web:1", resources: {limits: {cpu: 500m}}}
`

// deploymentLive is what the cluster makes of deploymentInputs: with defaults,
// status, and a container that an admission webhook added.
const deploymentLive = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: prod, labels: {app: web}, uid: u, generation: 1, annotations: {deployment.kubernetes.io/revision: "1"}}
spec:
  replicas: 2
  progressDeadlineSeconds: 600
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, creationTimestamp: null}
    spec:
      dnsPolicy: ClusterFirst
      containers:
        - {name: web, image: "web:1", imagePullPolicy: Always, resources: {limits: {cpu: 500m}}}
        - {name: sidecar, image: "sidecar:1"}
status: {replicas: 2}
`

func diff(t *testing.T, req *pulumirpc.DiffRequest) *pulumirpc.DiffResponse {
	t.Helper()
	resp, err := offline().Diff(context.Background(), req)
	require.NoError(t, err)
	return resp
}

func TestDiffSeesWhatTheProgramSetsAndNothingElse(t *testing.T) {
	edit := func(change func(spec resource.PropertyMap)) resource.PropertyMap {
		pm := props(t, deploymentInputs)
		change(pm["spec"].ObjectValue())
		return pm
	}
	container := func(spec resource.PropertyMap) resource.PropertyMap {
		return spec["template"].ObjectValue()["spec"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue()
	}
	for name, tc := range map[string]struct {
		news resource.PropertyMap
		want map[string]pulumirpc.PropertyDiff_Kind
	}{
		"the same inputs": {edit(func(resource.PropertyMap) {}), nil},
		"another spelling of a quantity": {edit(func(s resource.PropertyMap) {
			container(s)["resources"].ObjectValue()["limits"].ObjectValue()["cpu"] = resource.NewProperty("0.5")
		}), nil},
		"a changed image": {edit(func(s resource.PropertyMap) {
			container(s)["image"] = resource.NewProperty("web:2")
		}), map[string]pulumirpc.PropertyDiff_Kind{"spec.template.spec.containers[0].image": pulumirpc.PropertyDiff_UPDATE}},
		"an unknown image": {edit(func(s resource.PropertyMap) {
			container(s)["image"] = unknown
		}), map[string]pulumirpc.PropertyDiff_Kind{"spec.template.spec.containers[0].image": pulumirpc.PropertyDiff_UPDATE}},
		"an added field": {edit(func(s resource.PropertyMap) {
			s["minReadySeconds"] = resource.NewProperty(5.0)
		}), map[string]pulumirpc.PropertyDiff_Kind{"spec.minReadySeconds": pulumirpc.PropertyDiff_ADD}},
		"a removed field": {edit(func(s resource.PropertyMap) {
			delete(s, "replicas")
		}), map[string]pulumirpc.PropertyDiff_Kind{"spec.replicas": pulumirpc.PropertyDiff_DELETE}},
		"a null counts as removed": {edit(func(s resource.PropertyMap) {
			s["replicas"] = resource.NewNullProperty()
		}), map[string]pulumirpc.PropertyDiff_Kind{"spec.replicas": pulumirpc.PropertyDiff_DELETE}},
		"a changed selector replaces": {edit(func(s resource.PropertyMap) {
			s["selector"].ObjectValue()["matchLabels"].ObjectValue()["app"] = resource.NewProperty("other")
		}), map[string]pulumirpc.PropertyDiff_Kind{"spec.selector.matchLabels.app": pulumirpc.PropertyDiff_UPDATE_REPLACE}},
	} {
		t.Run(name, func(t *testing.T) {
			resp := diff(t, &pulumirpc.DiffRequest{
				Urn:  urnOf("kubernetes:apps/v1:Deployment"),
				Olds: stateOf(t, deploymentLive, deploymentInputs), News: structOf(t, tc.news),
			})
			got := map[string]pulumirpc.PropertyDiff_Kind{}
			for path, change := range resp.GetDetailedDiff() {
				got[path] = change.GetKind()
				assert.Equal(t, change.GetKind() == pulumirpc.PropertyDiff_DELETE, change.GetInputDiff())
			}
			if len(tc.want) == 0 {
				assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, resp.GetChanges())
				assert.Empty(t, got)
				return
			}
			assert.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, resp.GetChanges())
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestDiffLeavesIgnoredChangesAlone(t *testing.T) {
	news := props(t, deploymentInputs)
	news["spec"].ObjectValue()["replicas"] = resource.NewProperty(7.0)
	resp := diff(t, &pulumirpc.DiffRequest{
		Urn:  urnOf("kubernetes:apps/v1:Deployment"),
		Olds: stateOf(t, deploymentLive, deploymentInputs), News: structOf(t, news),
		IgnoreChanges: []string{"spec.replicas"},
	})
	assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, resp.GetChanges())
}

func TestDiffReplacesOnImmutableFields(t *testing.T) {
	for name, tc := range map[string]struct {
		typ, live, news string
		replaces        []string
		before          bool
	}{
		"config map data": {
			"kubernetes:core/v1:ConfigMap",
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}, data: {k: v}}`,
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}, data: {k: w}}`,
			[]string{"data.k"}, true,
		},
		"an autonamed object is replaced under a new name first": {
			"kubernetes:core/v1:ConfigMap",
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: a-1, namespace: default, annotations: {pulumi.com/autonamed: "true"}}, data: {k: v}}`,
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: a-1, namespace: default, annotations: {pulumi.com/autonamed: "true"}}, data: {k: w}}`,
			[]string{"data.k"}, false,
		},
		"a rename": {
			"kubernetes:core/v1:ServiceAccount",
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: default}}`,
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: b, namespace: default}}`,
			[]string{"metadata.name"}, false,
		},
		"another namespace": {
			"kubernetes:core/v1:ServiceAccount",
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: default}}`,
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: other}}`,
			[]string{"metadata.namespace"}, false,
		},
		"no namespace is the default one": {
			"kubernetes:core/v1:ServiceAccount",
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: default}}`,
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}`,
			nil, false,
		},
		"a job's template as a whole": {
			"kubernetes:batch/v1:Job",
			`{apiVersion: batch/v1, kind: Job, metadata: {name: a, namespace: default}, spec: {template: {spec: {restartPolicy: Never}}}}`,
			`{apiVersion: batch/v1, kind: Job, metadata: {name: a, namespace: default}, spec: {template: {spec: {restartPolicy: OnFailure}}}}`,
			[]string{"spec.template.spec.restartPolicy"}, true,
		},
		"a claim grows in place": {
			"kubernetes:core/v1:PersistentVolumeClaim",
			`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a, namespace: default}, spec: {resources: {requests: {storage: 1Gi}}}}`,
			`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a, namespace: default}, spec: {resources: {requests: {storage: 2Gi}}}}`,
			nil, false,
		},
		"a claim's class": {
			"kubernetes:core/v1:PersistentVolumeClaim",
			`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a, namespace: default}, spec: {storageClassName: x}}`,
			`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a, namespace: default}, spec: {storageClassName: y}}`,
			[]string{"spec.storageClassName"}, true,
		},
		"a service's type changes in place": {
			"kubernetes:core/v1:Service",
			`{apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {type: ClusterIP}}`,
			`{apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {type: LoadBalancer}}`,
			nil, false,
		},
		"a pod's image, in any container": {
			"kubernetes:core/v1:Pod",
			`{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default}, spec: {containers: [{name: a, image: a}, {name: b, image: b}]}}`,
			`{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default}, spec: {containers: [{name: a, image: a}, {name: b, image: c}]}}`,
			[]string{"spec.containers[1].image"}, true,
		},
		"an added container with an image": {
			"kubernetes:core/v1:Pod",
			`{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default}, spec: {containers: [{name: a, image: a}]}}`,
			`{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default}, spec: {containers: [{name: a, image: a}, {name: b, image: b}]}}`,
			[]string{"spec.containers[1]"}, true,
		},
		"a role binding's role": {
			"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
			`{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a, namespace: default}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: x}}`,
			`{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a, namespace: default}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: y}}`,
			[]string{"roleRef.name"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			resp := diff(t, &pulumirpc.DiffRequest{
				Urn: urnOf(tc.typ), Olds: stateOf(t, tc.live, tc.live), News: structOf(t, props(t, tc.news)),
			})
			assert.Equal(t, tc.replaces, resp.GetReplaces())
			assert.Equal(t, tc.before, resp.GetDeleteBeforeReplace())
		})
	}
}

func TestConfigMapsAndSecretsMayBeMutable(t *testing.T) {
	set := settings{configMapMutable: true, secretMutable: true}
	touched := func(kind, extra string) bool {
		obj := object(t, `{apiVersion: v1, kind: `+kind+extra+`}`)
		for _, pattern := range forceNew(obj, set) {
			if pattern.touches([]any{"data", "k"}, "v") {
				return true
			}
		}
		return false
	}
	assert.False(t, touched("ConfigMap", ""))
	assert.False(t, touched("Secret", ""))
	assert.True(t, touched("ConfigMap", ", immutable: true"))
	assert.True(t, touched("Secret", ", immutable: true"))
}

func TestPathsAreSpelledAsPulumiSpellsThem(t *testing.T) {
	assert.Equal(t, `spec.list[3]["a.b"].c`, pathText([]any{"spec", "list", 3, "a.b", "c"}))
	parsed, err := resource.ParsePropertyPath(pathText([]any{"metadata", "labels", `x"y[0]`}))
	require.NoError(t, err)
	assert.Equal(t, resource.PropertyPath{"metadata", "labels", `x"y[0]`}, parsed)
}
