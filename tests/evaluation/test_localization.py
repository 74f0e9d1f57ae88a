"""The scores of the localization of one object."""

import pytest

from pipeline.evaluation.localization import localization_scores
from tests.support.truths import found, truth_of


def box(image: int, label: int = 1, **more: int) -> dict[str, object]:
    return {"image_id": image, "label": label, "xmin": 0, "ymin": 0, "xmax": 100, "ymax": 100, **more}


def test_the_best_detection_of_each_image_counts_whatever_its_class() -> None:
    truth = truth_of([box(1), box(2, 2), box(3)], images=4, classes=2)
    detections = found(
        (1, 1, 0, 0, 100, 50, 0.9),  # IoU 0.5
        (1, 1, 0, 0, 100, 100, 0.2),
        (2, 1, 0, 0, 100, 80, 0.7),  # IoU 0.8, of the wrong class
        (4, 1, 0, 0, 10, 10, 0.9),  # an image without objects
    )
    scores = localization_scores(truth, detections)
    assert scores == {
        "mean_IoU": pytest.approx((0.5 + 0.8 + 0) / 3),
        "IoU50": pytest.approx(2 / 3),
        "IoU50_class": pytest.approx(1 / 3),
    }


def test_no_detection_is_an_iou_of_zero() -> None:
    assert localization_scores(truth_of([box(1)]), found()) == {"mean_IoU": 0, "IoU50": 0, "IoU50_class": 0}


def test_images_with_several_objects_have_no_such_score() -> None:
    assert localization_scores(truth_of([box(1), box(1)]), found((1, 1, 0, 0, 9, 9, 0.5))) is None
    crowd = truth_of([box(1), box(1, crowd=1)])
    assert localization_scores(crowd, found((1, 1, 0, 0, 100, 100, 0.5))) is not None
    assert localization_scores(truth_of([box(1, crowd=1)]), found()) is None
