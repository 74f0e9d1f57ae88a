"""Reads Create ML's JSON: a list of images, each with its annotations.

An annotation has a label and the centre, width and height of its box in px. Older files have ``imagefilename`` and
``annotation`` instead of ``image`` and ``annotations``. If there are several files, their names or folders give the
splits.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    parse_objects,
)
from pipeline.datasets.formats.shared.extents import Box
from pipeline.datasets.formats.shared.numbers import finite
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

TITLE = "Create ML (.json with a list of images, and label and coordinates of each annotation)"

_SHOWN = 80  # characters of wrong input that a message quotes
_IMAGE, _ANNOTATIONS = ("image", "imagefilename"), ("annotations", "annotation")


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first JSON files is a list with labels and coordinates."""
    return any(map(_is_createml, peek(folder, ".json")))


def _is_createml(text: bytes) -> bool:
    is_list = text.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    return is_list and b'"coordinates"' in text and b'"label"' in text


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file. Class names are sorted.

    Raises:
        PipelineError: A file is not JSON.
    """
    files = [file for file in folder.with_suffix(".json") if _is_createml(head_and_tail(folder.root / file))]
    splits = splits_of(files)
    builder = TableBuilder()
    add_all(builder, folder, (image for file in files for image in _images(folder, file, splits[file])))
    return builder.build(sort_classes=True)


def _images(folder: DatasetFolder, file: str, split: str) -> Iterator[AnnotatedImage | Issue]:
    """Yield the images of a file.

    Args:
        split: train | val | test; "" if the split is unknown.

    Raises:
        PipelineError: The file is not JSON.
    """
    try:
        contents = parse_json((folder.root / file).read_bytes())
    except (UnreadableAnnotationError, OSError) as error:
        raise PipelineError(f"{folder.root / file}: {error}; repair or replace the file") from None
    for image in contents:
        name, annotations = (_first(image, keys) for keys in (_IMAGE, _ANNOTATIONS))
        if isinstance(name, str) and isinstance(annotations, list):
            objects, faults = parse_objects(annotations, _object)
            yield AnnotatedImage(file, (name,), 0, 0, objects, faults, split=split, shared=True)
        else:
            detail = f"one of its images is not usable: {str(image)[:_SHOWN]!r}"
            yield Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP))


def _first(image: Any, keys: tuple[str, ...]) -> Any:
    """Return the value of the first key that the image has, or None."""
    return next((image[key] for key in keys if key in image), None) if isinstance(image, dict) else None


def _object(position: int, annotation: Any) -> AnnotatedObject:
    """Parse an annotation.

    Raises:
        ValueError: It has no box.
    """
    box = _box(annotation)
    label = annotation.get("label")
    return AnnotatedObject(position, str(label) if isinstance(label, str | int | float) else "", box)


def _box(annotation: Any) -> Box:
    """Return the box of an annotation in px.

    Raises:
        ValueError: It has no coordinates, or they are no numbers.
    """
    coordinates = annotation.get("coordinates") if isinstance(annotation, dict) else None
    if not isinstance(coordinates, dict):
        raise ValueError(f"its coordinates are {str(coordinates)[:_SHOWN]}")
    x, y, width, height = (finite(coordinates.get(key)) for key in ("x", "y", "width", "height"))
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2
