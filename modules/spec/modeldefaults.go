package spec

import (
	"maps"
	pathpkg "path"
	"reflect"
	"slices"
	"strings"
)

// fleetDefaultsName is the file, without its ending, that every model inherits
// from.
const fleetDefaultsName = "_defaults"

// ownKeys are keys that two models can never have in common.
var ownKeys = []string{"enabled", "image", "name", "rollout", "route"}

func isFleetDefaults(file string) bool {
	base := pathpkg.Base(file)
	return strings.TrimSuffix(base, pathpkg.Ext(base)) == fleetDefaultsName
}

// fleetDefaults reads the file that every model inherits from.
func (d *decoder) fleetDefaults(files map[string][]byte) {
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if !isFleetDefaults(file) {
			continue
		}
		if d.defaultsFile != "" {
			d.missing(file, "is a second file of defaults, beside "+d.defaultsFile, "remove one of the files")
			return
		}
		d.defaultsFile = file
		values, ok := d.parseFile(file, files[file])
		if !ok {
			continue
		}
		for _, key := range ownKeys {
			if value, there := values[key]; there {
				d.add(file+": "+key, brief(value), "cannot be the same for all models", "write it into the file of each model")
				delete(values, key)
			}
		}
		d.defaults = values
		// Once for itself, so that what is wrong is told even where no model is.
		d.inherited(path{canonical: join(root+"models", fleetDefaultsName), written: file + ": "})
	}
}

// inherited is a model that says nothing of its own. What is wrong with a default
// is told where it was written, once.
func (d *decoder) inherited(at path) Model {
	var model Model
	if d.defaults != nil {
		at.written = d.defaultsFile + ": "
		d.fields(at, d.defaults, reflect.ValueOf(&model).Elem())
	}
	return model
}
