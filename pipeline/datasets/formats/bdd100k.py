"""Reads BDD100K's JSON: a list of images with labels, as in Scalabel, or the older file per image with frames.

The box of a label is its ``box2d``, else the box around its closed polygons (``poly2d``) or its run lengths (``rle``),
which are its mask. Lanes and drivable areas are no objects; each image says how many of them were left out. What is
``crowd`` or ``ignored`` is a crowd. Frames of one video are a group.
"""

import posixpath
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    box_fault,
    parse_files,
)
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_points, points_of
from pipeline.datasets.formats.shared.image_splits import with_splits
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.outlines import enclosed, mask_of_polygons
from pipeline.datasets.formats.shared.peek import head_and_tail, peek
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.json_stream import JsonStreamError, iterate_arrays, iterate_elements
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "BDD100K (.json of images with labels and box2d)"

_AREAS = ("lane", "area/", "drivable area")

_FRAMES = frozenset({"frames"})

_MAX_BYTES = 2**26  # of a file of one image


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first JSON files has ``box2d`` or ``poly2d`` in labels or in frames."""
    return any(_is_bdd(text) for text in peek(folder, ".json"))


def _is_bdd(text: bytes) -> bool:
    return (b'"box2d"' in text or b'"poly2d"' in text) and (b'"labels"' in text or b'"frames"' in text)


def _is_of_one_image(text: bytes) -> bool:
    return text.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and b'"objects"' in text


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file. If their names or folders name different splits, these are the splits. Class names are sorted.

    Raises:
        PipelineError: A file of many images is not JSON.
    """
    single, many = list[str](), list[str]()
    for file in folder.with_suffix(".json"):
        text = head_and_tail(folder.root / file)
        if _is_of_one_image(text):
            single.append(file)
        elif _is_bdd(text):
            many.append(file)
    splits = splits_of([*single, *many])
    builder = TableBuilder()
    images = chain(parse_files(folder, single, parse, workers), *(_images_of(folder, file) for file in many))
    add_all(builder, folder, with_splits(images, splits))
    return builder.build(sort_classes=True)


def parse(root: Path, file: str) -> AnnotatedImage | None:
    """Parse a file of one image. Return None if it has no frame with objects.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Raises:
        UnreadableAnnotationError: The file is not JSON, or is larger than 64 MiB.
    """
    if (root / file).stat().st_size > _MAX_BYTES:
        raise UnreadableAnnotationError("it is too large for a file of one image")
    contents = parse_json((root / file).read_bytes())
    frames = contents.get("frames") if isinstance(contents, dict) else None
    frames = frames if isinstance(frames, list) else []
    frame = frames[0] if frames else None
    if not isinstance(frame, dict) or not isinstance(frame.get("objects"), list):
        return None
    if len(frames) > 1:
        raise UnreadableAnnotationError(f"it has {len(frames)} frames; a file of one image has one")
    name = contents.get("name")
    names = (name if isinstance(name, str) else "", posixpath.splitext(posixpath.basename(file))[0])
    return _image(file, names, frame["objects"])


def _images_of(folder: DatasetFolder, file: str) -> Iterator[AnnotatedImage | Issue]:
    """Yield the images of a file of many.

    Raises:
        PipelineError: The file is not JSON.
    """
    path = folder.root / file
    is_list = head_and_tail(path).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    try:
        for element in iterate_elements(path) if is_list else iterate_arrays(path, _FRAMES):
            frame = element.value
            if not isinstance(frame, dict) or not isinstance(frame.get("name"), str):
                detail = f"one of its images has no name: {str(frame)[:80]}"
                yield Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP))
                continue
            labels, video = frame.get("labels"), frame.get("videoName")
            image = _image(file, (frame["name"],), labels if isinstance(labels, list) else [])
            yield image._replace(shared=True, group=video if isinstance(video, str) else "")
    except JsonStreamError as error:
        raise PipelineError(f"{path}: not readable as JSON: {error}; repair or replace the file") from None


def _image(file: str, names: tuple[str, ...], labels: list[Any]) -> AnnotatedImage:
    objects, faults, areas = [], [], 0
    for position, label in enumerate(labels):
        label = label if isinstance(label, dict) else {}
        if str(label.get("category")).startswith(_AREAS):
            areas += 1
            continue
        try:
            objects.append(_object(position, label))
        except ValueError as error:
            faults.append(box_fault(position, error))
    if areas:
        detail = f"lanes and drivable areas have no box: {areas}"
        faults.append(Fault(None, "shape-without-box", detail, Action.DROP))
    return AnnotatedImage(file, names, 0, 0, tuple(objects), tuple(faults))


def _object(position: int, label: dict[str, Any]) -> AnnotatedObject:
    """Parse a label.

    Raises:
        ValueError: It has no box, or its box cannot be read.
    """
    category, attributes = label.get("category"), label.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    crowd = attributes.get("crowd") is True or attributes.get("ignored") is True
    around, mask = _outline(label)
    box2d = label.get("box2d")
    box = around
    if isinstance(box2d, dict):
        x1, y1, x2, y2 = (finite(box2d.get(key)) for key in ("x1", "y1", "x2", "y2"))
        box = (x1, y1, x2, y2)
    if box is None:
        raise NoBoxError(str(category))
    return AnnotatedObject(
        position, category if isinstance(category, str) else "", box, crowd=crowd, mask=mask
    )


def _outline(label: dict[str, Any]) -> tuple[Box | None, bytes]:
    """Return the box around a label's mask and the mask; None and b"" if it has none.

    Raises:
        ValueError: The mask cannot be read.
    """
    if isinstance(label.get("rle"), dict):
        return enclosed(label["rle"])
    pieces = label.get("poly2d")
    closed = [piece for piece in pieces if isinstance(piece, dict)] if isinstance(pieces, list) else []
    polygons = [points_of(piece.get("vertices")) for piece in closed if piece.get("closed") is not False]
    if not polygons:
        return None, b""
    return of_points([point for polygon in polygons for point in polygon.tolist()]), mask_of_polygons(
        polygons
    )
