"""The weights that belong to single classes, moved from a model to one with other classes."""

import re
from collections.abc import Sequence

import numpy as np


def equal_names(classes: Sequence[str], earlier: Sequence[str]) -> list[tuple[int, int]]:
    """Return which classes two models share: pairs of the index in ``classes`` and the index in ``earlier``.

    The same name is preferred to one that differs in case, or in blanks, underscores and hyphens.
    """
    exact = {name: index for index, name in reversed(list(enumerate(earlier)))}
    plain = {_plain(name): index for index, name in reversed(list(enumerate(earlier)))}
    found = [exact.get(name, plain.get(_plain(name))) for name in classes]
    return [(index, other) for index, other in enumerate(found) if other is not None]


def with_kept_rows(
    value: np.ndarray,
    given: np.ndarray,
    kept: Sequence[tuple[int, int]],
    *,
    rows: int,
    given_rows: int,
    before: int = 0,
    width: int = 1,
) -> np.ndarray | None:
    """Return weights of a class layer with the rows of some classes taken from another model.

    Args:
        value: Float [..., before + A * rows * width], the weights or biases of the layer; A is the number of anchors.
        given: Float [..., before + A * given_rows * width], those of the other model.
        kept: Pairs of a row in ``value`` and the row in ``given`` that it takes.
        rows: Number of rows of ``value``: one for each class and, if the layer has it, one for the background.
        given_rows: The same of ``given``.
        before: Number of channels before those of the classes, which are taken as they are.
        width: Number of channels of each row.

    Returns:
        An array like ``value``, or None if the shapes are not as described.
    """
    anchors, rest = divmod(given.shape[-1] - before, given_rows * width)
    if rest or value.shape != (*given.shape[:-1], before + anchors * rows * width):
        return None
    ours = value[..., before:].reshape(*value.shape[:-1], anchors, rows, width).copy()
    theirs = given[..., before:].reshape(*value.shape[:-1], anchors, given_rows, width)
    for row, from_row in kept:
        ours[..., row, :] = theirs[..., from_row, :]
    return np.concatenate([given[..., :before], ours.reshape(*value.shape[:-1], -1)], axis=-1)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).lower()
