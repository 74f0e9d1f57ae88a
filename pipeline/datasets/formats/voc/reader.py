"""Reads Pascal VOC: one XML file per image, and lists of the images of each split.

The folders may have VOC's names (``JPEGImages``, ``Annotations`` and ``ImageSets/Main``, also for several years below
``VOCdevkit``) or any others, because images are found by name.

VOC counts pixels from 1, and the pixels of the corners belong to the box. The coordinates are not changed, and
width = xmax − xmin, as in the TF Object Detection API, in Model Garden and in common evaluation tools. Scores are
therefore comparable, but a box is 1 px smaller in width and height than the box that VOC means.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from math import degrees, isnan, nan
from pathlib import Path
from xml.etree.ElementTree import Element

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    box_fault,
    parse_files,
)
from pipeline.datasets.formats.shared.extents import Box, of_points, of_rotated
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder
from pipeline.datasets.raw.safe_xml import parse_xml
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "Pascal VOC (.xml with an <annotation>)"
_PEEKED_FILES = 20  # more than one, because a folder of another format may hold a few XML files
_WHOLE_IMAGE = (nan, nan, nan, nan)
_SHOWN = 40  # characters of a wrong coordinate that a message quotes
_FLAG = re.compile(r"\s+-?[01]\s*$")  # follows each name in the lists of one class
# trainval is last, because it counts only for images that the other lists do not name
_SPLITS = {
    "train": "train",
    "val": "val",
    "validation": "val",
    "valid": "val",
    "test": "test",
    "trainval": "train",
}


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first XML files has the element ``<annotation>``."""
    return any(_is_annotation(folder.root / file) for file in folder.with_suffix(".xml")[:_PEEKED_FILES])


def _is_annotation(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096)
    return b"<annotation>" in head or b"<annotation " in head


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each XML file whose root element is ``<annotation>``.

    Class names are sorted. The split lists are ``train.txt``, ``val.txt`` (also ``valid.txt`` and
    ``validation.txt``), ``trainval.txt`` and ``test.txt``. Lists of one class are ignored. An image that only
    ``trainval.txt`` names is in train. Without lists, the folders of the XML files give the splits if they name two
    or more.
    """
    lists, files = _SplitLists(folder), folder.with_suffix(".xml")
    folders = splits_of_folders(files)
    builder = TableBuilder()
    parsed = parse_files(folder, files, parse, workers)
    add_all(builder, folder, (each for image in parsed for each in _with_splits(image, lists, folders)))
    return builder.build(sort_classes=True)


def _with_splits(
    image: AnnotatedImage | Issue, lists: "_SplitLists", folders: dict[str, str]
) -> Iterator[AnnotatedImage | Issue]:
    """Yield an image with its first split, then without objects and faults for each further split."""
    if isinstance(image, Issue):
        yield image
        return
    splits = lists.splits(image.annotation)
    yield image._replace(split=splits[0] or folders[image.annotation])
    for split in splits[1:]:
        yield image._replace(split=split, objects=(), faults=())


def parse(root: Path, file: str) -> AnnotatedImage | None:
    """Parse one XML file.

    The image is the one with the XML file's stem, else the one of ``<filename>``.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Returns:
        The image, or None if the root element is not ``<annotation>``.

    Raises:
        UnreadableAnnotationError: The file is not XML.
    """
    annotation = parse_xml((root / file).read_bytes())
    if annotation.tag != "annotation":
        return None
    size = annotation.find("size")
    width, height = (
        (0, 0) if size is None else (_integer(size.findtext(side)) for side in ("width", "height"))
    )
    objects, faults = [], []
    for index, element in enumerate(annotation.iterfind("object")):
        name = element.findtext("name") or ""
        try:
            if _integer(element.findtext("deleted")) > 0:  # LabelMe 3.0 keeps deleted objects
                continue
            box = _box(element) if name.strip() else _WHOLE_IMAGE
        except ValueError as error:
            faults.append(box_fault(index, error))
            continue
        difficult = _integer(element.findtext("difficult")) > 0
        objects.append(AnnotatedObject(index, name, box, difficult))
    names = _image_names(file, annotation.findtext("filename") or "")
    return AnnotatedImage(file, names, width, height, tuple(objects), tuple(faults))


def _image_names(file: str, filename: str) -> tuple[str, ...]:
    """Return the XML file's stem and ``filename``.

    The stem is first, unless ``filename`` has the same stem and names a folder too.
    """
    stem = posixpath.splitext(posixpath.basename(file))[0]
    folder, name = posixpath.split(filename)
    return (filename, stem) if folder and posixpath.splitext(name)[0] == stem else (stem, filename)


def _box(element: Element) -> Box:
    """Return the box of an ``<object>`` in px. All values are NaN if it has no shape: a label of the whole image.

    LabelMe 3.0 writes polygons. roLabelImg writes rotated boxes with the angle in radians. CVAT writes the angle of a
    box as an attribute, in degrees.

    Raises:
        ValueError: The coordinates are no numbers.
    """
    if (box := element.find("bndbox")) is not None:
        xmin, ymin, xmax, ymax = _numbers(box, ("xmin", "ymin", "xmax", "ymax"))
        return of_rotated(
            (xmin, ymin, xmax, ymax), _rotation(element), ((xmin + xmax) / 2, (ymin + ymax) / 2)
        )
    if (box := element.find("robndbox")) is not None:
        x, y, width, height, angle = _numbers(box, ("cx", "cy", "w", "h", "angle"))
        corners = x - width / 2, y - height / 2, x + width / 2, y + height / 2
        return of_rotated(corners, degrees(angle), (x, y))
    if (outline := element.find("polygon")) is not None:
        return of_points([(point.findtext("x"), point.findtext("y")) for point in outline.iterfind("pt")])
    return _WHOLE_IMAGE


def _numbers(element: Element, names: tuple[str, ...]) -> tuple[float, ...]:
    texts = [element.findtext(name) for name in names]
    try:
        numbers = tuple(float(text or "") for text in texts)
    except ValueError:
        numbers = (nan,)
    if isnan(sum(numbers)):  # a box of NaN would be a label of the whole image
        raise ValueError(f"its corners are {[text and text[:_SHOWN] for text in texts]}")
    return numbers


def _rotation(element: Element) -> float:
    """Return the clockwise rotation of an ``<object>`` of CVAT in degrees, or 0 if it has none."""
    for attribute in element.iterfind("attributes/attribute"):
        if attribute.findtext("name") == "rotation":
            return _numbers(attribute, ("value",))[0]
    return 0.0


def _integer(text: str | None) -> int:
    """Return the whole part of the number in ``text``, or 0 if there is none."""
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        return 0


def _stem(name: str) -> str:
    """Return a name without its suffix of images, if it has one. Other text after a dot belongs to the name."""
    stem, suffix = posixpath.splitext(name.strip())
    return stem if suffix.lower() in IMAGE_SUFFIXES else name.strip()


class _SplitLists:
    """The split lists of each folder ``ImageSets/Main``. They apply to the annotation files beside ``ImageSets``."""

    def __init__(self, folder: DatasetFolder) -> None:
        self._lists: dict[str, dict[str, list[str]]] = {}
        for name, split in _SPLITS.items():
            for file in folder.with_suffix(f"imagesets/main/{name}.txt"):
                root = file[: -len(f"/ImageSets/Main/{name}.txt")]
                lines = (folder.root / file).read_text(encoding="utf-8-sig", errors="replace").splitlines()
                listed = self._lists.setdefault(root, {})
                for stem in {_stem(text) for line in lines for text in (line, _FLAG.sub("", line))}:
                    splits = listed.setdefault(stem, [])
                    if split not in splits and not (name == "trainval" and splits):
                        splits.append(split)
        # on disks that do not distinguish letter case, lists may name images in another case
        self._in_other_case = {root: _folded(listed) for root, listed in self._lists.items()}

    def splits(self, file: str) -> list[str]:
        """Return the splits of an annotation file's image.

        The only split is "" if no list applies to the file, and "unlisted" if no list names the image.
        """
        if not self._lists:
            return [""]
        parts = posixpath.splitext(file)[0].split("/")
        roots = [root for root in ("/".join(parts[:end]) for end in range(len(parts))) if root in self._lists]
        if not roots and len(self._lists) > 1:
            return [""]
        root = roots[-1] if roots else next(iter(self._lists))
        listed = self._lists[root]
        # a list may name an image by its path below the folder of annotations
        names = ["/".join(parts[start:]) for start in range(len(parts))]
        names += [other for name in names if (other := self._in_other_case[root].get(name.lower()))]
        return next((listed[name] for name in names if name in listed), ["unlisted"])


def _folded(names: Iterable[str]) -> dict[str, str]:
    """Return the name for each name in lower case; "" if several names have the same lower case."""
    folded: dict[str, str] = {}
    for name in names:
        folded[name.lower()] = "" if name.lower() in folded else name
    return folded
