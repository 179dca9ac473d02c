package aws

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

const (
	// accountID is the account of the AWS documentation.
	accountID = "111122223333"
	// callerUser is who the sandbox's credentials belong to.
	callerUser    = "sandbox"
	defaultRegion = "us-east-1"
)

// settings are what the program configures on the provider.
type settings struct {
	region      string
	defaultTags map[string]string
}

var regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)

func (a *Account) configure(config emulator.Properties) error {
	region := config.String("region")
	if region == "" {
		return errors.New("missing region configuration: set aws:region, for example to us-east-1")
	}
	if !regionForm.MatchString(region) {
		return fmt.Errorf("invalid AWS Region: %s", region)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.config = settings{region: region, defaultTags: config.StringMap("defaultTags.tags")}
	return nil
}

func (a *Account) region() string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.config.region
}

// partition of AWS that the region belongs to.
func (a *Account) partition() string {
	switch region := a.region(); {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}

func (a *Account) dnsSuffix() string {
	if a.partition() == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// arn names a resource of a regional service.
func (a *Account) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", a.partition(), service, a.region(), accountID, resource)
}

// globalARN names a resource of a service without regions.
func (a *Account) globalARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s::%s:%s", a.partition(), service, accountID, resource)
}

// addDefaultTags puts the provider's default tags under the tags of a resource,
// as pulumi-aws does.
func (a *Account) addDefaultTags(t *emulator.Type, inputs emulator.Properties) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if len(a.config.defaultTags) == 0 || !taggable[t.Token] {
		return
	}
	given, isMap := inputs["tags"].(map[string]any)
	if inputs.Has("tags") && !isMap {
		return // unknown as a whole
	}
	tags := emulator.StringMap(a.config.defaultTags)
	maps.Copy(tags, given)
	inputs["tags"] = tags
}

// allTags sets tagsAll, which equals tags because the default tags are in them.
func allTags(t *emulator.Type, outputs emulator.Properties) {
	if !taggable[t.Token] {
		return
	}
	delete(outputs, "tagsAll")
	tags := map[string]any{}
	switch given := outputs["tags"].(type) {
	case map[string]any:
		maps.Copy(tags, given)
	case emulator.Unknown:
		outputs["tagsAll"] = given
		return
	}
	outputs["tagsAll"] = tags
}
