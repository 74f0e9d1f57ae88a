"""Finds the objects of images and videos with an exported detector, which is all that it needs."""

from collections.abc import Collection, Sequence
from itertools import chain, count
from pathlib import Path

from pipeline.commands.predict.sources import find_sources
from pipeline.errors import PipelineError
from pipeline.evaluation.thresholds import read_thresholds
from pipeline.output_place import is_free, refuse_used

OUTPUT = Path("predictions")
"""The folder of the output if none is named, with a number behind it if it is not empty."""


def predict(
    paths: Sequence[str],
    *,
    model: Path,
    output: Path | None,
    formats: Collection[str],
    threshold: Sequence[str],
    batch_size: int,
    tile: int | None,
    overlap: float | None,
) -> int:
    """Find the objects of images and videos, and write them.

    Args:
        paths: Files, folders and patterns; see :func:`pipeline.commands.predict.sources.find_sources`.
        output: The folder to write to, which is empty or does not exist; None for :data:`OUTPUT`.
        formats: ``drawn``, ``coco``, ``csv``, ``yolo`` or ``voc``.
        threshold: The lowest score, ``0.5``, and that of single classes, ``cat=0.3``.
        batch_size: The number of images, frames or tiles that run as one batch.
        tile: The side of the tiles of large pictures, px; None for those of the detector's training, if there were any.
        overlap: The share of a tile's side that it has in common with the next one; None for that of the training, or
            0.2.

    Returns:
        The exit code; see :mod:`pipeline.commands.predict.exit_codes`.

    Raises:
        PipelineError: An option is wrong, there is no such detector, or nothing could be done.
    """
    folder = output_folder(output, OUTPUT)
    found = find_sources(paths, folder)
    if not found.sources:
        raise PipelineError("\n".join(found.faults))
    given, of_classes = parse_thresholds(threshold)
    from pipeline.commands.predict.all_files import predict_all  # loads TensorFlow, which takes seconds
    from pipeline.commands.predict.run import Run
    from pipeline.serving import load_predictor
    from pipeline.serving.thresholds import class_thresholds

    predictor = load_predictor(model, tile=tile, overlap=overlap, batch_size=batch_size)
    thresholds = class_thresholds(predictor.config, given, of_classes, chosen_thresholds(model))
    if overlap is not None and tile is None and predictor.config.tile is None:
        raise PipelineError("--overlap is that of tiles; give --tile as well")
    return predict_all(found, Run(predictor, thresholds, folder, formats, batch_size), folder)


def chosen_thresholds(model: Path) -> dict[str, float]:
    """Return the threshold of each class that the project of an exported detector chose on val, by the class's name.

    Args:
        model: The exported detector. If it is in the folder ``models/exported`` of a project that evaluated it, the
            thresholds are those of the project. Elsewhere there are none.
    """
    exported = model.absolute().parent
    found = read_thresholds(exported.parent.parent / "metrics" / "thresholds.json") or {}
    return {name: entry["score"] for name, entry in found.get("per_class", {}).items()}


def parse_thresholds(given: Sequence[str]) -> tuple[float | None, dict[str, float]]:
    """Return the threshold of all classes, None if none is given, and those of single classes by name.

    Raises:
        PipelineError: One is no number from 0 to 1, or two are of the same class or of all.
    """
    for_all: float | None = None
    of_classes: dict[str, float] = {}
    for text in given:
        name, equals, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise PipelineError(
                f"--threshold {text}: no number, and not CLASS=NUMBER; paths stand before the options"
            ) from None
        if not 0 <= value <= 1:
            raise PipelineError(f"--threshold {text}: not from 0 to 1")
        if name in of_classes or (not equals and for_all is not None):
            raise PipelineError(f"--threshold {text}: the second one of {name or 'all classes'}; give one")
        if equals:
            of_classes[name] = value
        else:
            for_all = value
    return for_all, of_classes


def output_folder(given: Path | None, default: Path) -> Path:
    """Return the folder to write to, which is empty or does not exist.

    Args:
        given: The folder that the user named.
        default: The folder if none is named, with a number behind it if it is not empty.

    Raises:
        PipelineError: The given folder is not empty, or is a file.
    """
    if given is None:
        numbered = (default.with_name(f"{default.name}-{number}") for number in count(2))
        return next(folder for folder in chain([default], numbered) if is_free(folder))
    refuse_used(given)
    return given
