package azure

import (
	"regexp"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// Names of maintenance configurations: AKS knows no others.
// https://learn.microsoft.com/azure/aks/planned-maintenance
const defaultMaintenance = "default"

var (
	maintenanceNames = []string{defaultMaintenance, "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}
	weekdays         = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	clockForm        = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	offsetForm       = regexp.MustCompile(`^[+-]\d{2}:\d{2}$`)
)

func (a *Account) maintenanceConfiguration() emulator.Type {
	return emulator.Type{
		Token:    tokenMaintenance,
		Source:   "specification/containerservice/resource-manager/Microsoft.ContainerService/aks/stable/2024-10-01/managedClusters.json",
		Replace:  []string{"configName", "resourceGroupName", "resourceName"},
		Name:     namedAlike("configName"),
		Refs:     []emulator.Ref{groupRef()},
		Validate: maintenanceRules,
		Create: func(op *emulator.Op) error {
			in := op.In()
			name := in.String("configName")
			cluster, err := parent(op.Tx, tokenCluster, a.clusterID(in.String("resourceGroupName"), in.String("resourceName")), kindMaintenance)
			if err != nil {
				return err
			}
			op.Out()["name"], op.Out()["type"] = name, kindMaintenance
			settleWindow(op.Out())
			return claim(op, cluster.ID+"/maintenanceConfigurations/"+name)
		},
		Update: func(op *emulator.Op) error {
			settleWindow(op.Out())
			return nil
		},
	}
}

func settleWindow(out emulator.Properties) {
	if out.Has("maintenanceWindow") {
		setDefault(out, "maintenanceWindow.utcOffset", "+00:00")
	}
}

func maintenanceRules(in emulator.Properties) error {
	name := in.String("configName")
	if name != "" && !slices.Contains(maintenanceNames, name) {
		return refuse("InvalidMaintenanceConfigurationName", "The maintenance configuration name %s is not one of %v.", name, maintenanceNames)
	}
	weekly := in.Has("timeInWeek") || in.Has("notAllowedTime")
	switch window := in.Has("maintenanceWindow"); {
	case name == defaultMaintenance && window:
		return invalidParameter("maintenanceWindow", "The configuration default takes timeInWeek and notAllowedTime only.")
	case name != defaultMaintenance && name != "" && weekly:
		return invalidParameter("timeInWeek", "The configuration %s takes a maintenanceWindow only.", name)
	case !window && !weekly:
		return refuse("InvalidParameter", "A maintenance configuration needs a maintenanceWindow, or timeInWeek for the name default.")
	case window:
		return windowRules(in)
	}
	return weekRules(in)
}

func weekRules(in emulator.Properties) error {
	if err := oneOf("timeInWeek[].day", weekdays...)(in); err != nil {
		return err
	}
	for _, slot := range in.All("timeInWeek[].hourSlots[]") {
		if hour, ok := slot.(float64); ok && (hour < 0 || hour > 23) {
			return invalidParameter("timeInWeek.hourSlots", "%g is not an hour from 0 to 23.", hour)
		}
	}
	return nil
}

func windowRules(in emulator.Properties) error {
	const window = "maintenanceWindow."
	schedules := 0
	for _, kind := range []string{"daily", "weekly", "absoluteMonthly", "relativeMonthly"} {
		if in.Has(window + "schedule." + kind) {
			schedules++
		}
	}
	hours := in.Int(window + "durationHours")
	switch {
	case in.Known("maintenanceWindow") && schedules != 1:
		return invalidParameter(window+"schedule", "Exactly one of daily, weekly, absoluteMonthly and relativeMonthly is needed, got %d.", schedules)
	case in.Known(window+"durationHours") && (hours < 4 || hours > 24):
		return invalidParameter(window+"durationHours", "%d is not from 4 to 24.", hours)
	case in.Has(window+"startTime") && in.Known(window+"startTime") && !clockForm.MatchString(in.String(window+"startTime")):
		return invalidParameter(window+"startTime", "%q is not of the form HH:mm.", in.String(window+"startTime"))
	case in.String(window+"utcOffset") != "" && !offsetForm.MatchString(in.String(window+"utcOffset")):
		return invalidParameter(window+"utcOffset", "%q is not of the form +/-HH:mm.", in.String(window+"utcOffset"))
	}
	return rules.All(
		oneOf(window+"schedule.weekly.dayOfWeek", weekdays...), oneOf(window+"schedule.relativeMonthly.dayOfWeek", weekdays...),
		oneOf(window+"schedule.relativeMonthly.weekIndex", "First", "Second", "Third", "Fourth", "Last"),
		upTo(window+"schedule.daily.intervalDays", 7), upTo(window+"schedule.weekly.intervalWeeks", 4),
		upTo(window+"schedule.absoluteMonthly.intervalMonths", 6), upTo(window+"schedule.absoluteMonthly.dayOfMonth", 31),
		upTo(window+"schedule.relativeMonthly.intervalMonths", 6),
	)(in)
}

// upTo takes a number from one to the greatest.
func upTo(path string, greatest int) rules.Check {
	return func(in emulator.Properties) error {
		if n := in.Int(path); in.Has(path) && in.Known(path) && (n < 1 || n > greatest) {
			return invalidParameter(path, "%d is not from 1 to %d.", n, greatest)
		}
		return nil
	}
}
