"""Merges the detections of the tiles of a picture with those of the whole picture.

The border of a tile cuts objects, so that a tile may see a fragment of an object that another tile sees whole. The IoU
of the two is low, so that suppression alone keeps both. Three steps leave one:

1. A fragment that lies inside another tile is dropped, because that tile sees more of the object, and judges it better.
2. A fragment is dropped if another box of its class covers most of it, unless the score of that box is far lower. Two
   fragments become one box if they are equal in the part of the picture that both tiles see.
3. The suppression of the export drops what several tiles see whole.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from pipeline.datasets.converted.tile_grid import Window
from pipeline.ops.mask_pasting import paste_mask
from pipeline.ops.nms import Suppression, suppress
from pipeline.params.export import Export
from pipeline.serving.near_boxes import NearBoxes
from pipeline.serving.prediction import Prediction

COVERED = 0.5
"""The share of a fragment that a box covers, from which on the fragment is a part of that box."""

LEAST_SCORE = 0.5
"""A box has at least this share of a fragment's score if it takes its place, and so does a fragment that is joined."""


class _Candidates(NamedTuple):
    """The detections of all tiles and of the whole picture; see :class:`pipeline.serving.prediction.Prediction`.

    Attributes:
        boxes: float32 [N, 4], yxyx, px of the picture.
        seen: float32 [N, 4], yxyx, px: the part of the picture in which each was found.
        cut: bool [N], whether the border of that part cuts the object.
    """

    boxes: np.ndarray
    scores: np.ndarray
    classes: np.ndarray
    masks: np.ndarray | None
    keypoints: np.ndarray | None
    seen: np.ndarray
    cut: np.ndarray

    def rows(self, which: np.ndarray) -> "_Candidates":
        """Return some of the candidates, by a mask or by indices."""
        return _Candidates(
            boxes=self.boxes[which],
            scores=self.scores[which],
            classes=self.classes[which],
            masks=None if self.masks is None else self.masks[which],
            keypoints=None if self.keypoints is None else self.keypoints[which],
            seen=self.seen[which],
            cut=self.cut[which],
        )


def merge(
    whole: Prediction, tiles: Sequence[tuple[Window, Prediction]], export: Export, reach: float
) -> Prediction:
    """Merge the detections of a picture's tiles with those of the whole picture.

    Args:
        whole: The detections of the whole picture.
        tiles: Each tile with its detections, whose boxes and keypoints are in px of the tile.
        export: The suppression of the exported detector. Its ``max_detections`` limits a tile, not the picture.
        reach: A box that ends so near to the border of a tile counts as cut by it, px of the picture.

    Returns:
        The detections of the picture, by descending score.
    """
    height, width = whole.size_px
    parts = [(Window(0, 0, height, width), whole), *tiles]
    candidates = _candidates(parts, reach)
    inside = _lies_inside_another(candidates, np.array([window for window, _ in tiles], np.float32), reach)
    candidates = candidates.rows(~inside)
    joined = candidates.rows(_join_fragments(candidates, export))
    kept, scores = _suppressed(joined, whole.size_px, export)
    found = joined.rows(kept)
    return Prediction(whole.size_px, found.boxes, scores, found.classes, found.masks, found.keypoints)


def _candidates(parts: Sequence[tuple[Window, Prediction]], reach: float) -> _Candidates:
    """Return all detections, moved to their places in the picture, which is the first of the parts."""
    (picture, whole), counts = parts[0], [len(found.scores) for _, found in parts]
    seen = np.repeat(np.array([window for window, _ in parts], np.float32), counts, axis=0)
    corners = np.tile(seen[:, :2], 2)
    boxes = np.concatenate([found.boxes for _, found in parts]) + corners
    boxes = np.clip(boxes, 0, np.array(picture[2:] * 2, np.float32))
    masks = keypoints = None
    if whole.masks is not None:
        masks = np.concatenate([found.masks for _, found in parts if found.masks is not None])
    if whole.keypoints is not None:
        keypoints = np.concatenate([found.keypoints for _, found in parts if found.keypoints is not None])
        keypoints[..., :2] += seen[:, None, 1::-1]
    return _Candidates(
        boxes=boxes,
        scores=np.concatenate([found.scores for _, found in parts]),
        classes=np.concatenate([found.classes for _, found in parts]),
        masks=masks,
        keypoints=keypoints,
        seen=seen,
        cut=(_ends_near(boxes, seen, reach) & _is_inner(seen, picture)).any(axis=1),
    )


def _ends_near(boxes: np.ndarray, seen: np.ndarray, reach: float) -> np.ndarray:
    """Return which sides of the boxes end at the sides of what was seen or beyond: bool [N, 4]."""
    return np.concatenate([boxes[:, :2] - seen[:, :2] <= reach, seen[:, 2:] - boxes[:, 2:] <= reach], axis=1)


def _is_inner(seen: np.ndarray, picture: Window) -> np.ndarray:
    """Return which sides of windows are not sides of the picture, and so may cut an object: bool [N, 4]."""
    return seen != np.array(picture, np.float32)


def _lies_inside_another(candidates: _Candidates, tiles: np.ndarray, reach: float) -> np.ndarray:
    """Return which candidates are fragments that lie in the inner of another tile: bool [N].

    Args:
        tiles: float32 [T, 4], yxyx, px. Their outermost sides are those of the picture.
    """
    fragments = np.flatnonzero(candidates.cut)
    picture = Window(0, 0, *(int(side) for side in tiles[:, 2:].max(axis=0)))
    inside = np.zeros(len(candidates.scores), bool)
    for tile in tiles:
        seen = np.tile(tile, (len(fragments), 1))
        boxes = candidates.boxes[fragments]
        near = _ends_near(boxes, seen, reach) & _is_inner(seen, picture)
        inside[fragments] |= ~near.any(axis=1)
    return inside


def _join_fragments(candidates: _Candidates, export: Export) -> np.ndarray:
    """Drop fragments that others cover and join those of one object, in place; return the indices of what is left."""
    settled = ~candidates.cut
    fragments = sorted(np.flatnonzero(candidates.cut).tolist(), key=lambda index: candidates.scores[index])
    grid = NearBoxes(float(_sides(candidates.seen).min(initial=np.inf)))
    for index in np.flatnonzero(settled).tolist():
        grid.add(index, candidates.boxes[index])
    while fragments:
        fragment = fragments.pop()
        near = grid.near(candidates.boxes[fragment])
        others = _comparable(candidates, fragment, near[settled[near]], export)
        shares = _covered_share(candidates.boxes[fragment], candidates.boxes[others])
        covering = others[shares > COVERED]
        if not candidates.cut[covering].all():
            continue  # it is a part of a whole object
        same = _same_object(candidates, fragment, others[candidates.cut[others]], export)
        if same is not None:
            _unite(candidates, same, fragment)
            settled[same] = False
            fragments.append(same)  # a third fragment may be the same as the two together
        elif not len(covering):
            settled[fragment] = True
            grid.add(fragment, candidates.boxes[fragment])
    return np.flatnonzero(settled)


def _sides(boxes: np.ndarray) -> np.ndarray:
    """Return heights and widths of boxes, float32 [N, 2], px."""
    return boxes[:, 2:] - boxes[:, :2]


def _comparable(candidates: _Candidates, fragment: int, others: np.ndarray, export: Export) -> np.ndarray:
    """Return which of the other candidates, given by indices, may be the object that a fragment is part of."""
    likely = candidates.scores[others] >= LEAST_SCORE * candidates.scores[fragment]
    if export.nms_per_class:
        likely &= candidates.classes[others] == candidates.classes[fragment]
    return others[likely]


def _covered_share(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the share of a box, float32 [4], yxyx, that each of the others, float32 [N, 4], covers: float32 [N]."""
    return _shared_area(box[None], others) / max((box[2:] - box[:2]).prod(), 1e-9)


def _shared_area(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the areas that boxes have in common, float32 [N], px²."""
    common = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2])
    return common.clip(0).prod(axis=1)


def _same_object(candidates: _Candidates, fragment: int, others: np.ndarray, export: Export) -> int | None:
    """Return the fragment that is most likely of the same object as another one; None if none is.

    Two boxes are compared in the part of the picture that both were seen in.

    Args:
        others: The indices of the fragments that may be.
    """
    if not len(others):
        return None
    low = np.maximum(candidates.seen[others, :2], candidates.seen[fragment, :2])
    high = np.minimum(candidates.seen[others, 2:], candidates.seen[fragment, 2:])
    first, second = (
        np.concatenate([np.clip(boxes[:, :2], low, high), np.clip(boxes[:, 2:], low, high)], axis=1)
        for boxes in (candidates.boxes[others], candidates.boxes[[fragment]])
    )
    shared = _shared_area(first, second)
    areas = [_sides(boxes).clip(0).prod(axis=1) for boxes in (first, second)]
    overlap = shared / np.maximum(areas[0] + areas[1] - shared, 1e-9)
    best = int(overlap.argmax())
    return int(others[best]) if overlap[best] > export.nms_iou else None


def _unite(candidates: _Candidates, into: int, other: int) -> None:
    """Make one candidate the object of which two fragments were seen, in place."""
    pair = [into, other]
    box = _enclosing(candidates.boxes[pair])
    if candidates.masks is not None:
        masks = [_mask_in(candidates.masks[number], candidates.boxes[number], box) for number in pair]
        candidates.masks[into] = np.maximum(*masks)
    if candidates.keypoints is not None:
        points = candidates.keypoints[pair]
        surer = points[..., 2].argmax(axis=0)
        candidates.keypoints[into] = points[surer, np.arange(points.shape[1])]
    candidates.boxes[into] = box
    candidates.seen[into] = _enclosing(candidates.seen[pair])
    candidates.scores[into] = candidates.scores[pair].max()


def _enclosing(boxes: np.ndarray) -> np.ndarray:
    """Return the smallest box that encloses boxes, float32 [N, 4], yxyx."""
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _mask_in(mask: np.ndarray, box: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """Return a mask, float32 [M, M], which covers its box, as one that covers a larger box, of 0 and 1."""
    cells = len(mask) / np.maximum(outer[2:] - outer[:2], 1e-9)
    place = (box - np.tile(outer[:2], 2)) * np.tile(cells, 2)
    return paste_mask(mask, place, *mask.shape, threshold=0.5).astype(np.float32)


def _suppressed(
    candidates: _Candidates, size_px: tuple[int, int], export: Export
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the candidates that the suppression keeps, int [D], and their scores, float32 [D]."""
    count = len(candidates.scores)
    if not count:
        return np.empty(0, int), np.empty(0, np.float32)
    boxes = candidates.boxes / np.array(size_px * 2, np.float32)
    scores = np.zeros((count, candidates.classes.max()), np.float32)
    scores[np.arange(count), candidates.classes - 1] = candidates.scores
    suppression = Suppression(**export.model_dump())._replace(max_detections=count)
    kept = suppress(tf.constant(boxes[None, :, None]), tf.constant(scores[None]), suppression)
    # Suppression returns boxes, not their places. Of equal boxes of one class, it keeps that of the highest score.
    order = np.argsort(candidates.scores, kind="stable")
    places = {(*boxes[index].tolist(), int(candidates.classes[index])): int(index) for index in order}
    rows = range(int(kept["num_detections"][0]))
    found, classes = kept["boxes"][0].numpy().tolist(), kept["classes"][0].numpy().tolist()
    indices = [places[(*found[row], classes[row])] for row in rows]
    return np.array(indices, int), kept["scores"][0].numpy()[: len(indices)]
