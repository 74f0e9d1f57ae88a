"""COCO JSON: images, annotations and categories in one file, or in one file a split.

The file's name, or its folder's, says the split where there are several (``instances_train2017.json``,
``valid/_annotations.coco.json``). Images are found by name, in a folder of that name if there is one. Masks,
polygons or run lengths, stay where they are, and the table says where.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, isnan, nan
from reprlib import repr as shortened  # of lists in lists by the thousand too
from typing import Any, NamedTuple

import orjson

from pipeline.datasets.folder import DatasetFolder, OutsideFolderError
from pipeline.datasets.formats.claims import Claim, Claims, lost
from pipeline.datasets.formats.extents import Box, of_rotated
from pipeline.datasets.formats.split_words import WORDS_OF_SPLIT, split_of, splits_of
from pipeline.datasets.json_stream import Element, JsonStreamError, iterate_arrays
from pipeline.datasets.segmentation_shapes import enclose
from pipeline.datasets.segmentations import NONE
from pipeline.datasets.table import AnnotationTable, Issue, TableBuilder
from pipeline.datasets.workers import Workers
from pipeline.errors import PipelineError
from pipeline.params import Dataset
from pipeline.progress import progress_bar

TITLE = "COCO (.json with images, annotations and categories)"
_BLOCK_BYTES = 2**20
_NUMBER = re.compile("0|[1-9][0-9]{0,17}")
_HEAD_BYTES = 4096
_KEYS_OF_LABELME = (b'"imagePath"', b'"imageData"', b'"shapes"')
_KEYS = frozenset({"images", "annotations", "categories"})


def matches(folder: DatasetFolder) -> bool:
    """Say whether a JSON file has images, annotations and categories."""
    return any(_has_keys(folder, file) for file in folder.with_suffix(".json"))


def is_broken(folder: DatasetFolder, file: str) -> bool:
    """Say whether a file is not JSON at all, such as one cut off by a full disk."""
    try:
        orjson.loads((folder.root / file).read_bytes())
    except orjson.JSONDecodeError:
        return True
    return False


def read(folder: DatasetFolder, dataset: Dataset, workers: Workers) -> AnnotationTable:
    """Read each COCO file of boxes; beside one, those of keypoints of the same split are passed over.

    Classes are numbered in order of their category ids. Where one file holds everything, its name says no
    split.
    """
    files = _box_files(folder, [file for file in folder.with_suffix(".json") if _has_keys(folder, file)])
    splits = splits_of(files)
    builder = TableBuilder()
    contents = [_read_contents(folder, file, dataset.group_column, builder) for file in files]
    categories = {key: name for content in contents for key, name in content.categories.items()}
    for key in sorted(categories, key=lambda key: (isinstance(key, str), key)):
        builder.label(categories[key])
    for content in contents:
        images = _add_images(folder, content, splits[content.file], builder)
        _add_annotations(folder, content, images, builder)
    return builder.build()


@dataclass
class _Contents:
    """A file without its annotations, which are the bulk of it."""

    file: str
    images: list[tuple[Any, str, int, int, str]]  # id, file name, width, height, group
    categories: dict[Any, str]


def _has_keys(folder: DatasetFolder, file: str) -> bool:
    with (folder.root / file).open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    if any(key in head for key in _KEYS_OF_LABELME):
        return False  # at once: there is one for every image, with the image in it
    return all(_contains(folder, file, f'"{key}"'.encode()) for key in _KEYS)


def _contains(folder: DatasetFolder, file: str, text: bytes) -> bool:
    with (folder.root / file).open("rb") as opened:
        end = b""
        while block := opened.read(_BLOCK_BYTES):
            if text in end + block:
                return True
            end = block[-len(text) :]
    return False


def _box_files(folder: DatasetFolder, files: list[str]) -> list[str]:
    """Leave out files of segments, which have no boxes, and of keypoints where the same split has others."""
    segments = [file for file in files if _contains(folder, file, b'"segments_info"')]
    if segments:
        print(f"left out, panoptic segments: {', '.join(segments)}")
    files = [file for file in files if file not in segments]
    keypoints = {file for file in files if _contains(folder, file, b'"keypoints"')}
    boxes_of = {split_of(file) for file in files if file not in keypoints}
    left_out = [file for file in files if file in keypoints and split_of(file) in boxes_of]
    if left_out:
        print(f"left out, annotating the same images with keypoints: {', '.join(left_out)}")
    return [file for file in files if file not in left_out]


def _read_contents(
    folder: DatasetFolder, file: str, group_key: str | None, builder: TableBuilder
) -> _Contents:
    contents = _Contents(file, [], {})
    for key, element, _, _ in _elements(folder, file):
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
            builder.issues.append(Issue(file, None, "unreadable-annotation", detail, "left out"))
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
    if (key := _key(element["id"])) is None:
        raise TypeError("an id is a number or text")
    return key


def _key(value: Any) -> int | str | None:
    """Return an id, which may be a number in one place and its text in another; None for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int | str) else None


def _name(element: dict[str, Any], key: str) -> str:
    if not isinstance(element[key], int | str) or not str(element[key]).strip():
        raise ValueError(f"{key} is no text")
    return str(element[key])


def _elements(folder: DatasetFolder, file: str) -> Iterator[Element]:
    """Iterate over the file's arrays.

    Raises:
        PipelineError: it is not JSON, at which the rest of it is lost too.
    """
    path, shown = folder.root / file, 0
    try:
        with progress_bar(
            f"reading {posixpath.basename(file)}", path.stat().st_size, in_bytes=True
        ) as advance:
            for element in iterate_arrays(path, _KEYS):
                yield element
                if element.end - shown > _BLOCK_BYTES:
                    advance(element.end - shown)
                    shown = element.end
    except JsonStreamError as error:
        raise PipelineError(f"{path}: not readable as JSON: {error}") from None


class _Image(NamedTuple):
    """An image that annotations refer to; ``row`` is None if it was left out."""

    file: str
    row: int | None


def _add_images(
    folder: DatasetFolder, contents: _Contents, split: str, builder: TableBuilder
) -> dict[Any, _Image]:
    """Add the images that are there; return all of them by COCO id."""
    files = _files_of(folder, contents, split, builder)
    images = {}
    for key, name, width, height, group in contents.images:
        if file := files.get(key):
            images[key] = _Image(file, builder.image(file, width, height, split, group=group))
        else:
            images[key] = _Image(name, None)
    return images


def _files_of(
    folder: DatasetFolder, contents: _Contents, split: str, builder: TableBuilder
) -> dict[Any, str]:
    """Return the files of those that are there, by COCO id; list the others."""
    stem = posixpath.splitext(posixpath.basename(contents.file.lower()))[0]
    hints = frozenset(re.split(r"[_\-. ]", stem)) | WORDS_OF_SPLIT.get(split, frozenset())
    repeated = _repeated(contents)
    claims, files = Claims(), dict[Any, str]()
    for key, name, *_ in contents.images:
        if key in repeated:  # nobody knows which of the images an annotation means
            detail = f"{contents.file} gives its id, {shortened(key)}, to other images too"
            builder.issues.append(Issue(name, None, "unreadable-annotation", detail, "image left out"))
        elif file := _find(folder, contents.file, name, hints, builder):
            claims.take(file, Claim(contents.file, name, shared=True))
            files[key] = file
    for key, name, *_ in contents.images:
        claim = Claim(contents.file, name, shared=True)
        if key in files and not claims.hold(files[key], claim):
            builder.issues.append(lost(files.pop(key), claim))
    return files


def _find(
    folder: DatasetFolder, annotation: str, name: str, hints: frozenset[str], builder: TableBuilder
) -> str | None:
    try:
        file = folder.find(name, annotation=annotation, hints=hints)
    except OutsideFolderError:
        detail = f"{annotation} names {name!r}, outside the dataset's folder"
        builder.issues.append(Issue(name, None, "path-outside-folder", detail, "image left out"))
        return None
    if file is None:
        detail = f"named in {annotation}, but not there"
        builder.issues.append(Issue(name, None, "missing-image", detail, "image left out"))
    return file


def _repeated(contents: _Contents) -> set[int | str]:
    """Return the ids of more than one image; an image that is listed again is still one."""
    pairs = {(key, name) for key, name, *_ in contents.images}
    return {key for key, count in Counter(key for key, _ in pairs).items() if count > 1}


def _add_annotations(
    folder: DatasetFolder, contents: _Contents, images: dict[Any, _Image], builder: TableBuilder
) -> None:
    counts = Counter[Any]()
    for key, annotation, start, end in _elements(folder, contents.file):
        if key != "annotations":
            continue
        image_id = _key(annotation.get("image_id")) if isinstance(annotation, dict) else None
        if image_id is None or image_id not in images:
            detail = f"an annotation of no image: {shortened(annotation)}"
            builder.issues.append(
                Issue(contents.file, None, "annotation-without-image", detail, "object dropped")
            )
            continue
        image, index = images[image_id], counts[image_id]
        counts[image_id] += 1
        if image.row is not None:
            place = (contents.file, start, end)
            _add_annotation(builder, contents.categories, image.row, image.file, index, annotation, place)


def _add_annotation(
    builder: TableBuilder,
    categories: dict[Any, str],
    row: int,
    file: str,
    index: int,
    annotation: dict[str, Any],
    place: tuple[str, int, int],
) -> None:
    category = _key(annotation.get("category_id"))
    if category is None or category not in categories:
        detail = f"category_id {shortened(annotation.get('category_id'))} is not among the categories"
        builder.issues.append(Issue(file, index, "unknown-class", detail, "object dropped"))
        return
    try:
        box = _box(annotation)
        builder.object(
            row,
            index,
            builder.label(categories[category]),
            box,
            difficult=bool(annotation.get("difficult", 0)),
            crowd=bool(annotation.get("iscrowd", 0)),
            area=_area(annotation.get("area")),
            segmentation=builder.segmentations.add(*place) if _has_mask(annotation) else NONE,
        )
    except (ValueError, TypeError, OverflowError):
        detail = f"its bbox is {shortened(annotation.get('bbox'))}"
        builder.issues.append(Issue(file, index, "box-unreadable", detail, "object dropped"))


def _has_mask(annotation: dict[str, Any]) -> bool:
    """Say whether there is a mask; tools that export boxes alone write ``[]`` or ``[[]]`` for none."""
    segmentation = annotation.get("segmentation")
    return any(segmentation) if isinstance(segmentation, list) else bool(segmentation)


def _area(area: Any) -> float | None:
    """Return the area of the mask, px²; None, for the box's, where it is no such number."""
    if not isinstance(area, int | float) or not isfinite(area) or area < 0:
        return None
    return float(area)


def _box(annotation: dict[str, Any]) -> Box:
    """Return xmin, ymin, xmax, ymax of x, y, width, height, or of the mask; NaN for a label of the whole image.

    CVAT gives the angle of a box as an attribute, in degrees.
    """
    bbox = annotation.get("bbox")
    if (not bbox or not any(bbox)) and _has_mask(annotation):
        return enclose(annotation["segmentation"])
    if bbox is None:
        return nan, nan, nan, nan
    x, y, width, height = map(float, bbox)
    if isnan(x + y + width + height):  # JSON has no NaN, text may
        raise ValueError("a corner is no number")
    attributes = annotation.get("attributes")
    rotation = attributes.get("rotation", 0.0) if isinstance(attributes, dict) else 0.0
    return of_rotated((x, y, x + width, y + height), float(rotation), (x + width / 2, y + height / 2))
