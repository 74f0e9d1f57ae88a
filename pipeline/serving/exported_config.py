"""What an exported file knows of itself, so that it can be used without the project's other files."""

from pipeline.params.base import Section
from pipeline.params.export import Export


class ExportedDetector(Section):
    """The configuration of an exported detector.

    Attributes:
        architecture: The parameter ``train.architecture``.
        classes: The names of the classes 1..K.
        image_size: S, the side of the network's input, px.
        export: The section ``export`` of ``params.yaml``, by which the candidates become detections.
        keypoint_names: The names of the keypoints of an object; None for a detector without keypoints.
        tile: The side of the tiles on which it was trained, px of the picture; None for whole pictures.
        tile_overlap: The share of their side by which tiles overlap, with ``tile``.
    """

    architecture: str
    classes: list[str]
    image_size: int
    export: Export
    keypoint_names: list[str] | None = None
    tile: int | None = None
    tile_overlap: float | None = None
