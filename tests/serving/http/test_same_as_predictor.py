"""What an exported detector finds over HTTP is what it finds without a server."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipeline.ops.nms import Suppression
from pipeline.serving import Predictor, load_predictor
from pipeline.serving.detector import DetectorService
from pipeline.serving.saved_model import load, save
from tests.support.http import CONFIG, LIMITS, in_base64, served
from tests.support.networks import OneBox

SUPPRESSION = Suppression(score_threshold=0.1, nms_iou=0.5, max_detections=3)
ORIENTATION = 274
"""The number of the EXIF tag."""


class BoxByColour(OneBox):
    """A detector whose box depends on the means of the channels of the picture."""

    def decode(self, outputs: Any, suppression: Suppression) -> dict[str, Any]:
        corner = outputs[:, None, :2] / 512  # in [0, 0.5)
        boxes = tf.concat([corner, corner + 0.5], -1)
        detections = super().decode(outputs, suppression)
        detections |= {"boxes": tf.pad(boxes, [[0, 0], [0, suppression.max_detections - 1], [0, 0]])}
        if "masks" in detections:  # as detectors of masks do, zeros after the detections
            detections |= {"masks": detections["masks"] * tf.sign(detections["scores"])[..., None, None]}
        return detections


@pytest.fixture(scope="module", params=[False, True], ids=["boxes", "masks"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "detector"
    service = DetectorService(
        BoxByColour(masks=request.param), CONFIG.classes, CONFIG.image_size, SUPPRESSION
    )
    save(service, folder, CONFIG)
    return folder


def turned_photos() -> list[bytes]:
    """Return a photograph with each of the eight orientations of EXIF."""
    pixels = np.random.default_rng(0).integers(0, 255, [24, 48, 3], np.uint8)
    photos = []
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        stream = BytesIO()
        Image.fromarray(np.roll(pixels, orientation)).save(stream, "JPEG", exif=exif)
        photos.append(stream.getvalue())
    return photos


def test_requests_one_by_one_and_together_give_what_the_predictor_gives(exported: Path) -> None:
    photos = turned_photos()
    predictor: Predictor = load_predictor(exported)
    expected = predictor.predict_files(photos)
    limits = LIMITS._replace(instances=8)
    with served(predictor, limits, largest_batch=8) as client:
        body = {"instances": [in_base64(photo) for photo in photos]}
        together = client.post("/v1/models/detector:predict", json=body).json()["predictions"]
        for photo, prediction, row in zip(photos, expected, together, strict=True):
            alone = client.post("/predict", content=photo).json()
            assert row["valid"] and row["num_detections"] == 1
            assert tuple(row["sizes"]) == prediction.size_px == (alone["height"], alone["width"])
            np.testing.assert_allclose(row["boxes"][:1], prediction.boxes, rtol=1e-5)
            np.testing.assert_allclose(row["scores"][:1], prediction.scores, rtol=1e-6)
            sides = [alone["detections"][0]["box"][side] for side in ("ymin", "xmin", "ymax", "xmax")]
            np.testing.assert_allclose(sides, prediction.boxes[0], rtol=1e-5)


def test_the_outputs_are_those_of_the_savedmodel(exported: Path) -> None:
    batch = [*turned_photos()[:2], b"no image"]
    outputs = load(exported).signatures["serving_default"](tf.constant(batch))
    expected = {name: value.numpy() for name, value in outputs.items()}
    with served(load_predictor(exported)) as client:
        inputs = {"image_bytes": [in_base64(data) for data in batch]}
        found = client.post("/v1/models/detector:predict", json={"inputs": inputs}).json()["outputs"]
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert np.shape(found[name]) == value.shape, name
        if name == "class_names":
            assert found[name] == np.char.decode(value.astype(bytes)).tolist()
        else:
            np.testing.assert_allclose(found[name], value, rtol=1e-5)
