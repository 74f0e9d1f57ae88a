"""Estimates how long the train stage would take on this machine."""

from collections.abc import Sequence

from pipeline.datasets.conversion.inspection import Photograph
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.inputs.examples import example_of
from pipeline.params.schema import Params
from pipeline.training.step_timing import dataset_step_seconds, training_seconds


def describe_time(table: AnnotationTable, photographs: Sequence[Photograph], params: Params) -> str:
    """Return a line about the time of ``train.steps`` steps.

    Args:
        table: The checked table.
        photographs: Some images of the dataset, whose decoding is timed.
        params: The parameters of the training.
    """
    train, keypoints = params.train, list(table.keypoints.names)
    if train.architecture == "keypoints" and not keypoints:
        return "time:    none, because the dataset has no keypoints, which train.architecture=keypoints learns from"
    examples = [example_of(*photograph) for photograph in photographs]
    seconds = dataset_step_seconds(params, list(table.class_names), examples, keypoints)
    whole = training_seconds(train, seconds, int((table.images["split"] == "val").sum()))
    duration = f"{whole / 60:.0f} minutes" if whole >= 120 else f"{whole:.0f} seconds"
    return (
        f"time:    about {duration} for the train stage: {train.steps:,} steps, {seconds:.2f} s "
        f"each for {train.architecture} on {params.zoo.backbone} at {train.image_size} px, timed here"
    )
