"""Anchors fitted to the boxes of a dataset, by k-means and grid search.

The method follows the dimension clusters of YOLOv2 (Redmon and Farhadi 2017, section 2).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.ops.default_boxes import default_anchors

MOST_BOXES = 5_000
"""Most boxes that the anchors are fitted to."""

CELLS = 2.0 ** np.arange(0.0, 4.01, 0.125)
"""Candidates for the side of a pyramid level's smallest anchors, in cells: 1 to 16."""

SHARES = np.arange(2, 20) / 20
"""Candidates for the scales of SSD's default boxes, as shares of the image's side: 0.1 to 0.95."""


def balanced_boxes(boxes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return equally many boxes of each class, at most :data:`MOST_BOXES` or one of each.

    The boxes of a class are sampled evenly over their sorted areas. Those of a rare class are repeated, so that the
    anchors fit its boxes too.

    Args:
        boxes: float64 [N, 4], yxyx, normalised, N >= 1.
        labels: int [N].

    Returns:
        float64 [M, 4], by ascending label and area.
    """
    classes, counts = np.unique(labels, return_counts=True)
    each = max(min(int(counts.max()), MOST_BOXES // len(classes)), 1)
    order = np.lexsort(((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), labels))
    starts = np.cumsum(counts) - counts
    places = [start + _spread(count, each) for start, count in zip(starts, counts, strict=True)]
    return boxes[order[np.concatenate(places)]]


def shape_iou(sizes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the IoU of boxes that share a center.

    Args:
        sizes: float64 [N, 2], height and width.
        others: float64 [M, 2], height and width in the same unit.

    Returns:
        float64 [N, M], in [0, 1].
    """
    common = np.minimum(sizes[:, None], others[None]).prod(axis=-1)
    return common / (sizes.prod(axis=-1)[:, None] + others.prod(axis=-1)[None] - common)


def mean_best_iou(boxes: np.ndarray, anchors: np.ndarray) -> float:
    """Return the mean over boxes of the IoU with the best anchor, the anchors being placed on their grids.

    Comparing shapes alone would be misleading. An anchor of the right size on a coarse grid may lie far from the box.

    Args:
        boxes: float64 [N, 4], yxyx, normalised, N >= 1.
        anchors: float64 [A, 3], height, width and stride, as shares of the image's side. Each row stands for one
            anchor in the center of every cell of a grid with that stride.

    Returns:
        The mean, in [0, 1].
    """
    sizes, centers = boxes[:, None, 2:] - boxes[:, None, :2], (boxes[:, None, 2:] + boxes[:, None, :2]) / 2
    shapes, strides = anchors[None, :, :2], anchors[None, :, 2:]
    offsets = (
        np.abs(centers / strides % 1 - 0.5) * strides
    )  # distances to the center of the cell that holds the box's center
    overlaps = np.minimum((sizes + shapes) / 2 - offsets, np.minimum(sizes, shapes))
    common = np.maximum(overlaps, 0).prod(axis=-1)
    iou = common / (sizes.prod(axis=-1) + shapes.prod(axis=-1) - common)
    return float(iou.max(axis=1).mean())


def cluster_sizes(sizes: np.ndarray, count: int, rounds: int = 100) -> np.ndarray:
    """Cluster box sizes by k-means with the distance 1 - IoU.

    The initial centers are sampled evenly from the sorted sizes, so the result involves no random draw.

    Args:
        sizes: float64 [N, 2], height and width, N >= 1.
        count: The number of clusters. If fewer sizes are distinct, there is one cluster for each of them.
        rounds: Most iterations. The search ends earlier once no box changes its cluster.

    Returns:
        float64 [k, 2], the mean height and width of each cluster, by area and then by aspect ratio.
    """
    ordered = _by_area(np.unique(sizes, axis=0))
    centers = ordered[_spread(len(ordered), min(count, len(ordered)))]
    nearest = None
    for _ in range(rounds):
        previous, nearest = nearest, shape_iou(sizes, centers).argmax(axis=1)
        if previous is not None and (previous == nearest).all():
            break
        members = [sizes[nearest == index] for index in range(len(centers))]
        centers = np.stack(
            [own.mean(axis=0) if len(own) else center for own, center in zip(members, centers, strict=True)]
        )
    return _by_area(centers)


def pyramid_anchors(
    image_size: int, levels: Sequence[int], anchor_size: float, aspect_ratios: Sequence[float], scales: int
) -> np.ndarray:
    """Return the anchors of a feature pyramid, as Model Garden's ``Anchor`` makes them.

    Args:
        image_size: Side of the square image, px.
        levels: Pyramid levels. Level l has cells of 2**l px.
        anchor_size: Side of a level's smallest anchors, in cells.
        aspect_ratios: Width / height.
        scales: Number of anchor sizes per octave.

    Returns:
        float64 [A, 3], height, width and stride, as shares of the image's side; one row for each level, scale and
        aspect ratio.
    """
    return np.array(
        [
            (side / np.sqrt(ratio), side * np.sqrt(ratio), 2.0**level / image_size)
            for level in levels
            for side in (anchor_size * 2.0 ** (level + k / scales) / image_size for k in range(scales))
            for ratio in aspect_ratios
        ]
    )


def fit_anchors(
    boxes: np.ndarray, image_size: int, levels: Sequence[int], *, ratios: int, scales: int
) -> dict[str, Any]:
    """Fit the anchors of a feature pyramid to boxes.

    The aspect ratios are clustered by k-means over the boxes' shapes at equal area. The size is then searched for
    the greatest :func:`mean_best_iou`.

    Args:
        boxes: float64 [N, 4], yxyx, normalised, N >= 1.
        image_size: Side of the square image, px.
        levels: Pyramid levels. Level l has cells of 2**l px.
        ratios: The number of aspect ratios.
        scales: Number of anchor sizes per octave.

    Returns:
        "anchor_size", in cells, and "aspect_ratios", width / height, ascending.
    """
    sizes = boxes[:, 2:] - boxes[:, :2]
    clusters = cluster_sizes(sizes / np.sqrt(sizes.prod(axis=1, keepdims=True)), ratios)
    clusters = np.concatenate(
        [clusters, np.ones([ratios - len(clusters), 2])]
    )  # squares complete the list if there are fewer distinct shapes
    aspect_ratios = sorted(round(float(width / height), 3) for height, width in clusters)
    fits = [
        mean_best_iou(boxes, pyramid_anchors(image_size, levels, cells, aspect_ratios, scales))
        for cells in CELLS
    ]
    return {"anchor_size": round(float(CELLS[np.argmax(fits)]), 3), "aspect_ratios": aspect_ratios}


def fit_default_boxes(boxes: np.ndarray, grids: Sequence[int]) -> dict[str, float]:
    """Fit the scales of SSD's default boxes by grid search. Their aspect ratios are fixed by the paper.

    Args:
        boxes: float64 [N, 4], yxyx, normalised, N >= 1.
        grids: Side of each feature map, in cells, finest first.

    Returns:
        "min_scale" and "max_scale", as shares of the image's side.
    """
    pairs = [(float(low), float(high)) for low in SHARES for high in SHARES if low < high]
    fits = [mean_best_iou(boxes, default_anchors(grids, low, high)) for low, high in pairs]
    low, high = pairs[int(np.argmax(fits))]
    return {"min_scale": low, "max_scale": high}


def _by_area(sizes: np.ndarray) -> np.ndarray:
    """Sort sizes, float64 [N, 2], by area and then by aspect ratio."""
    return sizes[np.lexsort((sizes[:, 1] / sizes[:, 0], sizes.prod(axis=1)))]


def _spread(count: int, number: int) -> np.ndarray:
    """Return ``number`` indices below ``count``: the middles of as many equal parts of the range."""
    return ((np.arange(number) + 0.5) * count / number).astype(int)
