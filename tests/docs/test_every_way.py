"""A detector finds the same in a picture of every EXIF orientation, whichever way its exported files are run.

The ways are the SavedModel as the detect stage runs it, `saved_model_cli`, the program of docs/exports.md with a TFLite
and an ONNX file, and HTTP. All but the first and the server are processes that have nothing of this project.
"""

import sys
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from pipeline.ops.nms import Suppression
from pipeline.serving import Prediction, load_predictor
from pipeline.serving.detector import DetectorService
from pipeline.serving.formats.files import FORMATS
from pipeline.serving.saved_model import save
from tests.docs.test_exports_page import program_in, run_alone
from tests.support.exported_files import images, small_source
from tests.support.http import LIMITS, served

pytestmark = pytest.mark.slow  # a SavedModel and two files of a detector take a minute to write

ORIENTATION = 274
"""The number of the EXIF tag."""

CLI = Path(sys.executable).with_name("saved_model_cli")


class Exported(NamedTuple):
    """The exported files of a detector, pictures, and what the SavedModel finds in them."""

    folder: Path
    pictures: list[Path]
    expected: list[Prediction]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("exported")
    source = small_source(filters=16, convolutions=1)
    config = source.config
    service = DetectorService(
        source.detector, config.classes, config.image_size, Suppression(**config.export.model_dump())
    )
    save(service, folder / "detector", config)
    for name in ("tflite_float32", "onnx"):
        FORMATS[name].write(source, folder / FORMATS[name].file)
    pictures = [turned(folder / f"{number}.png", number) for number in range(1, 9)]
    expected = load_predictor(folder / "detector").predict_files([path.read_bytes() for path in pictures])
    return Exported(folder, pictures, expected)


def turned(path: Path, orientation: int) -> Path:
    """Write a picture of 48 × 64 px with an orientation. PNG, because two decoders of JPEG differ by a grey level."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    pixels = next(images(1, seed=2)).astype(np.uint8)[:48]
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", exif=exif)
    path.write_bytes(stream.getvalue())
    return path


def test_the_pictures_differ(exported: Exported) -> None:
    sizes = [prediction.size_px for prediction in exported.expected]
    assert sizes == [(48, 64)] * 4 + [(64, 48)] * 4
    tops = {tuple(np.round(prediction.scores, 5)) for prediction in exported.expected}
    assert len(tops) == 8


def test_saved_model_cli(exported: Exported, tmp_path: Path) -> None:
    np.save(tmp_path / "bytes.npy", np.array([path.read_bytes() for path in exported.pictures]))
    model = exported.folder / "detector" / "1"
    run_alone(
        [
            CLI, "run", "--dir", model, "--tag_set", "serve", "--signature_def", "serving_default",
            "--inputs", "image_bytes=bytes.npy", "--outdir", tmp_path,
        ],
        tmp_path,
    )  # fmt: skip
    found = {name: np.load(tmp_path / f"{name}.npy") for name in ("boxes", "scores", "classes", "sizes")}
    for row, prediction in enumerate(exported.expected):
        count = len(prediction.scores)
        assert tuple(found["sizes"][row]) == prediction.size_px
        np.testing.assert_array_equal(found["classes"][row, :count], prediction.classes)
        np.testing.assert_allclose(found["scores"][row, :count], prediction.scores, rtol=1e-5)
        np.testing.assert_allclose(found["boxes"][row, :count], prediction.boxes, atol=1e-3)


@pytest.mark.parametrize("name", ["tflite_float32", "onnx"])
def test_runtimes_without_the_project(name: str, exported: Exported, tmp_path: Path) -> None:
    program = program_in(tmp_path)
    for picture, prediction in zip(exported.pictures, exported.expected, strict=True):
        printed = run_alone(
            [sys.executable, program, exported.folder / FORMATS[name].file, picture], tmp_path
        )
        rows = [line.split() for line in printed.splitlines()]
        np.testing.assert_allclose([float(row[1]) for row in rows], prediction.scores, atol=2e-4)
        boxes = [[float(side) for side in row[2:]] for row in rows]
        np.testing.assert_allclose(boxes, prediction.boxes, atol=0.1)


def test_http(exported: Exported) -> None:
    with served(load_predictor(exported.folder / "detector"), LIMITS) as client:
        for picture, prediction in zip(exported.pictures, exported.expected, strict=True):
            answer = client.post("/predict", content=picture.read_bytes()).json()
            assert (answer["height"], answer["width"]) == prediction.size_px
            found = answer["detections"]
            np.testing.assert_allclose([each["score"] for each in found], prediction.scores, rtol=1e-5)
            sides = [[each["box"][side] for side in ("ymin", "xmin", "ymax", "xmax")] for each in found]
            np.testing.assert_allclose(sides, prediction.boxes, atol=1e-3)
