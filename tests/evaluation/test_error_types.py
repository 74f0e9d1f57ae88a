"""TIDE by hand: one error of each type, and what each costs."""

import pytest

from pipeline.evaluation.coco_scores import coco_evaluation
from pipeline.evaluation.error_types import TYPES, error_type_table, error_types
from tests.support.error_examples import BOX, OTHER, RIGHT, WRONG
from tests.support.truths import found, truth_of


def errors(boxes: list[dict], *rows: tuple, classes: int = 1) -> dict:
    evaluation = coco_evaluation(truth_of(boxes, classes=classes), found(*rows), iou=0.5)
    return error_types(evaluation, evaluation)


def counts(found_errors: dict) -> dict[str, int]:
    return {name: each["count"] for name, each in found_errors["types"].items() if each["count"]}


def test_a_perfect_detector_makes_no_error() -> None:
    perfect = errors([BOX], RIGHT)
    assert perfect["AP"] == pytest.approx(1) and counts(perfect) == {}
    assert all(each["dAP"] == pytest.approx(0) for each in perfect["types"].values())


@pytest.mark.parametrize(("name", "detection"), WRONG)
def test_one_error_of_each_type(name: str, detection: tuple) -> None:
    of = counts(errors([BOX, OTHER], RIGHT, detection, classes=2))
    assert of.pop(name) == 1
    assert set(of) <= {"missed"}  # the other object, unless a detection could be corrected to find it


def test_a_missed_object_costs_its_share_of_the_recall() -> None:
    missed = errors([BOX, OTHER], RIGHT)
    assert counts(missed) == {"missed": 1}
    # AP is 51 of 101 recall points; without the miss it is 1
    assert missed["AP"] == pytest.approx(51 / 101)
    assert missed["types"]["missed"]["dAP"] == pytest.approx(1 - 51 / 101)


def test_a_confident_false_positive_costs_precision() -> None:
    wrong = errors([BOX], (1, 1, 0, 300, 50, 50, 0.95), RIGHT)
    assert wrong["AP"] == pytest.approx(0.5)  # precision 1/2 at every recall
    assert wrong["types"]["background"] == {"dAP": pytest.approx(0.5), "count": 1}


def test_no_objects_and_the_table() -> None:
    none = errors([], (1, 1, 0, 0, 10, 10, 0.9))
    assert none["AP"] is None
    table = error_type_table(none)
    assert table["type"].tolist() == list(TYPES) and (table["dAP"] == 0).all()
