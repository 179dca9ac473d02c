package gosdk

import (
	"path"
	"path/filepath"
	"strings"
)

// layout tells where an SDK keeps what a token names.
type layout struct {
	// form of a token, for people.
	form string
	// place is the module of a type, and the file that declares it, without
	// its ending. The middle of the token is what stands between the colons.
	place func(middle, typ string) (module, file string)
	// dir is the folder of a module. The empty one holds the provider.
	dir func(module string) (string, error)
}

// inOneModule is the layout of the bridged providers' SDKs.
func inOneModule(root string) layout {
	return layout{
		form: "package:module/file:Type",
		place: func(middle, _ string) (string, string) {
			module, file := path.Split(middle)
			return strings.Trim(module, "/"), lowerCamel(upperFirst(file))
		},
		dir: func(module string) (string, error) { return filepath.Join(root, filepath.FromSlash(module)), nil },
	}
}

// inManyModules is the layout of azure-native's SDKs. A module of theirs may name
// a version of the API, network/v20230201, which is a folder in the Go module.
func inManyModules(locate func(pkg string) (string, error)) layout {
	return layout{
		form:  "package:module:Type",
		place: func(middle, typ string) (string, string) { return middle, lowerCamel(typ) },
		dir: func(module string) (string, error) {
			pkg, version, _ := strings.Cut(module, "/")
			root, err := locate(pkg)
			return filepath.Join(root, version), err
		},
	}
}

// upperFirst turns the name of a file in a token, iAMMember, into that of the
// type in it, IAMMember.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
