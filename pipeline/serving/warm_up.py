"""Warm-up requests: what TensorFlow Serving sends to a model before the first client does.

TensorFlow builds parts of a graph when they run for the first time. Without these requests, the first clients wait for
that.
"""

from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.datasets.records.files import frame
from pipeline.datasets.records.messages import field, map_entry, message, message_class
from pipeline.serving.signatures import BYTES, PIXELS

FILE = Path("assets.extra", "tf_serving_warmup_requests")
"""Where TensorFlow Serving looks for the requests, in the folder of a SavedModel. The file is a TFRecord file."""

GREY, SIDE = 128, 256
"""The value and the side, px, of the picture that the requests send."""


def write_warm_up(name: str, folder: Path) -> None:
    """Write one request for each signature, with a grey picture, into the folder of a SavedModel.

    Args:
        name: The name of the model.
        folder: The folder of the SavedModel.
    """
    picture = tf.fill([SIDE, SIDE, 3], tf.constant(GREY, tf.uint8))
    requests = [
        _request(name, "serving_default", BYTES.name, tf.io.encode_jpeg(picture)[None]),
        _request(name, "from_tensor", PIXELS.name, picture[None]),
    ]
    path = folder / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(map(frame, requests)))


def _request(name: str, signature: str, key: str, value: tf.Tensor) -> bytes:
    """Return an encoded ``PredictionLog`` that holds a request of ``Predict`` with one input."""
    log = _PredictionLog()
    request = log.predict_log.request
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    request.inputs[key] = tf.make_tensor_proto(value).SerializeToString(deterministic=True)
    return log.SerializeToString(deterministic=True)


def _prediction_log_class() -> Any:
    """Return the class of TensorFlow Serving's messages ``PredictionLog``, with the fields that a request needs.

    A tensor is a message of TensorFlow. It is a field of bytes here, which has the same encoding.
    """
    request = message(
        "PredictRequest",
        field(1, "model_spec", "ModelSpec"),
        field(2, "inputs", "PredictRequest.InputsEntry", repeated=True),
    )
    request.nested_type.append(map_entry("InputsEntry", "BYTES"))
    return message_class(
        message("PredictionLog", field(6, "predict_log", "PredictLog")),
        message("PredictLog", field(1, "request", "PredictRequest")),
        message("ModelSpec", field(1, "name", "STRING"), field(3, "signature_name", "STRING")),
        request,
    )


_PredictionLog = _prediction_log_class()
