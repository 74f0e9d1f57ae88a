"""Adaptive training sample selection, against the paper's algorithm written out in loops."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.ops.atss import CANDIDATES, select_samples

SIDES = (24.0, 48.0)


def grid(cells: int, stride: int) -> np.ndarray:
    places = (np.arange(cells, dtype=np.float32) + 0.5) * stride
    return np.stack(np.meshgrid(places, places, indexing="ij"), axis=-1).reshape(-1, 2)


LEVELS = [grid(8, 8), grid(4, 16)]


def iou(one: np.ndarray, other: np.ndarray) -> float:
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    common = np.prod(np.maximum(sides, 0))
    return float(common / (np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - common))


def algorithm_1(boxes: np.ndarray) -> list[tuple[float, int] | None]:
    """Return the IoU and the object of each cell, None for negative cells, one cell and one object at a time."""
    best: list[tuple[float, int] | None] = [None] * sum(map(len, LEVELS))
    for number, box in enumerate(boxes):
        candidates = {}
        start = 0
        for cells, side in zip(LEVELS, SIDES, strict=True):
            distances = np.linalg.norm(cells - (box[:2] + box[2:]) / 2, axis=1)
            for index in np.argsort(distances, kind="stable")[:CANDIDATES]:
                anchor = np.concatenate([cells[index] - side / 2, cells[index] + side / 2])
                candidates[start + int(index)] = iou(anchor, box)
            start += len(cells)
        threshold = np.mean(list(candidates.values())) + np.std(list(candidates.values()), ddof=1)
        for cell, overlap in candidates.items():
            center = np.concatenate(LEVELS)[cell]
            inside = (center > box[:2]).all() and (center < box[2:]).all()
            held = best[cell]
            if overlap >= threshold and inside and (held is None or overlap > held[0]):
                best[cell] = (overlap, number)
    return best


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_papers_algorithm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 40, (5, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(14, 24, (5, 2))], axis=1).astype(np.float32)
    matched, positive = select_samples([tf.constant(level) for level in LEVELS], SIDES, tf.constant(boxes))
    expected = algorithm_1(boxes)
    assert positive.numpy().tolist() == [cell is not None for cell in expected]
    assert [int(matched[i]) for i, cell in enumerate(expected) if cell] == [
        cell[1] for cell in expected if cell
    ]
    assert positive.numpy().any()


def test_an_object_that_is_smaller_than_a_cell_has_the_nearest_cell() -> None:
    levels = [tf.constant(level) for level in LEVELS]
    boxes = tf.constant([[17.0, 17.5, 19.0, 18.5], [40.5, 8.5, 41.5, 10.5]])
    matched, positive = select_samples(levels, SIDES, boxes)
    cells = np.flatnonzero(positive)
    np.testing.assert_array_equal(np.concatenate(LEVELS)[cells], [[20, 20], [44, 12]])
    np.testing.assert_array_equal(matched.numpy()[cells], [0, 1])


def test_an_image_without_objects_has_no_positive_cell() -> None:
    levels = [tf.constant(level) for level in LEVELS]
    _, positive = select_samples(levels, SIDES, tf.zeros([0, 4]))
    assert positive.shape == [80]
    assert not positive.numpy().any()


def test_in_a_graph_the_result_is_the_same() -> None:
    levels = [tf.constant(level) for level in LEVELS]
    box = tf.constant([[10.0, 12.0, 30.0, 44.0]])
    select = tf.function(lambda boxes: select_samples(levels, SIDES, boxes))
    for eager, graph in zip(select_samples(levels, SIDES, box), select(box), strict=True):
        np.testing.assert_array_equal(eager, graph)
