package aks

import (
	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// window is a weekly time in which AKS does one kind of maintenance.
type window struct {
	// name is AKS's own: it tells the kind.
	name string
	// day of the week on which it begins, at windowStart.
	day string
}

const (
	// windowStart is in UTC.
	windowStart = "02:00"
	// windowHours is how long a window lasts. AKS wants four or more, and a GPU
	// pool is upgraded one node at a time.
	windowHours = 8
)

// windows are two nights of the weekend, so that no node is replaced twice in
// one. Source of the names: https://learn.microsoft.com/azure/aks/planned-maintenance
var windows = []window{
	{name: "aksManagedAutoUpgradeSchedule", day: "Saturday"}, // Kubernetes patches
	{name: "aksManagedNodeOSUpgradeSchedule", day: "Sunday"}, // node images
}

// maintenanceWindows registers when AKS may upgrade by itself. Without them it
// does at any time.
func (b *build) maintenanceWindows(control *azcontainers.ManagedCluster) error {
	for _, w := range windows {
		_, err := azcontainers.NewMaintenanceConfiguration(b.ctx, b.child(w.name), &azcontainers.MaintenanceConfigurationArgs{
			ResourceGroupName: b.group.Name,
			ResourceName:      control.Name,
			ConfigName:        pulumi.String(w.name),
			MaintenanceWindow: azcontainers.MaintenanceWindowArgs{
				Schedule: azcontainers.ScheduleArgs{Weekly: azcontainers.WeeklyScheduleArgs{
					DayOfWeek:     pulumi.String(w.day),
					IntervalWeeks: pulumi.Int(1),
				}},
				StartTime:     pulumi.String(windowStart),
				UtcOffset:     pulumi.String("+00:00"),
				DurationHours: pulumi.Int(windowHours),
			},
		}, b.with()...)
		if err != nil {
			return err
		}
	}
	return nil
}
