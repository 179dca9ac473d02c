package aws

import "gantry.dev/gantry/sandbox/emulator"

// Schema lists the properties of everything that the account serves. It panics
// when the embedded one cannot be read.
func Schema() emulator.Schema {
	schema, err := emulator.ParseSchema(schemaJSON)
	if err != nil {
		panic(err)
	}
	return schema
}
