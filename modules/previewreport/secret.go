package previewreport

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Marks of the engine in values. Source: pulumi/sdk/v3 go/common/resource/sig.
const (
	signatureKey    = "4dabf18193072939515e22adb298388d"
	signatureSecret = "1b47061264138c4ac30d75fd1eb44270"
	signatureOutput = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
	// maskedSecret is what the engine puts in the place of a secret.
	maskedSecret = "[secret]"
)

// hidden stands in a tree of values for one that must not be shown. The hash
// tells whether it changes.
type hidden [sha256.Size]byte

func hide(value any) hidden { return sha256.Sum256([]byte(encode(value))) }

// leastSecret is the length of the shortest secret that is looked for in other
// text. Shorter ones are words and numbers of everyday life.
const leastSecret = 6

// plainSecrets finds the values that are marked as secret and stand in the log
// all the same, as in a log of a command that was told to show secrets.
func plainSecrets(value any, found func(secret string)) {
	switch value := value.(type) {
	case map[string]any:
		if isSecret(value) {
			for _, key := range []string{"value", "plaintext"} {
				texts(value[key], found)
			}
			return
		}
		for _, item := range value {
			plainSecrets(item, found)
		}
	case []any:
		for _, item := range value {
			plainSecrets(item, found)
		}
	}
}

// texts finds every text in a value, and in the JSON that a plaintext is.
func texts(value any, found func(text string)) {
	switch value := value.(type) {
	case string:
		var inner any
		if json.Unmarshal([]byte(value), &inner) == nil && inner != any(value) {
			texts(inner, found)
		}
		if len(value) >= leastSecret && value != maskedSecret {
			found(value)
		}
	case map[string]any:
		for _, item := range value {
			texts(item, found)
		}
	case []any:
		for _, item := range value {
			texts(item, found)
		}
	}
}

// isSecret tells whether a value is wrapped as a secret.
func isSecret(value map[string]any) bool {
	if value[signatureKey] == signatureSecret {
		return true
	}
	return value[signatureKey] == signatureOutput && value["secret"] == true
}

// masked is the properties of a resource without what is secret: by the engine's
// marks, by the names that the resource declares, by what properties are called,
// and by secrets elsewhere in the log.
func (p *Preview) masked(kind string, properties map[string]any, secretOutputs []string) map[string]any {
	clean := map[string]any{}
	for key, value := range properties {
		switch {
		case slices.Contains(secretOutputs, key):
			clean[key] = hide(value)
		case kind == "kubernetes:core/v1:Secret" && (key == "data" || key == "stringData"):
			clean[key] = hideAll(value)
		default:
			clean[key] = p.mask(key, value)
		}
	}
	return clean
}

// mask hides what is secret in a value that stands under a key.
func (p *Preview) mask(key string, value any) any {
	switch value := value.(type) {
	case string:
		if value == maskedSecret || (value != "" && secretName(key)) {
			return hide(value)
		}
		return p.scrub(value)
	case map[string]any:
		if isSecret(value) {
			return hide(value)
		}
		if value[signatureKey] == signatureOutput {
			return p.mask(key, value["value"])
		}
		return p.maskMap(key, value)
	case []any:
		clean := make([]any, len(value))
		for i, item := range value {
			clean[i] = p.mask(key, item)
		}
		return clean
	default:
		return value
	}
}

// maskMap hides, beside what is secret in the values of a map, the value of a
// pair such as {name: DB_PASSWORD, value: ...}.
func (p *Preview) maskMap(key string, value map[string]any) any {
	name, _ := value["name"].(string)
	clean := map[string]any{}
	for inner, item := range value {
		clean[inner] = p.mask(inner, item)
		_, isText := item.(string)
		if inner == "value" && isText && secretName(name) {
			clean[inner] = hide(item)
		}
		// The items of a map of secrets have names of their own.
		if isText && secretName(key) && !referenceName.MatchString(inner) {
			clean[inner] = hide(item)
		}
	}
	return clean
}

// hideAll keeps the keys of a map and hides its values.
func hideAll(value any) any {
	items, isMap := value.(map[string]any)
	if !isMap {
		return hide(value)
	}
	clean := map[string]any{}
	for key, item := range items {
		clean[key] = hide(item)
	}
	return clean
}

var (
	secretWords = regexp.MustCompile(`(?i)passw(or)?d|passphrase|secret|token|credential|kubeconfig|api_?key|access_?key|private_?key|ssh_?key|connection_?string|user_?data|client_?key`)
	// referenceName is a property that says where a secret is, or how it is
	// handled, and not what it is.
	referenceName = regexp.MustCompile(`(?i)(name|names|namespace|ref|arn|id|uri|url|class|type|version|key|path|policy|provider|httpTokens)$`)
	keyItself     = regexp.MustCompile(`(?i)(api|access|private|ssh|client)_?key$`)
)

// secretName tells whether a property of this name holds a secret.
func secretName(name string) bool {
	if !secretWords.MatchString(name) {
		return false
	}
	return keyItself.MatchString(name) || !referenceName.MatchString(name)
}

// scrub removes secrets that stand in a text after all, as in the message of a
// provider. It has to see a text before it is cut or escaped.
func (p *Preview) scrub(text string) string { return p.secrets.Replace(text) }

// scrubber replaces secrets, the longest first: one may be in another.
func scrubber(secrets map[string]bool) *strings.Replacer {
	order := slices.SortedFunc(maps.Keys(secrets), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var pairs []string
	for _, secret := range order {
		pairs = append(pairs, secret, maskedSecret)
	}
	return strings.NewReplacer(pairs...)
}

// scrubAll removes secrets from all that somebody said.
func (p *Preview) scrubAll() {
	for _, messages := range [][]Message{p.Errors, p.Warnings, p.Notes} {
		for i := range messages {
			messages[i].Text, messages[i].Fix = p.scrub(messages[i].Text), p.scrub(messages[i].Fix)
		}
	}
	for i := range p.Verdicts {
		v := &p.Verdicts[i]
		for _, text := range []*string{&v.Rule, &v.Fact, &v.Fix, &v.Reason} {
			*text = p.scrub(*text)
		}
	}
	p.Quotas = p.scrub(p.Quotas)
}
