"""The keypoints of a detector's training: their layout, and what augmentation does to them."""

import logging
import re
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.inputs.scene_augmentation import View
from pipeline.ops import boxes as box_ops
from pipeline.params.train import Train

logger = logging.getLogger(__name__)

_OTHER_SIDE = {"left": "right", "right": "left"}

_WORDS = re.compile(r"left|right|[A-Z]?[a-z]+|[A-Z]+|\d+", re.IGNORECASE)
"""The words of a name, of which "left" and "right" may be written together with others, as in ``lefteye``."""

IBUG_68 = (
    *range(16, -1, -1),  # the jaw
    *range(26, 16, -1),  # the brows
    *range(27, 31),  # the bridge of the nose
    *range(35, 30, -1),  # its lower edge
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # the eyes
    *range(54, 47, -1),  # the outer lips, upper and lower
    *range(59, 54, -1),
    *range(64, 59, -1),  # the inner lips
    *range(67, 64, -1),
)
"""The place of each of IBUG's 68 landmarks in a mirrored face (Sagonas et al. 2013, figure 1)."""


class KeypointLayout(NamedTuple):
    """The keypoints of an object.

    Attributes:
        number: N.
        mirrored: For each keypoint, the one whose place it takes in a mirrored image. None if that is not known; images
            must not be mirrored then.
    """

    number: int
    mirrored: tuple[int, ...] | None


def keypoint_layout(names: Sequence[str], pairs: Sequence[Sequence[str]] | None) -> KeypointLayout:
    """Return the layout of the keypoints.

    Args:
        names: The names of the N keypoints.
        pairs: Names of keypoints that change places in a mirrored image. None: those whose names differ by "left" and
            "right" only, and of 68 numbered ones those of IBUG's faces. The mirror image is not known if a name with a
            side has no counterpart.

    Raises:
        PipelineError: A pair has a name that is none of the keypoints'.
    """
    if pairs is None:
        return KeypointLayout(len(names), _recognised(names))
    places = {name: place for place, name in enumerate(names)}
    mirrored = list(range(len(names)))
    for one, other in pairs:
        for name in (one, other):
            if name not in places:
                raise PipelineError(
                    f"train.keypoints.mirrored names {name}, but the keypoints are {', '.join(names)[:300]}"
                )
        mirrored[places[one]], mirrored[places[other]] = places[other], places[one]
    return KeypointLayout(len(names), tuple(mirrored))


def layout_of_training(names: Sequence[str], train: Train) -> KeypointLayout:
    """Return the layout of the keypoints, and log that images are not mirrored if it is not known how."""
    mirrored = train.keypoints.mirrored
    layout = keypoint_layout(names, None if isinstance(mirrored, str) else mirrored)
    if train.augment.flip and layout.mirrored is None:
        logger.info(
            "images are not mirrored, because it is not known which keypoints change places; "
            "train.keypoints.mirrored can name them"
        )
    return layout


def _recognised(names: Sequence[str]) -> tuple[int, ...] | None:
    """Return the keypoint whose place each takes in a mirrored image; None if that is not known of all."""
    if len(names) == len(IBUG_68) and all(any(letter.isdigit() for letter in name) for name in names):
        return IBUG_68
    words = [tuple(_words(name)) for name in names]
    places = {name: place for place, name in enumerate(words)}
    mirrored = [places.get(tuple(_OTHER_SIDE.get(word, word) for word in name)) for name in words]
    if len(places) < len(names) or None in mirrored or mirrored == list(range(len(names))):
        return None
    return tuple(place for place in mirrored if place is not None)


def _words(name: str) -> list[str]:
    """Return the words of a name in lower case; a word of one letter l or r is a side too."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return [{"l": "left", "r": "right"}.get(word, word) for word in words]


def keypoints_in_view(keypoints: tf.Tensor, view: View, layout: KeypointLayout) -> tf.Tensor:
    """Transform the keypoints of the visible objects to the coordinates of a view. Those outside become absent.

    Args:
        keypoints: float32 [G, N, 3], y and x, normalised to the original image, and the code.
        view: The view of the image.
        layout: The layout of the keypoints. An image with an unknown mirror image was not mirrored.

    Returns:
        float32 [G', N, 3], normalised to the view.
    """
    kept = tf.gather(keypoints, view.kept)
    corners = tf.tile(tf.reshape(kept[..., :2], [-1, 2]), [1, 2])  # a point is a box without extent
    places = tf.reshape(box_ops.into_window(corners, view.window)[:, :2], tf.shape(kept[..., :2]))
    inside = tf.reduce_all((places >= 0.0) & (places <= 1.0), axis=-1, keepdims=True)
    moved = tf.concat([places, tf.where(inside, kept[..., 2:], 0.0)], axis=-1)
    if layout.mirrored is None:
        return moved
    y, x, code = tf.unstack(moved, axis=-1)
    flipped = tf.gather(tf.stack([y, 1.0 - x, code], axis=-1), layout.mirrored, axis=1)
    return tf.where(view.mirrored, flipped, moved)
