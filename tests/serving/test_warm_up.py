"""The warm-up requests are what TensorFlow Serving reads: a TFRecord file of ``PredictionLog``."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.empty_pb2 import Empty
from google.protobuf.unknown_fields import UnknownFieldSet
from tensorflow.core.framework.tensor_pb2 import TensorProto

from pipeline.serving.classifier import ClassifierService
from pipeline.serving.saved_model import load, save
from pipeline.serving.warm_up import FILE
from tests.support.networks import colour_classifier


def fields(encoded: bytes) -> dict[int, Any]:
    """Return the fields of an encoded message by their numbers, without a description of the message."""
    return {field.field_number: field.data for field in UnknownFieldSet(Empty.FromString(encoded))}


def test_each_signature_gets_a_request_that_it_can_answer(tmp_path: Path) -> None:
    save(ClassifierService(colour_classifier(), ["red", "green", "blue"], 32), tmp_path / "classifier")
    signatures = load(tmp_path / "classifier").signatures
    asked = []
    for record in tf.data.TFRecordDataset(str(tmp_path / "classifier" / "1" / FILE)).as_numpy_iterator():
        request = fields(fields(fields(record)[6])[1])  # PredictionLog.predict_log.request
        spec, entry = fields(request[1]), fields(request[2])
        assert spec[1] == b"classifier"
        value = tf.make_ndarray(TensorProto.FromString(entry[2]))
        answer = signatures[spec[3].decode()](**{entry[1].decode(): tf.constant(value)})
        np.testing.assert_allclose(tf.reduce_sum(answer["scores"]), 1.0, rtol=1e-5)
        asked.append((spec[3].decode(), entry[1].decode()))
    assert asked == [("serving_default", "image_bytes"), ("from_tensor", "images")]
