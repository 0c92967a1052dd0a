"""Models for other servers: an MLflow folder, an ONNX forest, LightGBM's text."""
