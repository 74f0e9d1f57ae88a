"""Times some training steps with the parameters that were chosen."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.datasets.conversion.inspection import Photograph
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.inputs.examples import example_of
from pipeline.models.weights.config import BackboneConfig
from pipeline.params.schema import Params
from pipeline.training.recipes import detector_config
from pipeline.training.step_timing import step_seconds, steps_within


class MeasuredStep(NamedTuple):
    """The time of a training step.

    Attributes:
        seconds: The seconds of a step.
        affordable: Number of steps that fit into the given time.
    """

    seconds: float
    affordable: int


def measured_step(
    params: Params, table: AnnotationTable, photographs: Sequence[Photograph], minutes: float
) -> MeasuredStep:
    """Time some steps of the detector on this machine.

    Args:
        params: The parameters of the training.
        table: The checked table.
        photographs: Some images of the dataset, whose decoding is timed.
        minutes: The time for the training of the detector.
    """
    train, zoo = params.train, params.zoo
    backbone = BackboneConfig(backbone=zoo.backbone, alpha=zoo.alpha, weights=zoo.weights)
    config = detector_config(train, list(table.class_names), backbone)
    examples = [example_of(each.encoded, each.size_px, each.boxes, each.labels) for each in photographs]
    seconds = step_seconds(config, train, params.precision, examples)
    val_images = int((table.images["split"] == "val").sum())
    return MeasuredStep(seconds, steps_within(minutes, train, seconds, val_images))
