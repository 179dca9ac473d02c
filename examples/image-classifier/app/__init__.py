"""An HTTP server that classifies images with an ONNX model."""
