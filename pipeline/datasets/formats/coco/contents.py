"""Reads a COCO file element by element."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from reprlib import repr as shortened  # it also accepts deeply nested lists
from typing import Any

from pipeline.datasets.formats.shared.detections import is_score
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.json_stream import Element, JsonStreamError, iterate_arrays
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from pipeline.progress import progress_bar

BLOCK_BYTES = 2**20

_NUMBER = re.compile(r"(0|[1-9][0-9]{0,17})(\.0+)?")

KEYS = frozenset({"images", "annotations", "categories"})


@dataclass
class Contents:
    """The images and categories of a COCO file. The annotations are not kept, because they need much memory.

    Attributes:
        file: The path relative to the dataset's folder.
        images: The id, the file name, the width and height in px (0 if not declared) and the group ("" for none) of
            each image.
        categories: The class name of each category id.
        keypoints: The names of the keypoints of the objects of each category that has any, by its id.
        supercategories: The supercategory of each category that has any, by its id.
        annotations: The number of annotations.
        scored: The number of annotations with a key ``score``.
        has_detections: Whether one of these scores is not a whole number, as those of detections are.
    """

    file: str
    images: list[tuple[Any, str, int, int, str]]
    categories: dict[Any, str]
    keypoints: dict[Any, tuple[str, ...]] = field(default_factory=dict)
    supercategories: dict[Any, str] = field(default_factory=dict)
    annotations: int = 0
    scored: int = 0
    has_detections: bool = False


def contains(folder: DatasetFolder, file: str, text: bytes) -> bool:
    """Return whether a file contains ``text``. Only small parts of the file are in memory at any time."""
    with (folder.root / file).open("rb") as opened:
        end = b""
        while block := opened.read(BLOCK_BYTES):
            if text in end + block:
                return True
            end = block[-len(text) :]
    return False


def read_contents(folder: DatasetFolder, file: str, group_key: str | None, builder: TableBuilder) -> Contents:
    """Read the images and categories of a COCO file. List the issues of those that cannot be used.

    Args:
        group_key: The key of an image that holds its group; None if images have no groups.

    Raises:
        PipelineError: The file is not JSON.
    """
    contents = Contents(file, [], {})
    for key, element, _, _ in elements(folder, file):
        if key == "annotations":
            _count(contents, element)
            continue
        try:
            if key == "images":
                contents.images.append(_image(element, group_key))
            else:
                _add_category(contents, element)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            detail = f"one of its {key} is not usable: {shortened(element)}"
            builder.issues.append(Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP)))
    return contents


def _count(contents: Contents, annotation: Any) -> None:
    contents.annotations += 1
    if isinstance(annotation, dict) and annotation.get("score") is not None:
        contents.scored += 1
        contents.has_detections |= is_score(annotation["score"])


def _add_category(contents: Contents, element: dict[str, Any]) -> None:
    key, name = _id(element), _name(element, "name")
    if contents.categories.setdefault(key, name) != name:
        raise ValueError("two categories have the same id")
    if names := _keypoint_names(element):
        contents.keypoints[key] = names
    if isinstance(kind := element.get("supercategory"), str) and kind.strip():
        contents.supercategories[key] = kind


def _image(element: dict[str, Any], group_key: str | None) -> tuple[Any, str, int, int, str]:
    width, height = (int(element.get(side) or 0) for side in ("width", "height"))
    group = element.get(group_key) if group_key else None
    return _id(element), _file_name(element), width, height, "" if group is None else str(group)


def _file_name(element: dict[str, Any]) -> str:
    """Return the image's ``file_name``. LVIS has ``coco_url`` instead, whose last folder and file name are returned."""
    if "file_name" in element or "coco_url" not in element:
        return _name(element, "file_name")
    return "/".join(_name(element, "coco_url").split("/")[-2:])


def _keypoint_names(category: dict[str, Any]) -> tuple[str, ...]:
    names = category.get("keypoints")
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _id(element: dict[str, Any]) -> int | str:
    if (key := key_of(element["id"])) is None:
        raise TypeError("an id must be an integer or text")
    return key


def key_of(value: Any) -> int | str | None:
    """Return an id in a form that can be compared, because files may write the same id as 1, as 1.0 and as text.

    Returns:
        An integer for a whole number or its decimal text, text for other text, and None for any other value.
    """
    if isinstance(value, str) and (number := _NUMBER.fullmatch(value)):
        return int(number[1])
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | str) else None


def _name(element: dict[str, Any], key: str) -> str:
    if not isinstance(element[key], int | str) or not str(element[key]).strip():
        raise ValueError(f"{key} must be text")
    return str(element[key])


def elements(folder: DatasetFolder, file: str) -> Iterator[Element]:
    """Yield the elements of the arrays :data:`KEYS` of a file, in the order of the file.

    Raises:
        PipelineError: The file is not JSON. The elements before the error were yielded.
    """
    path, shown = folder.root / file, 0
    try:
        with progress_bar(
            f"reading {posixpath.basename(file)}", path.stat().st_size, in_bytes=True
        ) as advance:
            for element in iterate_arrays(path, KEYS):
                yield element
                if element.end - shown > BLOCK_BYTES:
                    advance(element.end - shown)
                    shown = element.end
    except JsonStreamError as error:
        raise PipelineError(f"{path}: not readable as JSON: {error}; repair or replace the file") from None
