"""What an exported file knows of itself, so that it can be used without the project's other files."""

from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import PipelineError
from pipeline.ops.images import STORED_BITS
from pipeline.params.base import Section
from pipeline.params.export import Export

MOST_BYTES = 2**24
"""Bytes of a configuration that are read at most. One of ten thousand classes has about 300 kB."""


class ExportedDetector(Section):
    """The configuration of an exported detector.

    Attributes:
        architecture: The parameter ``train.architecture``.
        classes: The names of the classes 1..K.
        image_size: S, the side of the network's input, px.
        export: The section ``export`` of ``params.yaml``, by which the candidates become detections.
        keypoint_names: The names of the keypoints of an object; None for a detector without keypoints.
        bit_depth: The bits that grey images of 16 bits a channel use in the dataset: 10, 12, 14 or 16.
        tile: The side of the tiles on which it was trained, px of the picture; None for whole pictures.
        tile_overlap: The share of their side by which tiles overlap, with ``tile``.
    """

    architecture: str
    classes: list[str]
    image_size: int
    export: Export
    keypoint_names: list[str] | None = None
    bit_depth: int = STORED_BITS
    tile: int | None = None
    tile_overlap: float | None = None


def parse_config(text: bytes, path: Path) -> ExportedDetector:
    """Return the configuration that an exported file holds.

    Args:
        text: JSON.
        path: The file, for the message.

    Raises:
        PipelineError: The text is none of this version of the project.
    """
    try:
        return ExportedDetector.model_validate_json(text)
    except ValidationError:
        raise PipelineError(
            f"{path}: holds no configuration of this version of the project; run the export stage"
        ) from None
