"""The command ``prelabel``: label pictures with the detector, as sure as the user wants, for a person to correct."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.artifacts import whole
from pipeline.commands.predict.command import output_folder
from pipeline.commands.predict.exit_codes import FINE, SOME_FAILED
from pipeline.commands.predict.images import image_batches
from pipeline.commands.predict.known import CONVERTED, project_detector, val_correctness
from pipeline.commands.predict.pseudo_labels import pseudo_labels
from pipeline.commands.predict.run import Run
from pipeline.commands.predict.sources import Source, find_sources, images_of
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.formats import recognise
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.writers import WRITERS
from pipeline.errors import PipelineError
from pipeline.evaluation.correctness import Correctness, lowest_score
from pipeline.output_place import output_place
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.progress import progress_bar
from pipeline.serving import Prediction
from pipeline.serving.thresholds import above

OUTPUT = Path("prelabelled")
FALLBACK = "coco"
"""The format of the labels if the dataset's own cannot be written."""

Found = list[tuple[Source, Prediction]]


def prelabel(
    paths: Sequence[str], *, precision: float, format_name: str | None, output: Path | None, batch_size: int
) -> int:
    """Write the detections that are right with a wanted precision as the labels of a dataset.

    The lowest score of each class is chosen for these pictures: from the chance of each detection to be right, which is
    estimated on val.

    Args:
        paths: Image files, folders and patterns.
        precision: The wanted share of right boxes in each class, 0-1.
        format_name: A key of :data:`pipeline.datasets.writers.WRITERS`; None for the format of the dataset.
        output: The folder to write to, which is empty or does not exist; None for :data:`OUTPUT`.
        batch_size: The number of images that run as one batch.

    Returns:
        The exit code; see :mod:`pipeline.commands.predict.exit_codes`.

    Raises:
        PipelineError: There is no finished run to judge by, no image can be read, or no detection is sure enough.
    """
    params, truth = load_params(), read_ground_truth(CONVERTED)
    correctness = val_correctness(params, truth)
    folder = output_folder(output, OUTPUT)
    name = format_name or _own_format(params)
    sources = find_sources(paths, folder)
    run = Run(project_detector(truth, batch_size), np.zeros(0), folder, (), batch_size)
    for fault in sources.faults:
        run.fail(fault)
    found = _detect(images_of(sources), run)
    if not found:
        raise PipelineError("none of the files could be read as an image; nothing was written")
    scores = _print_thresholds(found, correctness, truth.classes, precision)
    kept = [(source, above(prediction, scores)) for source, prediction in found]
    place = output_place(str(folder), "name another folder")
    with place, whole(folder.resolve(), directory=True) as partial:
        boxes = WRITERS[name](pseudo_labels(kept, truth.classes, folder), partial)
    print(
        f"{len(kept):,} images with {boxes:,} boxes as {name} in {folder}; correct them before they are trained on"
    )
    return SOME_FAILED if run.failed else FINE


def _own_format(params: Params) -> str:
    """Return the format of the user's dataset, or :data:`FALLBACK` if it cannot be written."""
    name: str = params.dataset.format
    if name == "auto":
        name = recognise(DatasetFolder(Path("data") / params.dataset.images))
    if name in WRITERS:
        return name
    print(f"the dataset's own format, {name}, cannot be written; the labels are {FALLBACK}")
    return FALLBACK


def _detect(images: Sequence[Source], run: Run) -> Found:
    """Run the detector over image files. What cannot be read is one line each."""
    found: Found = []
    with progress_bar("images", len(images)) as advance:
        for batch in image_batches(images, run.batch_size, run.fail, advance):
            predictions = run.predictor.predict_files([image.checked.data for image in batch])
            for image, prediction in zip(batch, predictions, strict=True):
                found.append((image.source, prediction))
                advance(1)
    return found


def _print_thresholds(
    found: Found, correctness: Correctness, classes: Sequence[str], precision: float
) -> np.ndarray:
    """Choose the lowest score of each class, float32 [K], and print it with the number of boxes.

    Raises:
        PipelineError: No class has a detection that is sure enough.
    """
    labels = np.concatenate([prediction.classes for _, prediction in found])
    scores = np.concatenate([prediction.scores for _, prediction in found])
    chances = correctness.chances(labels, scores)
    lowest, unsure = np.full(len(classes), np.inf, np.float32), list[str]()
    for label, name in enumerate(classes, start=1):
        own = labels == label
        if not own.any():
            continue
        score = lowest_score(chances[own], scores[own], precision)
        if score is None:
            unsure.append(name)
            continue
        lowest[label - 1] = score
        kept = own & (scores >= score)
        expected = f"expected precision {chances[kept].mean():.3f}"
        print(f"{name}: {kept.sum():,} boxes from a score of {score:.3f} on, {expected}")
    if unsure:
        print(f"no detection is expected to be right with a precision of {precision:g}: {', '.join(unsure)}")
    if not np.isfinite(lowest).any():
        raise PipelineError(
            f"no detection is sure enough for a precision of {precision:g}; give a lower --precision"
        )
    return lowest
