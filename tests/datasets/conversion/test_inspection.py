from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipeline.datasets.conversion.inspection import inspect_folder, sample_photographs
from pipeline.errors import PipelineError
from tests.support.dataset_files import make, make_yolo
from tests.support.project import PARAMS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty images with a box each, of which one leaves its image."""
    return make(make_yolo(tmp_path / "data", 20), {"03.txt": "1 0.9 0.5 0.4 0.4\n"})


def test_the_checked_table_has_the_issues_and_the_given_one_has_not(folder: Path) -> None:
    given, checked, format = inspect_folder(folder, PARAMS.dataset, PARAMS.convert, seed=1)
    assert format == "yolo"
    assert [issue.fault.name for issue in checked.issues] == ["box-outside"]
    assert not given.issues
    assert set(checked.images["split"]) == {"train", "val", "test"}


def test_the_sampled_photographs_are_train_images_with_their_boxes(folder: Path) -> None:
    checked = inspect_folder(folder, PARAMS.dataset, PARAMS.convert, seed=1).checked
    sample = sample_photographs(folder, checked, PARAMS.convert, 5)
    assert len(sample) == 5 and len({photograph.encoded for photograph in sample}) == 5
    for photograph in sample:
        assert tf.io.decode_image(photograph.encoded).shape[:2] == photograph.size_px == (48, 64)
        np.testing.assert_allclose(photograph.boxes[:, 0], 0.3, atol=1e-6)
    assert len(sample_photographs(folder, checked, PARAMS.convert, 500)) == int(
        (checked.images["split"] == "train").sum()
    )


def test_the_sampled_photographs_are_tiles_if_the_images_are_cut(folder: Path) -> None:
    convert = PARAMS.convert.model_copy(update={"tile": 40, "tile_visibility": 0.5, "max_side": 32})
    checked = inspect_folder(folder, PARAMS.dataset, convert, seed=1).checked
    sample = sample_photographs(folder, checked, convert, 5)
    assert sample
    for photograph in sample:
        assert tf.io.decode_image(photograph.encoded).shape[:2] == photograph.size_px == (32, 32)
        assert len(photograph.boxes) == len(photograph.labels) == 1


def test_boxes_are_in_pixels_of_the_image_as_it_is(folder: Path) -> None:
    convert = PARAMS.convert.model_copy(update={"max_side": 32})
    checked = inspect_folder(folder, PARAMS.dataset, convert, seed=1).checked
    assert set(checked.images["width"]) == {64}
    (photograph,) = sample_photographs(folder, checked, convert, 1)
    assert tf.io.decode_image(photograph.encoded).shape[:2] == photograph.size_px == (24, 32)


def test_images_that_training_does_not_decode_are_left_out(folder: Path) -> None:
    checked = inspect_folder(folder, PARAMS.dataset, PARAMS.convert, seed=1).checked
    for path in folder.glob("*.png"):
        path.write_bytes(b"BM" + bytes(60))
    assert sample_photographs(folder, checked, PARAMS.convert, 5) == []


def test_what_is_no_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="does not exist"):
        inspect_folder(tmp_path / "none", PARAMS.dataset, PARAMS.convert, seed=1)
