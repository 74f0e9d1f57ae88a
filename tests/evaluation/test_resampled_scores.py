"""The scores of detectors and classifiers on resamples of the test images."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.classification import accuracy, class_recall
from pipeline.evaluation.coco_scores import coco_evaluation, coco_scores
from pipeline.evaluation.resampled_scores import classifier_scores, detector_scores, draw_images
from tests.support.noisy_scenes import noisy_detections, noisy_scenes

TRUTH = noisy_scenes(20)


def test_the_draws_are_those_of_the_seed_and_begin_with_the_test_set_itself() -> None:
    draws = draw_images(20, 50)
    assert draws.shape == (51, 20)
    assert draws[0].tolist() == [1] * 20
    assert (draws.sum(axis=1) == 20).all() and draws.max() > 2
    assert np.array_equal(draws, draw_images(20, 50))
    assert not np.array_equal(draws, draw_images(20, 50, seed=2))


def test_the_first_values_are_the_scores_of_the_metrics() -> None:
    detections = noisy_detections(TRUTH, 0.1, seed=0)
    scores = detector_scores(TRUTH, detections, draw_images(20, 10), max_detections=100)
    expected = coco_scores(coco_evaluation(TRUTH, detections))
    assert [each.name for each in scores.overall] == ["mAP", "AP50", "AP75"]
    for each in scores.overall:
        assert each.values[0] == pytest.approx(expected[each.name])
        assert each.values.shape == (11,)
    assert [each.name for each in scores.classes] == TRUTH.classes
    assert np.mean([each.values[0] for each in scores.classes]) == pytest.approx(expected["mAP"])


def test_a_class_without_objects_does_not_count() -> None:
    truth = noisy_scenes(20)
    truth.classes.append("absent")
    scores = detector_scores(
        truth, noisy_detections(TRUTH, 0.1, seed=0), draw_images(20, 10), max_detections=100
    )
    assert np.isnan(scores.classes[3].values).all() and scores.classes[3].images == 0
    assert scores.overall[0].values[0] == pytest.approx(np.mean([c.values[0] for c in scores.classes[:3]]))


def test_masks_have_scores_of_their_own() -> None:
    detections = noisy_detections(TRUTH, 0.1, seed=0).assign(mask="P2")
    scores = detector_scores(TRUTH, detections, draw_images(20, 2), max_detections=100)
    assert [each.name for each in scores.overall[3:]] == ["mask mAP", "mask AP50", "mask AP75"]


def classified(seed: int, images: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, 4, images)
    scores = pd.DataFrame(
        rng.normal(0, 1, (images, 3)) + np.eye(3)[labels - 1], columns=["score_1", "score_2", "score_3"]
    )
    table = pd.DataFrame({"image_id": range(1, images + 1), "label": labels})
    return table.join(scores).sample(frac=1, random_state=seed, ignore_index=True)


def test_the_scores_of_a_classifier() -> None:
    table = classified(0)
    draws = draw_images(20, 3)
    scores = classifier_scores(TRUTH, table, draws)
    assert [(each.name, each.values[0]) for each in scores.overall] == list(accuracy(table).items())
    assert [each.values[0] for each in scores.classes] == list(class_recall(table, TRUTH.classes).values())
    copies = table.loc[table.index.repeat(draws[2, table["image_id"] - 1])]
    assert scores.overall[0].values[2] == pytest.approx(accuracy(copies)["top1"])
