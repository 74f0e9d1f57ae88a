"""The command ``describe``: print the layers of a backbone with their sizes, parameters and receptive fields."""

from collections.abc import Iterable, Sequence
from typing import get_args

from pipeline.errors import PipelineError
from pipeline.models.backbones.layer_arithmetic import LayerRow, head_start, layer_rows
from pipeline.models.backbones.layer_lists import LAYER_LISTS
from pipeline.models.backbones.names import BackboneName
from pipeline.params.layers import Dense, Layer
from pipeline.params.load import load_params
from pipeline.reporting.text_table import text_table

IMAGENET_CLASSES = 1000
"""Classes of the last layer of a network with fully connected layers, as in the papers."""

HEADINGS = ("layer", "settings", "output", "parameters", "receptive field", "stride", "multiply-adds")


def describe(backbone: str, size: int) -> None:
    """Print the layers of a backbone.

    Args:
        backbone: A value of ``zoo.backbone``; "layers" stands for the list in ``zoo.layers``.
        size: Side of the image, px.

    Raises:
        PipelineError: The name is not known, or the image is too small.
    """
    if backbone not in get_args(BackboneName):
        raise PipelineError(f"{backbone} is no backbone; take one of {', '.join(get_args(BackboneName))}")
    rows = list(_rows(backbone, size))
    print(f"{backbone}, {size} × {size} px\n")
    print(_table(rows, size))
    print(
        f"\n{sum(row.parameters for row in rows):,} parameters, "
        f"{sum(row.multiply_adds for row in rows):,} multiply-adds, "
        f"{sum(row.values for row in rows if row.multiply_adds):,} neurons"
    )


def _rows(backbone: str, size: int) -> Iterable[LayerRow]:
    layers = _layers(backbone)
    if layers is not None:
        return layer_rows(layers, size)
    from pipeline.models.backbones.keras_arithmetic import (
        keras_rows,
    )  # it imports TensorFlow, which takes seconds

    return keras_rows(backbone, 1.0, size)


def _layers(backbone: str) -> Sequence[Layer] | None:
    """Return the layers of a network, with a last one of 1,000 classes if it has others that are fully connected."""
    if backbone == "layers":
        layers = load_params().zoo.layers
        if layers is None:
            raise PipelineError("params.yaml: zoo.layers is null; list the layers there")
    elif backbone in LAYER_LISTS:
        layers = LAYER_LISTS[backbone]
    else:
        return None
    if head_start(layers) == len(layers):
        return layers
    return [*layers, Dense(layer="dense", units=IMAGENET_CLASSES, activation="linear")]


def _table(rows: Sequence[LayerRow], size: int) -> str:
    """Return the rows as text, one line each, below the headings."""
    lines = [HEADINGS, ("image", "", f"{size} × {size} × 3", "", "1", "1", "")]
    lines += [
        (
            row.name,
            row.detail,
            f"{row.side} × {row.side} × {row.channels}" if row.side > 1 else f"{row.channels}",
            f"{row.parameters:,}" if row.parameters else "",
            f"{row.field}" if row.field else "not known",
            f"{row.stride}",
            f"{row.multiply_adds:,}" if row.multiply_adds else "",
        )
        for row in rows
    ]
    return text_table(lines, left=2)
