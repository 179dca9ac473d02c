package previewreport

// kubernetesMeanings are about objects in the cluster.
var kubernetesMeanings = []consequence{
	{
		Types: []string{"kubernetes:core/v1:Namespace"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "Kubernetes deletes all that is inside, also what Pulumi does not know: workloads, secrets, volume claims.",
	},
	{
		Types: []string{"kubernetes:core/v1:PersistentVolumeClaim"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "The files on its volume are lost, unless the volume's reclaim policy keeps them; then a new claim does not find them by itself.",
	},
	{
		Types: []string{"kubernetes:core/v1:PersistentVolume"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "The cluster loses the volume; the files on it go or stay as its reclaim policy says.",
	},
	{
		Types: []string{"kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "Kubernetes deletes every object of this kind, in all namespaces.",
	},
	{
		Types: []string{"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "What it serves stops.",
	},
	{
		Types: []string{"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}, Ops: []Op{Replace}, Weight: Disruption,
		Says:  "The new pods come up beside the old ones, which then go at once.",
		First: "The old pods go before the new ones are there: meanwhile nothing answers.",
	},
	{
		Types: []string{"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}, Ops: []Op{Update}, Weight: StepByStep,
		Properties: []string{"spec.template.spec", "spec.template.metadata"},
		Says:       "A rolling update: the pods are replaced step by step. If the new ones do not become ready, the old ones go on.",
	},
	{
		Types: []string{"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}, Ops: []Op{Update}, Weight: StepByStep,
		Properties: []string{"spec.replicas"},
		Says:       "The number of pods changes; none is replaced.",
	},
	{
		Types: []string{"kubernetes:apps/v1:DaemonSet"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "What it does on every node stops.",
	},
	{
		Types: []string{"kubernetes:apps/v1:DaemonSet"}, Ops: []Op{Replace}, Weight: Disruption,
		Says: "What it does on every node stops meanwhile.",
	},
	{
		Types: []string{"kubernetes:apps/v1:DaemonSet"}, Ops: []Op{Update}, Weight: StepByStep, Properties: []string{"spec.template"},
		Says: "The pods are replaced node by node.",
	},
	{
		Types: []string{"kubernetes:batch/v1:Job"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "A job that runs is stopped; a new one begins from the start or from its checkpoint.",
	},
	{
		Types: []string{"kubernetes:core/v1:Service"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "Callers find nobody at its name.",
	},
	{
		Types: []string{"kubernetes:core/v1:Service"}, Ops: []Op{Replace}, Weight: Disruption,
		Says: "Callers get no answer meanwhile; the address may be another one afterwards, the name stays.",
	},
	{
		Types: []string{"kubernetes:core/v1:Service"}, Ops: []Op{Update}, Weight: Disruption, Properties: []string{"spec.selector", "spec.type", "spec.ports"},
		Says: "Callers get other pods, or another address.",
	},
	{
		Types: []string{
			"kubernetes:networking.k8s.io/v1:Ingress", "kubernetes:gateway.networking.k8s.io/v1:Gateway",
			"kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
		}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "Callers from outside get no answer meanwhile.",
	},
	{
		Types: []string{"kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"}, Ops: []Op{Update}, Weight: StepByStep,
		Properties: []string{"spec.rules[].backendRefs[].weight"},
		Says:       "Traffic is divided anew between the versions, at once; no pod is replaced.",
	},
	{
		Types: []string{"kubernetes:helm.sh/v3:Release"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "The chart is uninstalled with all that it made; what relies on it stops, at least meanwhile.",
	},
	{
		Types: []string{"kubernetes:helm.sh/v3:Release"}, Ops: []Op{Update}, Weight: StepByStep, Properties: []string{"version", "chart"},
		Says: "The chart is upgraded. What it changes inside is not in this preview.",
	},
	{
		Types: []string{"kubernetes:helm.sh/v3:Release"}, Ops: []Op{Update}, Weight: StepByStep,
		Says: "The chart is rendered anew with these values. What it changes inside is not in this preview.",
	},
	{
		Types: []string{"kubernetes:storage.k8s.io/v1:StorageClass"}, Ops: []Op{Replace, Delete}, Weight: StepByStep,
		Says: "Volumes that are there stay as they are; new claims wait as long as the class is missing.",
	},
	{
		Types: []string{"kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "kubernetes:keda.sh/v1alpha1:ScaledObject"}, Ops: []Op{Replace, Delete}, Weight: StepByStep,
		Says: "The number of pods stays what it is, and follows the load no more, at least meanwhile.",
	},
	{
		Types: []string{"kubernetes:policy/v1:PodDisruptionBudget"}, Ops: []Op{Replace, Delete}, Weight: StepByStep,
		Says: "A drain may take all pods at once as long as there is none.",
	},
	{
		Types: []string{"kubernetes:core/v1:ServiceAccount"}, Ops: []Op{Replace, Delete}, Weight: StepByStep,
		Says: "Pods that run under it lose their rights in the cloud until they start again.",
	},
	{
		Types: []string{"kubernetes:networking.k8s.io/v1:NetworkPolicy"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "Connections that it refused are allowed.",
	},
}
