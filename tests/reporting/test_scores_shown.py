"""What the report says of the scores."""

import pandas as pd

from pipeline.datasets.converted.labels import NO_CLASS
from pipeline.reporting.heatmap import LARGEST, heat_map
from pipeline.reporting.scores import (
    mask_score_rows,
    operating_point,
    precision_recall_charts,
    score_rows,
    takeaways,
)


def pairs(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["actual", "predicted"])


def test_recall_and_precision_by_hand() -> None:
    confused = pairs(("a", "a"), ("a", "b"), ("b", NO_CLASS), (NO_CLASS, "b"), (NO_CLASS, "a"))
    assert operating_point(confused) == {"recall": 1 / 3, "precision": 1 / 4}
    assert operating_point(pairs((NO_CLASS, "a"))) is None
    assert operating_point(pairs(("a", NO_CLASS))) == {"recall": 0, "precision": None}


def test_takeaways_name_what_stands_out() -> None:
    detector = {"per_class": {"a": {"AP": 0.5}, "b": {"AP": 0.9}, "c": {"AP": None}}}
    confused = pairs(*[("a", "b")] * 3, ("b", "a"), *[("b", NO_CLASS)] * 2)
    assert takeaways(detector, confused) == [
        "Best class: b (AP 0.90). Weakest: a (AP 0.50).",
        "Most frequent mix-up: a taken for b, 3 times.",
        "Most often overlooked: b, twice.",
    ]
    assert takeaways(None, None) == []


def test_masks_have_rows_only_where_they_were_scored() -> None:
    assert mask_score_rows({"mAP": 0.5, "val": {"mAP": 0.4}}) == []
    detector = {"segm": {"mAP": 0.3, "AP50": 0.5, "AP75": None}, "val": {"segm": {"mAP": 0.2, "AP50": 0.4}}}
    rows = mask_score_rows(detector)
    assert [(name, test, val) for name, _, test, val in rows] == [
        ("mask mAP", 0.3, 0.2),
        ("mask AP50", 0.5, 0.4),
        ("mask AP75", None, None),
    ]


def test_the_recall_of_another_limit_has_a_row() -> None:
    detector = {"mAP": 0.5, "AR1": 0.1, "AR10": 0.2, "AR300": 0.9, "AR_small": 0.3}
    assert [row[0] for row in score_rows(detector)] == ["mAP", "AR1", "AR10", "AR300", "AR_small"]
    assert score_rows({}) == []


def test_one_class_has_one_curve() -> None:
    curve = pd.DataFrame({"recall": [0.0, 1.0], "precision": [1.0, 0.5]})
    table = pd.concat([curve.assign(**{"class": name}) for name in (NO_CLASS, "a")])
    large, small = precision_recall_charts(table, 0.5)
    assert (large.title, len(large.lines), small) == ("a", 1, [])
    assert large.caption == "Area under the bold line: 0.750, which is AP at IoU 0.5."


def test_matrix_of_many_classes_shows_the_most_confused() -> None:
    names = [f"c{k}" for k in range(30)]
    shown = heat_map(pairs(("c29", "c28"), ("c1", "c1"), (NO_CLASS, "c29")), names, with_no_class=True)
    assert shown.left_out == 30 - LARGEST
    assert shown.names[-3:] == ["c28", "c29", NO_CLASS]
    assert [cell.count for cell in dict(shown.rows)["c29"]][-3:] == [1, 0, 0]
