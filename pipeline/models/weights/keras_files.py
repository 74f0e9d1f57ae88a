"""Loading the weights of a backbone from a Keras file or a Model Garden checkpoint."""

import logging
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import h5py
import tf_keras

from pipeline.errors import PipelineError, one_line
from pipeline.models.upstream import hdf5_format, to_snake_case
from pipeline.models.weights.garden_checkpoint import restore

Shapes = list[tuple[int, ...]]
"""The shape of each weight of one layer."""

logger = logging.getLogger(__name__)


def load_weights(backbone: tf_keras.Model, path: Path) -> None:
    """Load the weights of a backbone from a file or a folder.

    Args:
        backbone: A model that :func:`pipeline.models.backbones.registry.build_backbone` returned.
        path: A weights file of Keras 2 without the classification layer, in the format ``.h5`` or ``.weights.h5``; or
            the folder of a Model Garden checkpoint of a classifier or a detector.

    Raises:
        PipelineError: The file does not exist, is not a weights file, or belongs to another network. In the last case,
            the message names the first layer that differs.
    """
    if path.is_dir():
        logger.info("%s: %s", path, restore({"backbone": backbone}, path))
        return
    if not path.is_file():
        raise PipelineError(f"weights file {path}: not found; set zoo.file to a weights file")
    try:
        with h5py.File(path, "r") as file:
            # A file of a whole model stores its weights in the group "model_weights".
            group = file.get("model_weights", file)
            if "layer_names" in group.attrs or "layer_names0" in group.attrs:
                hdf5_format.load_weights_from_hdf5_group(group, backbone)
                return
        backbone.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise PipelineError(
            f"weights file {path} does not fit {backbone.name}: {_misfit(backbone, path) or one_line(error)}"
        ) from None


def _misfit(backbone: tf_keras.Model, path: Path) -> str | None:
    """Return the first difference between the shapes of a file and those of a backbone.

    Return None if the file is not an HDF5 file, or if all shapes are equal.
    """
    if not h5py.is_hdf5(path):
        return None
    layers = [layer for layer in backbone.layers if layer.weights]
    with h5py.File(path, "r") as file:
        group = file.get("model_weights", file)
        stored = _by_class(group["layers"], backbone) if "layers" in group else _by_order(group)
    counts = f"the file has {sum(map(bool, stored))} layers with weights, {backbone.name} needs {len(layers)}"
    for layer, file_shapes in zip_longest(layers, stored):
        if layer is None:
            return f"{counts}; give a file without the classification layer (include_top=False)"
        if not file_shapes:
            return f"{counts}; the first missing layer is {layer.name}"
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if file_shapes != shapes:
            has, needs = next(pair for pair in zip_longest(file_shapes, shapes) if pair[0] != pair[1])
            line = f"layer {layer.name}: the file has {has}, {backbone.name} needs {needs}"
            return line if len(stored) == len(layers) else f"{line}; {counts}"
    return None


def _by_order(group: h5py.Group) -> list[Shapes]:
    """Return the shapes of each layer with weights in the format ``.h5``, which stores the layers in order."""
    shapes = []
    for name in hdf5_format.load_attributes_from_hdf5_group(group, "layer_names"):
        weights = hdf5_format.load_attributes_from_hdf5_group(group[name], "weight_names")
        shapes.append([group[name][weight].shape for weight in weights])
    return [layer for layer in shapes if layer]


def _by_class(group: h5py.Group, backbone: tf_keras.Model) -> list[Shapes]:
    """Return the shapes of each layer of a backbone in the format ``.weights.h5``; no shapes for a missing layer.

    This format names a layer by its class and its index among the layers of the class: "conv2d", "conv2d_1", ...
    """
    seen: Counter[str] = Counter()
    shapes = []
    for layer in backbone.layers:
        kind = to_snake_case(layer.__class__.__name__)
        key = f"{kind}_{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
        if layer.weights:
            shapes.append([weight.shape for weight in group.get(f"{key}/vars", {}).values()])
    return shapes
