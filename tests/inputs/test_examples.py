"""Reading records back: masks come only when asked for, and for every object."""

import numpy as np
import pytest

from pipeline.datasets.checks.masks import encode_png, fill_box
from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example
from pipeline.inputs.examples import parse_record

tf = pytest.importorskip("tensorflow")


def record(*has_mask: bool) -> bytes:
    """Make an image of 20 x 10 with a box an entry; if none has a mask, no mask is written."""
    boxes = np.array([[number, 1, number + 4, 6] for number in range(len(has_mask))], float).reshape(-1, 4)
    return detection_example(
        RecordImage(encoded=b"bytes", format="png", file="a.png", id=7, width=20, height=10, sha256="00"),
        RecordObjects(
            boxes=boxes,
            labels=np.ones(len(boxes), np.int64),
            difficult=np.zeros(len(boxes), bool),
            crowd=np.zeros(len(boxes), bool),
            area=np.ones(len(boxes)),
            masks=[encode_png(fill_box(box, 20, 10)) for box in boxes] if any(has_mask) else [],
            has_mask=np.array(has_mask, bool),
        ),
        ["cat"],
    )


def test_masks_are_read_when_asked_for() -> None:
    example = parse_record(record(True, False, True), masks=True)
    np.testing.assert_array_equal(example["has_mask"], [True, False, True])
    np.testing.assert_array_equal(example["size_px"], [10, 20])
    pixels = tf.io.decode_png(example["encoded_masks"][2])[..., 0].numpy()
    assert pixels.shape == (10, 20) and pixels[1:6, 2:6].all() and pixels.sum() == 20


def test_masks_are_not_read_unasked() -> None:
    assert not {"encoded_masks", "has_mask"} & set(parse_record(record(True)))


@pytest.mark.parametrize("objects", [0, 3])
def test_a_record_without_masks_still_has_one_an_object(objects: int) -> None:
    for masks in (True, False):
        example = parse_record(record(*[False] * objects), masks=masks)
        assert example["boxes"].shape == (objects, 4)
    example = parse_record(record(*[False] * objects), masks=True)
    assert example["encoded_masks"].shape == example["has_mask"].shape == (objects,)
    assert not example["has_mask"].numpy().any()
    for png in example["encoded_masks"]:
        assert tf.io.decode_png(png).numpy().sum() == 0
