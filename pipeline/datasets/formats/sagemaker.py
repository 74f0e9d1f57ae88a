"""Reads manifests of SageMaker Ground Truth: a line of JSON per image, with its ``source-ref``.

The labels of a job named ``boxes`` are in the key ``boxes``, and its classes in ``boxes-metadata``. Jobs of boxes and
of labels of whole images are read. An image is found by the last parts of its path in the bucket.
"""

from collections.abc import Iterator
from math import nan
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    box_fault,
)
from pipeline.datasets.formats.shared.json_lines import json_lines
from pipeline.datasets.formats.shared.numbers import finite, side
from pipeline.datasets.formats.shared.peek import head_and_tail
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "SageMaker Ground Truth (.manifest or .jsonl with source-ref in each line)"

_SOURCE = "source-ref"

_METADATA = "-metadata"

_BOXES, _LABEL = "object-detection", "image-classification"

_PEEKED_FILES = 20


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first files has the keys ``source-ref`` and ``*-metadata``."""
    return bool(_files(folder, _PEEKED_FILES))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each manifest. If there are several, their names give the splits. Class names are sorted."""
    files = _files(folder)
    splits = splits_of(files)
    builder = TableBuilder()
    for file in files:
        add_all(builder, folder, _images(folder, file, splits[file]))
    return builder.build(sort_classes=True)


def _files(folder: DatasetFolder, limit: int | None = None) -> list[str]:
    files = [*folder.with_suffix(".manifest"), *folder.with_suffix(".jsonl")][:limit]
    texts = ((file, head_and_tail(folder.root / file)) for file in files)
    return [file for file, text in texts if b'"source-ref"' in text and b"-metadata" in text]


def _images(folder: DatasetFolder, file: str, split: str) -> Iterator[AnnotatedImage | Issue]:
    for line in json_lines(folder, file):
        yield line if isinstance(line, Issue) else _image(line, file, split)


def _image(line: dict[str, Any], file: str, split: str) -> AnnotatedImage | Issue:
    """Parse a line. An image without a job of labels that is read is an issue."""
    source = line.get(_SOURCE)
    name = _path(source) if isinstance(source, str) else ""
    objects, faults, left_out, size, done = list[AnnotatedObject](), list[Fault](), list[str](), (0, 0), False
    for job, metadata in _jobs(line):
        kind = str(metadata.get("type"))[:80]
        if "failure-reason" in metadata or job not in line:
            left_out.append(f"the job {job} failed: {str(metadata.get('failure-reason'))[:80]}")
        elif _LABEL in kind:
            objects.append(_label(len(objects) + len(faults), metadata))
            done = True
        elif _BOXES in kind:
            size = _boxes(line[job], metadata, objects, faults)
            done = True
        else:
            left_out.append(f"the job {job} is of the type {kind}, which is not read")
    if not done:
        detail = "; ".join(left_out) or f"{file} has no labels of it"
        return Issue(name or file, Fault(None, "image-without-annotation", detail, Action.DROP_IMAGE))
    faults += [Fault(None, "shape-without-box", detail, Action.DROP, "job left out") for detail in left_out]
    return AnnotatedImage(file, (name,), *size, tuple(objects), tuple(faults), split=split, shared=True)


def _path(source: str) -> str:
    """Return the path of an image in its bucket, which is relative to no known folder."""
    parts = urlsplit(source)
    return unquote(parts.path).lstrip("/") if parts.scheme in ("s3", "http", "https") else source


def _jobs(line: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the metadata of each job."""
    for key, metadata in line.items():
        if key.endswith(_METADATA) and isinstance(metadata, dict):
            yield key.removesuffix(_METADATA), metadata


def _label(position: int, metadata: dict[str, Any]) -> AnnotatedObject:
    name = metadata.get("class-name")
    return AnnotatedObject(position, name if isinstance(name, str) else "", (nan,) * 4)


def _boxes(
    value: Any, metadata: dict[str, Any], objects: list[AnnotatedObject], faults: list[Fault]
) -> tuple[int, int]:
    """Add the objects and faults of a job's boxes, and return the width and height of the image, 0 if unknown."""
    value = value if isinstance(value, dict) else {}
    annotations, sizes, names = (value.get("annotations"), value.get("image_size"), metadata.get("class-map"))
    names = names if isinstance(names, dict) else {}
    for item in annotations if isinstance(annotations, list) else []:
        position = len(objects) + len(faults)
        try:
            objects.append(_object(position, item if isinstance(item, dict) else {}, names))
        except KeyError as error:
            detail = f"class {error} is not in the class-map"
            faults.append(Fault(position, "unknown-class", detail, Action.DROP_OBJECT))
        except ValueError as error:
            faults.append(box_fault(position, error))
    size = sizes[0] if isinstance(sizes, list) and sizes and isinstance(sizes[0], dict) else {}
    return side(size.get("width")), side(size.get("height"))


def _object(position: int, item: dict[str, Any], names: dict[str, Any]) -> AnnotatedObject:
    """Parse a box.

    Raises:
        KeyError: The class is not in the class-map.
        ValueError: The box is not four finite numbers.
    """
    number = str(item.get("class_id"))
    x, y, width, height = (finite(item.get(key)) for key in ("left", "top", "width", "height"))
    return AnnotatedObject(position, str(names[number]), (x, y, x + width, y + height))
