"""What the report says of errors: bars, the reliability diagram, and which detections count."""

import pandas as pd

from pipeline.evaluation.error_types import TYPES
from pipeline.reporting.errors import (
    TYPE_MEANINGS,
    counting,
    error_bars,
    error_values,
    reliability_chart,
    size_bars,
)

ERRORS = {
    "error_types": {
        "AP": 0.9,
        "types": {name: {"dAP": 0.01 * number, "count": number} for number, name in enumerate(TYPES)},
    },
    "calibration": {"ECE": 0.1234, "detections": 5, "ECE_all": 0.1, "detections_all": 9},
    "object_sizes": {
        "0-16 px": {"AP": None, "AP50": None, "objects": 1},
        "16-32 px": {"AP": 0.5, "AP50": 1, "objects": 3},
    },
}


def test_the_longest_bar_is_the_costliest_type() -> None:
    bars = error_bars(ERRORS)
    assert [bar.name for bar in bars] == list(TYPES) == list(TYPE_MEANINGS)
    assert [bar.width for bar in bars] == [0, 20, 40, 60, 80, 100]
    nothing = {"error_types": {"types": {name: {"dAP": 0.0, "count": 0} for name in TYPES}}}
    assert {bar.width for bar in error_bars(nothing)} == {0}


def test_sizes_without_an_ap_have_no_bar() -> None:
    assert [(bar.width, bar.value, bar.number) for bar in size_bars(ERRORS)] == [(0, None, 1), (50, 0.5, 3)]


def test_reliability_is_drawn_beside_the_diagonal() -> None:
    chart = reliability_chart(
        pd.DataFrame({"score": [0.1, 0.9], "precision": [0.0, 1.0], "detections": [3, 4]}), ERRORS
    )
    assert [line.style for line in chart.lines] == ["faint", "mean"]
    assert "0.123" in chart.caption and (chart.x_name, chart.y_name) == ("score", "precision")


def test_what_counts_is_said() -> None:
    assert counting(0.3) == "scored 0.3 or more"
    assert "threshold of their class" in counting("auto")


def test_absent_files_give_no_bars() -> None:
    assert error_values(None, None) == {"errors": None, "thresholds": None, "error_bars": [], "size_bars": []}
