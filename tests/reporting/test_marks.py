"""The places of labels on a picture."""

import pytest

from pipeline.reporting.marks import LabelPlacer


def test_labels_stay_within_the_picture_and_off_each_other() -> None:
    placer = LabelPlacer(200, 100, font=10.0)
    first, second = (placer.mark("right", (150.0, 0.0, 50.0, 50.0), "ankle boot 0.90") for _ in range(2))
    for mark in (first, second):
        assert 0 <= mark.text_x <= 200 - mark.text_width
        assert 0 <= mark.text_y <= 100 - 14
    assert abs(first.text_y - second.text_y) >= 14


def test_a_label_is_above_its_box_if_there_is_room_and_else_inside() -> None:
    placer = LabelPlacer(200, 100, font=10.0)
    assert placer.mark("wrong", (10.0, 50.0, 30.0, 20.0), "bag").text_y == 36.0
    assert LabelPlacer(200, 100, font=10.0).mark("wrong", (10.0, 5.0, 30.0, 20.0), "bag").text_y == 5.0


def test_numbers_are_rounded_and_the_width_of_text_is_estimated() -> None:
    mark = LabelPlacer(200, 100, font=10.0).mark("right", (10.04, 50.06, 30.0, 20.0), "ab", "M0 0Z")
    assert (mark.x, mark.y, mark.outline) == (10.0, 50.1, "M0 0Z")
    assert mark.text_width == pytest.approx(18.0)
    wide = LabelPlacer(200, 100, font=10.0).mark("right", (10.0, 50.0, 30.0, 20.0), "稲稲")
    assert wide.text_width == pytest.approx(26.0)


def test_a_box_without_a_label_takes_no_place() -> None:
    placer = LabelPlacer(200, 100, font=10.0)
    placer.mark("truth", (10.0, 50.0, 30.0, 20.0), "")
    assert placer.mark("missed", (10.0, 50.0, 30.0, 20.0), "bag").text_y == 36.0
