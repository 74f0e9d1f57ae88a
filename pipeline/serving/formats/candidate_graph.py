"""The graph that exported files hold: from resized images to candidates, without the suppression."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.models.detectors.base import Detector
from pipeline.models.upstream import convert_variables_to_constants_v2
from pipeline.serving.exported_config import ExportedDetector

INPUT = "images"
"""The name of the input of the files, float32 [B, S, S, 3], RGB in [0, 255]."""

DECODING = "decoding"
"""The scope of the operations that turn raw outputs into candidates."""


class ExportSource(NamedTuple):
    """What a file is written from.

    Attributes:
        detector: A trained detector.
        config: Its configuration, which the file holds too.
        calibration: Returns prepared images of the train split, float32 [S, S, 3], RGB in [0, 255], on which the ranges
            of the activations are measured.
    """

    detector: Detector
    config: ExportedDetector
    calibration: Callable[[], Iterable[np.ndarray]]


class CandidateGraph(NamedTuple):
    """A graph without variables.

    Attributes:
        function: A concrete function: float32 [B, S, S, 3] -> a list of tensors.
        outputs: The names of these, which are fields of :class:`pipeline.models.detectors.base.Candidates`.
    """

    function: Any
    outputs: list[str]


def candidate_graph(source: ExportSource, batch: int | None) -> CandidateGraph:
    """Return the graph from resized images to candidates.

    Args:
        batch: B; None for batches of any size.

    Raises:
        PipelineError: The detector has masks, which are computed after the suppression.
    """

    detector, side = source.detector, source.config.image_size
    if detector.uses_masks:
        raise PipelineError(
            f"{source.config.architecture} can be exported as a SavedModel only, because its masks are computed after "
            "the suppression, where other files end; set export.formats to []"
        )

    def candidates(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = detector.portable_outputs(images)
        with tf.name_scope(DECODING):
            found = detector.candidates(outputs)
        return {name: value for name, value in found._asdict().items() if value is not None}

    images = tf.TensorSpec([batch, side, side, 3], tf.float32, name=INPUT)
    graph = tf.function(candidates).get_concrete_function(images)
    frozen = convert_variables_to_constants_v2(graph, lower_control_flow=False)
    return CandidateGraph(frozen, sorted(graph.structured_outputs))
