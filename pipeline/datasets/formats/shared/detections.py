"""Tells the detections of a model from the truth. Both have boxes and classes; detections have scores."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.datasets.formats.shared.csv_files import CsvFile, column_key, numbers
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError

SCORE_COLUMNS = frozenset(
    {
        *("score", "scores", "confidence", "confidences", "conf", "probability", "prob"),
        *("detectionscore", "detectionscores", "predictionscore", "predscore", "classscore", "objectness"),
    }
)
"""Common names of columns with scores, in the form of :func:`column_key`."""


def is_score(value: Any) -> bool:
    """Return whether a value is the score of a detection: a finite number that is not whole.

    A mark such as the 1 of Open Images' ``Confidence``, which says that a person drew the box, is none.
    """
    try:
        return not isinstance(value, bool) and not finite(value).is_integer()
    except ValueError:
        return False


def detections_issue(file: str, count: int) -> Issue:
    """Return the issue of an annotation file with detections."""
    detail = f"{count:,} of its boxes have a score, so they are a model's detections, not the truth"
    return Issue(file, Fault(None, "detection", detail, Action.DROP, "detections left out"))


def all_are_detections(root: Path, issues: list[Issue]) -> PipelineError:
    """Return the error of a dataset without any truth.

    Args:
        issues: They hold the :func:`detections_issue` of each file.
    """
    files = ", ".join(issue.file for issue in issues if issue.fault.name == "detection")
    return PipelineError(
        f"{root}: all boxes have a score ({files[:200]}), so they are a model's detections, not the truth; add the "
        "annotations or, to read the detections as truth, remove the scores"
    )


def score_column(source: CsvFile) -> str:
    """Return the column of a CSV file that holds scores by its name; "" if there is none."""
    return next((column for column in source.columns if column_key(column) in SCORE_COLUMNS), "")


def without_detections(texts: pd.DataFrame, file: str, issues: list[Issue]) -> pd.DataFrame:
    """Return the rows of a CSV file that are not detections, and list the detections as an issue.

    Rows with a value in the column of scores are detections if one value of the column is not a whole number.

    Args:
        texts: The rows. The column "score" is optional.
        file: The file, relative to the dataset's folder.
    """
    if "score" not in texts:
        return texts
    scores = numbers(texts["score"])
    with_score = texts["score"] != ""
    if not (scores % 1 > 0).any():  # false for NaN
        return texts
    issues.append(detections_issue(file, int(with_score.sum())))
    return texts[~with_score].reset_index(drop=True)
