"""All images that EXIF turns decide together of which picture their boxes are."""

import numpy as np
import pytest

from pipeline.datasets.checks.exif import Rotated, evidence, readings, stored_size

STORED, UPRIGHT = (400, 300), (300, 400)


def told(
    count: int, declared: str, *, outside_stored: bool = False, outside_upright: bool = False
) -> list[Rotated]:
    return [Rotated(0, declared, outside_stored, outside_upright)] * count


def decided(*parts: list[Rotated], drawn_upright: bool = False) -> list[tuple[bool, str]]:
    """Return the distinct readings of the images in order."""
    images = [image._replace(row=row) for row, image in enumerate(image for part in parts for image in part)]
    found = readings(images, drawn_upright=drawn_upright)
    return list(dict.fromkeys((found[row].stored, found[row].reason) for row in range(len(images))))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_the_size_of_the_stored_picture(orientation: int) -> None:
    assert stored_size(UPRIGHT, orientation) == (STORED if orientation >= 5 else UPRIGHT)


@pytest.mark.parametrize(
    ("declared", "box", "expected"),
    [
        (STORED, (30, 100, 90, 220), ("stored", False, False)),
        (UPRIGHT, (30, 100, 90, 220), ("upright", False, False)),
        ((0, 0), (30, 100, 90, 220), ("", False, False)),
        (STORED, (30, 100, 90, 390), ("stored", True, False)),
        (STORED, (30, 100, 390, 220), ("stored", False, True)),
        (STORED, (30, 100, 301, 301), ("stored", False, False)),  # by a pixel, which is rounding
        (STORED, (np.nan,) * 4, ("stored", False, False)),
        (
            (200, 150),
            (30, 100, 390, 220),
            ("", False, False),
        ),  # boxes of a picture of another size tell nothing
    ],
)
def test_what_an_image_tells(declared, box, expected) -> None:
    found = evidence(7, STORED, 6, declared, np.array([box], np.float64))
    assert found == Rotated(7, *expected)


def test_a_picture_upside_down_tells_nothing() -> None:
    found = evidence(0, STORED, 3, STORED, np.array([[0.0, 0, 500, 500]]))
    assert found == Rotated(0, "", False, False)


def test_the_declared_sizes_decide_if_no_box_does() -> None:
    assert decided(told(3, "stored")) == [(True, "by the declared sizes")]
    assert decided(told(3, "upright")) == [(False, "by the declared sizes")]
    assert decided(told(3, "")) == [(False, "as nothing says otherwise")]


def test_boxes_that_would_be_outside_outvote_the_declared_sizes() -> None:
    parts = told(7, "stored"), told(3, "stored", outside_stored=True)
    assert decided(*parts) == [(False, "by boxes that would be outside otherwise, in 3 of 10 images")]


def test_one_stray_box_in_a_hundred_images_decides_nothing() -> None:
    parts = told(99, "stored"), told(1, "stored", outside_stored=True)
    assert decided(*parts) == [(True, "by the declared sizes")]


def test_boxes_outside_in_both_readings_decide_nothing() -> None:
    assert decided(told(4, "stored", outside_stored=True, outside_upright=True)) == [
        (True, "by the declared sizes")
    ]


def test_label_studio_draws_on_the_upright_picture_unless_the_boxes_say_otherwise() -> None:
    assert decided(told(4, "stored"), drawn_upright=True) == [(False, "as Label Studio draws them")]
    parts = told(4, "stored", outside_upright=True)
    assert decided(parts, drawn_upright=True)[0][0] is True


def test_images_of_no_telling_size_follow_the_others() -> None:
    assert decided(told(2, "stored"), told(1, "")) == [
        (True, "by the declared sizes"),
        (True, "like those of the other rotated images"),
    ]
    assert decided(told(1, "", outside_upright=True))[0][0] is True


def test_images_that_declare_different_pictures_are_judged_apart() -> None:
    parts = told(2, "stored"), told(2, "upright")
    assert decided(*parts) == [(True, "by the declared sizes"), (False, "by the declared sizes")]
