"""Starting from a checkpoint of Model Garden: whatever fits is loaded, and what does not is said."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.models.upstream import TrackableObjectGraph

_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"

_VALUE = "VARIABLE_VALUE"

_NUMBERED = re.compile(r"layer-\d+")
"""A layer by its place among all, where ours may have another, as preprocessing comes first. Those with weights are
also counted apart."""


@dataclass
class Restored:
    """What became of each variable of a model.

    Attributes:
        loaded: How many have the checkpoint's values.
        misfits: Name, our shape, the checkpoint's shape: of another class count, or another network.
        absent: Names of those that the checkpoint does not have.
        unused: Names of the tensors of these parts in the checkpoint that no variable took.
    """

    loaded: int = 0
    misfits: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Say it in one line."""
        shapes = ", ".join(f"{name} {ours} for {theirs}" for name, ours, theirs in self.misfits[:3])
        parts = [f"{self.loaded} tensors loaded"]
        if self.misfits:
            more = ", ..." if len(self.misfits) > 3 else ""
            parts.append(f"{len(self.misfits)} skipped for their shape ({shapes}{more})")
        for names, said in (
            (self.absent, "not in the checkpoint"),
            (self.unused, "of the checkpoint unused"),
        ):
            if names:
                more = ", ..." if len(names) > 3 else ""
                parts.append(f"{len(names)} {said} ({', '.join(names[:3])}{more})")
        return "; ".join(parts)


def restore(parts: Mapping[str, Any], path: Path) -> Restored:
    """Load what fits of a checkpoint into the parts of a model.

    Args:
        parts: Model Garden's name of a part ("backbone", "decoder", "head" ...) -> our layer or model, built;
            "detection_head/0" is the first of a list.
        path: A checkpoint, or a folder, whose latest one is taken.

    Returns:
        What was loaded, and what was not and why.

    Raises:
        PipelineError: there is no checkpoint, or not one tensor of it fits.
    """
    reader = _open(path)
    graph = TrackableObjectGraph.FromString(reader.get_tensor(_GRAPH))
    start = _start(graph, path)
    result, variables, taken = Restored(), {}, set()
    for part, layer in parts.items():
        for variable in getattr(layer, "weights", []):
            variables[id(variable)] = f"{part}/{variable.name.removesuffix(':0')}"
    for variable, key in _pairs(graph, start, parts):
        if id(variable) not in variables:
            continue
        name = variables.pop(id(variable))
        taken.add(key)
        value = reader.get_tensor(key)
        if tuple(variable.shape) == np.shape(value):
            variable.assign(value)
            result.loaded += 1
        else:
            result.misfits.append((name, tuple(variable.shape), np.shape(value)))
    if not result.loaded:
        raise PipelineError(
            f"checkpoint {path}: nothing in it fits; is it of another backbone or architecture?"
        )
    result.absent = list(variables.values())
    asked = {part.split("/")[0] for part in parts}
    nodes = [node for name, node in _parts(graph, start).items() if name in asked]
    result.unused = [key.split("/.ATTRIBUTES")[0] for key in _keys(graph, nodes) if key not in taken]
    return result


def _open(path: Path) -> Any:
    prefix = tf.train.latest_checkpoint(str(path)) if path.is_dir() else str(path)
    if prefix is None:
        raise PipelineError(
            f"{path}: no checkpoint in this folder; give a weights file, or the folder that Model Garden wrote"
        )
    try:
        return tf.train.load_checkpoint(prefix)
    except (ValueError, tf.errors.OpError) as error:
        raise PipelineError(f"checkpoint {path}: {' '.join(str(error).split())}") from None


def _children(graph: TrackableObjectGraph, node: int) -> dict[str, int]:
    return {child.local_name: child.node_id for child in graph.nodes[node].children}


def _parts(graph: TrackableObjectGraph, node: int) -> dict[str, int]:
    """Give a model's parts by name; RetinaNet's model keeps its own with an underscore."""
    return {name.removeprefix("_"): child for name, child in _children(graph, node).items()}


def _start(graph: TrackableObjectGraph, path: Path) -> int:
    """Find the node that holds the parts: the root, or the trainer's "model"."""
    root = _children(graph, 0)
    for node in (0, root.get("model", 0)):
        if "backbone" in _parts(graph, node):
            return node
    raise PipelineError(
        f"checkpoint {path}: not one of Model Garden's: it has {', '.join(root) or 'nothing'}, no backbone"
    )


def _pairs(graph: TrackableObjectGraph, start: int, parts: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Walk our objects and the checkpoint's side by side, and give each variable with its key."""
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
            if attribute.name == _VALUE:
                yield ours, attribute.checkpoint_key
        children = tf.train.TrackableView.children(ours)
        queue += [
            (children[name], child)
            for name, child in _children(graph, node).items()
            if name in children and not _NUMBERED.fullmatch(name)
        ]


def _keys(graph: TrackableObjectGraph, nodes: list[int]) -> list[str]:
    """List the keys of the checkpoint's variables below some nodes."""
    keys: dict[str, None] = {}
    queue, seen = list(nodes), set()
    while queue:
        node = queue.pop(0)
        if node in seen:
            continue
        seen.add(node)
        keys |= {a.checkpoint_key: None for a in graph.nodes[node].attributes if a.name == _VALUE}
        queue += _children(graph, node).values()
    return list(keys)
