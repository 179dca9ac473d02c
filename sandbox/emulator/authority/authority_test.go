package authority_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/authority"
)

func TestNew_CanBeParsedByEveryClient(t *testing.T) {
	encoded, err := authority.New("kubernetes")
	require.NoError(t, err)
	text, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	block, rest := pem.Decode(text)
	require.NotNil(t, block)
	assert.Empty(t, rest)
	certificate, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	assert.True(t, certificate.IsCA)
	assert.Equal(t, "kubernetes", certificate.Subject.CommonName)
	require.NoError(t, certificate.CheckSignatureFrom(certificate))

	other, err := authority.New("kubernetes")
	require.NoError(t, err)
	assert.NotEqual(t, encoded, other)
}
