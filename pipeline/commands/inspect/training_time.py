"""Estimates how long the train stage would take on this machine."""

from collections.abc import Sequence

from pipeline.datasets.conversion.inspection import Photograph
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.inputs.examples import example_of
from pipeline.models.weights.config import BackboneConfig
from pipeline.params.schema import Params
from pipeline.training.recipes import detector_config
from pipeline.training.step_timing import step_seconds, training_seconds


def describe_time(table: AnnotationTable, photographs: Sequence[Photograph], params: Params) -> str:
    """Return a line about the time of ``train.steps`` steps.

    Args:
        table: The checked table.
        photographs: Some images of the dataset, whose decoding is timed.
        params: The parameters of the training.
    """
    train, zoo = params.train, params.zoo
    backbone = BackboneConfig(backbone=zoo.backbone, alpha=zoo.alpha, weights=zoo.weights)
    config = detector_config(train, list(table.class_names), backbone)
    examples = [example_of(each.encoded, each.size_px, each.boxes, each.labels) for each in photographs]
    seconds = step_seconds(config, train, params.precision, examples)
    whole = training_seconds(train, seconds, int((table.images["split"] == "val").sum()))
    duration = f"{whole / 60:.0f} minutes" if whole >= 120 else f"{whole:.0f} seconds"
    return (
        f"time:    about {duration} for the train stage: {train.steps:,} steps, {seconds:.2f} s "
        f"each for {train.architecture} on {zoo.backbone} at {train.image_size} px, timed here"
    )
