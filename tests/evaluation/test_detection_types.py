"""The type of each detection: by hand, and as often as hotcoco's TIDE counts it."""

from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.evaluation.coco_scores import coco_evaluation
from pipeline.evaluation.detection_types import CORRECT, MISSED, detection_types
from pipeline.evaluation.error_types import TYPES, error_types
from pipeline.reporting.gallery import judge_detections
from tests.support.error_examples import BOX, OTHER, RIGHT, WRONG
from tests.support.noisy_scenes import noisy_detections, noisy_scenes
from tests.support.truths import found, truth_of


@pytest.mark.parametrize(("name", "detection"), WRONG)
def test_one_detection_of_each_type(name: str, detection: tuple[float, ...]) -> None:
    detections = found(RIGHT, detection)
    boxes = truth_of([BOX, OTHER], classes=2).boxes()
    assert detection_types(detections, boxes, pd.Series([False, True]), iou=0.5) == [CORRECT, name]


def test_difficult_objects_are_left_out_and_no_detection_has_no_type() -> None:
    boxes = truth_of([BOX | {"difficult": 1}]).boxes()
    beside = found((1, 1, 40, 0, 100, 100, 0.9))
    assert detection_types(beside, boxes, pd.Series([True]), iou=0.5) == ["background"]
    assert detection_types(found(), boxes, pd.Series([], dtype=bool), iou=0.5) == []


@pytest.mark.parametrize("iou", [0.5, 0.75])
def test_each_type_is_as_frequent_as_hotcoco_counts_it(iou: float) -> None:
    truth = noisy_scenes(60)
    # hotcoco lets a difficult object decide the type, which is not drawn as an object to find
    truth = replace(truth, objects=truth.objects.assign(difficult=0, crowd=0))
    detections = noisy_detections(truth, 0.15, seed=1)
    detections.loc[::5, "label"] = detections["label"][::5] % 3 + 1
    evaluation = coco_evaluation(truth, detections, iou=iou)
    counted = {name: each["count"] for name, each in error_types(evaluation, evaluation)["types"].items()}
    own = Counter(judge_detections(truth, detections, iou=iou).detections["type"])
    assert {name: own[name] for name in TYPES if name != MISSED} == {
        name: count for name, count in counted.items() if name != MISSED
    }
    assert sum(count > 0 for count in counted.values()) >= 4
