"""Scores of keypoints by hand, and the similarity of COCO as pycocotools computes it."""

import contextlib
import io

import numpy as np
import pandas as pd
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.errors import PipelineError
from pipeline.evaluation.keypoints import COCO_PERSON, keypoint_scores
from tests.support.truths import found, truth_of


def truth(points: list[np.ndarray], names: list[str]) -> GroundTruth:
    boxes = [
        {"image_id": n, "xmin": 100, "ymin": 100, "xmax": 200, "ymax": 180} for n in range(1, len(points) + 1)
    ]
    made = truth_of(boxes, images=len(points))
    made.objects["keypoints"] = points
    return GroundTruth(made.images, made.objects, made.classes, names)


def detected(points: list[np.ndarray], scores: list[float] | None = None) -> pd.DataFrame:
    rows = [
        (number, 1, 100.0, 100.0, 100.0, 80.0, (scores or [0.9] * len(points))[number - 1])
        for number in range(1, len(points) + 1)
    ]
    return found(*rows).assign(keypoints=pd.Series(points, dtype=object))


POINTS = np.array([[110.0, 110, 2], [150, 110, 1], [0, 0, 0]])


def test_scores_by_hand() -> None:
    moved = POINTS + np.array([[3.0, 4, 0], [0, 10, 0], [77, 77, 0]])
    scores = keypoint_scores(truth([POINTS], ["a", "b", "c"]), detected([moved]), ["a", "b"])
    assert scores["found"] == 1.0
    assert scores["rmse_px"] == pytest.approx(np.sqrt((9 + 16 + 0 + 100) / 4))
    assert scores["rmse_96"] == pytest.approx(np.sqrt(125 / 4) * 96 / 400)
    assert scores["mean_error"] == pytest.approx(7.5 / 400)  # distances of 5 and 10 px
    assert scores["pair_error"] == pytest.approx(7.5 / 40)
    assert (scores["pck_05"], scores["pck_10"]) == (0.5, 1.0)  # of 100 px


def test_an_object_without_a_detection_is_not_right() -> None:
    scores = keypoint_scores(truth([POINTS, POINTS], ["a", "b", "c"]), detected([POINTS]), None)
    assert (scores["found"], scores["rmse_px"], scores["pck_05"]) == (0.5, 0.0, 0.5)
    assert "pair_error" not in scores


def test_nothing_detected() -> None:
    none = detected([POINTS])[:0]
    scores = keypoint_scores(truth([POINTS], ["a", "b", "c"]), none, None)
    assert scores["found"] == scores["OKS_mAP"] == scores["pck_10"] == 0.0
    assert scores["rmse_px"] is None


def test_a_split_without_an_object_that_counts_has_no_scores() -> None:
    made = truth([POINTS], ["a", "b", "c"])
    made.objects["difficult"] = 1
    scores = keypoint_scores(made, detected([POINTS]), ["a", "b"])
    assert scores["found"] is None and scores["rmse_px"] is None and scores["mean_error"] is None


def test_a_pair_that_is_not_there_is_refused() -> None:
    with pytest.raises(PipelineError, match=r"evaluate.keypoint_pair names d, but the keypoints are a, b, c"):
        keypoint_scores(truth([POINTS], ["a", "b", "c"]), detected([POINTS]), ["a", "d"])


def test_the_similarity_is_that_of_pycocotools() -> None:
    rng = np.random.default_rng(4)
    names = [f"point_{number}" for number in range(COCO_PERSON)]
    points = [
        np.column_stack([rng.uniform(100, 200, (COCO_PERSON, 2)), rng.integers(0, 3, COCO_PERSON)])
        for _ in range(12)
    ]
    moved = [
        np.column_stack([p[:, :2] + rng.normal(0, 6, (COCO_PERSON, 2)), np.full(COCO_PERSON, 0.5)])
        for p in points
    ]
    scores = rng.uniform(0, 1, 12).tolist()
    ours = keypoint_scores(truth(points, names), detected(moved, scores), None)
    dataset, results = COCO(), COCO()
    images = [{"id": number, "width": 400, "height": 400} for number in range(1, 13)]
    categories = [{"id": 1, "name": "x", "keypoints": names, "skeleton": []}]
    dataset.dataset = {
        "images": images,
        "categories": categories,
        "annotations": [
            {
                "id": number,
                "image_id": number,
                "category_id": 1,
                "bbox": [100, 100, 100, 80],
                "area": 8000.0,
                "iscrowd": 0,
                "keypoints": p.ravel().tolist(),
                "num_keypoints": int((p[:, 2] > 0).sum()),
            }
            for number, p in enumerate(points, start=1)
        ],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        dataset.createIndex()
        results = dataset.loadRes(
            [
                {"image_id": number, "category_id": 1, "score": score, "keypoints": p.ravel().tolist()}
                for number, (p, score) in enumerate(zip(moved, scores, strict=True), start=1)
            ]
        )
        evaluation = COCOeval(dataset, results, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert ours["OKS_mAP"] == pytest.approx(evaluation.stats[0], abs=1e-9)
    assert ours["OKS_AP50"] == pytest.approx(evaluation.stats[1], abs=1e-9)
    assert 0.05 < evaluation.stats[0] < 0.95
