"""Pictures of suspected labels: the shown part, the boxes on it, and the sentence below."""

import base64
import io

import pytest
from PIL import Image

from pipeline.evaluation.label_errors import suspected_labels
from pipeline.reporting.suspects import sentence, shown_boxes, suspect_pictures, window
from tests.support.truths import found, truth_of

TRUTH = truth_of([{"xmin": 100, "ymin": 100, "xmax": 150, "ymax": 140}], classes=2)


def rows(*detections: tuple) -> list[dict]:
    return suspected_labels(TRUTH, found(*detections), [0.5, 0.5], iou=0.5).to_dict("records")


def test_the_boxes_and_as_much_around_them_are_shown() -> None:
    (wrong,) = rows((1, 2, 100, 100, 50, 40, 0.8))
    assert shown_boxes(wrong) == [(100, 100, 150, 140)] * 2
    assert window(wrong, 400, 400) == (50 / 400, 50 / 400, 190 / 400, 200 / 400)
    assert sentence(wrong) == "labelled class-1, detected class-2 (0.80)"


def test_a_missing_object_at_the_edge_stays_within_the_image() -> None:
    missing = next(row for row in rows((1, 1, 100, 100, 50, 40, 0.9), (1, 1, 380, 390, 20, 10, 0.8)))
    assert len(shown_boxes(missing)) == 1
    assert window(missing, 400, 400) == (370 / 400, 360 / 400, 1.0, 1.0)
    assert sentence(missing) == "no label, detected class-1 (0.80)"


def test_boxes_are_drawn_on_the_shown_part() -> None:
    table = suspected_labels(TRUTH, found((1, 2, 110, 100, 50, 40, 0.8)), [0.5, 0.5], iou=0.5)
    encoded = io.BytesIO()
    Image.new("RGB", (800, 800)).save(encoded, "PNG")  # the record is half as large as the file
    (picture,) = suspect_pictures(table, TRUTH, lambda file: encoded.getvalue())
    assert (picture.width, picture.height) == (180, 160)
    with Image.open(io.BytesIO(base64.b64decode(picture.uri.split(",")[1]))) as shown:
        assert shown.width / shown.height == pytest.approx(180 / 160, abs=0.02)
    assert [(mark.kind, mark.x, mark.y) for mark in picture.marks] == [("missed", 60, 60), ("wrong", 70, 60)]
    assert picture.summary == "wrong class, test: labelled class-1, detected class-2 (0.80)"


def test_an_image_that_is_gone_and_a_spurious_box() -> None:
    truth = truth_of([{"xmin": x, "ymin": 0, "xmax": x + 20, "ymax": 20} for x in (0, 100)])
    table = suspected_labels(truth, found((1, 1, 0, 0, 20, 20, 0.9)), [0.5], iou=0.5)
    (picture,) = suspect_pictures(table, truth, lambda file: b"")
    assert picture.uri == "" and "labelled class-1, not detected" in picture.summary
    assert [mark.kind for mark in picture.marks] == ["missed"]
