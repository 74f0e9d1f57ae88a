"""Suspected label errors: one of each kind by hand, and sound labels that are not suspected."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.evaluation.label_errors import (
    KINDS,
    MISPLACED,
    MISSING,
    SPURIOUS,
    WRONG_CLASS,
    read_suspects,
    suspected_labels,
)
from tests.support.truths import found, truth_of

SOUND = {"xmin": 0, "ymin": 0, "xmax": 100, "ymax": 100}
FOUND = (1, 1, 0, 0, 100, 100, 0.9)
SECOND = SOUND | {"xmin": 200, "xmax": 300}


def suspects(boxes: list[dict], *rows: tuple, scores: float = 0.5) -> pd.DataFrame:
    return suspected_labels(truth_of(boxes, classes=2), found(*rows), [scores] * 2, iou=0.5)


def one(table: pd.DataFrame) -> dict:
    assert len(table) == 1
    return table.iloc[0].to_dict()


def test_sound_labels_are_not_suspected() -> None:
    assert suspects([SOUND], FOUND).empty
    assert suspects(
        [SOUND], FOUND, (1, 1, 300, 300, 50, 50, 0.4), (1, 2, 0, 0, 100, 100, 0.4)
    ).empty  # too weak
    assert suspects([], scores=0.5).empty


def test_a_wrong_class() -> None:
    row = one(suspects([SOUND, SECOND], FOUND, (1, 2, 200, 0, 100, 100, 0.8)))
    assert (row["kind"], row["object"], row["sure"]) == (WRONG_CLASS, 1, pytest.approx(0.8))
    assert (row["class_name"], row["detected_class"], row["score"]) == ("class-1", "class-2", 0.8)
    # a weaker detection of the class that the label says speaks against it
    row = one(suspects([SECOND], (1, 2, 200, 0, 100, 100, 0.8), (1, 1, 200, 0, 100, 100, 0.25)))
    assert row["sure"] == pytest.approx(0.6)


def test_a_misplaced_box() -> None:
    beside = one(suspects([SOUND, SECOND], FOUND, (1, 1, 250, 0, 100, 100, 0.9)))  # IoU 1/3
    assert (beside["kind"], beside["object"], beside["sure"]) == (MISPLACED, 1, pytest.approx(0.6))
    loose = one(suspects([SOUND], (1, 1, 25, 0, 100, 100, 0.8)))  # IoU 0.6: found, but not tight
    assert (loose["kind"], loose["sure"]) == (MISPLACED, pytest.approx(0.32))
    assert loose["detected_xmin"] == 25


def test_a_missing_object() -> None:
    row = one(suspects([SOUND], FOUND, (1, 2, 200, 200, 60, 60, 0.7)))
    assert (row["kind"], row["sure"], row["class_name"]) == (MISSING, 0.7, "")
    assert pd.isna(row["object"]) and pd.isna(row["xmin"]) and row["detected_xmax"] == 260


def test_a_spurious_box() -> None:
    row = one(suspects([SOUND, SECOND], FOUND))
    # half of the recall of the class, 1/2: the detector misses this or that
    assert (row["kind"], row["object"], row["sure"]) == (SPURIOUS, 1, 0.25)
    assert row["detected_class"] == "" and pd.isna(row["score"])
    weak = one(suspects([SOUND, SECOND], FOUND, (1, 2, 200, 0, 100, 100, 0.4)))
    assert weak["sure"] == pytest.approx(0.15)


def test_difficult_and_crowd_objects_are_not_suspected_nor_what_is_found_there() -> None:
    hard, crowd = SECOND | {"difficult": 1}, {"xmin": 0, "ymin": 200, "xmax": 400, "ymax": 400, "crowd": 1}
    assert suspects(
        [SOUND, hard, crowd], FOUND, (1, 1, 200, 0, 100, 100, 0.9), (1, 1, 50, 250, 60, 60, 0.9)
    ).empty


def test_the_surest_comes_first_and_an_object_is_suspected_once(tmp_path: Path) -> None:
    third = SOUND | {"ymin": 200, "ymax": 300}
    table = suspects(
        [SOUND, SECOND, third],
        (1, 2, 0, 0, 100, 100, 0.6),
        (1, 1, 60, 0, 100, 100, 0.7),
        (1, 1, 340, 340, 50, 50, 0.95),
    )
    assert table["sure"].is_monotonic_decreasing and table["object"].dropna().is_unique
    assert table["kind"].iloc[0] == MISSING and set(table["kind"]) <= set(KINDS)
    table.to_csv(tmp_path / "s.csv", index=False)
    again = read_suspects(tmp_path / "s.csv")
    assert (
        again["kind"].tolist() == table["kind"].tolist()
        and again["class_name"].tolist() == table["class_name"].tolist()
    )
    assert read_suspects(tmp_path / "none.csv").empty


def test_positions_count_labels_of_whole_images() -> None:
    whole = {"xmin": float("nan"), "ymin": float("nan"), "xmax": float("nan"), "ymax": float("nan")}
    assert one(suspects([whole, SOUND], (1, 2, 0, 0, 100, 100, 0.9)))["object"] == 1
