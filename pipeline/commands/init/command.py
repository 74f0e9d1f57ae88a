"""Writes ``params.yaml`` for a dataset and this machine."""

import io
from contextlib import redirect_stdout
from pathlib import Path

from pipeline.artifacts import whole
from pipeline.commands.init.choices import (
    Choice,
    Contents,
    input_sizes,
    model_choices,
    small_side,
    training_choices,
)
from pipeline.commands.init.edit_params import scalar, with_choices
from pipeline.commands.init.machine import Machine, this_machine
from pipeline.datasets.checks.verdict import refusal
from pipeline.datasets.conversion.inspection import inspect_folder, sample_photographs
from pipeline.datasets.conversion.summary import count_all, describe, relative_sides
from pipeline.datasets.conversion.tile_choice import advised_tile, longer_side
from pipeline.datasets.conversion.tiles import count_tiles
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError
from pipeline.params.convert import Convert
from pipeline.params.load import PARAMS_FILE, load_params, parse_params
from pipeline.params.schema import Params


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
    table = usable_table(path, load_params(), format)
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


def usable_table(path: Path, params: Params, format: str | None) -> AnnotationTable:
    """Read and check a dataset, and print its counts.

    Args:
        path: The folder of the dataset.
        params: The parameters of the reading and of the checks.
        format: The format of the dataset; None stands for ``dataset.format``.

    Raises:
        PipelineError: The path is no folder, or the dataset has no boxes or would be refused.
    """
    table = inspect_folder(
        path, params.dataset, params.convert, seed=params.split_seed, format=format
    ).checked
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
        text: The contents of ``params.yaml``, whose other values stay as they are.
        minutes: The time for the training of the detector.
    """
    with redirect_stdout(io.StringIO()):  # keras-cv prints which backend it uses
        from pipeline.inputs.examples import example_of
        from pipeline.training.step_timing import dataset_step_seconds, steps_within

    contents = contents_of(table, parse_params(text).convert, machine)
    choices = [
        Choice("dataset.source", "path", "the folder that init was given"),
        Choice("dataset.path", lasting(path), f"{len(table.images):,} images"),
        *([] if format is None else [Choice("dataset.format", format, "the format that init was given")]),
        *model_choices(contents, machine),
    ]
    params = parse_params(with_choices(text, choices))
    examples = [example_of(*photograph) for photograph in sample_photographs(path, table, params.convert)]
    seconds = dataset_step_seconds(params, list(table.class_names), examples, list(table.keypoints.names))
    return choices + training_choices(
        contents,
        batch=params.train.batch_size,
        affordable_steps=steps_within(minutes, params.train, seconds, contents.val_images),
        seconds=seconds,
        minutes=minutes,
    )


def lasting(path: Path) -> str:
    """Return a path that experiments in folders of their own find, too: absolute if it leads out of the project."""
    inside = path.resolve().is_relative_to(Path.cwd().resolve())
    return path.as_posix() if inside else path.absolute().as_posix()


def contents_of(table: AnnotationTable, convert: Convert, machine: Machine) -> Contents:
    """Return what matters of a checked table, and whether tiles of its pictures help.

    Args:
        convert: The section ``convert``. Its tile does not count.
    """
    counts, boxes = count_all(table), table.objects.dropna(subset=["xmin"])
    contents = Contents(
        train_images=counts["train"]["images"],
        train_objects=counts["train"]["objects"],
        val_images=counts["val"]["images"],
        val_objects=counts["val"]["objects"],
        classes=table.class_names,
        small_side=small_side(relative_sides(table, boxes).min(axis=1), boxes["label"].to_numpy()),
        most_objects=int(table.objects["image_id"].value_counts().max()),
        picture_side=longer_side(table),
        keypoints=table.keypoints.names,
    )
    least, most = input_sizes(machine.gpus > 0, contents.picture_side)
    tile = None if contents.has_keypoints else advised_tile(table, least, largest=most)
    if tile is None:
        return contents
    tiled = convert.model_copy(update={"tile": tile})
    seen = relative_sides(table, boxes, tile).min(axis=1)
    return contents._replace(
        train_images=count_tiles(table, "train", tiled),
        val_images=count_tiles(table, "val", tiled),
        small_side=small_side(seen, boxes["label"].to_numpy()),
        tile=tile,
    )
