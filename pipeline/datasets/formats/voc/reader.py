"""Reads Pascal VOC: one XML file per image, and lists of the images of each split.

The folders may have VOC's names (``JPEGImages``, ``Annotations`` and ``ImageSets/Main``, also for several years below
``VOCdevkit``) or any others, because images are found by name.

VOC counts pixels from 1, and the pixels of the corners belong to the box. The coordinates are not changed, and
width = xmax − xmin, as in the TF Object Detection API, in Model Garden and in common evaluation tools. Scores are
therefore comparable, but a box is 1 px smaller in width and height than the box that VOC means.
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    box_fault,
    parse_files,
)
from pipeline.datasets.formats.shared.image_splits import once_per_split
from pipeline.datasets.formats.shared.quadrilaterals import rotated_fault
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.formats.voc.objects import (
    WHOLE_IMAGE,
    boxes_of,
    integer_of,
    is_rotated,
    unused_elements,
)
from pipeline.datasets.formats.voc.split_lists import SplitLists
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_xml import parse_xml
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "Pascal VOC (.xml with an <annotation>)"
_PEEKED_FILES = 20  # more than one, because a folder of another format may hold a few XML files


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first XML files, or of the files without a suffix, has ``<annotation>``."""
    files = folder.with_suffix(".xml")[:_PEEKED_FILES] + _bare_files(folder)[:_PEEKED_FILES]
    return any(_is_annotation(folder.root / file) for file in files)


def _bare_files(folder: DatasetFolder) -> list[str]:
    """Return the files without a suffix. Those of ImageNet and Stanford Dogs are XML."""
    return [file for file in folder.files if "." not in posixpath.basename(file)]


def _is_annotation(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    head = head.replace(b"\0", b"")  # in UTF-16, every second byte of a tag is zero
    return b"<annotation>" in head or b"<annotation " in head


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each XML file whose root element is ``<annotation>``.

    Class names are sorted. The split lists are ``train.txt``, ``val.txt`` (also ``valid.txt`` and
    ``validation.txt``), ``trainval.txt`` and ``test.txt``. Lists of one class, such as ``dog_train.txt``, are used
    only if there are no others. An image that only ``trainval.txt`` names is in train. Without lists, the folders of
    the XML files give the splits if they name two or more.
    """
    lists = SplitLists(folder)
    files = folder.with_suffix(".xml")
    files += [file for file in _bare_files(folder) if _is_annotation(folder.root / file)]
    folders = splits_of_folders(files)
    builder = TableBuilder()
    parsed = parse_files(folder, files, parse, workers)
    add_all(builder, folder, (each for image in parsed for each in _with_splits(image, lists, folders)))
    return builder.build(sort_classes=True)


def _with_splits(
    image: AnnotatedImage | Issue, lists: SplitLists, folders: dict[str, str]
) -> Iterator[AnnotatedImage | Issue]:
    """Yield an image once for each of its splits."""
    if isinstance(image, Issue):
        yield image
        return
    splits = lists.splits(image.annotation)
    yield from once_per_split(image, [splits[0] or folders[image.annotation], *splits[1:]])


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
        (0, 0) if size is None else (integer_of(size.findtext(side)) for side in ("width", "height"))
    )
    objects, faults, rotated = [], [], 0
    for index, element in enumerate(annotation.iterfind("object")):
        if integer_of(element.findtext("deleted")) > 0:  # LabelMe 3.0 keeps deleted objects
            continue
        name = element.findtext("name") or ""
        difficult = integer_of(element.findtext("difficult")) > 0
        try:
            boxes = boxes_of(element) if name.strip() else [WHOLE_IMAGE]
        except ValueError as error:
            faults.append(box_fault(index, error))
            continue
        objects += [AnnotatedObject(index, name, box, difficult) for box in boxes]
        rotated += is_rotated(element)
    if rotated:
        faults.append(rotated_fault(rotated, len(objects)))
    names = _image_names(file, annotation.findtext("filename") or "")
    unused = tuple(unused_elements(annotation))
    return AnnotatedImage(file, names, width, height, tuple(objects), tuple(faults), unused=unused)


def _image_names(file: str, filename: str) -> tuple[str, ...]:
    """Return the XML file's stem and ``filename``.

    The stem is first, unless ``filename`` has the same stem and names a folder too.
    """
    stem = posixpath.splitext(posixpath.basename(file))[0]
    folder, name = posixpath.split(filename)
    return (filename, stem) if folder and posixpath.splitext(name)[0] == stem else (stem, filename)
