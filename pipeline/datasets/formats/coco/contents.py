"""A COCO file read element by element: images, categories, and whatever else is asked for."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from reprlib import repr as shortened  # of lists in lists by the thousand too
from typing import Any

from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.json_stream import Element, JsonStreamError, iterate_arrays
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from pipeline.progress import progress_bar

BLOCK_BYTES = 2**20

_NUMBER = re.compile("0|[1-9][0-9]{0,17}")

KEYS = frozenset({"images", "annotations", "categories"})


@dataclass
class Contents:
    """A file without its annotations, which are the bulk of it."""

    file: str
    images: list[tuple[Any, str, int, int, str]]  # id, file name, width, height, group
    categories: dict[Any, str]


def contains(folder: DatasetFolder, file: str, text: bytes) -> bool:
    """Return whether a file holds a text. The file is read in blocks."""
    with (folder.root / file).open("rb") as opened:
        end = b""
        while block := opened.read(BLOCK_BYTES):
            if text in end + block:
                return True
            end = block[-len(text) :]
    return False


def read_contents(folder: DatasetFolder, file: str, group_key: str | None, builder: TableBuilder) -> Contents:
    """Read a file without its annotations.

    Args:
        folder: The dataset.
        file: The file, relative to the dataset's folder.
        group_key: The key of an image that holds its group; None for no groups.
        builder: Gets the faults.
    """
    contents = Contents(file, [], {})
    for key, element, _, _ in elements(folder, file):
        if key == "annotations":
            continue
        try:
            if key == "images":
                contents.images.append(_image(element, group_key))
            else:
                name = _name(element, "name")
                if contents.categories.setdefault(_id(element), name) != name:
                    raise ValueError("the id is another's")
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            detail = f"one of its {key} is not usable: {shortened(element)}"
            builder.issues.append(Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP)))
    return contents


def _image(element: dict[str, Any], group_key: str | None) -> tuple[Any, str, int, int, str]:
    width, height = (int(element.get(side) or 0) for side in ("width", "height"))
    group = element.get(group_key) if group_key else None
    return _id(element), _file_name(element), width, height, "" if group is None else str(group)


def _file_name(element: dict[str, Any]) -> str:
    """Return the image's name; LVIS has its address instead, whose end is the folder and the name."""
    if "file_name" in element or "coco_url" not in element:
        return _name(element, "file_name")
    return "/".join(_name(element, "coco_url").split("/")[-2:])


def _id(element: dict[str, Any]) -> int | str:
    if (key := key_of(element["id"])) is None:
        raise TypeError("an id is a number or text")
    return key


def key_of(value: Any) -> int | str | None:
    """Return an id, which may be a number in one place and its text in another; None for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int | str) else None


def _name(element: dict[str, Any], key: str) -> str:
    if not isinstance(element[key], int | str) or not str(element[key]).strip():
        raise ValueError(f"{key} is no text")
    return str(element[key])


def elements(folder: DatasetFolder, file: str) -> Iterator[Element]:
    """Iterate over the file's arrays.

    Raises:
        PipelineError: it is not JSON, at which the rest of it is lost too.
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
        raise PipelineError(f"{path}: not readable as JSON: {error}") from None
