import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from pipeline.serving.prediction import Prediction
from pipeline.serving.tiles import TiledPredictor
from tests.support.predictors import COLOURS, ColouredRectangles

SIDE = 256
"""Side of the tiles, px."""


def picture(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (900, 1300)) -> np.ndarray:
    """Return a black picture with a red rectangle for each box, xyxy."""
    pixels = np.zeros((*size, 3), np.uint8)
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = COLOURS["red"]
    return pixels


def found(prediction: Prediction) -> list[tuple[float, ...]]:
    """Return the boxes, xyxy, sorted."""
    assert (np.diff(prediction.scores) <= 0).all()
    return sorted(tuple(box) for box in prediction.boxes[:, [1, 0, 3, 2]].tolist())


def grid(side: int, step: int) -> list[tuple[int, int, int, int]]:
    return [(x, y, x + side, y + side) for x in range(3, 1280, step) for y in range(5, 880, step)]


def test_small_objects_are_found_once_wherever_the_borders_of_the_tiles_are() -> None:
    boxes = grid(20, 37)
    plain = ColouredRectangles()
    assert plain.predict_pixels([picture(*boxes)])[0].boxes.size == 0
    tiled = TiledPredictor(plain, SIDE, 0.2)
    assert found(tiled.predict_pixels([picture(*boxes)])[0]) == sorted(boxes)


@pytest.mark.parametrize("length", [60, 120, 200, 400, 700])
def test_long_objects_are_put_together_from_what_several_tiles_see_of_them(length: int) -> None:
    boxes = [(300 + 11 * row, 30 + 60 * row, 300 + 11 * row + length, 54 + 60 * row) for row in range(13)]
    tiled = TiledPredictor(ColouredRectangles(), SIDE, 0.2)
    assert found(tiled.predict_pixels([picture(*boxes)])[0]) == sorted(boxes)


def test_a_large_object_is_found_in_the_whole_picture_and_not_again_in_its_tiles() -> None:
    boxes = [(100, 100, 1200, 800)]
    prediction = TiledPredictor(ColouredRectangles(), SIDE, 0.2).predict_pixels([picture(*boxes)])[0]
    assert found(prediction) == boxes


@pytest.mark.parametrize("per_class", [True, False])
def test_the_export_says_whether_boxes_of_two_classes_are_compared(per_class: bool) -> None:
    pixels = picture((400, 400, 440, 460))
    pixels[404:456, 404:436] = COLOURS["green"]
    plain = ColouredRectangles()
    export = plain.config.export.model_copy(update={"nms_per_class": per_class})
    plain.config = plain.config.model_copy(update={"export": export})
    prediction = TiledPredictor(plain, SIDE, 0.2).predict_pixels([pixels])[0]
    assert prediction.classes.tolist() == ([1, 2] if per_class else [1])


def test_masks_and_keypoints_follow_their_boxes() -> None:
    boxes = [(700, 500, 740, 530), (150, 500, 500, 530)]
    tiled = TiledPredictor(ColouredRectangles(parts=True), SIDE, 0.2)
    prediction = tiled.predict_pixels([picture(*boxes)])[0]
    assert prediction.masks is not None and prediction.keypoints is not None
    order = np.argsort(prediction.boxes[:, 1])
    assert found(prediction) == sorted(boxes)
    np.testing.assert_allclose(prediction.keypoints[order[1], 0, :2], [720, 515])
    small, long = prediction.masks[order[1]], prediction.masks[order[0]]
    assert (small[:, :4] > 0.5).all() and (small[:, 4:] < 0.5).all()
    assert long.shape == small.shape and 0 < (long > 0.5).mean() < 1


def test_tiles_run_in_batches_and_small_pictures_are_not_cut() -> None:
    plain = ColouredRectangles()
    tiled = TiledPredictor(plain, SIDE, 0.2, batch_size=4)
    tiled.predict_pixels([picture(size=(200, 256)), picture(size=(256, 700))])
    assert plain.batches == [2, 4]
    assert tiled.config is plain.config


def test_files_are_cut_upright_and_one_that_is_no_picture_stays_invalid() -> None:
    boxes = grid(20, 111)
    data, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the file shows the picture turned to the left
    Image.fromarray(np.rot90(picture(*boxes))).save(data, "PNG", exif=exif)
    tiled = TiledPredictor(ColouredRectangles(), SIDE, 0.2)
    good, bad = tiled.predict_files([data.getvalue(), b"no picture"])
    assert found(good) == sorted(boxes) and good.size_px == (900, 1300)
    assert not bad.valid
    assert tiled.predict_files([]) == [] and tiled.predict_pixels([]) == []
