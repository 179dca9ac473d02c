// Command generate writes the schema of an emulated cloud from the sources of a
// Pulumi Go SDK in the module cache. It is run by go generate in the package of
// the cloud; the types file there holds one resource token a line.
package main

import (
	"flag"
	"fmt"
	"os"

	"gantry.dev/gantry/sandbox/emulator/gosdk"
)

func main() {
	var sdk gosdk.SDK
	flag.StringVar(&sdk.From, "from", ".", "folder inside the Go module that requires the SDK")
	flag.StringVar(&sdk.Module, "module", "", "Go module of the SDK")
	flag.StringVar(&sdk.Packages, "packages", "", "folder inside the SDK that holds its packages")
	flag.StringVar(&sdk.Split, "split", "", "Go module of one package, with * in place of its name, when each is a module of its own")
	types := flag.String("types", "types.txt", "file with one resource token a line")
	out := flag.String("out", "schema.json", "file to write")
	flag.Parse()
	if err := generate(sdk, *types, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(sdk gosdk.SDK, types, out string) error {
	tokens, err := os.ReadFile(types)
	if err != nil {
		return err
	}
	data, err := sdk.Generate(string(tokens))
	if err != nil {
		return err
	}
	return os.WriteFile(out, data, 0o600)
}
