"""What TensorFlow Serving says of a model: its status, and its metadata."""

from typing import Any

from pipeline.serving.http.answers import Outputs
from pipeline.serving.http.predict_request import INPUT, SIGNATURE
from pipeline.serving.saved_model import VERSION

MODEL = "detector"
"""The name of the model in paths, as the documentation gives it to TensorFlow Serving."""

_TYPES = {"float32": "DT_FLOAT", "int32": "DT_INT32", "bool": "DT_BOOL", "object": "DT_STRING"}
"""TensorFlow's names of the types of the outputs."""


def status(*, available: bool) -> dict[str, Any]:
    """Return the status of the only version."""
    version = {
        "version": VERSION,
        "state": "AVAILABLE" if available else "UNLOADING",
        "status": {"error_code": "OK", "error_message": ""},
    }
    return {"model_version_status": [version]}


def metadata(template: Outputs) -> dict[str, Any]:
    """Return the signature of a model.

    Args:
        template: Its outputs for one image.
    """
    signature = {
        "inputs": {INPUT: _tensor(INPUT, "DT_STRING", (-1,))},
        "outputs": {
            name: _tensor(name, _TYPES[value.dtype.name], (-1, *value.shape[1:]))
            for name, value in template.items()
        },
        "method_name": "tensorflow/serving/predict",
    }
    return {
        "model_spec": {"name": MODEL, "signature_name": "", "version": VERSION},
        "metadata": {"signature_def": {"signature_def": {SIGNATURE: signature}}},
    }


def _tensor(name: str, dtype: str, shape: tuple[int, ...]) -> dict[str, Any]:
    dimensions = [{"size": str(size), "name": ""} for size in shape]
    return {"dtype": dtype, "tensor_shape": {"dim": dimensions, "unknown_rank": False}, "name": name}
