"""The default boxes of SSD (Liu et al. 2016, sections 2.2 and 3.1)."""

import math
from collections.abc import Sequence

import numpy as np

FEW_RATIOS = (1.0, 2.0, 1 / 2)
ALL_RATIOS = (1.0, 2.0, 1 / 2, 3.0, 1 / 3)


def level_scales(levels: int, min_scale: float, max_scale: float) -> list[float]:
    """Give the scale of each feature level and one beyond the last, as shares of the image's side.

    Section 2.2, equation 4, spaces the scales evenly from ``min_scale`` to ``max_scale``; section 3.1 sets
    the first level (conv4_3 there) apart at half of ``min_scale`` and counts the others from there.

    Args:
        levels: L >= 3.

    Returns:
        L + 1 scales, ascending; the last serves only the geometric mean of the last level.
    """
    step = (max_scale - min_scale) / (levels - 2)
    return [min_scale / 2] + [min_scale + step * k for k in range(levels)]


def level_ratios(levels: int) -> list[tuple[float, ...]]:
    """Give each level's aspect ratios: without 3 and 1/3 on the first and the last two (section 3.1)."""
    return [ALL_RATIOS if 0 < level < levels - 2 else FEW_RATIOS for level in range(levels)]


def boxes_per_cell(levels: int) -> list[int]:
    """Count the default boxes of one cell, a level: one a ratio and one more of ratio 1."""
    return [len(ratios) + 1 for ratios in level_ratios(levels)]


def default_boxes(grids: Sequence[tuple[int, int]], min_scale: float, max_scale: float) -> np.ndarray:
    """Lay the default boxes over an image, level by level, row by row, cell by cell.

    Args:
        grids: Height and width of each feature map, finest first, in cells.
        min_scale: The second level's scale, a share of the image's side.
        max_scale: The last level's.

    Returns:
        float32 [A, 4], yxyx, normalised; those at the rim reach outside [0, 1].
    """
    scales = level_scales(len(grids), min_scale, max_scale)
    boxes = [
        _lay(grid, _cell_sizes(scale, following, ratios))
        for grid, scale, following, ratios in zip(
            grids, scales, scales[1:], level_ratios(len(grids)), strict=False
        )
    ]
    return np.concatenate(boxes).astype(np.float32)


def default_anchors(grids: Sequence[int], min_scale: float, max_scale: float) -> np.ndarray:
    """Give the default boxes of one cell of each level: float64 [A, 3], height, width and stride, shares of the side.

    Args:
        grids: Side of each feature map, finest first, in cells.
        min_scale: As for :func:`default_boxes`.
        max_scale: Likewise.
    """
    scales, ratios = level_scales(len(grids), min_scale, max_scale), level_ratios(len(grids))
    levels = zip(grids, scales[:-1], scales[1:], ratios, strict=True)
    return np.array(
        [
            (height, width, 1 / cells)
            for cells, scale, following, some in levels
            for height, width in _cell_sizes(scale, following, some)
        ]
    )


def _cell_sizes(scale: float, following: float, ratios: Sequence[float]) -> list[tuple[float, float]]:
    """Give the (height, width) of one cell's boxes: the ratios', then the square of scale sqrt(s_k s_k+1)."""
    extra = math.sqrt(scale * following)
    return [(scale / math.sqrt(ratio), scale * math.sqrt(ratio)) for ratio in ratios] + [(extra, extra)]


def _lay(grid: tuple[int, int], sizes: Sequence[tuple[float, float]]) -> np.ndarray:
    rows, columns = grid
    y, x = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
    centers = np.stack([y, x], axis=-1).reshape(-1, 1, 2)
    halves = np.asarray(sizes).reshape(1, -1, 2) / 2
    return np.concatenate([centers - halves, centers + halves], axis=-1).reshape(-1, 4)
