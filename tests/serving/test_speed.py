from pathlib import Path

import pytest
import tensorflow as tf

from pipeline.serving import speed
from pipeline.serving.formats.onnx import write_onnx
from tests.support.exported_files import images, small_source

PICTURES = [tf.io.encode_png(tf.cast(image, tf.uint8)).numpy() for image in images(3)]


def test_a_batch_is_repeated_and_the_first_run_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class Counter:
        def predict_files(self, encoded: list[bytes]) -> None:
            sizes.append(len(encoded))

    monkeypatch.setattr(speed, "SECONDS", 0.0)
    assert speed._milliseconds(Counter(), PICTURES) >= 0.0
    assert sizes == [3] * (1 + speed.RUNS)


@pytest.mark.slow
def test_speeds_are_measured_in_another_process(tmp_path: Path) -> None:
    write_onnx(small_source(filters=16, convolutions=1), tmp_path / "detector.onnx")
    [measured] = speed.measured_speeds([tmp_path / "detector.onnx"], PICTURES, 1)
    assert 0.0 < measured.single_ms < measured.batch_ms
