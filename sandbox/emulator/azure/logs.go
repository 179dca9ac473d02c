package azure

import (
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

var workspaceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$`)

func (a *Account) workspace() emulator.Type {
	return emulator.Type{
		Token:   tokenWorkspace,
		Source:  "specification/operationalinsights/resource-manager/Microsoft.OperationalInsights/stable/2022-10-01/Workspaces.json",
		Replace: []string{"location", "resourceGroupName", "workspaceName"},
		Name:    named("workspaceName"),
		Refs:    []emulator.Ref{groupRef()},
		Validate: rules.All(
			matching("workspaceName", workspaceForm), located(kindWorkspace), tagRules, retentionRules,
			oneOf("sku.name", "PerGB2018", "CapacityReservation", "LACluster", "Free", "PerNode", "Standalone"),
			oneOf("publicNetworkAccessForIngestion", "Enabled", "Disabled"), oneOf("publicNetworkAccessForQuery", "Enabled", "Disabled"),
		),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			out["name"], out["type"] = in.String("workspaceName"), kindWorkspace
			out["customerId"], out["createdDate"] = newGUID(), timestamp()
			settleWorkspace(out)
			return claim(op, a.id(in.String("resourceGroupName"), kindWorkspace, in.String("workspaceName")))
		},
		Update: func(op *emulator.Op) error {
			settleWorkspace(op.Out())
			return nil
		},
	}
}

func settleWorkspace(out emulator.Properties) {
	out["modifiedDate"], out["provisioningState"] = timestamp(), "Succeeded"
	setDefault(out, "sku.name", "PerGB2018")
	setDefault(out, "retentionInDays", 30)
	setDefault(out, "publicNetworkAccessForIngestion", "Enabled")
	setDefault(out, "publicNetworkAccessForQuery", "Enabled")
}

// retentionRules: all plans but the free one keep logs for a month at least.
// https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
func retentionRules(in emulator.Properties) error {
	days := in.Int("retentionInDays")
	if !in.Known("retentionInDays") || !in.Has("retentionInDays") || days >= 30 && days <= 730 {
		return nil
	}
	return refuse("InvalidParameter", "'RetentionInDays' property doesn't match the SKU limits: %d is not from 30 to 730.", days)
}

// clusterLogs are the categories of logs that an AKS cluster has.
// https://learn.microsoft.com/azure/aks/monitor-aks-reference
var clusterLogs = []string{
	"kube-apiserver", "kube-audit", "kube-audit-admin", "kube-controller-manager", "kube-scheduler",
	"cluster-autoscaler", "cloud-controller-manager", "guard",
	"csi-azuredisk-controller", "csi-azurefile-controller", "csi-snapshot-controller",
}

// logGroups are the groups of categories that every resource with logs has.
var logGroups = []string{"allLogs", "audit"}

// maxDiagnostics is how many diagnostic settings a resource takes.
const maxDiagnostics = 5

func (a *Account) diagnosticSetting() emulator.Type {
	return emulator.Type{
		Token:   tokenDiagnostics,
		Source:  "specification/monitor/resource-manager/Microsoft.Insights/preview/2021-05-01-preview/diagnosticsSettings_API.json",
		Replace: []string{"name", "resourceUri"},
		Name:    named("name"),
		Refs: []emulator.Ref{
			{
				Path: "resourceUri", To: []emulator.Target{{Token: tokenCluster}},
				Missing: func(id string) error {
					return refuse("ResourceNotFound", "The Resource '%s' was not found.", id)
				},
			},
			{
				Path: "workspaceId", To: []emulator.Target{{Token: tokenWorkspace}},
				Missing: func(id string) error {
					return refuse("ResourceNotFound", "The Resource '%s' was not found.", id)
				},
			},
		},
		Validate: rules.All(oneOf("logAnalyticsDestinationType", "Dedicated", "AzureDiagnostics"), diagnosticRules),
		Create: func(op *emulator.Op) error {
			name := op.In().String("name")
			op.Out()["name"], op.Out()["type"] = name, kindDiagnostics
			if err := claim(op, op.In().String("resourceUri")+"/providers/"+kindDiagnostics+"/"+name); err != nil {
				return err
			}
			return diagnosedOnce(op)
		},
		Update: diagnosedOnce,
	}
}

func diagnosticRules(in emulator.Properties) error {
	if in.Settled("workspaceId") && !in.Has("workspaceId") && !in.Has("storageAccountId") && !in.Has("eventHubAuthorizationRuleId") {
		return refuse("BadRequest", "At least one data sink needs to be specified.")
	}
	if in.Has("storageAccountId") || in.Has("eventHubAuthorizationRuleId") {
		return refuse("ResourceNotFound", "The Resource '%s' was not found.", in.String("storageAccountId")+in.String("eventHubAuthorizationRuleId"))
	}
	entries := append(in.Objects("logs"), in.Objects("metrics")...)
	if in.Known("logs") && in.Known("metrics") && len(entries) == 0 {
		return refuse("BadRequest", "At least one log or metric category must be specified.")
	}
	grouped := false
	for _, entry := range in.Objects("logs") {
		category, group := entry.String("category"), entry.String("categoryGroup")
		grouped = grouped || group != ""
		switch {
		case category != "" && !slices.Contains(clusterLogs, category):
			return refuse("BadRequest", "Category '%s' is not supported.", category)
		case group != "" && !slices.Contains(logGroups, group):
			return refuse("BadRequest", "Category group '%s' is not supported.", group)
		case category != "" && grouped:
			return refuse("BadRequest", "The properties 'category' and 'categoryGroup' cannot be combined in the logs of one setting.")
		}
	}
	for _, entry := range in.Objects("metrics") {
		if category := entry.String("category"); category != "" && category != "AllMetrics" {
			return refuse("BadRequest", "Category '%s' is not supported.", category)
		}
	}
	for _, entry := range entries {
		if entry.Bool("retentionPolicy.enabled") {
			return refuse("BadRequest", "Diagnostic settings does not support retention for new diagnostic settings.")
		}
	}
	return nil
}

// diagnosedOnce refuses a second setting that sends the same logs to the same
// workspace, and one too many.
func diagnosedOnce(op *emulator.Op) error {
	in, count := op.In(), 1
	for _, o := range op.Of(tokenDiagnostics) {
		if o.ID == op.Object.ID || !strings.EqualFold(o.Inputs.String("resourceUri"), in.String("resourceUri")) {
			continue
		}
		count++
		for _, category := range sent(in) {
			if strings.EqualFold(o.Inputs.String("workspaceId"), in.String("workspaceId")) && slices.Contains(sent(o.Inputs), category) {
				return refuse("Conflict", "Data sink '%s' is already used in diagnostic setting '%s' for category '%s'. "+
					"Data sinks can't be reused in different settings on the same category for the same resource.",
					in.String("workspaceId"), lastOf(o.ID), category)
			}
		}
	}
	if count > maxDiagnostics {
		return refuse("Conflict", "The limit of %d diagnostic settings was reached.", maxDiagnostics)
	}
	return nil
}

// sent are the categories that a setting sends.
func sent(in emulator.Properties) []string {
	var found []string
	for _, entry := range append(in.Objects("logs"), in.Objects("metrics")...) {
		if entry.Bool("enabled") {
			found = append(found, entry.String("category")+entry.String("categoryGroup"))
		}
	}
	return found
}
