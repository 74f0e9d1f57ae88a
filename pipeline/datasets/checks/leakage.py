"""Images that are in the dataset twice: copies are left out, and those that look alike share a split.

What the test, or val, has in common with training flatters it. So images that look alike, those that look like
them in turn, and the groups of all of them belong together, and go to one split as a whole or not at all.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pipeline.datasets.checks.perceptual_hash import first_near, near_blocks
from pipeline.datasets.table.splits import HELD_OUT_FIRST
from pipeline.params.convert import Checks

_TRAIN = HELD_OUT_FIRST.index("train")

_TOO_MANY = (
    "kept: more of the images look alike across splits than convert.checks.near_duplicate_max_moved; frames of films "
    "are split by film with convert.group_pattern, and without lists that part them"
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
    digests: np.ndarray,
    rows: np.ndarray,
    files: np.ndarray,
    splits: np.ndarray,
    annotations: Callable[[int], object],
    checks: Checks,
) -> list[Leak]:
    """Return the images that have the bytes of another, but for the first of each.

    Args:
        digests: uint8 [N, 32] of the files of all images.
        rows: int64 [M], the images that are fit to use, those whose split is to keep a copy first.
        files: object [N], their names.
        splits: object [N], their splits.
        annotations: Gives what an image's are, to be compared: a copy's that differ are said to.
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
        alike = annotations(row) == annotations(original)
        detail = f"the same bytes as {files[original]}{'' if alike else ', but other annotations'}"
        leaks.append(Leak(row, detail, action, target))
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
        return self._move() if self._checks.near_duplicate == "repair" else self._list()

    def _list(self) -> list[Leak]:
        """List what looks like an image that is held out, of train also like one of val, if that is not left out."""
        action = {"keep": "kept", "stop": "dataset refused"}.get(self._checks.near_duplicate, "")
        leaks: list[Leak] = []
        held_out = self._hashed[self._ranks[self._hashed] == 0]
        for rank, split in list(enumerate(HELD_OUT_FIRST))[1:]:
            rows = self._hashed[self._ranks[self._hashed] == rank]
            like = first_near(self._hashes, rows, held_out, self._checks.near_duplicate_bits)
            for row, other in zip(rows[like >= 0].tolist(), like[like >= 0].tolist(), strict=True):
                done = action or f"image left out of {split}"
                leaks.append(Leak(row, self._looks_like(other), done, split if action else ""))
            held_out = np.concatenate([held_out, rows if action else rows[like < 0]])
        return leaks

    def _move(self) -> list[Leak]:
        """Move what belongs together to one split, the sets that are mended by the fewest moves first."""
        together, like = self._chains()
        count = together.max(initial=-1) + 1
        target = np.full(count, _TRAIN)
        np.minimum.at(target, together, self._ranks)
        moving = np.flatnonzero(self._ranks > target[together])
        moves = np.bincount(together[moving], minlength=count)
        order = np.argsort(moves, kind="stable")
        settled = np.zeros(count, bool)
        settled[order] = moves[order].cumsum() <= self._checks.near_duplicate_max_moved * len(self._files)
        leaks = []
        for row in moving.tolist():
            split, wanted = (HELD_OUT_FIRST[rank] for rank in (self._ranks[row], target[together[row]]))
            detail = self._reason(row, like[row], wanted)
            if settled[together[row]]:
                leaks.append(Leak(row, detail, f"moved from {split} to {wanted}", wanted))
            else:
                leaks.append(Leak(row, detail, _TOO_MANY, split))
        return leaks

    def _chains(self) -> tuple[np.ndarray, np.ndarray]:
        """Find what belongs together, beginning with what looks like images that are held out.

        Returns:
            int64 [M], alike for images that belong together; int64 [M], what each looks like, -1 for none: one of the
            split that is held out first, of those the first.
        """
        # images of a group belong together as far as they are in one split already
        together = np.unique(np.stack([self._groups, self._ranks]), axis=1, return_inverse=True)[1].ravel()
        like = np.full(len(self._files), -1, np.int64)
        foremost = self._hashed[np.argsort(self._ranks[self._hashed], kind="stable")]
        known = self._ranks < _TRAIN
        todo = known.copy()
        while todo.any():
            some = self._hashed[todo[self._hashed]]
            reached = np.zeros(len(known), bool)
            blocks = near_blocks(self._hashes, some, foremost, self._checks.near_duplicate_bits)
            for left, right, near in blocks:
                new = near.any(axis=1) & (like[left] < 0)
                like[left[new]] = right[near[new].argmax(axis=1)]
                reached[right] |= near.any(axis=0)
                together = _joined(together, left, right, near)
            drawn = np.isin(together, together[reached])
            todo = drawn & ~known
            known |= drawn
        return together, like

    def _reason(self, row: int, other: int, target: str) -> str:
        if other < 0:
            return f"in one group with one that looks like one of {target}"
        chained = ", and so do others of another split" if self._ranks[other] == self._ranks[row] else ""
        return self._looks_like(other) + chained

    def _looks_like(self, other: int) -> str:
        return f"looks like {self._files[other]} of {HELD_OUT_FIRST[self._ranks[other]]}"


def _joined(together: np.ndarray, left: np.ndarray, right: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return ``together`` with the sets of near images made one.

    Each round links every set to one more that it is near to, so that a few rounds do, whatever the number of pairs.
    """
    while (apart := near & (together[left][:, None] != together[right])).any():
        some, others = apart.any(axis=1), apart.any(axis=0)
        ends = [
            np.stack([together[left[some]], together[right[apart[some].argmax(axis=1)]]], axis=1),
            np.stack([together[right[others]], together[left[apart[:, others].argmax(axis=0)]]], axis=1),
        ]
        together = _one_of_each(np.unique(np.concatenate(ends), axis=0), together.max() + 1)[together]
    return together


def _one_of_each(links: np.ndarray, count: int) -> np.ndarray:
    """Return int64 [count]: for each set the first one that links, int64 [L, 2], connect it with."""
    parents = list(range(count))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = number = parents[parents[number]]
        return number

    for first, second in links.tolist():
        low, high = sorted((root(first), root(second)))
        parents[high] = low
    return np.array([root(number) for number in range(count)], np.int64)
