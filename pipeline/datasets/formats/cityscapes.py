"""Reads Cityscapes: the objects of each image as a picture of numbers, ``*_gtFine_instanceIds.png``, or as polygons.

The value of a pixel is the class's number times 1,000, plus the number of the object. A value below 1,000 is a class
whose objects are not told apart. Where such a class has objects, as a row of parked cars, it is read as a crowd.
Classes without objects, such as road and sky, are left out. If there is no such picture, the polygons of
``*_gtFine_polygons.json`` are painted one after the other as Cityscapes paints them, so that what is in front hides
what is behind. Images of a city are a group.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

import hotcoco
import numpy as np

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    add_classes,
    box_fault,
    parse_files,
)
from pipeline.datasets.formats.shared.extents import points_of
from pipeline.datasets.formats.shared.instance_pixels import instances_of, read_numbers
from pipeline.datasets.formats.shared.numbers import side
from pipeline.datasets.formats.shared.outlines import MAX_PIXELS
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.mask_shapes import fault_of_polygon
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "Cityscapes (*_gtFine_instanceIds.png or *_gtFine_polygons.json)"

_CLASSES = {
    24: "person",
    25: "rider",
    26: "car",
    27: "truck",
    28: "bus",
    29: "caravan",
    30: "trailer",
    31: "train",
    32: "motorcycle",
    33: "bicycle",
}
"""The classes that have objects, by their numbers."""

_NUMBERS = {name: number for number, name in _CLASSES.items()}

_FILE = re.compile(r"(?P<stem>.+)_(?P<kind>gtFine|gtCoarse)_(?P<form>instanceIds\.png|polygons\.json)$")

_SCENE = re.compile(r"_(leftImg8bit|gtFine|gtCoarse)(_.*)?\.\w+$")

_ENDINGS = ("_instanceIds.png", "_polygons.json")

_OBJECTS = 1000  # the factor of a class's number

_NOT_ANNOTATED = 3  # up to this number a value says that nothing is annotated there

_GROUP = "group"  # ends the label of objects that are not told apart

_FARTHEST = 2.0**15  # px; farther points are drawn there

_OTHER = 4  # stands for all classes without objects

_PLATE = "license plate"  # it is part of a car, whose pixels keep the car's number

_WITHOUT_CLASS = {"unlabeled": 0, "ego vehicle": 1, "rectification border": 2, "out of roi": 3}


def matches(folder: DatasetFolder) -> bool:
    """Return whether there are files with such names."""
    return bool(_files(folder))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read the fine annotations, or the coarse ones if there are no fine ones.

    The classes that occur are in the order of Cityscapes' numbers.

    If the folders name two or more splits, each image has the split of its folder. An image in which nothing is
    annotated is left out: those of the official test split are published without their objects.
    """
    files = _files(folder)
    scenes = {_scene(file) for file in files}
    folder.use(
        file for file in folder.files if _scene(file) in scenes
    )  # the picture and all that says the same
    splits = splits_of_folders(files)
    builder = TableBuilder()
    images = [
        image if isinstance(image, Issue) else _placed(image, splits[image.annotation])
        for image in parse_files(folder, files, parse, workers)
    ]
    add_classes(builder, _CLASSES.values(), images)
    add_all(builder, folder, images)
    return builder.build()


def _scene(file: str) -> str:
    """Return the part of a file's name that its picture and its annotations share."""
    return _SCENE.sub("", posixpath.basename(file))


def parse(root: Path, file: str) -> AnnotatedImage:
    """Parse one file.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Raises:
        UnreadableAnnotationError: The file is not readable as its form.
    """
    faults = list[Fault]()
    path = root / file
    numbers = _painted(path.read_bytes(), faults) if file.endswith(".json") else read_numbers(path)
    objects = tuple(
        AnnotatedObject(position, _class_of(number), box, crowd=number < _OBJECTS, mask=mask)
        for position, (number, box, mask) in enumerate(instances_of(numbers))
        if _class_of(number)
    )
    stem = _parts(file)["stem"]
    height, width = numbers.shape
    if int(numbers.max(initial=0)) <= _NOT_ANNOTATED:
        detail = "nothing is annotated in it, as in the official test split"
        faults.append(Fault(None, "image-without-annotation", detail, Action.DROP_IMAGE))
    return AnnotatedImage(file, (f"{stem}_leftImg8bit", stem), width, height, objects, tuple(faults))


def _placed(image: AnnotatedImage, split: str) -> AnnotatedImage | Issue:
    """Return the image with its split and group, or the issue of an image in which nothing is annotated."""
    for fault in image.faults:
        if fault.action is Action.DROP_IMAGE:
            return Issue(image.annotation, fault)
    return image._replace(split=split, group=posixpath.basename(posixpath.dirname(image.annotation)))


def _files(folder: DatasetFolder) -> list[str]:
    """Return one file for each image: fine before coarse, and pictures before polygons."""
    found: dict[tuple[str, str], str] = {}
    for file in folder.files:
        if file.endswith(_ENDINGS) and (match := _FILE.fullmatch(posixpath.basename(file))):
            key = (match["kind"], posixpath.join(posixpath.dirname(file), match["stem"]))
            if key not in found or file.endswith(".png"):
                found[key] = file
    fine = sorted(file for (kind, _), file in found.items() if kind == "gtFine")
    return fine or sorted(found.values())


def _parts(file: str) -> dict[str, str]:
    match = _FILE.fullmatch(posixpath.basename(file))
    return match.groupdict() if match else {}


def _class_of(number: int) -> str:
    return _CLASSES.get(number if number < _OBJECTS else number // _OBJECTS, "")


def _painted(data: bytes, faults: list[Fault]) -> np.ndarray:
    """Paint the polygons of a JSON file in their order, and return the numbers of the pixels: int64 [H, W].

    Args:
        faults: The faults of polygons that cannot be painted are added to it.

    Raises:
        UnreadableAnnotationError: The file is not such JSON.
    """
    contents = parse_json(data)
    if not isinstance(contents, dict) or not isinstance(contents.get("objects"), list):
        raise UnreadableAnnotationError("it has no list of objects")
    width, height = side(contents.get("imgWidth")), side(contents.get("imgHeight"))
    if not 0 < width * height <= MAX_PIXELS:
        raise UnreadableAnnotationError(f"it declares {width} × {height} pixels")
    numbers = np.zeros((height, width), np.int64)
    counts: dict[int, int] = {}
    for position, item in enumerate(contents["objects"]):
        label = item.get("label") if isinstance(item, dict) else None
        try:
            number, points = _number_of(label, counts), _points(item)
        except ValueError as error:
            faults.append(box_fault(position, error))
            continue
        if label != _PLATE:
            runs = hotcoco.mask.fr_py_objects([points], height, width)
            numbers[hotcoco.mask.decode(hotcoco.mask.merge(runs)) > 0] = number
    return numbers


def _number_of(label: Any, counts: dict[int, int]) -> int:
    """Return the value of the pixels of an object, and count the objects of its class."""
    if not isinstance(label, str):
        return 0
    if label not in _NUMBERS:
        return _WITHOUT_CLASS.get(label, _NUMBERS.get(label.removesuffix(_GROUP), _OTHER))
    number = _NUMBERS[label]
    counts[number] = counts.get(number, -1) + 1
    return number * _OBJECTS + min(counts[number], _OBJECTS - 1)


def _points(item: Any) -> list[float]:
    """Return the numbers of a polygon.

    Raises:
        ValueError: The object has no polygon, or one without area.
    """
    polygon = item.get("polygon") if isinstance(item, dict) else None
    points = np.clip(points_of(polygon), -_FARTHEST, _FARTHEST).ravel().tolist()
    if fault := fault_of_polygon(points):
        raise ValueError(fault)
    return points
