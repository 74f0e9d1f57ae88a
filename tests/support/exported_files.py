"""A small detector, as the exports take it."""

from collections.abc import Iterator

import numpy as np

from pipeline.models.detectors.registry import build_detector
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.formats.candidate_graph import ExportSource
from tests.support.detectors import config_of
from tests.support.exports import export

CLASSES = ("cat", "dög")
SIDE = 64
CONFIG = ExportedDetector(
    architecture="gfl",
    classes=list(CLASSES),
    image_size=SIDE,
    export=export(score_threshold=0.0, max_detections=5),
)


def small_source(architecture: str = "gfl", **changes: int) -> ExportSource:
    """Return a detector with random weights, for images of 64 px, and its configuration.

    Args:
        architecture: A value of ``train.architecture``.
        changes: Key in one of its sections -> new value.
    """
    config = config_of(architecture, classes=CLASSES, image_size=SIDE, **changes)
    exported = CONFIG.model_copy(
        update={"architecture": architecture, "keypoint_names": config.keypoint_names}
    )
    return ExportSource(build_detector(config), exported, lambda: images(4))


def images(count: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield smooth random images, float32 [64, 64, 3], in [0, 255]."""
    rng = np.random.default_rng(seed)
    for coarse in rng.uniform(0, 255, [count, 8, 8, 3]):
        yield np.kron(coarse, np.ones([8, 8, 1])).astype(np.float32)
