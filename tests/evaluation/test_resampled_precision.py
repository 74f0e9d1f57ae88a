"""The average precision on resamples, against hotcoco's on images that are really there several times."""

import numpy as np
import pandas as pd
import pytest

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.coco_scores import coco_class_scores, coco_evaluation
from pipeline.evaluation.resampled_precision import average_precision, image_mistakes, ranked_classes
from tests.support.noisy_scenes import noisy_detections, noisy_scenes
from tests.support.truths import found, truth_of

TRUTH = noisy_scenes(25)
DETECTIONS = noisy_detections(TRUTH, 0.15, seed=1)


def copies(
    truth: GroundTruth, detections: pd.DataFrame, draws: np.ndarray
) -> tuple[GroundTruth, pd.DataFrame]:
    """Return a test set in which each image is there as often as it was drawn."""
    images, objects, rows = [], [], []
    drawn = np.repeat(truth.images["id"].to_numpy(), draws)
    for number, image in enumerate(drawn, start=1):
        images.append(truth.images[truth.images["id"] == image].assign(id=number))
        objects.append(truth.objects[truth.objects["image_id"] == image].assign(image_id=number))
        rows.append(detections[detections["image_id"] == image].assign(image_id=number))
    joined = (pd.concat(tables, ignore_index=True) for tables in (images, objects, rows))
    images_table, objects_table, detections_table = joined
    return GroundTruth(images_table, objects_table, truth.classes), detections_table


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_resample_scores_as_the_copied_images_do(seed: int) -> None:
    draws = np.random.default_rng(seed).multinomial(25, np.full(25, 1 / 25), size=1)
    ranked = ranked_classes(TRUTH, DETECTIONS, max_detections=100)
    values = [average_precision(each, draws)[0] for each in ranked]
    oracle = coco_class_scores(coco_evaluation(*copies(TRUTH, DETECTIONS, draws[0])), 3)
    assert [value.mean() for value in values] == pytest.approx([scores["AP"] for scores in oracle], abs=1e-12)
    assert [value[0] for value in values] == pytest.approx([scores["AP50"] for scores in oracle], abs=1e-12)


def test_a_class_without_objects_in_a_resample_has_no_precision() -> None:
    truth = truth_of([{"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10}], images=2, classes=2)
    ranked = ranked_classes(truth, found((1, 1, 0, 0, 10, 10, 0.9)), max_detections=100)
    values = [average_precision(each, np.array([[1, 1], [2, 0], [0, 2]])) for each in ranked]
    assert values[0][:2] == pytest.approx(1.0) and np.isnan(values[0][2]).all()
    assert np.isnan(values[1]).all()


def test_without_detections_every_precision_is_zero() -> None:
    truth = truth_of([{"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10}])
    (ranked,) = ranked_classes(truth, found(), max_detections=100)
    assert average_precision(ranked, np.ones((1, 1), int)).tolist() == [[0.0] * 10]
    assert image_mistakes([ranked]).tolist() == [1.0]


def test_masks_are_matched_instead_of_boxes() -> None:
    truth = truth_of([{"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10}])
    (ranked,) = ranked_classes(
        truth, found((1, 1, 0, 0, 10, 10, 0.9)).assign(mask="P2"), max_detections=100, masks=True
    )
    assert average_precision(ranked, np.ones((1, 1), int)).shape == (1, 10)


def test_the_mistakes_of_an_image_are_its_missed_objects_and_wrong_detections() -> None:
    square = {"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10}
    truth = truth_of([square, {**square, "image_id": 2}, {**square, "image_id": 2, "difficult": 1}], images=3)
    detections = found(
        (1, 1, 0, 0, 10, 10, 0.9),
        (1, 1, 50, 50, 10, 10, 0.8),  # wrong
        (2, 1, 0, 0, 10, 6.2, 0.7),  # right at the thresholds 0.50, 0.55 and 0.60 alone
    )
    mistakes = image_mistakes(ranked_classes(truth, detections, max_detections=100))
    assert mistakes[0] == pytest.approx(1.0) and mistakes[2] == 0.0
    assert 0.7 <= mistakes[1] <= 1.4
