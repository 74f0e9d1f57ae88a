"""The choices of the gallery's filter."""

from pipeline.reporting.gallery import gallery
from pipeline.reporting.gallery_filter import MEANINGS, filter_values
from tests.support.truths import found, truth_of

BOX = {"xmin": 0, "ymin": 0, "xmax": 100, "ymax": 100}


def test_only_what_a_picture_shows_can_be_chosen() -> None:
    truth = truth_of([BOX, BOX | {"image_id": 2, "label": 3}], images=2, classes=3)
    detections = found((1, 1, 0, 0, 100, 100, 0.9), (1, 1, 1, 0, 100, 100, 0.8))
    chance, worst = gallery(truth, detections, lambda file: b"", images=2, iou=0.5, seed=1)
    values = filter_values([*chance, *worst], truth.classes)
    assert values["filter_classes"] == [(1, "class-1"), (3, "class-3")]
    assert values["filter_types"] == [
        (name, MEANINGS[name], 1) for name in ("correct", "duplicate", "missed")
    ]
    assert filter_values([], truth.classes) == {"filter_classes": [], "filter_types": []}


def test_marks_say_what_they_are() -> None:
    truth = truth_of([BOX, BOX | {"xmin": 200, "xmax": 300, "label": 2}], classes=2)
    (picture,), _ = gallery(
        truth, found((1, 1, 0, 0, 100, 100, 0.91234)), lambda file: b"", images=1, iou=0.5, seed=1
    )
    assert [(mark.type, mark.label, mark.score) for mark in picture.marks] == [
        ("", 0, None),  # its detection says it
        ("missed", 2, None),
        ("correct", 1, 0.912),
    ]
