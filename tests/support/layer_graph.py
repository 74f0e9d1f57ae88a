"""The layers that a feature map of a backbone depends on."""

from typing import Any

import tf_keras


def layers_of_level(backbone: tf_keras.Model, level: str) -> set[str]:
    """Return the names of the layers that a feature map depends on, according to the model's configuration."""
    config = backbone.get_config()
    inbound = {layer["name"]: _inbound_names(layer["inbound_nodes"]) for layer in config["layers"]}
    names: set[str] = set()
    waiting = {config["output_layers"][level][0]}
    while waiting:
        name = waiting.pop()
        names.add(name)
        waiting |= inbound[name] - names
    return names


def _inbound_names(nodes: Any) -> set[str]:
    """Return the layer names in nested lists of [name, node, tensor, arguments]."""
    if isinstance(nodes, list) and nodes and isinstance(nodes[0], str):
        return {nodes[0]} | {name for value in nodes[3].values() for name in _inbound_names(value)}
    return {name for node in nodes for name in _inbound_names(node)} if isinstance(nodes, list) else set()
