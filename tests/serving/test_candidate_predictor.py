"""A predictor of a file that ends before the suppression gives what the SavedModel of the same detector gives."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipeline.serving import Prediction, load_predictor
from pipeline.serving.formats.files import FORMATS
from pipeline.serving.formats.onnx import write_onnx
from pipeline.serving.saved_model import save
from pipeline.stages.export import detector_service
from tests.support.exported_files import images, small_source

SIZES = [(40, 60), (52, 32), (40, 60)]


def pictures() -> list[np.ndarray]:
    return [
        tf.cast(tf.image.resize(image, size), tf.uint8).numpy()
        for image, size in zip(images(3), SIZES, strict=True)
    ]


def assert_alike(found: list[Prediction], expected: list[Prediction]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (one.size_px, one.valid) == (other.size_px, other.valid)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        np.testing.assert_array_equal(one.classes, other.classes)
        np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-2)


@pytest.mark.parametrize("name", ["tflite_float32", pytest.param("onnx", marks=pytest.mark.slow)])
def test_predictions_are_those_of_the_saved_model(name: str, tmp_path: Path) -> None:
    source = small_source(filters=16, convolutions=1)
    save(detector_service(source), tmp_path / "detector", source.config)
    FORMATS[name].write(source, tmp_path / FORMATS[name].file)
    saved, predictor = load_predictor(tmp_path / "detector"), load_predictor(tmp_path / FORMATS[name].file)
    assert predictor.config == saved.config
    files = [tf.io.encode_png(picture).numpy() for picture in pictures()]
    files.insert(1, b"no image")
    assert_alike(predictor.predict_files(files), saved.predict_files(files))
    assert not predictor.predict_files(files)[1].valid
    assert_alike(predictor.predict_pixels(pictures()), saved.predict_pixels(pictures()))
    assert predictor.predict_files([]) == [] == predictor.predict_pixels([])


def test_keypoints_are_in_pixels(tmp_path: Path) -> None:
    source = small_source("keypoints", filters=16, convolutions=1)
    save(detector_service(source), tmp_path / "detector", source.config)
    write_onnx(source, tmp_path / "detector.onnx")
    [expected], [found] = (
        load_predictor(tmp_path / name).predict_pixels(pictures()[:1])
        for name in ("detector", "detector.onnx")
    )
    assert expected.keypoints is not None and found.keypoints is not None
    assert found.keypoints.shape == (1, 2, 3)
    np.testing.assert_allclose(found.keypoints, expected.keypoints, atol=1e-2)
