"""The gallery of faults: which are shown, and how their boxes are drawn."""

import numpy as np

from pipeline.reporting.fault_gallery import Case, chosen, kinds
from tests.support.dataset_files import picture

IMAGE = picture(40, 20, 1)


def case(fault: str, boxes: list[list[float]], at: int | None = None, *, normalised: bool = False) -> Case:
    table = np.array(boxes, np.float64).reshape(-1, 4)
    names = [f"class-{number}" for number in range(len(boxes))]
    return Case(fault, "a.jpg", "detail -> action", IMAGE, table, names, at, normalised)


def test_the_first_six_of_each_kind_are_shown() -> None:
    assert chosen(["a"] * 7 + ["b"] + ["a"]) == [0, 1, 2, 3, 4, 5, 7]


def test_frequent_kinds_come_first_and_the_rest_is_counted() -> None:
    cases = [case("rare", []), case("often", [])]
    groups = kinds(cases, ["", "data:"], {"rare": 1, "often": 9})
    assert [(group.name, group.count, group.left_out) for group in groups] == [
        ("often", 9, 8),
        ("rare", 1, 0),
    ]
    assert [len(group.pictures) for group in groups] == [1, 0]
    assert groups[1].lines == [("a.jpg", "detail -> action")]


def test_the_faulty_box_is_marked_and_labelled() -> None:
    shown = case("box-inverted", [[1, 2, 11, 12], [30, 15, 20, 5], [np.nan] * 4], at=1)
    (group,) = kinds([shown], ["data:"], {"box-inverted": 1})
    (image,) = group.pictures
    assert (image.width, image.height) == (40, 20)
    assert [(mark.kind, mark.text) for mark in image.marks] == [("truth", ""), ("wrong", "class-1")]
    inverted = image.marks[1]
    assert (inverted.x, inverted.y, inverted.width, inverted.height) == (20, 5, 10, 10)


def test_normalised_boxes_are_scaled_to_the_image() -> None:
    shown = case("box-tiny", [[0.25, 0.5, 0.75, 1.0]], at=0, normalised=True)
    (group,) = kinds([shown], ["data:"], {"box-tiny": 1})
    (mark,) = group.pictures[0].marks
    assert (mark.x, mark.y, mark.width, mark.height) == (10, 10, 20, 10)
