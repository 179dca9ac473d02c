package kubeprovider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// notReadyError says that an object exists and is not in the condition that
// was waited for.
type notReadyError struct {
	message string
	// reasons name what stands in the way, most telling first.
	reasons []string
}

func (e *notReadyError) Error() string { return e.message }

func timedOut(obj *unstructured.Unstructured, reasons []string) error {
	return &notReadyError{fmt.Sprintf("'%s' timed out waiting to be Ready", obj.GetName()), reasons}
}

func cancelled(obj *unstructured.Unstructured, reasons []string) error {
	return &notReadyError{fmt.Sprintf("Resource operation was cancelled for %q", obj.GetName()), reasons}
}

// initFailed reports an operation on an object that exists, with the state to
// keep. The engine shows the reasons, and brings the object up again in the
// next update. inputs are given by a refresh only.
func initFailed(id string, properties, inputs *structpb.Struct, err error) error {
	detail := &pulumirpc.ErrorResourceInitFailed{
		Id:         id,
		Properties: properties,
		Inputs:     inputs,
		Reasons:    []string{err.Error()},
	}
	var notReady *notReadyError
	if errors.As(err, &notReady) {
		detail.Reasons = append(detail.Reasons, notReady.reasons...)
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, strings.ToValidUTF8(err.Error(), "?")), detail)
}
