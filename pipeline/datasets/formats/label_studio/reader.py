"""Reads Label Studio's exports JSON and JSON_MIN: lists of tasks with one image each.

A task has one annotation per annotator. The first one that was not cancelled is read; the others and the predictions
are listed as unused. :mod:`pipeline.datasets.formats.label_studio.images` says which image of a task a region is of.
Images are found by the path in their URL. Label Studio puts eight hexadecimal digits before the name of an uploaded
file, so the name without these digits is searched too. :mod:`pipeline.datasets.formats.label_studio.results`
describes the results and their boxes.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipeline.datasets.formats.label_studio.images import results_by_image
from pipeline.datasets.formats.label_studio.results import read_results
from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    add_all,
)
from pipeline.datasets.formats.shared.image_urls import image_names
from pipeline.datasets.formats.shared.peek import head_and_tail, peek
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "Label Studio (.json with a list of tasks)"

# What is left out of a task, for the list of unused content.
_CANCELLED = "a cancelled annotation"
_FURTHER = "an annotation by a further annotator"
_PREDICTION = "a prediction"


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first JSON files looks like a list of annotated tasks."""
    return any(map(_is_export, peek(folder, ".json")))


def _is_export(text: bytes) -> bool:
    is_list = text.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    return is_list and (b'"original_width"' in text or (b'"annotations"' in text and b'"data"' in text))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each export. Class names are sorted.

    If the files differ in the split that their names or folders give, each image has the split of its file.

    Raises:
        PipelineError: A file is not JSON.
    """
    files = [file for file in folder.with_suffix(".json") if _is_export(head_and_tail(folder.root / file))]
    splits = splits_of(files)
    builder = TableBuilder()
    folder.use(files)
    for file in files:
        left_out = Counter[str]()
        add_all(builder, folder, _images(folder, file, splits[file], left_out))
        for kind, count in (+left_out).items():
            builder.unused.add(file, [kind], count)
    return builder.build(sort_classes=True)


def _images(
    folder: DatasetFolder, file: str, split: str, left_out: Counter[str]
) -> Iterator[AnnotatedImage | Issue]:
    """Yield the images of a file's tasks.

    Args:
        split: train | val | test; "" if the split is unknown.
        left_out: The number of annotations left out for each reason, which is increased.

    Raises:
        PipelineError: The file is not JSON.
    """
    try:
        tasks = parse_json((folder.root / file).read_bytes())
    except (UnreadableAnnotationError, OSError) as error:
        raise PipelineError(f"{folder.root / file}: {error}; repair or replace the file") from None
    seen = set[str]()  # in JSON_MIN, a task has one entry for each of its annotations
    for task in tasks:
        if not isinstance(task, dict):
            detail = f"one of its tasks is not usable: {str(task)[:80]!r}"
            yield Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP))
        elif "annotation_id" in task and str(task.get("id")) in seen:
            left_out[_FURTHER] += 1
        elif (results := _results(task, left_out)) is not None:
            seen.add(str(task.get("id")))
            data = task["data"] if isinstance(task.get("data"), dict) else task
            for image in results_by_image(data, results):
                if image.url is None:
                    yield Issue(file, image.fault)
                else:
                    yield _image(file, split, image.url, image.results)


def _image(file: str, split: str, url: str, results: list[dict[str, Any]]) -> AnnotatedImage:
    found = read_results(results)
    return AnnotatedImage(
        file,
        image_names(url),
        found.width,
        found.height,
        found.objects,
        found.faults,
        normalised=True,
        split=split,
        shared=True,
        unused=found.unused,
    )


def _results(task: dict[str, Any], left_out: Counter[str]) -> list[dict[str, Any]] | None:
    """Return the results of the task's first annotation that was not cancelled, or None if there is none."""
    annotations, predictions = task.get("annotations"), task.get("predictions")
    left_out[_PREDICTION] += len(predictions) if isinstance(predictions, list) else 0
    if not isinstance(annotations, list):
        return None if isinstance(task.get("data"), dict) else _flat_results(task)
    annotations = [annotation for annotation in annotations if isinstance(annotation, dict)]
    counted = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
    left_out[_CANCELLED] += len(annotations) - len(counted)
    left_out[_FURTHER] += max(0, len(counted) - 1)
    if not counted:
        return None
    results = counted[0].get("result")
    return [result for result in results if isinstance(result, dict)] if isinstance(results, list) else []


def _flat_results(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of a JSON_MIN entry. Each control of the labelling interface has a key with a list."""
    lists = [value for value in task.values() if isinstance(value, list)]
    results = [result for value in lists for result in value if isinstance(result, dict)]
    choice = task.get("choice")  # the name of the control in Label Studio's templates for classification
    if isinstance(choice, str):
        results.append({"choices": [choice]})
    elif isinstance(choice, dict):
        results.append(choice)
    return results
