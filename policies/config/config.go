// Package config holds how strict the policies are, one file a stack.
package config

import "embed"

// Files are the settings by <stack>.json.
//
//go:embed *.json
var Files embed.FS
