"""The choice of images to label: those the detector is unsure of, unlike each other and unlike those labelled already.

Greedy, as the core-set approach of Sener and Savarese 2018, but with distances weighted by the uncertainty.
"""

from collections.abc import Callable

import numpy as np


def select_images(
    uncertainty: np.ndarray,
    vectors: np.ndarray,
    labelled: np.ndarray,
    duplicates_of: Callable[[int], np.ndarray],
    count: int,
) -> list[int]:
    """Choose images one by one: the one whose uncertainty times its distance to the nearest known image is greatest.

    Known are the labelled images and those chosen before. A near-duplicate of a chosen image is never chosen.

    Args:
        uncertainty: float64 [N], at least 0.
        vectors: The embeddings of the images, float32 [N, C], of length 1.
        labelled: The embeddings of the labelled images, float32 [L, C], of length 1; L may be 0.
        duplicates_of: Index of an image -> bool [N], which images are near-duplicates of it.
        count: The number of images to choose.

    Returns:
        The indices of the chosen images in their order; fewer than ``count`` if only near-duplicates are left.
    """
    distance = np.full(len(vectors), 1.0)
    if len(labelled):
        distance = 1.0 - (vectors @ labelled.T).max(axis=1)
    free = np.ones(len(vectors), bool)
    least = uncertainty[uncertainty > 0].min() / 2 if (uncertainty > 0).any() else 1.0
    weights = np.maximum(uncertainty, least)  # an image without any detection may still be unlike all others
    chosen: list[int] = []
    while free.any() and len(chosen) < count:
        gains = np.where(free, weights * np.maximum(distance, 0.0), -1.0)
        best = int(np.argmax(gains))
        chosen.append(best)
        distance = np.minimum(distance, 1.0 - vectors @ vectors[best])
        free &= ~duplicates_of(best)
        free[best] = False
    return chosen


def binary_entropy(chances: np.ndarray) -> np.ndarray:
    """Return the entropy of each chance, bits, float64 [N] in [0, 1]: 1 at a chance of one half, 0 at 0 and 1."""
    inside = np.clip(chances, 1e-12, 1 - 1e-12)
    return -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
