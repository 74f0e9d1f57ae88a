"""Loading checkpoints of Model Garden.

All tensors that fit the model are loaded. The result lists those that do not fit, those that the checkpoint lacks, and
those that the model does not use.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.errors import PipelineError, one_line
from pipeline.models.upstream import TrackableObjectGraph

_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE_ATTRIBUTE = "VARIABLE_VALUE"

_INDEXED_LAYER = re.compile(r"layer-\d+")
"""Name of a child that is a layer by its index among all layers of a model.

These children are skipped, because a preprocessing layer shifts the indices of our models. Keras stores each layer with
weights a second time, by its index among the layers with weights, and this index is the same in both models.
"""


@dataclass
class Restored:
    """The outcome for each variable of the model.

    Attributes:
        loaded: Number of variables that got the value of the checkpoint.
        misfits: Name, shape in the model and shape in the checkpoint of each variable whose shapes differ, because the
            number of classes or the network differs.
        absent: Names of the variables that the checkpoint does not contain.
        unused: Keys of the checkpoint's tensors, within the given parts, that no variable was loaded from.
    """

    loaded: int = 0
    misfits: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return a summary on one line, with up to three names of each kind."""
        shapes = [
            f"{name}: {ours} in the model, {theirs} in the checkpoint" for name, ours, theirs in self.misfits
        ]
        lists = [
            (shapes, "skipped because their shapes differ"),
            (self.absent, "not in the checkpoint"),
            (self.unused, "in the checkpoint but not used"),
        ]
        summary = [f"{self.loaded} tensors loaded"]
        for names, outcome in lists:
            if names:
                more = ", ..." if len(names) > 3 else ""
                summary.append(f"{len(names)} {outcome} ({', '.join(names[:3])}{more})")
        return "; ".join(summary)


Fit = Callable[[np.ndarray, np.ndarray], np.ndarray | None]
"""(value of a variable, value of another shape in the checkpoint) -> the value to load, or None to skip the tensor."""


def restore(parts: Mapping[str, Any], path: Path, fit: Fit | None = None) -> Restored:
    """Load all tensors of a checkpoint that fit into the parts of a model.

    Args:
        parts: Name of the part in Model Garden, such as "backbone", "decoder" or "head" -> our layer or model, whose
            variables exist. "detection_head/0" is the first element of a list of parts.
        path: The prefix of a checkpoint, or a folder, of which the latest checkpoint is loaded.
        fit: Fits tensors of other shapes. None skips them.

    Returns:
        The outcome for each variable of the parts.

    Raises:
        PipelineError: There is no checkpoint, it is not one of Model Garden, or none of its tensors fits.
    """
    reader = _open(path)
    graph = TrackableObjectGraph.FromString(reader.get_tensor(_GRAPH_KEY))
    start = _start(graph, path)
    result, variables, used_keys = Restored(), {}, set()
    for part, layer in parts.items():
        for variable in getattr(layer, "weights", []):
            variables[id(variable)] = f"{part}/{variable.name.removesuffix(':0')}"
    for variable, key in _pairs(graph, start, parts):
        if id(variable) not in variables:
            continue
        name = variables.pop(id(variable))
        used_keys.add(key)
        value = reader.get_tensor(key)
        fits = tuple(variable.shape) == np.shape(value)
        fitted = value if fits else fit(variable.numpy(), value) if fit else None
        if fitted is None:
            result.misfits.append((name, tuple(variable.shape), np.shape(value)))
        else:
            variable.assign(fitted)
            result.loaded += 1
    if not result.loaded:
        raise PipelineError(
            f"checkpoint {path}: no tensor fits the model; give a checkpoint of the same backbone and architecture"
        )
    result.absent = list(variables.values())
    names = {part.split("/")[0] for part in parts}
    nodes = [node for name, node in _parts(graph, start).items() if name in names]
    result.unused = [key.split("/.ATTRIBUTES")[0] for key in _keys(graph, nodes) if key not in used_keys]
    return result


def _open(path: Path) -> Any:
    """Return a reader of the checkpoint."""
    prefix = tf.train.latest_checkpoint(str(path)) if path.is_dir() else str(path)
    if prefix is None:
        raise PipelineError(
            f"{path}: the folder contains no checkpoint; give a weights file, or a folder that Model Garden wrote"
        )
    try:
        return tf.train.load_checkpoint(prefix)
    except (ValueError, tf.errors.OpError) as error:
        raise PipelineError(f"checkpoint {path}: cannot be read: {one_line(error)}") from None


def _children(graph: TrackableObjectGraph, node: int) -> dict[str, int]:
    """Return the children of a node: name -> node."""
    return {child.local_name: child.node_id for child in graph.nodes[node].children}


def _parts(graph: TrackableObjectGraph, node: int) -> dict[str, int]:
    """Return the children of a model's node. The RetinaNet model adds an underscore to the names, which is removed."""
    return {name.removeprefix("_"): child for name, child in _children(graph, node).items()}


def _start(graph: TrackableObjectGraph, path: Path) -> int:
    """Return the node whose children are the parts: the root, or its child "model"."""
    root = _children(graph, 0)
    for node in (0, root.get("model", 0)):
        if "backbone" in _parts(graph, node):
            return node
    raise PipelineError(
        f"checkpoint {path}: not a checkpoint of Model Garden, because it contains no backbone, but only "
        f"{', '.join(root) or 'nothing'}; give one that Model Garden wrote"
    )


def _pairs(graph: TrackableObjectGraph, start: int, parts: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Walk through the parts and the checkpoint in parallel, and yield each variable with its key in the checkpoint."""
    queue = []
    for part, layer in parts.items():
        name, *rest = part.split("/")
        node = _parts(graph, start).get(name)
        for child in rest:
            node = None if node is None else _children(graph, node).get(child)
        if node is not None:
            queue.append((layer, node))
    seen: set[int] = set()
    while queue:
        ours, node = queue.pop(0)
        if node in seen:
            continue
        seen.add(node)
        for attribute in graph.nodes[node].attributes:
            if attribute.name == _VALUE_ATTRIBUTE:
                yield ours, attribute.checkpoint_key
        children = tf.train.TrackableView.children(ours)
        queue += [
            (children[name], child)
            for name, child in _children(graph, node).items()
            if name in children and not _INDEXED_LAYER.fullmatch(name)
        ]


def _keys(graph: TrackableObjectGraph, nodes: list[int]) -> list[str]:
    """Return the keys of all variables in the checkpoint below the given nodes."""
    keys: dict[str, None] = {}
    queue, seen = list(nodes), set()
    while queue:
        node = queue.pop(0)
        if node in seen:
            continue
        seen.add(node)
        keys |= {a.checkpoint_key: None for a in graph.nodes[node].attributes if a.name == _VALUE_ATTRIBUTE}
        queue += _children(graph, node).values()
    return list(keys)
