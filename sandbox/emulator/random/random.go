// Package random makes up the ids that the emulated clouds choose.
package random

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// Hex are n hexadecimal digits.
func Hex(n int) string { return hex.EncodeToString(Bytes((n + 1) / 2))[:n] }

// Of are n characters of an alphabet.
func Of(alphabet string, n int) string {
	var b strings.Builder
	for _, c := range Bytes(n) {
		b.WriteByte(alphabet[int(c)%len(alphabet)])
	}
	return b.String()
}

// Bytes are n bytes.
func Bytes(n int) []byte {
	buf := make([]byte, n)
	_, _ = rand.Read(buf) // never fails: https://pkg.go.dev/crypto/rand#Read
	return buf
}
