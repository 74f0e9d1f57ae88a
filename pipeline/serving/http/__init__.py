"""A server of an exported detector over HTTP, in the form of TensorFlow Serving's REST interface."""
