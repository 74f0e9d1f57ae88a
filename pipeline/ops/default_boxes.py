"""The default boxes of SSD (Liu et al. 2016, sections 2.2 and 3.1)."""

import math
from collections.abc import Sequence

import numpy as np

FEW_RATIOS = (1.0, 2.0, 1 / 2)
ALL_RATIOS = (1.0, 2.0, 1 / 2, 3.0, 1 / 3)


def level_scales(levels: int, min_scale: float, max_scale: float) -> list[float]:
    """Return the scale of each feature level and of one more beyond the last, as shares of the image's side.

    Section 2.2, equation 4, spaces the scales evenly from ``min_scale`` to ``max_scale``. Section 3.1 gives the first
    level (conv4_3 in the paper) half of ``min_scale``, so the even spacing starts at the second level.

    Args:
        levels: L >= 3.
        min_scale: Scale of the second level.
        max_scale: Scale of the last level.

    Returns:
        L + 1 scales, ascending. The last one serves only the extra square box of the last level.
    """
    step = (max_scale - min_scale) / (levels - 2)
    return [min_scale / 2] + [min_scale + step * k for k in range(levels)]


def level_ratios(levels: int) -> list[tuple[float, ...]]:
    """Return each level's aspect ratios. The first level and the last two lack 3 and 1/3 (section 3.1)."""
    return [ALL_RATIOS if 0 < level < levels - 2 else FEW_RATIOS for level in range(levels)]


def boxes_per_cell(levels: int) -> list[int]:
    """Return how many default boxes a cell has on each level: one for each ratio, and a second of ratio 1."""
    return [len(ratios) + 1 for ratios in level_ratios(levels)]


def default_boxes(grids: Sequence[tuple[int, int]], min_scale: float, max_scale: float) -> np.ndarray:
    """Return the default boxes of an image, ordered by level, row, column and box of the cell.

    Args:
        grids: Height and width of each feature map, finest first, in cells.
        min_scale: Scale of the second level, as a share of the image's side.
        max_scale: Scale of the last level, as a share of the image's side.

    Returns:
        float32 [A, 4], yxyx, normalised. Boxes at the border of the image reach outside [0, 1].
    """
    scales = level_scales(len(grids), min_scale, max_scale)
    boxes = [
        _boxes_on_grid(grid, _cell_sizes(scale, following, ratios))
        for grid, scale, following, ratios in zip(
            grids, scales, scales[1:], level_ratios(len(grids)), strict=False
        )
    ]
    return np.concatenate(boxes).astype(np.float32)


def default_anchors(grids: Sequence[int], min_scale: float, max_scale: float) -> np.ndarray:
    """Return the default boxes of one cell of each level, as :func:`pipeline.ops.anchors.mean_best_iou` takes them.

    Args:
        grids: Side of each feature map, finest first, in cells.
        min_scale: Scale of the second level, as a share of the image's side.
        max_scale: Scale of the last level, as a share of the image's side.

    Returns:
        float64 [A, 3], height, width and stride, as shares of the image's side.
    """
    scales, ratios = level_scales(len(grids), min_scale, max_scale), level_ratios(len(grids))
    levels = zip(grids, scales[:-1], scales[1:], ratios, strict=True)
    return np.array(
        [
            (height, width, 1 / cells)
            for cells, scale, following, level_ratio in levels
            for height, width in _cell_sizes(scale, following, level_ratio)
        ]
    )


def _cell_sizes(scale: float, following: float, ratios: Sequence[float]) -> list[tuple[float, float]]:
    """Return the height and width of one cell's boxes.

    There is one box for each ratio, then a square with the geometric mean of this and the following level's scale
    (section 2.2).
    """
    extra = math.sqrt(scale * following)
    return [(scale / math.sqrt(ratio), scale * math.sqrt(ratio)) for ratio in ratios] + [(extra, extra)]


def _boxes_on_grid(grid: tuple[int, int], sizes: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return boxes of all ``sizes`` on the center of every cell: float64 [A, 4], yxyx, normalised."""
    rows, columns = grid
    y, x = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
    centers = np.stack([y, x], axis=-1).reshape(-1, 1, 2)
    halves = np.asarray(sizes).reshape(1, -1, 2) / 2
    return np.concatenate([centers - halves, centers + halves], axis=-1).reshape(-1, 4)
