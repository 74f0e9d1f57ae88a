"""COCO scores are pycocotools' to the bit, and difficult boxes are ignored as a VOC user means it."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pycocotools import mask as oracle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.coco_scores import coco_class_scores, coco_evaluation, coco_scores, precision_recall
from tests.support.truths import found, truth_of

NAMES = ["mAP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large"]
NAMES += ["AR1", "AR10", "AR100", "AR_small", "AR_medium", "AR_large"]


def random_scene(seed: int) -> tuple[GroundTruth, pd.DataFrame]:
    """Make 40 images, some empty, with boxes of all sizes, crowds and tied scores; of classes 4, 5 none."""
    rng = np.random.default_rng(seed)
    boxes, rows = [], []
    for image in range(1, 41):
        for _ in range(rng.integers(0, 8)):
            x, y, w, h = rng.uniform([0, 0, 5, 5], [200, 200, 200, 200]).round(2)
            label, crowd = int(rng.integers(1, 4)), int(rng.random() < 0.15)
            corners = {"xmin": x, "ymin": y, "xmax": x + w, "ymax": y + h}
            boxes.append({"image_id": image, "label": label, "crowd": crowd, **corners})
            for _ in range(rng.integers(0, 4)):
                jitter = rng.normal(0, 8, 4)
                score = rng.choice([0.25, 0.5, rng.random()])  # many ties
                size = np.maximum([w + jitter[2], h + jitter[3]], 1)
                rows.append((image, int(rng.integers(1, 6)), x + jitter[0], y + jitter[1], *size, score))
    return truth_of(boxes, images=45, classes=5), found(*rows)


def test_more_than_a_hundred_objects_of_a_class_need_a_higher_limit() -> None:
    boxes = [
        {"xmin": x, "ymin": y, "xmax": x + 10, "ymax": y + 10}
        for x in range(0, 300, 20)
        for y in range(0, 200, 20)
    ]
    rows = [(1, 1, box["xmin"], box["ymin"], 10, 10, 1 - n / 1000) for n, box in enumerate(boxes)]
    capped = coco_scores(coco_evaluation(truth_of(boxes), found(*rows)))
    assert (capped["mAP"], capped["AR100"]) == (pytest.approx(67 / 101), pytest.approx(100 / 150))
    evaluation = coco_evaluation(truth_of(boxes), found(*rows), max_detections=300)
    scores = coco_scores(evaluation)
    assert scores["mAP"] == scores["AR300"] == scores["AR_small"] == 1 and "AR100" not in scores
    assert coco_class_scores(evaluation, 1) == [{"AP": 1.0, "AP50": 1.0}]


def by_pycocotools(truth: GroundTruth, detections: pd.DataFrame) -> COCOeval:
    """Score by the reference implementation."""
    annotations = [
        {
            "id": number,
            "image_id": row.image_id,
            "category_id": row.label,
            "bbox": [row.xmin, row.ymin, row.xmax - row.xmin, row.ymax - row.ymin],
            "area": row.area,
            "iscrowd": row.crowd,
        }
        for number, row in enumerate(truth.objects.itertuples(), start=1)
    ]
    results = [
        {
            "image_id": r.image_id,
            "category_id": r.label,
            "bbox": [r.x, r.y, r.width, r.height],
            "score": r.score,
        }
        for r in detections.itertuples()
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": i} for i in truth.images["id"]],
            "categories": [{"id": k, "name": name} for k, name in enumerate(truth.classes, start=1)],
            "annotations": annotations,
        }
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_pycocotools_to_the_bit(seed: int) -> None:
    truth, detections = random_scene(seed)
    reference = by_pycocotools(truth, detections)
    evaluation = coco_evaluation(truth, detections)
    scores = coco_scores(evaluation)
    assert [scores[name] for name in NAMES] == [None if s == -1 else s for s in reference.stats]
    np.testing.assert_array_equal(evaluation.eval["precision"], reference.eval["precision"])
    for k, score in enumerate(coco_class_scores(evaluation, 5)):
        own = reference.eval["precision"][:, :, k, 0, 2]
        assert score["AP"] == (None if (own == -1).all() else own.mean())
        assert score["AP50"] == (None if (own == -1).all() else own[0].mean())


def test_without_detections_all_is_zero_and_without_boxes_undefined() -> None:
    truth = truth_of([{"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20}])
    scores = coco_scores(coco_evaluation(truth, found()))
    assert scores["mAP"] == scores["AP_small"] == scores["AR100"] == 0
    assert scores["AP_medium"] is scores["AR_large"] is None
    nothing = coco_evaluation(truth_of([]), found((1, 1, 0, 0, 5, 5, 0.9)))
    assert set(coco_scores(nothing).values()) == {None}
    assert precision_recall(nothing, ["class-1"]).empty


def test_difficult_box_is_neither_missed_nor_falsely_found() -> None:
    plain = {"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20}
    hard = {"xmin": 50, "ymin": 50, "xmax": 90, "ymax": 90, "difficult": 1}
    truth = truth_of([plain, hard])
    hit = (1, 1, 0, 0, 20, 20, 0.8)
    missed = coco_scores(coco_evaluation(truth, found(hit)))
    on_it = coco_scores(coco_evaluation(truth, found(hit, (1, 1, 50, 50, 40, 40, 0.9))))
    part_of_it = coco_scores(coco_evaluation(truth, found(hit, (1, 1, 60, 60, 10, 10, 0.9))))
    assert missed["AR100"] == 1
    assert missed["mAP"] == pytest.approx(1)
    assert on_it["mAP"] == pytest.approx(1)
    assert part_of_it["mAP"] == pytest.approx(0.5)  # a crowd would excuse it


def test_precision_recall_by_hand() -> None:
    boxes = [{"xmin": x, "ymin": 0, "xmax": x + 20, "ymax": 20} for x in (0, 50)]
    hit, miss, second = (1, 1, 0, 0, 20, 20, 0.9), (1, 1, 200, 0, 20, 20, 0.8), (1, 1, 50, 0, 20, 20, 0.7)
    evaluation = coco_evaluation(truth_of(boxes, classes=2), found(hit, miss, second), iou=0.5)
    curves = precision_recall(evaluation, ["a", "b"])
    assert curves["class"].unique().tolist() == ["", "a"]
    curve = curves[curves["class"] == "a"]
    assert len(curve) == 101
    np.testing.assert_allclose(curve["precision"], [1] * 51 + [2 / 3] * 50, atol=1e-9)
    np.testing.assert_allclose(curve["score"], [0.9] * 51 + [0.7] * 50, atol=1e-9)


@pytest.mark.real
def test_figures_of_the_coco_oracle(real_data: Path) -> None:
    folder = real_data / "evaluator_oracles" / "coco_val2014_fakebbox100"
    coco = json.loads((folder / "instances_val2014_100.json").read_text())
    results = json.loads((folder / "instances_val2014_fakebbox100_results.json").read_text())
    labels = {category["id"]: k for k, category in enumerate(coco["categories"], start=1)}
    boxes = [
        {
            "image_id": a["image_id"],
            "label": labels[a["category_id"]],
            "crowd": a["iscrowd"],
            "xmin": a["bbox"][0],
            "ymin": a["bbox"][1],
            "xmax": a["bbox"][0] + a["bbox"][2],
            "ymax": a["bbox"][1] + a["bbox"][3],
        }
        for a in coco["annotations"]
    ]
    truth = truth_of(boxes, classes=len(labels))
    truth.objects["area"] = [float(a["area"]) for a in coco["annotations"]]
    images = pd.DataFrame(coco["images"]).rename(columns={"file_name": "file"}).assign(split="test")
    detections = found(*((r["image_id"], labels[r["category_id"]], *r["bbox"], r["score"]) for r in results))
    scores = coco_scores(coco_evaluation(GroundTruth(images, truth.objects, truth.classes), detections))
    exact = {"mAP": 0.5045807, "AP50": 0.6969727, "AP75": 0.5729817}
    for name, figure in exact.items():
        assert scores[name] == pytest.approx(figure, abs=5e-8)
    rounded = {
        "AP_small": 0.5856,
        "AP_medium": 0.5194,
        "AP_large": 0.5014,
        "AR1": 0.3868,
        "AR10": 0.5937,
        "AR100": 0.5954,
    }
    for name, figure in rounded.items():
        assert scores[name] == pytest.approx(figure, abs=5e-5)


def runs_of(polygon: np.ndarray) -> str:
    """Fill a polygon, float [N, 2], xy, on an image of 400 x 400."""
    (found,) = oracle.frPyObjects([polygon.ravel().tolist()], 400, 400)
    return found["counts"].decode()


def random_masks(seed: int) -> tuple[GroundTruth, pd.DataFrame]:
    """Make 20 images of polygons, and detections whose polygons are shaken."""
    rng = np.random.default_rng(seed)
    boxes, rows, masks = [], [], []
    for image in range(1, 21):
        for _ in range(rng.integers(0, 6)):
            polygon = rng.uniform(20, 300, 2) + rng.uniform(5, 90, (6, 2))
            (left, top), (right, bottom) = polygon.min(0), polygon.max(0)
            corners = {"xmin": left, "ymin": top, "xmax": right, "ymax": bottom}
            kind = {"label": int(rng.integers(1, 4)), "crowd": int(rng.random() < 0.1)}
            boxes.append({"image_id": image, "mask": runs_of(polygon), **kind, **corners})
            for _ in range(rng.integers(0, 3)):
                shaken = polygon + rng.normal(0, 4, (6, 2))
                size = shaken.max(0) - shaken.min(0)
                rows.append((image, kind["label"], *shaken.min(0), *size, rng.choice([0.5, rng.random()])))
                masks.append(runs_of(shaken))
    return truth_of(boxes, images=22, classes=3), found(*rows).assign(mask=masks)


@pytest.mark.parametrize("seed", range(3))
def test_scores_of_masks_are_those_of_pycocotools_to_the_bit(seed: int) -> None:
    truth, detections = random_masks(seed)
    coco = COCO()
    with contextlib.redirect_stdout(io.StringIO()):
        coco.dataset = {
            "info": {},
            "images": [{"id": i, "height": 400, "width": 400} for i in truth.images["id"]],
            "categories": [{"id": k, "name": name} for k, name in enumerate(truth.classes, start=1)],
            "annotations": [
                {
                    "id": number,
                    "image_id": row.image_id,
                    "category_id": row.label,
                    "segmentation": {"size": [400, 400], "counts": row.mask},
                    "bbox": [row.xmin, row.ymin, row.xmax - row.xmin, row.ymax - row.ymin],
                    "area": row.area,
                    "iscrowd": row.crowd,
                }
                for number, row in enumerate(truth.objects.itertuples(), start=1)
            ],
        }
        coco.createIndex()
        results = [
            {
                "image_id": row.image_id,
                "category_id": row.label,
                "segmentation": {"size": [400, 400], "counts": row.mask},
                "score": row.score,
            }
            for row in detections.itertuples()
        ]
        reference = COCOeval(coco, coco.loadRes(results), "segm")
        reference.evaluate()
        reference.accumulate()
        reference.summarize()
    scores = coco_scores(coco_evaluation(truth, detections, masks=True))
    assert [scores[name] for name in NAMES] == [None if s == -1 else s for s in reference.stats]
    assert 0.05 < scores["mAP"] < 0.9
    assert scores["mAP"] != coco_scores(coco_evaluation(truth, detections))["mAP"]


def test_an_object_without_mask_is_neither_missed_nor_falsely_found() -> None:
    square = np.array([[0, 0], [20, 0], [20, 20], [0, 20]], float)
    with_mask = {"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20, "mask": runs_of(square)}
    without = {"xmin": 50, "ymin": 50, "xmax": 90, "ymax": 90}
    truth = truth_of([with_mask, without])
    hit = found((1, 1, 0, 0, 20, 20, 0.8)).assign(mask=runs_of(square))
    on_it = found((1, 1, 50, 50, 40, 40, 0.9)).assign(mask=runs_of(square * 2 + 50))
    elsewhere = found((1, 1, 200, 50, 40, 40, 0.9)).assign(mask=runs_of(square * 2 + 200))
    for more, score in ((on_it, 1.0), (elsewhere, 0.5)):
        scores = coco_scores(coco_evaluation(truth, pd.concat([hit, more]), masks=True))
        assert scores["mAP"] == pytest.approx(score)
    assert coco_scores(coco_evaluation(truth, found(), masks=True))["mAP"] == 0
    assert coco_scores(coco_evaluation(truth_of([without]), on_it, masks=True))["mAP"] is None
