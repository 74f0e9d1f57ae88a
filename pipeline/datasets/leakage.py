"""Images that are in the dataset twice: copies are left out, and those that look alike share a split.

What the test, or val, has in common with training flatters it. So images that look alike, those that look like
them in turn, and the groups of all of them belong together, and go to one split as a whole or not at all.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.datasets.near_duplicates import near_pairs
from pipeline.datasets.splits import HELD_OUT_FIRST
from pipeline.params import Checks

_TRAIN = HELD_OUT_FIRST.index("train")
_TOO_MANY = (
    "kept: more of the images look alike across splits than convert.checks.near_duplicate_max_moved; if they are "
    "frames of films, see convert.group_pattern"
)


class Leak(NamedTuple):
    """An image that is there twice, or looks like one of another split.

    Attributes:
        row: Its number.
        detail: What it is like.
        action: What is done.
        split: Where it goes; "" for nowhere, as it is left out.
    """

    row: int
    detail: str
    action: str
    split: str


def copies(
    digests: np.ndarray, rows: np.ndarray, files: np.ndarray, splits: np.ndarray, checks: Checks
) -> list[Leak]:
    """Return the images that have the bytes of another, but for the first of each.

    Args:
        digests: uint8 [N, 32] of the files of all images.
        rows: int64 [M], the images that are fit to use, those whose split is to keep a copy first.
        files: object [N], their names.
        splits: object [N], their splits.
        checks: The rule.
    """
    keys = digests[rows].view("S32").ravel()
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    leaks = []
    for row, original in zip(rows.tolist(), rows[first[number]].tolist(), strict=True):
        if row == original:
            continue
        split, kept = splits[row], splits[original]
        where = f"image left out of {split}, kept in {kept}" if split != kept else "image left out"
        action = {"keep": "kept", "stop": "dataset refused"}.get(checks.duplicate_image, where)
        target = split if checks.duplicate_image == "keep" else ""
        leaks.append(Leak(row, f"the same bytes as {files[original]}", action, target))
    return leaks


class LookAlikes:
    """Which images look like one of another split, and what is done about them."""

    def __init__(
        self, hashes: np.ndarray, groups: np.ndarray, files: np.ndarray, splits: np.ndarray, checks: Checks
    ) -> None:
        """Take M images.

        Args:
            hashes: uint8 [M, 32], perceptual hashes; all 0 for an image that looks like none.
            groups: int64 [M], alike for the images of one group.
            files: object [M], their names.
            splits: object [M], their splits.
            checks: The rule and thresholds.
        """
        self._hashes, self._groups, self._files, self._checks = hashes, groups, files, checks
        self._ranks = np.array([HELD_OUT_FIRST.index(split) for split in splits], np.int64)
        self._hashed = np.flatnonzero(hashes.any(axis=1))

    def settle(self) -> list[Leak]:
        """Return what leaks; ``row`` counts the M images."""
        if self._checks.near_duplicate == "repair":
            return self._move()
        held_out = np.flatnonzero(self._ranks < _TRAIN)
        pairs = self._pairs(held_out)
        pairs = pairs[self._ranks[pairs[:, 0]] < self._ranks[pairs[:, 1]]]
        action = {"keep": "kept", "stop": "dataset refused"}.get(self._checks.near_duplicate, "")
        leaks: dict[int, Leak] = {}
        for other, row in pairs[np.lexsort((*pairs.T, self._ranks[pairs[:, 1]]))].tolist():
            if row not in leaks and not (other in leaks and not action):
                split = HELD_OUT_FIRST[self._ranks[row]]
                done = action or f"image left out of {split}"
                leaks[row] = Leak(row, self._looks_like(other), done, split if action else "")
        return list(leaks.values())

    def _pairs(self, rows: np.ndarray) -> np.ndarray:
        """Return int64 [P, 2], which of some images look like which."""
        found = near_pairs(
            self._hashes, np.intersect1d(rows, self._hashed), self._hashed, self._checks.near_duplicate_bits
        )
        return found[found[:, 0] != found[:, 1]]

    def _move(self) -> list[Leak]:
        """Move what belongs together to one split, the sets that are mended by the fewest moves first."""
        alike = self._chains()
        together = self._in_groups()
        links = np.concatenate([alike, together])
        graph = coo_array((np.ones(len(links), bool), links.T), shape=(len(self._files),) * 2)
        count, component = connected_components(graph, directed=False)
        target = np.full(count, _TRAIN)
        np.minimum.at(target, component, self._ranks)
        moving = np.flatnonzero(self._ranks > target[component])
        moves = np.bincount(component[moving], minlength=count)
        order = np.argsort(moves, kind="stable")
        settled = np.zeros(count, bool)
        settled[order] = moves[order].cumsum() <= self._checks.near_duplicate_max_moved * len(self._files)
        reasons = self._reasons(alike)
        leaks = []
        for row in moving.tolist():
            split, wanted = (HELD_OUT_FIRST[rank] for rank in (self._ranks[row], target[component[row]]))
            detail = reasons.get(row, f"in one group with one that looks like one of {wanted}")
            if settled[component[row]]:
                leaks.append(Leak(row, detail, f"moved from {split} to {wanted}", wanted))
            else:
                leaks.append(Leak(row, detail, _TOO_MANY, split))
        return leaks

    def _chains(self) -> np.ndarray:
        """Return the pairs that look alike, of which one is held out, or is drawn along by such a one."""
        known = self._ranks < _TRAIN
        found, todo = [np.zeros((0, 2), np.int64)], np.flatnonzero(known)
        while len(todo):
            pairs = self._pairs(todo)
            found.append(pairs)
            reached = np.isin(self._groups, self._groups[pairs[:, 1]]) & ~known
            known |= reached
            todo = np.flatnonzero(reached)
        return np.concatenate(found)

    def _in_groups(self) -> np.ndarray:
        """Return pairs that link the images of each group, as far as they are in one split already."""
        order = np.lexsort((self._ranks, self._groups))
        before, after = order[:-1], order[1:]
        same = (self._groups[before] == self._groups[after]) & (self._ranks[before] == self._ranks[after])
        return np.stack([before[same], after[same]], axis=1)

    def _reasons(self, alike: np.ndarray) -> dict[int, str]:
        """Say what each image looks like: one of the split that is held out first, of those the first."""
        both = np.concatenate([alike, alike[:, ::-1]])
        both = both[np.lexsort((both[:, 1], self._ranks[both[:, 1]], both[:, 0]))]
        rows, first = np.unique(both[:, 0], return_index=True)
        reasons = {}
        for row, other in zip(rows.tolist(), both[first, 1].tolist(), strict=True):
            chained = self._ranks[row] == self._ranks[other]
            reasons[row] = self._looks_like(other) + (
                ", and so do others of another split" if chained else ""
            )
        return reasons

    def _looks_like(self, other: int) -> str:
        return f"looks like {self._files[other]} of {HELD_OUT_FIRST[self._ranks[other]]}"
