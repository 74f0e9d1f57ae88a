"""Estimates how long the train stage would take on this machine."""

import io
from contextlib import redirect_stdout

from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.datasets.conversion.inspection import sample_photographs
from pipeline.datasets.conversion.tiles import count_tiles


def training_time(inspection: Inspection) -> Finding:
    """Return the time of ``train.steps`` steps, of which some are timed on images of the dataset."""
    params, table = inspection.params, inspection.checked
    train, keypoints = params.train, list(table.keypoints.names)
    if table.objects.dropna(subset=["xmin"]).empty:
        return Finding("training", None, [])
    if train.architecture == "keypoints" and not keypoints:
        line = "time:    none, because the dataset has no keypoints, which train.architecture=keypoints learns from"
        return Finding("training", None, [line])
    with redirect_stdout(io.StringIO()):  # keras-cv prints which backend it uses
        from pipeline.inputs.examples import example_of
        from pipeline.training.step_timing import dataset_step_seconds, training_seconds

    photographs = sample_photographs(inspection.path, table, params.convert)
    examples = [example_of(*photograph) for photograph in photographs]
    seconds = dataset_step_seconds(params, list(table.class_names), examples, keypoints)
    val_images = int((table.images["split"] == "val").sum())
    if params.convert.tile is not None:
        val_images = count_tiles(table, "val", params.convert)
    whole = training_seconds(train, seconds, val_images)
    duration = f"{whole / 60:.0f} minutes" if whole >= 120 else f"{whole:.0f} seconds"
    line = (
        f"time:    about {duration} for the train stage: {train.steps:,} steps, {seconds:.2f} s "
        f"each for {train.architecture} on {params.zoo.backbone} at {train.image_size} px, timed here"
    )
    value = {"steps": train.steps, "seconds_per_step": float(seconds), "seconds": float(whole)}
    return Finding("training", value, [line])
