"""The pictures of val that show how a detector learns."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.inputs.learnt_truth import learnt_truth
from pipeline.training.val_pictures import FOUND_COLOUR, GAP, PICTURES, SIDE, TRUE_COLOUR, ValPictures
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.params_file import small_params

Shown = list[tuple[int, Mapping[str, np.ndarray]]]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("pictures")
    write_coco(home / "raw", 12)
    return run_convert(small_params({"dataset": {"format": "coco"}}), home / "raw", home)


def has_colour(picture: np.ndarray, colour: str) -> bool:
    return bool((picture == list(bytes.fromhex(colour.removeprefix("#")))).all(-1).any())


def detections(converted: Path, score: float) -> pd.DataFrame:
    """Return the true boxes of val as detections of a score."""
    boxes = learnt_truth(converted, "val").boxes()
    return pd.DataFrame(
        {
            "image_id": boxes["image_id"],
            "label": boxes["label"],
            "score": score,
            "x": boxes["xmin"],
            "y": boxes["ymin"],
            "width": boxes["xmax"] - boxes["xmin"],
            "height": boxes["ymax"] - boxes["ymin"],
        }
    )


@pytest.mark.parametrize(("score", "drawn"), [(0.9, True), (0.1, False)])
def test_truth_is_on_the_left_and_sure_detections_on_the_right(
    converted: Path, score: float, drawn: bool
) -> None:
    shown: Shown = []
    pictures = ValPictures(converted, "val", lambda period, images: shown.append((period, images)))
    pictures(3, detections(converted, score))
    ((period, images),) = shown
    assert period == 3
    truth = learnt_truth(converted, "val")
    assert 0 < len(images) <= PICTURES
    assert set(images) <= set(truth.images["file"])
    for picture in images.values():
        assert picture.dtype == np.uint8
        width = (picture.shape[1] - GAP) // 2
        assert max(picture.shape[0], width) == SIDE
        left, right = picture[:, :width], picture[:, width + GAP :]
        assert has_colour(left, TRUE_COLOUR) and not has_colour(left, FOUND_COLOUR)
        assert has_colour(right, FOUND_COLOUR) == drawn and not has_colour(right, TRUE_COLOUR)
