from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.models.upstream import FingerprintDef
from pipeline.serving.classifier import ClassifierService
from pipeline.serving.saved_model import is_exported, load, save
from tests.support.networks import colour_classifier


def test_a_saved_service_has_both_signatures_and_no_random_identifier(tmp_path: Path) -> None:
    service = ClassifierService(colour_classifier(), ["red", "green", "blue"], 32)
    save(service, tmp_path / "classifier")
    assert [path.name for path in (tmp_path / "classifier").iterdir()] == ["1"]
    fingerprint = FingerprintDef.FromString((tmp_path / "classifier" / "1" / "fingerprint.pb").read_bytes())
    assert fingerprint.saved_model_checksum and not fingerprint.uuid
    loaded = load(tmp_path / "classifier")
    assert set(loaded.signatures) == {"serving_default", "from_tensor"}
    pixels = tf.cast(tf.random.stateless_uniform([2, 20, 30, 3], [1, 2], 0, 255), tf.uint8)
    encoded = tf.stack([tf.io.encode_png(image) for image in pixels])
    expected = service.from_tensor(pixels)
    for outputs in (loaded.signatures["from_tensor"](pixels), loaded.signatures["serving_default"](encoded)):
        for name, value in expected.items():
            np.testing.assert_array_equal(outputs[name], value)


def test_a_folder_without_a_saved_model_is_one_line(tmp_path: Path) -> None:
    assert not is_exported(tmp_path / "detector")
    with pytest.raises(PipelineError, match=r"detector/1: holds no SavedModel; run the export stage first"):
        load(tmp_path / "detector")
