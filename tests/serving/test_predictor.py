import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipeline.artifacts import write_json
from pipeline.errors import PipelineError
from pipeline.ops.nms import Suppression
from pipeline.serving import load_predictor
from pipeline.serving.detector import DetectorService
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.saved_model import save
from pipeline.serving.tiles import TiledPredictor
from tests.support.exports import export
from tests.support.networks import OneBox
from tests.support.project import ROOT

SUPPRESSION = {"score_threshold": 0.1, "nms_iou": 0.5, "max_detections": 3}
CONFIG = ExportedDetector(
    architecture="gfl",
    classes=["cat", "dog"],
    image_size=32,
    export=export(**SUPPRESSION),
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "detector"
    service = DetectorService(
        OneBox(masks=False), CONFIG.classes, CONFIG.image_size, Suppression(**SUPPRESSION)
    )
    save(service, folder, CONFIG)
    return folder


def picture(height: int, width: int) -> np.ndarray:
    return np.full([height, width, 3], 7, np.uint8)


def test_pictures_of_several_sizes_and_no_pictures_are_predicted_in_their_order(exported: Path) -> None:
    predictor = load_predictor(exported)
    assert predictor.config == CONFIG
    sizes = [(40, 60), (52, 32), (40, 60)]
    files = [bytes(tf.io.encode_png(picture(*size)).numpy()) for size in sizes]
    good, bad = predictor.predict_files([*files, b"no image"])[:3], predictor.predict_files([b"no image"])[0]
    assert [each.size_px for each in good] == sizes and all(each.valid for each in good)
    np.testing.assert_allclose(good[1].boxes, [[13, 16, 39, 32]])
    assert good[1].classes.tolist() == [1] and good[1].masks is None
    assert not bad.valid and bad.size_px == (0, 0) and len(bad.boxes) == 0
    pixels = predictor.predict_pixels([picture(*size) for size in sizes])
    for from_pixels, from_file in zip(pixels, good, strict=True):
        assert from_pixels.size_px == from_file.size_px
        np.testing.assert_array_equal(from_pixels.boxes, from_file.boxes)
    assert predictor.predict_files([]) == [] and predictor.predict_pixels([]) == []


def test_a_detector_of_tiles_looks_at_tiles_wherever_it_is_loaded(exported: Path, tmp_path: Path) -> None:
    shutil.copytree(exported, tmp_path / "detector")
    config = CONFIG.model_copy(update={"tile": 40, "tile_overlap": 0.0})
    write_json(
        tmp_path / "detector" / "1" / "assets.extra" / "config.json", config.model_dump(exclude_none=True)
    )
    tiled = load_predictor(tmp_path / "detector")
    assert isinstance(tiled, TiledPredictor)
    [found] = tiled.predict_pixels([picture(80, 80)])
    assert len(found.boxes) > len(load_predictor(exported).predict_pixels([picture(80, 80)])[0].boxes)
    assert isinstance(load_predictor(exported, tile=40), TiledPredictor)


def test_what_is_no_exported_detector_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="nothing: not found; run the export stage"):
        load_predictor(tmp_path / "nothing")
    with pytest.raises(PipelineError, match=r"1: holds no SavedModel"):
        load_predictor(tmp_path)


def test_a_file_of_no_known_format_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "detector.pt").touch()
    with pytest.raises(PipelineError, match=r"detector.pt: .pt is no format .* ends in .tflite, .onnx, .xml"):
        load_predictor(tmp_path / "detector.pt")


def test_the_import_leaves_the_number_of_threads_to_the_program() -> None:
    program = (
        "import pipeline.serving, tensorflow as tf; tf.config.threading.set_intra_op_parallelism_threads(1)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
