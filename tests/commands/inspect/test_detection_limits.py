"""Which limits on the objects of an image are said to be exceeded."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.inspect.detection_limits import describe_limits
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from tests.support.params_file import changed_params


def table(*counts: int, crowds: int = 0) -> AnnotationTable:
    """Return a table of images with so many objects of one class; the last one has ``crowds`` crowds too."""
    builder = TableBuilder()
    label = builder.label("cell")
    for number, count in enumerate(counts):
        row = builder.image(f"{number:02d}.jpg", 500, 500, "train")
        last = number == len(counts) - 1
        for index in range(count + crowds * last):
            builder.object(row, index, label, (index, 0, index + 9, 9), crowd=index >= count)
    return builder.build()


def test_below_the_limits_nothing_is_said(tmp_path: Path) -> None:
    assert describe_limits(table(100, 3, crowds=60), changed_params(tmp_path)) == []


@pytest.mark.parametrize("architecture", ["gfl", "yolo_v8"])
def test_each_limit_says_for_how_many_images_it_bites(tmp_path: Path, architecture: str) -> None:
    params = changed_params(tmp_path, train__architecture=architecture, export__max_detections=150)
    assert describe_limits(table(196, 120, 5), params) == [
        "limits:  export.max_detections is 150, but 1 of 3 images have more objects, up to 196, which cannot all be "
        "found; set it to 196 or more",
        "limits:  evaluate.max_detections is 100, but 2 of 3 images have more objects of one class, up to 196, which "
        "cannot all be found; set it to 196 or more",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"train__architecture": "localizer", "train__augment__mosaic": 0.0},
            "train.architecture localizer finds one object of an image, but 2 of 3 images have more; take gfl",
        ),
        (
            {"train__architecture": "faster_rcnn", "train__faster_rcnn__proposals": 64},
            "train.faster_rcnn.proposals is 64, but 1 of 3 images have more objects, up to 70, which cannot all be "
            "found; set it to 70 or more",
        ),
    ],
)
def test_architectures_have_limits_of_their_own(tmp_path: Path, changes: dict[str, Any], line: str) -> None:
    assert describe_limits(table(70, 2, 1), changed_params(tmp_path, **changes)) == [f"limits:  {line}"]
