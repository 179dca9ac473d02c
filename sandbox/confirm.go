package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/sandbox/engine"
)

// confirmDown makes sure that whoever destroys a protected stack means it: its
// name has to be typed, or given with --confirm where nobody can type.
func confirmDown(options engine.Options, given string, in *os.File) error {
	protected, err := isProtected(options)
	if err != nil || !protected {
		return err
	}
	if given == "" && isTerminal(in) {
		fmt.Fprintf(options.Out, "%s is protected: everything in it would be destroyed, what it keeps for good included.\nType the name of the stack to go on: ", options.Stack)
		given = typed(in)
	}
	if given != options.Stack {
		return fmt.Errorf("%s is protected (gantry:protect) and stays up, because %q is not its name: "+
			"run make down STACK=%s CONFIRM=%s, or set gantry:protect to false", options.Stack, given, options.Stack, options.Stack)
	}
	return nil
}

// typed is the next line.
func typed(in io.Reader) string {
	line, _ := bufio.NewReader(in).ReadString('\n') // the end of the input is an empty answer
	return strings.TrimSpace(line)
}

// isProtected tells whether the stack guards what holds data. A configuration
// with problems is still judged: they are no reason to destroy more easily.
func isProtected(options engine.Options) (bool, error) {
	stack, models, err := readStack(options)
	if err != nil {
		return false, err
	}
	platform, _ := spec.Decode(stack.Raw(models)) // beside an error it holds what could be read
	return spec.Default(platform).Protected(), nil
}
