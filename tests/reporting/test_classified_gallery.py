"""The gallery of classified images."""

import pandas as pd
import pytest

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.reporting.classified_gallery import classified_gallery

CLASSES = ["cat", "dog"]


def truth(count: int) -> GroundTruth:
    ids = range(1, count + 1)
    images = pd.DataFrame(
        {"id": ids, "file": [f"{i}.png" for i in ids], "width": 4, "height": 3, "split": "test"}
    )
    return GroundTruth(images, pd.DataFrame(), CLASSES)


def table(*rows: tuple[int, float]) -> pd.DataFrame:
    """Return the scores of images 1, 2 ... from rows of the true label and the score of cat."""
    return pd.DataFrame(
        [(i, label, score, 1 - score) for i, (label, score) in enumerate(rows, start=1)],
        columns=["image_id", "label", "score_1", "score_2"],
    )


def test_the_surest_mistakes_come_first() -> None:
    scores = table((2, 0.6), (1, 0.9), (2, 0.95), (1, 0.8), (2, 0.1), (1, 0.7))
    chance, worst = classified_gallery(truth(6), scores, lambda file: b"", images=4, seed=1)
    assert len(chance) >= 2 and 3 <= len(chance) + len(worst) <= 4
    surest = [picture.summary for picture in [*worst, *chance] if "it is" in picture.summary]
    assert "cat, score 0.95; it is dog" in surest
    summaries = [picture.summary for picture in worst]
    assert summaries == sorted(summaries, reverse=True)


def test_a_small_split_is_shown_as_a_whole() -> None:
    chance, worst = classified_gallery(
        truth(2), table((1, 0.9), (2, 0.2)), lambda file: b"", images=9, seed=1
    )
    assert {picture.file for picture in chance} == {"1.png", "2.png"}
    assert not worst
    assert {picture.summary for picture in chance} == {"cat, score 0.90", "dog, score 0.80"}
    assert all(picture.uri == "" for picture in chance)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_choice_depends_on_the_seed_alone(seed: int) -> None:
    scores = table(*[(1, 0.9)] * 9)
    first, _ = classified_gallery(truth(9), scores, lambda file: b"", images=3, seed=seed)
    again, _ = classified_gallery(truth(9), scores, lambda file: b"", images=3, seed=seed)
    assert first == again
