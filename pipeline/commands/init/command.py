"""Writes ``params.yaml`` for a dataset and this machine."""

import io
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from pipeline.artifacts import whole
from pipeline.commands.init.choices import Choice, Contents, model_choices, small_side, training_choices
from pipeline.commands.init.edit_params import scalar, with_choices
from pipeline.commands.init.machine import Machine, this_machine
from pipeline.datasets.checks.verdict import refusal
from pipeline.datasets.conversion.inspection import inspect_folder, sample_photographs
from pipeline.datasets.conversion.summary import describe
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.errors import PipelineError
from pipeline.params.load import PARAMS_FILE, load_params, parse_params
from pipeline.params.schema import Params

TIMED_PHOTOGRAPHS = 12
"""Images whose decoding and augmentation are timed."""


def init(path: Path, format: str | None, minutes: float) -> None:
    """Look at a dataset and at this machine, and write the parameters of a training into ``params.yaml``.

    Only the keys that depend on the dataset or the machine are changed. Each has its reason in a comment.

    Args:
        path: The folder of the dataset.
        format: The format of the dataset; None stands for ``dataset.format``.
        minutes: The time for the training of the detector.

    Raises:
        PipelineError: The path is no folder, the dataset has no boxes or would be refused, or ``params.yaml`` is not
            valid.
    """
    params = load_params()
    if format is not None:
        params = params.model_copy(update={"dataset": params.dataset.model_copy(update={"format": format})})
    table = usable_table(path, params)
    machine = this_machine()
    print(f"machine: {machine}; timing some training steps ...", flush=True)
    text = PARAMS_FILE.read_text(encoding="utf-8")
    choices = all_choices(path, format, table, machine, text, minutes)
    written = with_choices(text, choices)
    parse_params(written)
    with whole(PARAMS_FILE) as partial:
        partial.write_text(written, encoding="utf-8")
    for choice in choices:
        print(f"{choice.key}: {scalar(choice.value)} ({choice.reason})")
    print(f"wrote {PARAMS_FILE}; train with: make repro")


def usable_table(path: Path, params: Params) -> AnnotationTable:
    """Read and check a dataset, and print its counts.

    Raises:
        PipelineError: The path is no folder, or the dataset has no boxes or would be refused.
    """
    _, table = inspect_folder(path, params.dataset, params.convert, seed=params.seed)
    print(describe(table, f"python -m pipeline inspect {path} describes them"), flush=True)
    if refused := refusal(table, params.convert):
        raise PipelineError(f"{path}: convert would refuse it: {refused.reason}")
    if table.objects.dropna(subset=["xmin"]).empty:
        raise PipelineError(f"{path}: only whole images are labelled; a detector learns from boxes")
    return table


def all_choices(
    path: Path, format: str | None, table: AnnotationTable, machine: Machine, text: str, minutes: float
) -> list[Choice]:
    """Choose the network and its input, time some steps with them, and then choose the rest.

    Args:
        path: The folder of the dataset.
        format: The format of the dataset, if the user named one.
        table: The checked table of the dataset.
        machine: This machine.
        text: The contents of ``params.yaml``, whose other values stay as they are.
        minutes: The time for the training of the detector.
    """
    with redirect_stdout(io.StringIO()):  # keras-cv prints which backend it uses
        from pipeline.commands.init.timing import measured_step

    contents = contents_of(table)
    choices = [
        Choice("dataset.source", "path", "the folder that init was given"),
        Choice("dataset.path", path.as_posix(), f"{len(table.images):,} images"),
        *([] if format is None else [Choice("dataset.format", format, "the format that init was given")]),
        *model_choices(contents, machine),
    ]
    params = parse_params(with_choices(text, choices))
    photographs = sample_photographs(path, table, TIMED_PHOTOGRAPHS)
    step = measured_step(params, table, photographs, minutes)
    return choices + training_choices(
        contents,
        batch=params.train.batch_size,
        affordable_steps=step.affordable,
        seconds=step.seconds,
        minutes=minutes,
    )


def contents_of(table: AnnotationTable) -> Contents:
    """Return what matters of a checked table."""
    return Contents(
        train_images=int((table.images["split"] == "train").sum()),
        val_objects=objects_of(table, "val"),
        classes=table.class_names,
        small_side=small_side(
            shorter_sides(table), table.objects.dropna(subset=["xmin"])["label"].to_numpy()
        ),
        most_objects=int(table.objects["image_id"].value_counts().max()),
    )


def objects_of(table: AnnotationTable, split: str) -> int:
    """Return the number of objects of a split."""
    images = table.images.loc[table.images["split"] == split, "id"]
    return int(table.objects["image_id"].isin(images).sum())


def shorter_sides(table: AnnotationTable) -> np.ndarray:
    """Return the shorter side of each box as a share of the image's side, float64 [N]."""
    objects = table.objects.dropna(subset=["xmin"])
    sizes = table.images.set_index("id").loc[objects["image_id"], ["width", "height"]].to_numpy()
    corners = objects[BOX].to_numpy()
    return ((corners[:, 2:] - corners[:, :2]) / sizes).min(axis=1)
