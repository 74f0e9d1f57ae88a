"""Which images are shown, and what is called a mistake."""

import pandas as pd

from pipeline.reporting.gallery import _examples, choose, judge_detections
from tests.support.truths import found, truth_of

BOX = {"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20}


def images(mistakes: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"file": [f"{n}.jpg" for n in range(len(mistakes))], "mistakes": mistakes})


def test_half_by_chance_and_half_the_worst_of_the_others() -> None:
    table = images([0, 3, 1, 0, 2, 0, 0, 5, 0, 0])
    chance, worst = choose(table, 6, seed=1)
    assert (len(chance), len(worst)) == (3, 3)
    assert not set(chance["file"]) & set(worst["file"])
    left = table[~table["file"].isin(chance["file"])].sort_values("mistakes", ascending=False)
    assert worst["mistakes"].tolist() == left["mistakes"].head(3).tolist()


def test_choice_by_chance_does_not_depend_on_the_model_or_the_order() -> None:
    table = images([1] * 10)
    one, _ = choose(table, 4, seed=1)
    other, _ = choose(table[::-1].assign(mistakes=[9, 1, 4, 2, 0, 8, 7, 3, 6, 5]), 4, seed=1)
    assert one["file"].tolist() == other["file"].tolist()
    assert choose(table, 4, seed=2)[0]["file"].tolist() != one["file"].tolist()


def test_without_mistakes_all_are_by_chance_and_few_images_are_all_shown() -> None:
    assert [len(part) for part in choose(images([0] * 10), 6, seed=1)] == [6, 0]
    assert sum(len(part) for part in choose(images([1, 0]), 6, seed=1)) == 2


def test_wrong_class_is_wrong_and_leaves_the_truth_missed() -> None:
    truth = truth_of(
        [BOX, BOX | {"xmin": 50, "xmax": 70}, BOX | {"ymin": 50, "ymax": 70, "difficult": 1}], classes=2
    )
    rows = [(1, 1, 0, 0, 20, 20, 0.9), (1, 2, 50, 0, 20, 20, 0.8), (1, 1, 0, 50, 20, 20, 0.7)]
    judged = judge_detections(truth, found(*rows), iou=0.5)
    assert judged.boxes["missed"].tolist() == [False, True, False]
    assert judged.detections["wrong"].tolist() == [False, True, False]


def test_each_type_of_error_has_an_example() -> None:
    table = images([9, 8, 7, 6, 5, 4, 3, 2, 1, 1]).assign(
        errors=[*[frozenset({"missed"})] * 8, frozenset({"class"}), frozenset({"duplicate", "missed"})]
    )
    for seed in range(5):
        chance, worst = choose(table, 6, seed=seed)
        assert frozenset().union(*chance["errors"], *worst["errors"]) == {"missed", "class", "duplicate"}
        assert (len(chance), len(worst)) == (3, 3)
        assert worst["mistakes"].is_monotonic_decreasing
        without, _ = choose(table[["file", "mistakes"]], 6, seed=seed)
        assert without["file"].tolist() == chance["file"].tolist()


def test_few_images_are_examples_of_the_rarest_types() -> None:
    errors = [*[frozenset({"missed"})] * 3, *[frozenset({"class"})] * 2, frozenset({"duplicate"})]
    table = pd.DataFrame(
        {"file": [f"{n}.jpg" for n in range(6)], "mistakes": [3, 3, 3, 2, 2, 1], "errors": errors}
    )
    assert _examples(errors, shown=frozenset({"missed"})) == [5, 3]
    assert len(choose(table, 2, seed=1)[1]) == 1
