package naming

// The labels that Kubernetes recommends for every object of an application, see
// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
const (
	LabelAppName      = "app.kubernetes.io/name"
	LabelAppComponent = "app.kubernetes.io/component"
	LabelAppPartOf    = "app.kubernetes.io/part-of"
	LabelAppManagedBy = "app.kubernetes.io/managed-by"
)

// AppLabels returns the recommended labels of an application's objects. They
// describe; selectors use narrower labels that never change.
func AppLabels(name, component string) map[string]string {
	return map[string]string{
		LabelAppName:      name,
		LabelAppComponent: component,
		LabelAppPartOf:    "gantry",
		LabelAppManagedBy: "pulumi",
	}
}
