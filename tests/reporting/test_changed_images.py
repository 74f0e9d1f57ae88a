"""The images that changed most between two models."""

import pandas as pd

from pipeline.reporting.changed_images import changed_classifications, changed_detections
from pipeline.reporting.gallery import Picture
from tests.support.dataset_files import picture
from tests.support.truths import found, truth_of

SQUARE = {"xmin": 0, "ymin": 0, "xmax": 100, "ymax": 100}
TRUTH = truth_of([{**SQUARE, "image_id": image} for image in (1, 2, 3, 4)], images=4)
NOTHING_TO_READ = b""


def right(image: int, score: float = 0.9) -> tuple[float, ...]:
    return image, 1, 0, 0, 100, 100, score


def test_images_with_fewer_and_with_more_mistakes_are_drawn_with_both() -> None:
    first = found(right(1), right(2), (3, 1, 300, 300, 50, 50, 0.9), right(4, 0.3))
    second = found(right(1), right(3), right(4, 0.4))
    changed = changed_detections(
        TRUTH, (first, second), lambda _: picture(40, 40), images=12, iou=0.5, score=0.5, max_detections=100
    )
    assert [pair.first.file for pair in changed.better] == ["3.jpg"]
    assert [pair.first.file for pair in changed.worse] == ["2.jpg"]
    assert changed.better[0].mistakes == (2.0, 0.0)
    pair = changed.worse[0]
    assert isinstance(pair.first, Picture) and isinstance(pair.second, Picture)
    assert (pair.first.found, pair.second.found) == (1, 0)
    assert pair.first.uri == pair.second.uri != ""


def test_half_of_the_images_are_drawn_for_either_direction_at_most() -> None:
    changed = changed_detections(
        TRUTH,
        (found(*map(right, (1, 2, 3, 4))), found(right(1))),
        lambda _: NOTHING_TO_READ,
        images=4,
        iou=0.5,
        score=0.5,
        max_detections=100,
    )
    assert not changed.better and len(changed.worse) == 2
    assert changed.worse[0].first.uri == ""


def classified(*scores: tuple[float, float]) -> pd.DataFrame:
    table = pd.DataFrame(scores, columns=["score_1", "score_2"])
    return pd.DataFrame({"image_id": range(1, len(scores) + 1), "label": 1}).join(table)


def test_images_that_one_classifier_gets_right_and_the_other_wrong() -> None:
    truth = truth_of([{**SQUARE, "image_id": image} for image in (1, 2, 3, 4)], images=4, classes=2)
    first = classified((0.9, 0.1), (0.4, 0.6), (0.9, 0.1), (0.1, 0.9))
    second = classified((0.2, 0.8), (0.9, 0.1), (0.8, 0.2), (0.3, 0.7))
    changed = changed_classifications(truth, (first, second), lambda _: NOTHING_TO_READ, images=12)
    assert [pair.second.file for pair in changed.better] == ["2.jpg"]
    assert [pair.second.file for pair in changed.worse] == ["1.jpg"]
    assert changed.worse[0].second.summary == "class-2, score 0.80; it is class-1"
    assert changed.worse[0].first.summary == "class-1, score 0.90"
