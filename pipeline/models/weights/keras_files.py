"""Weights of a backbone from a file, in either layout of Keras 2, and what does not fit, in one line."""

from collections import Counter
from itertools import zip_longest
from pathlib import Path

import h5py
import tf_keras

from pipeline.errors import PipelineError, one_line
from pipeline.models.upstream import hdf5_format, to_snake_case
from pipeline.models.weights.garden_checkpoint import restore

Shapes = list[tuple[int, ...]]


def load_weights(backbone: tf_keras.Model, path: Path) -> None:
    """Load weights from a file or a folder.

    Args:
        backbone: As :func:`pipeline.models.backbones.registry.build_backbone` gives it.
        path: A Keras weights file without top, in the official ``.h5`` layout or ``.weights.h5`` of a Keras 2 model; or
            the folder of a Model Garden checkpoint, of a classifier or a detector.

    Raises:
        PipelineError: there are no such weights, or they are of another network; the line says which layer disagrees.
    """
    if path.is_dir():
        print(f"{path}: {restore({'backbone': backbone}, path)}", flush=True)
        return
    if not path.is_file():
        raise PipelineError(f"weights file {path}: not found")
    try:
        with h5py.File(path, "r") as file:
            # files of whole models keep their weights one group deeper
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
    """Say where a file and a backbone first disagree; None if it is no HDF5 file, or their shapes are the same."""
    if not h5py.is_hdf5(path):
        return None
    layers = [layer for layer in backbone.layers if layer.weights]
    with h5py.File(path, "r") as file:
        group = file.get("model_weights", file)
        stored = _by_class(group["layers"], backbone) if "layers" in group else _by_order(group)
    counts = f"the file has {sum(map(bool, stored))} layers with weights, {backbone.name} needs {len(layers)}"
    for layer, theirs in zip_longest(layers, stored):
        if layer is None:
            return f"{counts}; give one without top"
        if not theirs:
            return f"{counts}; the first that is missing is {layer.name}"
        ours = [tuple(weight.shape) for weight in layer.weights]
        if theirs != ours:
            has, needs = next(pair for pair in zip_longest(theirs, ours) if pair[0] != pair[1])
            line = f"layer {layer.name}: the file has {has}, {backbone.name} needs {needs}"
            return line if len(stored) == len(layers) else f"{line}; {counts}"
    return None


def _by_order(group: h5py.Group) -> list[Shapes]:
    """Give the shapes in each layer of the older layout, where a layer is known by its place among all with weights."""
    shapes = []
    for name in hdf5_format.load_attributes_from_hdf5_group(group, "layer_names"):
        weights = hdf5_format.load_attributes_from_hdf5_group(group[name], "weight_names")
        shapes.append([group[name][weight].shape for weight in weights])
    return [layer for layer in shapes if layer]


def _by_class(group: h5py.Group, backbone: tf_keras.Model) -> list[Shapes]:
    """Give the shapes that the newer layout has for each of a backbone's layers; none for a layer that is absent.

    There a layer is known by its class and its place among those of the class: "conv2d", "conv2d_1", ...
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
