"""Label Studio's exports JSON and JSON_MIN: a list of tasks, an image each.

Of a task's annotations, one an annotator, the first that was not cancelled counts, and predictions do not.
Images are found by the path in their URL; of one that was uploaded the name may be without the eight digits
that the upload put before it. Results and their boxes are those of
:mod:`pipeline.datasets.formats.label_studio.results`.
"""

import logging
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.datasets.formats.label_studio.results import read_results
from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    add_all,
)
from pipeline.datasets.formats.shared.peek import ends, peek
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "Label Studio (.json with a list of tasks)"

_UPLOAD_PREFIX = re.compile(r"[0-9a-f]{8}-(?=.)")


def matches(folder: DatasetFolder) -> bool:
    """Say whether one of the first JSON files is a list of annotated tasks."""
    return any(map(_is_export, peek(folder, ".json")))


def _is_export(text: bytes) -> bool:
    is_list = text.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    return is_list and (b'"original_width"' in text or (b'"annotations"' in text and b'"data"' in text))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each export. Class names are sorted; the files' names, or their folders', may say the split."""
    files = [file for file in folder.with_suffix(".json") if _is_export(ends(folder.root / file))]
    splits = splits_of(files)
    builder = TableBuilder()
    left_out = Counter[str]()
    for file in files:
        add_all(builder, folder, _images(folder, file, splits[file], left_out))
    if left_out := +left_out:
        counts = ", ".join(f"{what}: {count}" for what, count in left_out.items())
        logger.info("left out: %s", counts)
    return builder.build(sort_classes=True)


def _images(
    folder: DatasetFolder, file: str, split: str, left_out: Counter[str]
) -> Iterator[AnnotatedImage | Issue]:
    """Yield the tasks' images, and count what is left out of them.

    Raises:
        PipelineError: the file is not a list in JSON.
    """
    try:
        tasks = parse_json((folder.root / file).read_bytes())
    except (UnreadableAnnotationError, OSError) as error:
        raise PipelineError(f"{folder.root / file}: {error}") from None
    seen = set[str]()  # JSON_MIN has an entry an annotation, of which a task may have several
    for task in tasks:
        if not isinstance(task, dict):
            detail = f"one of its tasks is not usable: {str(task)[:80]!r}"
            yield Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP))
        elif "annotation_id" in task and str(task.get("id")) in seen:
            left_out["annotations by further annotators"] += 1
        elif (results := _results(task, left_out)) is not None:
            seen.add(str(task.get("id")))
            data = task["data"] if isinstance(task.get("data"), dict) else task
            objects, faults, width, height = read_results(results)
            names = image_names(_url(data))
            yield AnnotatedImage(
                file, names, width, height, objects, faults, normalised=True, split=split, shared=True
            )


def _results(task: dict[str, Any], left_out: Counter[str]) -> list[dict[str, Any]] | None:
    """Return the results of the annotation that counts; None if there is none."""
    annotations = task.get("annotations")
    if not isinstance(annotations, list):
        return None if isinstance(task.get("data"), dict) else _flat_results(task)
    annotations = [annotation for annotation in annotations if isinstance(annotation, dict)]
    counted = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
    left_out["annotations that were cancelled"] += len(annotations) - len(counted)
    left_out["annotations by further annotators"] += max(0, len(counted) - 1)
    if not counted:
        return None
    results = counted[0].get("result")
    return [result for result in results if isinstance(result, dict)] if isinstance(results, list) else []


def _flat_results(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of a JSON_MIN entry, which are lists under the names of their controls."""
    lists = [value for value in task.values() if isinstance(value, list)]
    results = [result for value in lists for result in value if isinstance(result, dict)]
    choice = task.get("choice")  # as Label Studio's templates for classification name the control
    if isinstance(choice, str):
        results.append({"choices": [choice]})
    elif isinstance(choice, dict):
        results.append(choice)
    return results


def _url(data: dict[str, Any]) -> str:
    """Return the image's URL: under ``image``, else the first that names one."""
    texts = [text for text in (data.get("image"), *data.values()) if isinstance(text, str)]
    named = (text for text in texts if posixpath.splitext(text)[1].lower() in IMAGE_SUFFIXES)
    return texts[0] if isinstance(data.get("image"), str) else next(named, "")


def image_names(url: str) -> tuple[str, ...]:
    """Return what the image of a URL may be called below the dataset's folder, the likeliest first.

    Args:
        url: ``/data/upload/1/0123abcd-name.jpg``, ``/data/local-files/?d=path/name.jpg``,
            ``s3://bucket/path/name.jpg`` and the like; "data:" URLs name nothing.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a host of brackets
        return (url,)
    if parts.scheme == "data":
        return ()
    local = re.search(r"(?:^|&)d=([^&]*)", parts.query)
    path = (local[1] if local else parts.path).lstrip("/")
    name = posixpath.basename(unquote(path))
    stripped = _UPLOAD_PREFIX.sub("", name, count=1) if _UPLOAD_PREFIX.match(name) else name
    return tuple(dict.fromkeys((unquote(path), path, stripped)))
