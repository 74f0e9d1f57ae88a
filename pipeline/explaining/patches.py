"""The patches of images that excite a channel most: its receptive fields there (Zeiler and Fergus 2014)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tf_keras

UNKNOWN_FIELD = 4
"""Side of the patch, in strides, if the receptive field is not known."""


class Patch(NamedTuple):
    """A part of an image.

    Attributes:
        value: The activation in its middle.
        pixels: uint8 [H, W, 3], RGB.
    """

    value: float
    pixels: np.ndarray


def strongest_patches(
    model: tf_keras.Model,
    batches: Iterable[np.ndarray],
    channels: Mapping[str, Sequence[int]],
    fields: Mapping[str, tuple[int, int]],
    *,
    count: int,
) -> dict[tuple[str, int], list[Patch]]:
    """Return the patches with the greatest activations, at most one of each image.

    Args:
        model: The model that :func:`pipeline.explaining.feature_maps.layer_outputs` returned.
        batches: float32 [B, S, S, 3], RGB in [0, 255].
        channels: Layer -> the channels to look at.
        fields: Layer -> its receptive field, 0 if it is not known, and its stride, px.
        count: The number of patches of a channel.

    Returns:
        Layer and channel -> patches, by descending activation.
    """
    found: dict[tuple[str, int], list[Patch]] = {
        (layer, channel): [] for layer, chosen in channels.items() for channel in chosen
    }
    for images in batches:
        outputs = {name: value.numpy() for name, value in model(images, training=False).items()}
        for (layer, channel), patches in found.items():
            for image, values in zip(images, outputs[layer][..., channel], strict=True):
                place = np.unravel_index(values.argmax(), values.shape)
                best = float(values[place])
                if len(patches) < count or best > patches[-1].value:
                    patches.append(Patch(best, field_of(image, place, *fields[layer])))
                    patches.sort(key=lambda patch: -patch.value)
                    del patches[count:]
    return found


def field_of(image: np.ndarray, place: Sequence[np.integer], field: int, stride: int) -> np.ndarray:
    """Cut the receptive field of a cell out of an image.

    Args:
        image: float32 [S, S, 3], in [0, 255].
        place: Row and column of the cell.
        field: Side of the receptive field, px; 0 if it is not known.
        stride: Stride of the cells, px.

    Returns:
        uint8 [H, W, 3], the part of the field within the image.
    """
    half = (field or UNKNOWN_FIELD * stride) / 2.0
    size = image.shape[0]
    middles = [(int(cell) + 0.5) * stride for cell in place]
    (top, bottom), (left, right) = (
        (int(max(middle - half, 0)), int(min(max(middle + half, 1), size))) for middle in middles
    )
    return np.round(image[min(top, size - 1) : bottom, min(left, size - 1) : right]).astype(np.uint8)
