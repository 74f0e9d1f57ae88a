"""Anchors that fit the boxes of a dataset, by k-means and search (after Redmon and Farhadi 2017, YOLOv2, section 2)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.ops.default_boxes import default_anchors

MOST_BOXES = 5_000
"""Boxes looked at; of more, this many spread evenly over their areas."""

CELLS = 2.0 ** np.arange(0.0, 4.01, 0.125)
"""Sides of a pyramid level's smallest anchors that are tried, in cells: 1 to 16."""

SHARES = np.arange(2, 20) / 20
"""Scales of default boxes that are tried, shares of the image's side: 0.1 to 0.95."""


def thinned(boxes: np.ndarray) -> np.ndarray:
    """Return :data:`MOST_BOXES` at most of boxes, float64 [N, 4], yxyx, normalised, spread evenly over their areas."""
    order = np.argsort((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), kind="stable")
    return boxes[order[_spread(len(boxes), MOST_BOXES)]]


def shape_iou(sizes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Give the IoU of boxes with a common center: float64 [N, 2], [M, 2], height and width -> [N, M]."""
    common = np.minimum(sizes[:, None], others[None]).prod(axis=-1)
    return common / (sizes.prod(axis=-1)[:, None] + others.prod(axis=-1)[None] - common)


def mean_best_iou(boxes: np.ndarray, anchors: np.ndarray) -> float:
    """Give the mean over boxes of the IoU with the best of the anchors that are laid over the image.

    The shape alone would not do: an anchor of the right size on too coarse a grid is seldom near the box.

    Args:
        boxes: float64 [N, 4], yxyx, normalised.
        anchors: float64 [A, 3], height, width and stride, shares of the image's side: such a box lies in the middle of
            each cell of a grid whose cells have that stride.
    """
    sizes, centers = boxes[:, None, 2:] - boxes[:, None, :2], (boxes[:, None, 2:] + boxes[:, None, :2]) / 2
    shapes, strides = anchors[None, :, :2], anchors[None, :, 2:]
    offsets = np.abs(centers / strides % 1 - 0.5) * strides  # to the nearest cell's middle
    overlaps = np.minimum((sizes + shapes) / 2 - offsets, np.minimum(sizes, shapes))
    common = np.maximum(overlaps, 0).prod(axis=-1)
    iou = common / (sizes.prod(axis=-1) + shapes.prod(axis=-1) - common)
    return float(iou.max(axis=1).mean())


def cluster_sizes(sizes: np.ndarray, count: int, rounds: int = 100) -> np.ndarray:
    """Find the k sizes that boxes gather around, by k-means with the distance 1 - IoU.

    It starts from boxes spread evenly over the areas and then the proportions, so that nothing is drawn.

    Args:
        sizes: float64 [N, 2], height and width, N >= 1.
        count: k; fewer where there are fewer different boxes.
        rounds: At most.

    Returns:
        float64 [k, 2], by area, then proportion.
    """
    ordered = _by_area(np.unique(sizes, axis=0))
    centers = ordered[_spread(len(ordered), count)]
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
    """Give the anchors of a feature pyramid, as Model Garden lays them: float64 [A, 3], as for :func:`mean_best_iou`.

    Args:
        image_size: Side of the image, px.
        levels: Level l has cells of 2**l px.
        anchor_size: Side of a level's smallest anchors, in cells.
        aspect_ratios: Width / height.
        scales: Anchors an octave.
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
    """Fit the anchors of a feature pyramid: proportions by k-means over the boxes' shapes, then the side by search.

    Args:
        boxes: float64 [N, 4], yxyx, normalised, N >= 1.
        image_size: As for :func:`pyramid_anchors`.
        levels: Likewise.
        ratios: How many aspect ratios.
        scales: As for :func:`pyramid_anchors`.

    Returns:
        "anchor_size" and "aspect_ratios", ascending.
    """
    sizes = boxes[:, 2:] - boxes[:, :2]
    clusters = cluster_sizes(sizes / np.sqrt(sizes.prod(axis=1, keepdims=True)), ratios)
    clusters = np.concatenate(
        [clusters, np.ones([ratios - len(clusters), 2])]
    )  # squares, where shapes are fewer
    aspect_ratios = sorted(round(float(width / height), 3) for height, width in clusters)
    fits = [
        mean_best_iou(boxes, pyramid_anchors(image_size, levels, cells, aspect_ratios, scales))
        for cells in CELLS
    ]
    return {"anchor_size": round(float(CELLS[np.argmax(fits)]), 3), "aspect_ratios": aspect_ratios}


def fit_default_boxes(boxes: np.ndarray, grids: Sequence[int]) -> dict[str, float]:
    """Fit the scales of SSD's default boxes, whose proportions are fixed, by search.

    Args:
        boxes: float64 [N, 4], yxyx, normalised, N >= 1.
        grids: Side of each feature map, in cells, finest first.

    Returns:
        "min_scale" and "max_scale".
    """
    pairs = [(float(low), float(high)) for low in SHARES for high in SHARES if low < high]
    fits = [mean_best_iou(boxes, default_anchors(grids, low, high)) for low, high in pairs]
    low, high = pairs[int(np.argmax(fits))]
    return {"min_scale": low, "max_scale": high}


def _by_area(sizes: np.ndarray) -> np.ndarray:
    return sizes[np.lexsort((sizes[:, 1] / sizes[:, 0], sizes.prod(axis=1)))]


def _spread(count: int, wanted: int) -> np.ndarray:
    """Give the indices of at most ``wanted`` of ``count`` things, in the middles of equal stretches."""
    wanted = min(wanted, count)
    return ((np.arange(wanted) + 0.5) * count / wanted).astype(int)
