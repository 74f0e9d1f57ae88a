"""The search for images that are in the dataset twice: copies are left out, and near-duplicates share a split.

An image of the test or of val that is in train as well makes the scores too good. So images that look alike, the
images that look like these in turn, and the groups of all of them go to one split together, or stay where they are.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pipeline.datasets.checks.perceptual_hash import first_near, near_blocks
from pipeline.datasets.checks.rules import judged
from pipeline.datasets.table.faults import Action, Fault
from pipeline.datasets.table.splits import HELD_OUT_FIRST
from pipeline.params.convert import Checks

_TRAIN = HELD_OUT_FIRST.index("train")

_TOO_MANY = (
    "kept: more of the images look alike across splits than convert.checks.near_duplicate_max_moved; frames of films "
    "are split by film with convert.group_pattern, and without lists that part them"
)

_STRIP_ROWS = 256  # so many rows of a block of pairs become edges at once, at most 4 MiB

_EDGES = 2**14  # so many edges are collected before the sets at their ends are joined


class Leak(NamedTuple):
    """An image that is in the dataset twice, or looks like an image of another split.

    Attributes:
        row: The image.
        fault: What is wrong and what is done.
        split: The image's split from now on; "" if the image is left out.
    """

    row: int
    fault: Fault
    split: str


def copies(
    digests: np.ndarray,
    rows: np.ndarray,
    files: np.ndarray,
    splits: np.ndarray,
    annotations: Callable[[int], object],
    checks: Checks,
) -> list[Leak]:
    """Return the images that have the same bytes as an earlier image.

    Args:
        digests: uint8 [N, 32], digests of the files of all images.
        rows: int64 [M], the images that are fit to use. Of equal images the first one stays.
        files: object [N], the names of the files.
        splits: object [N], the splits.
        annotations: Returns the annotations of a row. The fault says if those of a copy differ.
    """
    keys = digests[rows].view("S32").ravel()
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    leaks = []
    for row, original in zip(rows.tolist(), rows[first[number]].tolist(), strict=True):
        if row == original:
            continue
        alike = annotations(row) == annotations(original)
        detail = f"the same bytes as {files[original]}{'' if alike else ', but other annotations'}"
        fault = judged(
            Fault(None, "duplicate-image", detail, Action.KEEP), checks, dropping=Action.DROP_IMAGE
        )
        if fault.action is Action.DROP_IMAGE and splits[row] != splits[original]:
            how = f"image left out of {splits[row]}, kept in {splits[original]}"
            fault = fault._replace(how=how)
        leaks.append(Leak(row, fault, splits[row] if checks.duplicate_image == "keep" else ""))
    return leaks


class LookAlikes:
    """The near-duplicates: images that look like an image of another split."""

    def __init__(
        self, hashes: np.ndarray, groups: np.ndarray, files: np.ndarray, splits: np.ndarray, checks: Checks
    ) -> None:
        """Take M images.

        Args:
            hashes: uint8 [M, 32], perceptual hashes; all 0 for an image that looks like no other.
            groups: int64 [M], equal for the images of one group.
            files: object [M], the names of the files.
            splits: object [M], the splits.
        """
        self._hashes, self._groups, self._files, self._checks = hashes, groups, files, checks
        self._ranks = np.array([HELD_OUT_FIRST.index(split) for split in splits], np.int64)
        self._hashed = np.flatnonzero(hashes.any(axis=1))

    def leaks(self) -> list[Leak]:
        """Return the near-duplicates. ``row`` counts the M images."""
        return self._move() if self._checks.near_duplicate == "repair" else self._list()

    def _list(self) -> list[Leak]:
        """List the images that look like an image of a split that is held out before theirs.

        By the rule "drop" such an image is left out, and so no image of the next split is compared with it.
        """
        dropping = self._checks.near_duplicate == "drop"
        leaks: list[Leak] = []
        held_out = self._hashed[self._ranks[self._hashed] == 0]
        for rank, split in list(enumerate(HELD_OUT_FIRST))[1:]:
            rows = self._hashed[self._ranks[self._hashed] == rank]
            like = first_near(self._hashes, rows, held_out, self._checks.near_duplicate_bits)
            for row, other in zip(rows[like >= 0].tolist(), like[like >= 0].tolist(), strict=True):
                fault = judged(
                    Fault(None, "near-duplicate", self._looks_like(other), Action.KEEP),
                    self._checks,
                    dropping=Action.DROP_IMAGE,
                )
                if dropping:
                    fault = fault._replace(how=f"image left out of {split}")
                leaks.append(Leak(row, fault, "" if dropping else split))
            held_out = np.concatenate([held_out, rows[like < 0] if dropping else rows])
        return leaks

    def _move(self) -> list[Leak]:
        """Move the images that belong together to one split. The sets with the fewest moves come first."""
        together, like = self._sets()
        count = together.max(initial=-1) + 1
        target = np.full(count, _TRAIN)
        np.minimum.at(target, together, self._ranks)
        moving = np.flatnonzero(self._ranks > target[together])
        moves = np.bincount(together[moving], minlength=count)
        order = np.argsort(moves, kind="stable")
        moved = np.zeros(count, bool)
        moved[order] = moves[order].cumsum() <= self._checks.near_duplicate_max_moved * len(self._files)
        leaks = []
        for row in moving.tolist():
            split, wanted = (HELD_OUT_FIRST[rank] for rank in (self._ranks[row], target[together[row]]))
            fault = Fault(
                None, "near-duplicate", self._reason(row, like[row], wanted), Action.KEEP, _TOO_MANY
            )
            if moved[together[row]]:
                fault = fault._replace(action=Action.REPAIR, how=f"moved from {split} to {wanted}")
            leaks.append(Leak(row, fault, wanted if moved[together[row]] else split))
        return leaks

    def _sets(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the sets of images that belong together.

        The search begins with the images that are held out, and goes on with the images that it reaches. So images
        of train that look like each other alone are not compared.

        Returns:
            int64 [M], equal for images that belong together. int64 [M], the image that each image looks like, -1 for
            none: the first one of the split that is held out first.
        """
        # images of a group belong together as far as they are in one split
        together = np.unique(np.stack([self._groups, self._ranks]), axis=1, return_inverse=True)[1].ravel()
        like = np.full(len(self._files), -1, np.int64)
        foremost = self._hashed[np.argsort(self._ranks[self._hashed], kind="stable")]
        known = self._ranks < _TRAIN
        todo = known.copy()
        while todo.any():
            some = self._hashed[todo[self._hashed]]
            together, reached = self._join_near(together, like, some, foremost)
            in_sets = np.isin(together, together[reached])
            todo = in_sets & ~known
            known |= in_sets
        return together, like

    def _join_near(
        self, together: np.ndarray, like: np.ndarray, some: np.ndarray, others: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Join the sets of some images and of the others that they look like.

        Args:
            together: int64 [M], equal for images of one set.
            like: int64 [M], the image that each image looks like. The entries of ``some`` are filled in.
            some: int64 [S], images.
            others: int64 [O], images. The first ones are preferred in ``like``.

        Returns:
            int64 [M], ``together`` with the joined sets. bool [M], the others that look like one of ``some``.
        """
        reached = np.zeros(len(together), bool)
        edges, count = [], 0
        for left, right, near in near_blocks(self._hashes, some, others, self._checks.near_duplicate_bits):
            if not near.any():
                continue
            new = near.any(axis=1) & (like[left] < 0)
            like[left[new]] = right[near[new].argmax(axis=1)]
            reached[right] |= near.any(axis=0)
            apart = near & (together[left][:, None] != together[right])
            edges.append(_edges(left, right, apart))
            count += edges[-1].shape[1]
            if count > _EDGES:
                together = _joined(together, np.concatenate(edges, axis=1))
                edges, count = [], 0
        return (_joined(together, np.concatenate(edges, axis=1)) if edges else together), reached

    def _reason(self, row: int, other: int, target: str) -> str:
        if other < 0:
            return f"in one group with one that looks like one of {target}"
        chained = ", and so do others of another split" if self._ranks[other] == self._ranks[row] else ""
        return self._looks_like(other) + chained

    def _looks_like(self, other: int) -> str:
        return f"looks like {self._files[other]} of {HELD_OUT_FIRST[self._ranks[other]]}"


def _edges(left: np.ndarray, right: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return few edges that connect the images of a block as its near pairs do.

    In a block of a film all pairs may be near. So the pairs of each strip of rows are replaced by stars: each
    image of a connected component gets one edge to the component's first image.

    Args:
        left: int64 [R], images.
        right: int64 [C], images.
        near: bool [R, C].

    Returns:
        int64 [2, E], images. A strip gives at most R + C edges.
    """
    nodes = np.concatenate([left, right])
    edges = []
    for start in range(0, len(left), _STRIP_ROWS):
        first, second = np.nonzero(near[start : start + _STRIP_ROWS])
        first, second = first + start, second + len(left)
        if len(first) > len(nodes):
            first, second = np.arange(len(nodes)), _first_of_components(len(nodes), first, second)
            first, second = first[first != second], second[first != second]
        edges.append(np.stack([nodes[first], nodes[second]]))
    return np.concatenate(edges, axis=1)


def _joined(together: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return ``together`` with the sets at the two ends of each edge joined.

    Args:
        together: int64 [M], the number of each image's set.
        edges: int64 [2, E], images.

    Returns:
        int64 [M]. A joined set has the lowest of its sets' numbers.
    """
    first, second = together[edges]
    return _first_of_components(together.max() + 1, first, second)[together]


def _first_of_components(count: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return int64 [count]: for each node of a graph the first node of its connected component.

    Args:
        first: int64 [E], one end of each edge.
        second: int64 [E], the other end.
    """
    from scipy.sparse import coo_array  # takes 18 MB, which the worker processes do not need
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(count, count))
    components = connected_components(graph, directed=False)[1]
    _, firsts = np.unique(components, return_index=True)
    return firsts[components]
