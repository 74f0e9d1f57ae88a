"""The choice of images to label."""

import numpy as np
import pytest

from pipeline.embedding.selection import binary_entropy, select_images

AXES = np.eye(4, dtype=np.float32)
NONE = np.zeros((0, 4), np.float32)


def no_duplicates(index: int) -> np.ndarray:
    return np.zeros(4, bool)


def test_the_most_uncertain_come_first_if_all_are_equally_unlike() -> None:
    assert select_images(np.array([0.1, 3.0, 2.0, 1.0]), AXES, NONE, no_duplicates, 3) == [1, 2, 3]


def test_an_image_like_a_chosen_one_waits() -> None:
    near = np.stack([AXES[0], np.float32([0.99, np.sqrt(1 - 0.99**2), 0, 0]), AXES[2], AXES[3]])
    assert select_images(np.array([3.0, 2.9, 1.0, 0.5]), near, NONE, no_duplicates, 4) == [0, 2, 3, 1]


def test_an_image_like_a_labelled_one_waits() -> None:
    assert select_images(np.array([3.0, 1.0, 1.0, 1.0]), AXES, AXES[:1], no_duplicates, 4)[-1] == 0


def test_a_near_duplicate_of_a_chosen_image_is_never_chosen() -> None:
    def duplicates_of(index: int) -> np.ndarray:
        return np.isin(np.arange(4), [0, 1]) if index in (0, 1) else np.zeros(4, bool)

    assert select_images(np.array([3.0, 2.0, 1.0, 0.5]), AXES, NONE, duplicates_of, 4) == [0, 2, 3]


def test_images_without_any_detection_are_chosen_last_and_by_their_distance() -> None:
    assert select_images(np.zeros(4), AXES, AXES[:2], no_duplicates, 2) == [2, 3]
    assert select_images(np.array([0.0, 0.4, 0.0, 0.0]), AXES, NONE, no_duplicates, 1) == [1]


def test_the_entropy_is_greatest_for_one_half() -> None:
    np.testing.assert_allclose(binary_entropy(np.array([0.0, 0.5, 1.0])), [0, 1, 0], atol=1e-9)
    assert binary_entropy(np.array([0.11]))[0] == pytest.approx(0.5, abs=0.001)
