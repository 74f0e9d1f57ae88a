"""Finds the objects of images and videos with an exported detector, which is all that it needs."""

import sys
from collections.abc import Collection, Sequence
from itertools import chain, count
from pathlib import Path

from pipeline.commands.predict.images import predict_images
from pipeline.commands.predict.run import Run
from pipeline.commands.predict.sources import Found, find_sources
from pipeline.commands.predict.videos import count_frames, predict_video
from pipeline.errors import PipelineError
from pipeline.evaluation.thresholds import read_thresholds
from pipeline.progress import progress_bar
from pipeline.serving import load_predictor
from pipeline.serving.thresholds import class_thresholds

FINE, SOME_FAILED, INTERRUPTED = 0, 3, 130
"""The exit codes. If nothing could be done, that is an error, whose code is 1."""

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
        The exit code: :data:`FINE`, :data:`SOME_FAILED` or :data:`INTERRUPTED`.

    Raises:
        PipelineError: An option is wrong, there is no such detector, or nothing could be done.
    """
    folder = output_folder(output, OUTPUT)
    found = find_sources(paths, folder)
    if not found.sources:
        raise PipelineError("\n".join(found.faults))
    predictor = load_predictor(model, tile=tile, overlap=overlap, batch_size=batch_size)
    thresholds = class_thresholds(
        predictor.config, *parse_thresholds(threshold), chosen=chosen_thresholds(model)
    )
    if overlap is not None and tile is None and predictor.config.tile is None:
        raise PipelineError("--overlap is that of tiles; give --tile as well")
    _make(folder)
    run = Run(predictor, thresholds, folder, formats, batch_size)
    return _closing_lines(run, found, folder, interrupted=_run(found, run))


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
        PipelineError: One is no number.
    """
    for_all, of_classes = None, {}
    for text in given:
        name, equals, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise PipelineError(
                f"--threshold {text}: no number, and not CLASS=NUMBER; paths stand before the options"
            ) from None
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
        return next(folder for folder in chain([default], numbered) if _is_free(folder))
    if not _is_free(given):
        raise PipelineError(f"{given}: exists and is not empty; name a new or an empty folder")
    return given


def _is_free(folder: Path) -> bool:
    """Return whether a folder is empty or does not exist."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def _make(folder: Path) -> None:
    """Make the folder of the output.

    Raises:
        PipelineError: There can be no such folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise PipelineError(f"{error.filename}: {error.strerror}; name another folder") from None


def _run(found: Found, run: Run) -> bool:
    """Do all files, complete what was written, and return whether the user interrupted that."""
    try:
        _do_all(found, run)
    except KeyboardInterrupt:
        return True
    finally:
        run.close()
    return False


def _do_all(found: Found, run: Run) -> None:
    """Do all files, and print the rates."""
    for fault in found.faults:
        run.fail(fault)
    if found.passed_over:
        print(
            f"left out of the folders, as their names are of no image or video: {found.passed_over:,} files"
        )
    images = [source for source in found.sources if not source.video]
    if images:
        with progress_bar("images", len(images)) as advance:
            rate = predict_images(images, run, advance)
        if run.done:
            print(f"images: {rate.text('images')}")
    for video in (source for source in found.sources if source.video):
        with progress_bar(video.file, count_frames(video.file) or None) as advance:
            of_video = predict_video(video, run, advance)
        if of_video is not None:
            print(f"{video.file}: {of_video.text('frames')}")


def _closing_lines(run: Run, found: Found, folder: Path, *, interrupted: bool) -> int:
    """Print what was done, and return the exit code.

    Raises:
        PipelineError: Nothing was done.
    """
    files = len(found.sources) + len(found.faults)
    if interrupted:
        print(f"interrupted; {run.done} of {files} files were done before, in {folder}", file=sys.stderr)
        return INTERRUPTED
    if not run.pictures:
        raise PipelineError(f"none of {files} files could be read; nothing was written")
    print(f"{run.done} of {files} files, {run.objects:,} objects, in {folder}")
    return SOME_FAILED if run.failed else FINE
