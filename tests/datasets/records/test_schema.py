from collections.abc import Sequence

import numpy as np

from pipeline.datasets.records.example import Values, decode_example
from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example

WHOLE = [np.nan] * 4


def features(
    boxes: Sequence[Sequence[float]], labels: Sequence[int], masks: Sequence[bytes] = ()
) -> dict[str, Values]:
    """Encode and decode an image of 200 x 100 px."""
    count = len(labels)
    record = detection_example(
        RecordImage(
            encoded=b"bytes", format="jpeg", file="a/b.jpg", id=7, width=200, height=100, sha256="00"
        ),
        RecordObjects(
            boxes=np.array(boxes, np.float64).reshape(-1, 4),
            labels=np.array(labels, np.int64),
            difficult=np.zeros(count, bool),
            crowd=np.ones(count, bool),
            area=np.full(count, 50.0),
            masks=masks,
            has_mask=np.arange(count) % 2 == 0,
        ),
        ["cat", "hat"],
    )
    return decode_example(record)


def listed(values: Values) -> list[object]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def test_the_image_is_described() -> None:
    described = {name: listed(values) for name, values in features([], []).items() if is_of_image(name)}
    assert described == {
        "image/encoded": [b"bytes"],
        "image/format": [b"jpeg"],
        "image/filename": [b"a/b.jpg"],
        "image/source_id": [b"7"],
        "image/width": [200],
        "image/height": [100],
        "image/key/sha256": [b"00"],
    }


def is_of_image(name: str) -> bool:
    return not name.startswith("image/object/")


def test_boxes_are_normalised_and_named() -> None:
    decoded = features([[20, 30, 100, 90]], [2])
    corners = [decoded[f"image/object/bbox/{corner}"][0] for corner in ("xmin", "ymin", "xmax", "ymax")]
    np.testing.assert_allclose(corners, [0.1, 0.3, 0.5, 0.9], rtol=1e-6)
    assert listed(decoded["image/object/class/label"]) == [2]
    assert listed(decoded["image/object/class/text"]) == [b"hat"]
    assert listed(decoded["image/object/is_crowd"]) == [1]
    assert listed(decoded["image/object/difficult"]) == [0]
    assert listed(decoded["image/object/area"]) == [50]
    assert "image/class/label" not in decoded


def test_a_label_of_the_whole_image_has_no_box() -> None:
    decoded = features([WHOLE, [1, 2, 3, 4]], [1, 2])
    assert listed(decoded["image/class/label"]) == [1]
    assert listed(decoded["image/class/text"]) == [b"cat"]
    assert listed(decoded["image/object/class/label"]) == [2]
    assert listed(decoded["image/object/class/text"]) == [b"hat"]


def test_masks_are_those_of_the_boxes() -> None:
    boxes = [[1, 2, 3, 4], WHOLE, [5, 6, 7, 8], [9, 9, 10, 10]]
    decoded = features(boxes, [1, 1, 2, 2], [b"a", b"", b"c", b"d"])
    assert listed(decoded["image/object/mask"]) == [b"a", b"c", b"d"]
    assert listed(decoded["image/object/has_mask"]) == [1, 1, 0]


def test_an_image_without_masks_has_no_feature_of_masks() -> None:
    for decoded in (features([[1, 2, 3, 4]], [1]), features([WHOLE], [1], [b""])):
        assert not {"image/object/mask", "image/object/has_mask"} & set(decoded)


def test_an_image_without_objects_has_empty_lists() -> None:
    decoded = features([], [])
    for name in ("bbox/xmin", "bbox/ymax", "class/label", "class/text", "difficult", "is_crowd", "area"):
        assert listed(decoded[f"image/object/{name}"]) == []
