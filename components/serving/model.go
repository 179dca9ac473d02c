// Package serving deploys models: containers that answer HTTP, each with the
// objects that keep it reachable, scaled, undisturbed and confined. It knows no
// cloud; where a model may run and how it is replaced comes from
// modules/scheduling.
package serving

import (
	"errors"
	"fmt"
	"slices"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	autoscalingv2 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/autoscaling/v2"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/custom"
	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

// ModelType is the type token of Model.
const ModelType = "gantry:serving:Model"

// ModelArgs are the arguments of NewModel. All are known at plan time.
type ModelArgs struct {
	// Model as configured, with defaults filled in and validated.
	Model spec.Model
	// Namespace that the model's objects are created in. It must exist, or be
	// among DependsOn.
	Namespace string
	// Fleet is all models of the platform and the pools they share. Placement
	// and rollouts follow from it.
	Fleet *scheduling.Fleet
	// Storage are the classes that the cluster offers. A model that asks for
	// storage needs one among them that many nodes can mount.
	Storage cluster.StorageClasses
	// Bucket is the platform's model bucket, and Account the model's identity,
	// which may read it, see Bindings; both are nil where there is none, and then a
	// model that mounts a folder of the bucket is an error.
	Bucket  *cluster.Bucket
	Account *cluster.BoundAccount
	// Gateway that routes are attached to; nil where the platform has none, and
	// then a model with a route is an error.
	Gateway *Gateway
	// Secrets of the platform by name, for what models ask of them.
	Secrets map[string]spec.Secret
	// PriorityClass of the replicas; empty for the cluster's default.
	PriorityClass string
	// Monitored tells whether Gantry's Prometheus runs in the cluster.
	Monitored bool
	// RunbookBaseURL is where docs/runbooks is published; empty: nowhere.
	RunbookBaseURL string
	// Protect guards the volume of model files against deletion.
	Protect bool
	// DependsOn must exist before any object of the model and outlive all of
	// them: the namespace, storage classes, nodes.
	DependsOn []pulumi.Resource
}

// Model is one served model.
type Model struct {
	pulumi.ResourceState

	// Name and Namespace of all Kubernetes objects of the model.
	Name      pulumi.StringOutput `pulumi:"name"`
	Namespace pulumi.StringOutput `pulumi:"namespace"`
	// Endpoint is the URL of the model inside the cluster.
	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
}

// NewModel deploys a model: a ServiceAccount without rights, a NetworkPolicy, what
// the replicas read (a ConfigMap, a Secret, a PersistentVolumeClaim, where the
// model asks for them) and, for each version of
// it, a Deployment, a Service, a HorizontalPodAutoscaler or a ScaledObject of KEDA
// that owns the number of replicas, and a PodDisruptionBudget. Those of the stable version are called like
// the model, those of a second one have its track behind it. A model with a route
// has an HTTPRoute over its versions, with policies. A model with an analysis has
// a Canary, and its second version and the rest are Flagger's, see canary.go.
//
// It is an error when no pool can run the model, or when the model asks for
// storage that the cluster does not offer; nothing is registered then.
func NewModel(ctx *pulumi.Context, name string, args *ModelArgs, opts ...pulumi.ResourceOption) (*Model, error) {
	s, err := newServer(args)
	if err != nil {
		return nil, fmt.Errorf("serving.NewModel(%s): %w", name, err)
	}
	m := &Model{}
	if err := ctx.RegisterComponentResource(ModelType, name, m, opts...); err != nil {
		return nil, fmt.Errorf("model %s: %w", name, err)
	}
	child := pulumi.Composite(pulumi.Parent(m), pulumi.DependsOn(args.DependsOn))

	account, err := corev1.NewServiceAccount(ctx, name+"-account", s.account(), child)
	if err != nil {
		return nil, fmt.Errorf("model %s: service account: %w", name, err)
	}
	// Pods name the account and the claim; without them they fail to start
	// and are tried again only after a growing pause.
	needed := []pulumi.Resource{account}

	if s.class != nil {
		claim, err := corev1.NewPersistentVolumeClaim(ctx, name+"-claim", s.claim(), child,
			pulumi.Protect(args.Protect), pulumi.RetainOnDelete(args.Protect))
		if err != nil {
			return nil, fmt.Errorf("model %s: volume claim: %w", name, err)
		}
		needed = append(needed, claim)
	}
	if s.bucket != nil {
		folder, err := s.registerFolder(ctx, child)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", name, err)
		}
		needed = append(needed, folder...)
	}

	more, err := s.registerConfig(ctx, args, child)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", name, err)
	}
	needed = append(needed, more...)
	var serving []pulumi.Resource
	for _, version := range s.versions() {
		deployment, err := version.register(ctx, child, needed)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", name, err)
		}
		serving = append(serving, deployment)
	}
	if err := s.registerObservability(ctx, args, child); err != nil {
		return nil, fmt.Errorf("model %s: %w", name, err)
	}
	if args.Model.Route != "" {
		if err := s.registerRoute(ctx, args, child, serving); err != nil {
			return nil, fmt.Errorf("model %s: route: %w", name, err)
		}
	}

	m.Name = pulumi.String(s.model.Name).ToStringOutput()
	m.Namespace = pulumi.String(s.namespace).ToStringOutput()
	m.Endpoint = pulumi.String(s.endpoint()).ToStringOutput()
	err = ctx.RegisterResourceOutputs(m, pulumi.Map{
		"name":      m.Name,
		"namespace": m.Namespace,
		"endpoint":  m.Endpoint,
	})
	if err != nil {
		return nil, fmt.Errorf("model %s: outputs: %w", name, err)
	}
	return m, nil
}

// register registers the objects of one version and returns its Deployment.
func (s *server) register(ctx *pulumi.Context, child pulumi.ResourceOption, needed []pulumi.Resource) (pulumi.Resource, error) {
	// The autoscaler, and nothing else, sets the number of replicas.
	deployment, err := appsv1.NewDeployment(ctx, s.name()+"-deployment", s.deployment(), child,
		pulumi.DependsOn(needed), pulumi.IgnoreChanges([]string{"spec.replicas"}), pulumi.Timeouts(s.timeouts()))
	if err != nil {
		return nil, fmt.Errorf("deployment: %w", err)
	}
	// What follows does not wait for the Deployment: it is ready only when
	// all replicas are, and it is the autoscaler that asks for more than one.
	if err := s.registerScaler(ctx, child); err != nil {
		return nil, fmt.Errorf("autoscaler: %w", err)
	}
	if s.track == next {
		return deployment, s.registerShared(ctx, child)
	}
	if _, err := corev1.NewService(ctx, s.name()+"-service", s.service(), child); err != nil {
		return nil, fmt.Errorf("service: %w", err)
	}
	if _, err := policyv1.NewPodDisruptionBudget(ctx, s.name()+"-budget", s.budget(), child); err != nil {
		return nil, fmt.Errorf("disruption budget: %w", err)
	}
	return deployment, nil
}

// registerConfig registers what the replicas read and who may talk to them.
func (s *server) registerConfig(ctx *pulumi.Context, args *ModelArgs, child pulumi.ResourceOption) ([]pulumi.Resource, error) {
	name := s.model.Name
	policy, err := networkingv1.NewNetworkPolicy(ctx, name+"-network", s.networkPolicy(), child)
	if err != nil {
		return nil, fmt.Errorf("network policy: %w", err)
	}
	made := []pulumi.Resource{policy}
	if len(s.model.Config) > 0 {
		files, err := corev1.NewConfigMap(ctx, s.configName(), s.configMap(), child)
		if err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
		made = append(made, files)
	}
	if len(s.model.Secrets.Env) > 0 {
		secret, err := corev1.NewSecret(ctx, name+"-env", s.secretEnv(args.Secrets), child)
		if err != nil {
			return nil, fmt.Errorf("secrets: %w", err)
		}
		s.secret = secret.Metadata.Name().Elem()
		made = append(made, secret)
	}
	return made, nil
}

// registerScaler registers the one scaler of the version.
func (s *server) registerScaler(ctx *pulumi.Context, child pulumi.ResourceOption) error {
	if !s.model.Scale.Eventful() {
		_, err := autoscalingv2.NewHorizontalPodAutoscaler(ctx, s.name()+"-scaler", s.scaler(), child)
		return err
	}
	// One for all versions, which share the queue.
	if s.queueIdentity() != "" && s.track == stable {
		if _, err := custom.New(ctx, s.queueAuthentication(), s.authentication(), child); err != nil {
			return err
		}
	}
	_, err := custom.New(ctx, s.name()+"-scaler", s.scaledObject(), child)
	return err
}

// registerRoute registers the route of the model and its policies. The route waits
// for every version that it sends requests to; the policies come first, so that
// no request ever passes a route that is not guarded yet.
func (s *server) registerRoute(ctx *pulumi.Context, args *ModelArgs, child pulumi.ResourceOption, serving []pulumi.Resource) error {
	name := s.model.Name
	traffic, err := custom.New(ctx, name+"-traffic", s.trafficPolicy(), child)
	if err != nil {
		return err
	}
	before := append(slices.Clone(serving), traffic)
	if len(s.model.Traffic.APIKeys) > 0 {
		keys, err := corev1.NewSecret(ctx, s.keysName(), s.apiKeys(args.Secrets), child)
		if err != nil {
			return err
		}
		before = append(before, keys)
	}
	if s.guarded() {
		guard, err := custom.New(ctx, name+"-access", s.securityPolicy(), child, pulumi.DependsOn(before))
		if err != nil {
			return err
		}
		before = append(before, guard)
	}
	if s.model.Rollout.Analysed() {
		return s.registerCanary(ctx, args, child, before)
	}
	_, err = custom.New(ctx, name+"-route", s.route(*args.Gateway), child, pulumi.DependsOn(before))
	return err
}

// server is everything that the objects of one version of a model are made from. Its methods
// each return one object and register nothing.
type server struct {
	model     spec.Model
	track     track
	namespace string
	placement scheduling.Placement
	strategy  scheduling.Strategy
	gateway   *Gateway
	// priorityClass and monitored are those of ModelArgs.
	priorityClass string
	monitored     bool
	// secret is the name of the Secret behind the secret environment variables;
	// nil before it is registered and for a model without any.
	secret pulumi.StringInput
	// class of the volume for model files; nil for a model without one.
	class *cluster.StorageClass
	// bucket with the model's files; nil for a model without one.
	bucket *bucket
}

func newServer(args *ModelArgs) (*server, error) {
	if args == nil || args.Fleet == nil || args.Namespace == "" {
		return nil, errors.New("Model, Fleet and Namespace must be set")
	}
	if args.Model.Route != "" && args.Gateway == nil {
		return nil, fmt.Errorf("models.%s.route: %s leads nowhere: the platform has no gateway; set gantry:addons.gateway.enabled to true, or remove it",
			args.Model.Name, args.Model.Route)
	}
	placement, err := args.Fleet.Place(args.Model)
	if err != nil {
		return nil, err
	}
	class, err := storageClass(args.Model, args.Storage)
	if err != nil {
		return nil, err
	}
	files, err := newBucket(args)
	if err != nil {
		return nil, err
	}
	return &server{
		model:     args.Model,
		track:     stable,
		namespace: args.Namespace,
		placement: placement,
		strategy:  args.Fleet.Surge(args.Model),
		class:     class,
		bucket:    files,

		gateway:       args.Gateway,
		priorityClass: args.PriorityClass,
		monitored:     args.Monitored,
	}, nil
}
