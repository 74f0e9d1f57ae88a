"""Reads VoTT's JSON, version 2: a file for each image (``-asset.json``) and the exported project (``-export.json``).

An image without regions is background, unless VoTT says that nobody has opened it. A region has tags, which are the
classes, and a box in px. It is an object of each of its tags. If a project and a file of its own describe the same
image, the project counts, and this is logged. Images are found by the name of the asset.
"""

import logging
import posixpath
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    box_fault,
)
from pipeline.datasets.formats.shared.extents import Box
from pipeline.datasets.formats.shared.numbers import finite, side
from pipeline.datasets.formats.shared.peek import head_and_tail, peek
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "VoTT (.json with an asset and its regions, or with the assets of a project)"

_NOT_VISITED = 0  # the state of an image that nobody has opened in VoTT
_SHOWN = 80  # characters of wrong input that a message quotes


class _Described(NamedTuple):
    """An image as a file describes it.

    Attributes:
        file: The JSON file, relative to the dataset's folder.
        asset: The image: name, path, size.
        regions: Its regions.
        shared: Whether the file describes a project.
    """

    file: str
    asset: dict[str, Any]
    regions: list[Any]
    shared: bool


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first JSON files describes an asset or a project of VoTT."""
    return any(map(_is_vott, peek(folder, ".json")))


def _is_vott(text: bytes) -> bool:
    return b'"asset"' in text and b'"regions"' in text


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file. Class names are sorted.

    If the folders of the files name two or more splits, each image has the split of its folder.
    """
    files = [file for file in folder.with_suffix(".json") if _is_vott(head_and_tail(folder.root / file))]
    folder.use(files)
    splits = splits_of_folders(files)
    builder = TableBuilder()
    described = [each for file in files for each in _described(folder, file, builder.issues)]
    projects = {str(each.asset.get("id")) for each in described if each.shared}
    counted = [each for each in described if each.shared or str(each.asset.get("id")) not in projects]
    if len(counted) < len(described):
        logger.info(
            "files of single images are left out, because a project describes the images too: %d",
            len(described) - len(counted),
        )
    add_all(builder, folder, (_image(each, splits[each.file]) for each in counted))
    return builder.build(sort_classes=True)


def _described(folder: DatasetFolder, file: str, issues: list[Issue]) -> Iterator[_Described]:
    """Yield the images that a file describes. List the issues of what cannot be read."""
    try:
        contents = parse_json((folder.root / file).read_bytes())
    except (UnreadableAnnotationError, OSError) as error:
        issues.append(Issue(file, Fault(None, "unreadable-annotation", str(error), Action.DROP_IMAGE)))
        return
    assets = contents.get("assets") if isinstance(contents, dict) else None
    shared = isinstance(assets, dict)
    for each in assets.values() if isinstance(assets, dict) else [contents]:
        asset, regions = (each.get("asset"), each.get("regions")) if isinstance(each, dict) else (None, None)
        if isinstance(asset, dict) and isinstance(regions, list):
            if not regions and asset.get("state") == _NOT_VISITED:
                continue
            yield _Described(file, asset, regions, shared)
        else:
            detail = f"it has no asset and regions: {str(each)[:_SHOWN]!r}"
            issues.append(Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP)))


def _image(described: _Described, split: str) -> AnnotatedImage:
    asset = described.asset
    size = asset["size"] if isinstance(asset.get("size"), dict) else {}
    objects, faults = list[AnnotatedObject](), list[Fault]()
    for position, region in enumerate(described.regions):
        try:
            box = _box(region)
        except ValueError as error:
            faults.append(box_fault(position, error))
        else:
            objects += [AnnotatedObject(position, name, box) for name in _tags(region) or [""]]
    return AnnotatedImage(
        described.file,
        _names(asset),
        side(size.get("width")),
        side(size.get("height")),
        tuple(objects),
        tuple(faults),
        split=split,
        shared=True,
    )


def _names(asset: dict[str, Any]) -> tuple[str, ...]:
    """Return possible names of the image: that of the asset, and the last part of its path or URL."""
    name, path = (value if isinstance(value := asset.get(key), str) else "" for key in ("name", "path"))
    try:
        last = posixpath.basename(unquote(urlsplit(path).path.replace("\\", "/")))
    except ValueError:  # for example, a bracket in the host is not closed
        last = ""
    return tuple(dict.fromkeys(filter(None, (unquote(name), name, last))))


def _tags(region: dict[str, Any]) -> list[str]:
    tags = region.get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _box(region: Any) -> Box:
    """Return the box of a region in px.

    Raises:
        ValueError: It has no box, or its values are no numbers.
    """
    box = region.get("boundingBox") if isinstance(region, dict) else None
    if not isinstance(box, dict):
        raise ValueError(f"its boundingBox is {str(box)[:_SHOWN]}")
    left, top, width, height = (finite(box.get(key)) for key in ("left", "top", "width", "height"))
    return left, top, left + width, top + height
