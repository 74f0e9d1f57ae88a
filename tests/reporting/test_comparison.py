"""The comparison in words, as a table, as JSON and as a page."""

import pytest

from pipeline.evaluation.comparison import Comparison, Difference, Interval, Seeds
from pipeline.reporting.changed_images import Changed
from pipeline.reporting.comparison import (
    comparison_json,
    comparison_table,
    comparison_values,
    further_sentence,
    seeds_sentence,
    verdict_sentence,
)
from pipeline.reporting.page import render

NAMES = ("old", "new")
ONE_SEED = Seeds([0.5], [0.5], Interval(0.0, None, None))


def compared(
    change: float | None,
    low: float | None,
    high: float | None,
    *,
    images: int = 500,
    name: str = "mAP",
    seeds: Seeds = ONE_SEED,
) -> Comparison:
    second = None if change is None else 0.5 + change
    row = Difference(name, 0.5, second, Interval(change, low, high))
    return Comparison(images, [row], [row._replace(name="<i>hat</i>")], seeds)


@pytest.mark.parametrize(
    ("comparison", "verdict", "further"),
    [
        (
            compared(0.04, 0.01, 0.07),
            "new is better than old: mAP +0.040 (95 % interval +0.010 to +0.070), on 500 test images.",
            "",
        ),
        (
            compared(-0.04, -0.07, -0.01),
            "new is worse than old: mAP -0.040 (95 % interval -0.070 to -0.010), on 500 test images.",
            "",
        ),
        (
            compared(0.01, -0.02, 0.04),
            "old and new are not distinguishable with 500 test images: mAP +0.010 (95 % interval -0.020 to +0.040).",
            "If the difference is as large as measured, about 9,200 test images would tell.",
        ),
        (
            compared(0.0, 0.0, 0.0, images=1),
            "old and new are not distinguishable with 1 test image: mAP 0.000 (95 % interval 0.000 to 0.000).",
            "The scores are equal.",
        ),
        (
            compared(0.00001, -0.02, 0.02),
            "old and new are not distinguishable with 500 test images: mAP +0.000 (95 % interval -0.020 to +0.020).",
            "If the difference is as large as measured, more than 1,000,000 test images would tell.",
        ),
        (
            compared(None, None, None),
            "old and new are not distinguishable: no object of the 500 test images defines mAP.",
            "",
        ),
        (
            compared(0.2, None, None, images=1),
            "old and new are not distinguishable with 1 test image: mAP +0.200 (no interval, as one image has none).",
            "",
        ),
    ],
)
def test_the_verdict_and_what_would_tell(comparison: Comparison, verdict: str, further: str) -> None:
    assert verdict_sentence(comparison, NAMES) == verdict
    assert further_sentence(comparison) == further


@pytest.mark.parametrize(
    ("change", "told"),
    [((0.02, 0.01, 0.03), "more than chance explains"), ((0.02, -0.01, 0.05), "which may be chance")],
)
def test_the_noise_of_the_training_is_said_apart(change: tuple[float, float, float], told: str) -> None:
    comparison = compared(
        0.02, 0.0, 0.04, seeds=Seeds([0.48, 0.5, 0.52], [0.5, 0.52, 0.54], Interval(*change))
    )
    said = seeds_sentence(comparison)
    assert "mAP is 0.500 ± 0.020 (3 seeds) in A and 0.520 ± 0.020 (3 seeds) in B" in said
    assert told in said
    assert comparison_json(comparison, NAMES, "detection", "abc")["seeds"]["a"] == [0.48, 0.5, 0.52]


def test_one_training_says_that_other_seeds_move_the_scores() -> None:
    assert "train.seeds shows by how much" in seeds_sentence(compared(0.02, 0.0, 0.04))


def test_the_table_names_what_is_told_apart() -> None:
    lines = comparison_table(compared(0.04, 0.01, 0.07)).splitlines()
    assert lines[0].split() == ["score", "A", "B", "B", "-", "A", "95", "%", "interval"]
    assert lines[1].split() == ["mAP", "0.500", "0.540", "+0.040", "+0.010", "to", "+0.070", "better"]
    assert lines[2] == "AP by class"
    assert "recall by class" in comparison_table(compared(None, None, None, name="top1"))
    assert comparison_table(compared(0.0, -0.1, 0.1)).splitlines()[1].endswith("+0.100")


def test_the_json_has_every_number() -> None:
    found = comparison_json(compared(0.01, -0.02, 0.04), NAMES, "detection", "abc")
    assert found["verdict"] == "not distinguishable"
    assert found["images_that_tell"] == 9200
    assert found["scores"]["mAP"] == {
        "a": 0.5,
        "b": 0.51,
        "difference": 0.01,
        "low": -0.02,
        "high": 0.04,
        "verdict": "not distinguishable",
    }


@pytest.mark.parametrize(
    "change", [(0.04, 0.01, 0.07), (0.0, 0.0, 0.0), (None, None, None), (0.1, None, None)]
)
def test_the_page_shows_each_difference(change: tuple[float | None, float | None, float | None]) -> None:
    values = comparison_values(compared(*change), NAMES, "abc", Changed([], []), 0.45)
    page = render(values, "compare.html.j2")
    assert "&lt;i&gt;hat&lt;/i&gt;" in page and "<i>hat" not in page
    assert "Both make the same mistakes in every image." in page
    assert ('class="change better"' in page) == (change[1] == 0.01)
