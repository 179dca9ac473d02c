package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"gantry.dev/gantry/modules/spec"
)

func TestService_AnswersOnPort80WhateverTheServerListensOn(t *testing.T) {
	got := render(t, changed(func(m *spec.Model) { m.Port = 9000 }))
	assert.Equal(t, corev1.ServiceTypeClusterIP, got.service.Spec.Type)
	require.Len(t, got.service.Spec.Ports, 1)
	port := got.service.Spec.Ports[0]
	assert.EqualValues(t, 80, port.Port)
	assert.Equal(t, got.server().Ports[0].Name, port.TargetPort.StrVal)
	assert.EqualValues(t, 9000, got.server().Ports[0].ContainerPort)
}

func TestService_LeavesTheWaitToTheDeployment(t *testing.T) {
	got := render(t, classifier())
	assert.Equal(t, "true", got.service.Annotations["pulumi.com/skipAwait"])
	assert.NotContains(t, got.deployment.Annotations, "pulumi.com/skipAwait")
}
