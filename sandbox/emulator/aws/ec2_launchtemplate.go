package aws

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

var templateNameForm = regexp.MustCompile(`^[a-zA-Z0-9().\-/_]{3,128}$`)

var imageForm = regexp.MustCompile(`^ami-[0-9a-f]{8}([0-9a-f]{9})?$`)

func (a *Account) launchTemplate() emulator.Type {
	return emulator.Type{
		Token:   tokenLaunchTemplate,
		Source:  "hashicorp/terraform-provider-aws internal/service/ec2/ec2_launch_template.go",
		Replace: []string{"name", "namePrefix"},
		Sets:    []string{"securityGroupNames", "vpcSecurityGroupIds"},
		Name:    &emulator.AutoName{Property: "name", Unless: "namePrefix", MaxLength: 128},
		Volatile: func(olds, news emulator.Properties) []string {
			if sameTemplate(olds, news) {
				return nil
			}
			if news.Bool("updateDefaultVersion") {
				return []string{"latestVersion", "defaultVersion"}
			}
			return []string{"latestVersion"}
		},
		Validate: rules.All(
			rules.Matching("name", templateNameForm, "3 to 128 letters, digits and ().-/_"),
			rules.Matching("imageId", imageForm, "an AMI, for example ami-0123456789abcdef0"),
			rules.OneOf("metadataOptions.httpTokens", "optional", "required"),
			rules.OneOf("metadataOptions.httpEndpoint", "enabled", "disabled"),
			rules.Between("metadataOptions.httpPutResponseHopLimit", 1, 64),
			rules.OneOf("blockDeviceMappings[].ebs.volumeType", "standard", "io1", "io2", "gp2", "gp3", "sc1", "st1"),
			rules.Between("blockDeviceMappings[].ebs.volumeSize", 1, 65536),
			diskRules,
			rules.Apart("defaultVersion", "updateDefaultVersion"),
		),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			name := named(op.In(), "name", "namePrefix")
			if _, taken := op.Find(tokenLaunchTemplate, func(o emulator.Object) bool { return o.Outputs.String("name") == name }); taken {
				return refuse("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
			}
			o.ID = ec2ID("lt")
			out["name"] = name
			out["arn"] = a.arn("ec2", "launch-template/"+o.ID)
			out["latestVersion"], out["defaultVersion"] = 1, 1
			o.State = emulator.Properties{"versions": map[string]any{"1": templateData(op.In())}}
			return nil
		},
		Update: newTemplateVersion,
	}
}

// aroundTemplate are the inputs that are no part of a template's versions.
var aroundTemplate = []string{"name", "namePrefix", "tags", "defaultVersion", "updateDefaultVersion", "__defaults"}

func templateData(in emulator.Properties) map[string]any {
	data := map[string]any(in.Clone())
	maps.DeleteFunc(data, func(key string, _ any) bool { return slices.Contains(aroundTemplate, key) })
	return data
}

func sameTemplate(olds, news emulator.Properties) bool {
	return reflect.DeepEqual(templateData(olds), templateData(news))
}

// newTemplateVersion keeps every version: a node group may still run an old one.
func newTemplateVersion(op *emulator.Op) error {
	latest := op.Old.Outputs.Int("latestVersion")
	if !sameTemplate(op.Old.Inputs, op.In()) {
		latest++
		op.Object.State.Set("versions."+strconv.Itoa(latest), templateData(op.In()))
	}
	op.Out()["latestVersion"] = latest
	switch in := op.In(); {
	case in.Bool("updateDefaultVersion"):
		op.Out()["defaultVersion"] = latest
	case !in.Has("defaultVersion"):
		op.Out()["defaultVersion"] = op.Old.Outputs.Int("defaultVersion")
	case in.Int("defaultVersion") < 1 || in.Int("defaultVersion") > latest:
		return refuse("InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version %d", in.Int("defaultVersion"))
	}
	return nil
}

// gp3 limits: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
const (
	gp3MinIOPS, gp3MaxIOPS             = 3000, 80000
	gp3MinThroughput, gp3MaxThroughput = 125, 2000
)

func diskRules(in emulator.Properties) error {
	for i, mapping := range in.Objects("blockDeviceMappings") {
		at := fmt.Sprintf("blockDeviceMappings[%d].ebs.", i)
		iops, throughput := mapping.Int("ebs.iops"), mapping.Int("ebs.throughput")
		gp3 := mapping.String("ebs.volumeType") == "gp3"
		switch {
		case mapping.Has("ebs.kmsKeyId") && mapping.Known("ebs.encrypted") && mapping.String("ebs.encrypted") != "true":
			return rules.Invalid(at+"kmsKeyId", `needs encrypted to be "true"`)
		case gp3 && mapping.Has("ebs.iops") && (iops < gp3MinIOPS || iops > gp3MaxIOPS):
			return rules.Invalid(at+"iops", "is %d, expected %d to %d for gp3", iops, gp3MinIOPS, gp3MaxIOPS)
		case gp3 && mapping.Has("ebs.throughput") && (throughput < gp3MinThroughput || throughput > gp3MaxThroughput):
			return rules.Invalid(at+"throughput", "is %d, expected %d to %d MiB/s for gp3", throughput, gp3MinThroughput, gp3MaxThroughput)
		}
	}
	return nil
}

// template is a version of a launch template, as a node group asks for it.
type template struct {
	id, name, version string
	data              emulator.Properties
}

// findTemplate resolves the launchTemplate of a node group: by id or name, and a
// version by number, $Latest or $Default.
func findTemplate(tx *emulator.Tx, spec emulator.Properties) (template, error) {
	id, name, version := spec.String("launchTemplate.id"), spec.String("launchTemplate.name"), spec.String("launchTemplate.version")
	o, ok := tx.Find(tokenLaunchTemplate, func(o emulator.Object) bool {
		return o.ID == id || id == "" && o.Outputs.String("name") == name
	})
	if !ok {
		return template{}, refuse("InvalidParameterException", "The specified launch template, with template ID %s, does not exist.", id+name)
	}
	switch strings.TrimPrefix(version, "$") {
	case "Latest":
		version = strconv.Itoa(o.Outputs.Int("latestVersion"))
	case "Default":
		version = strconv.Itoa(o.Outputs.Int("defaultVersion"))
	}
	data, ok := o.State.At("versions." + version).(map[string]any)
	if !ok {
		return template{}, refuse("InvalidParameterException",
			"Could not find the specified version %s for the launch template with ID %s.", version, o.ID)
	}
	return template{o.ID, o.Outputs.String("name"), version, data}, nil
}

// rootDisk is the size in GiB of the first disk that the template sizes, or 0.
func (t template) rootDisk() int {
	for _, mapping := range t.data.Objects("blockDeviceMappings") {
		if size := mapping.Int("ebs.volumeSize"); size > 0 {
			return size
		}
	}
	return 0
}
