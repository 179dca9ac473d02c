// Package workflows holds the tests of the workflow files and of the scripts that
// they run.
package workflows
