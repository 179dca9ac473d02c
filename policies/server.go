package main

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"gantry.dev/gantry/policies/rules"
)

// server is the pack as the engine talks to it. It reads a resource once for all
// rules: the policy SDK reads it once for each, which took most of the time of a
// preview with the pack.
type server struct {
	pulumirpc.UnimplementedAnalyzerServer
	// pack is of the stack that was told last; before, of none.
	pack *pack
}

var levels = map[rules.Level]pulumirpc.EnforcementLevel{
	rules.Advisory:  pulumirpc.EnforcementLevel_ADVISORY,
	rules.Mandatory: pulumirpc.EnforcementLevel_MANDATORY,
	rules.Remediate: pulumirpc.EnforcementLevel_REMEDIATE,
	rules.Disabled:  pulumirpc.EnforcementLevel_DISABLED,
}

// levelOf is the level with a number of the protocol. One that is not known is
// taken seriously.
func levelOf(number pulumirpc.EnforcementLevel) rules.Level {
	for level, known := range levels {
		if known == number {
			return level
		}
	}
	return rules.Mandatory
}

// kept is how properties are read: with everything that the engine tells of
// them.
var kept = plugin.MarshalOptions{
	Label: packName, KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
}

func (s *server) Handshake(context.Context, *pulumirpc.AnalyzerHandshakeRequest) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	return &pulumirpc.AnalyzerHandshakeResponse{}, nil
}

func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: packVersion}, nil
}

func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// ConfigureStack chooses the settings of a stack. The engine calls it before it
// asks about any resource.
func (s *server) ConfigureStack(_ context.Context, request *pulumirpc.AnalyzerStackConfigureRequest) (*pulumirpc.AnalyzerStackConfigureResponse, error) {
	pack, err := newPack(request.GetStack(), request.GetConfig()[namespace+":"+rules.ExceptionsKey])
	if err != nil {
		return nil, err
	}
	s.pack = pack
	return &pulumirpc.AnalyzerStackConfigureResponse{}, nil
}

// GetAnalyzerInfo lists the policies, with the stack's settings as the defaults
// of their parameters.
func (s *server) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	info := &pulumirpc.AnalyzerInfo{Name: packName, Version: packVersion, SupportsConfig: true}
	for _, one := range s.pack.policies() {
		schema, err := schemaOf(one)
		if err != nil {
			return nil, fmt.Errorf("the parameters of %s: %w", one.ID, err)
		}
		info.Policies = append(info.Policies, &pulumirpc.PolicyInfo{
			Name: one.ID, Description: one.Says, EnforcementLevel: levels[one.level], ConfigSchema: schema,
		})
	}
	return info, nil
}

// schemaOf is the schema of a policy's parameters; nil where it has none.
func schemaOf(one policy) (*pulumirpc.PolicyConfigSchema, error) {
	if len(one.Parameters) == 0 {
		return nil, nil
	}
	schemas := map[string]any{}
	for _, parameter := range one.Parameters {
		schemas[parameter.Name] = parameter.Schema(one.values[parameter.Name])
	}
	properties, err := structpb.NewStruct(schemas)
	return &pulumirpc.PolicyConfigSchema{Properties: properties}, err
}

// Configure takes levels and parameters of policies.
func (s *server) Configure(_ context.Context, request *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	for id, config := range request.GetPolicyConfig() {
		s.pack.configure(id, levelOf(config.GetEnforcementLevel()), config.GetProperties().AsMap())
	}
	return &emptypb.Empty{}, nil
}

// Analyze judges one resource.
func (s *server) Analyze(_ context.Context, request *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	r, err := read(request)
	if err != nil {
		return nil, err
	}
	return responseOf(s.pack.judge(r)), nil
}

// AnalyzeStack judges all resources together.
func (s *server) AnalyzeStack(_ context.Context, request *pulumirpc.AnalyzeStackRequest) (*pulumirpc.AnalyzeResponse, error) {
	var stack rules.Stack
	for _, one := range request.GetResources() {
		r, err := read(one)
		if err != nil {
			return nil, err
		}
		stack = append(stack, r)
	}
	return responseOf(s.pack.judgeStack(stack)), nil
}

// Remediate rewrites one resource.
func (s *server) Remediate(_ context.Context, request *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	r, err := read(request)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.RemediateResponse{}
	for _, done := range s.pack.mend(r) {
		properties, err := plugin.MarshalProperties(resource.ToResourcePropertyMap(done.properties), kept)
		if err != nil {
			return nil, fmt.Errorf("what %s makes of %s: %w", done.ID, r.URN, err)
		}
		response.Remediations = append(response.Remediations, &pulumirpc.Remediation{
			PolicyName: done.ID, Description: done.Says,
			PolicyPackName: packName, PolicyPackVersion: packVersion, Properties: properties,
		})
	}
	return response, nil
}

// told is a resource in a request about one or about all.
type told interface {
	GetUrn() string
	GetName() string
	GetType() string
	GetProperties() *structpb.Struct
	GetProvider() *pulumirpc.AnalyzerProviderResource
	GetOptions() *pulumirpc.AnalyzerResourceOptions
}

func read(one told) (rules.Resource, error) {
	properties, err := plugin.UnmarshalProperties(one.GetProperties(), kept)
	if err != nil {
		return rules.Resource{}, fmt.Errorf("reading %s: %w", one.GetUrn(), err)
	}
	provider, err := plugin.UnmarshalProperties(one.GetProvider().GetProperties(), kept)
	if err != nil {
		return rules.Resource{}, fmt.Errorf("reading the provider of %s: %w", one.GetUrn(), err)
	}
	return rules.NewResource(one.GetUrn(), one.GetName(), one.GetType(),
		resource.FromResourcePropertyMap(properties), resource.FromResourcePropertyMap(provider),
		one.GetOptions().GetProtect()), nil
}

// responseOf tells verdicts: what the rule says, the fact, and the way out.
func responseOf(found []verdict) *pulumirpc.AnalyzeResponse {
	response := &pulumirpc.AnalyzeResponse{}
	for _, one := range found {
		response.Diagnostics = append(response.Diagnostics, &pulumirpc.AnalyzeDiagnostic{
			PolicyName: one.ID, PolicyPackName: packName, PolicyPackVersion: packVersion,
			Description: one.Says, Message: one.Says + "\n" + one.message,
			EnforcementLevel: levels[one.level], Urn: one.urn,
		})
	}
	return response
}
