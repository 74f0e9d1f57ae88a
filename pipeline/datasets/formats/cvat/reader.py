"""Reads the XML files of CVAT: "CVAT for images 1.1" and "CVAT for video 1.1".

:mod:`pipeline.datasets.formats.cvat.shapes` describes the shapes and their boxes.
"""

import re
from collections import Counter
from itertools import chain
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from pipeline.datasets.formats.cvat.frames import FrameImages
from pipeline.datasets.formats.cvat.shapes import Shapes
from pipeline.datasets.formats.cvat.video import Video
from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    add_all,
)
from pipeline.datasets.formats.shared.claims import Claims
from pipeline.datasets.formats.shared.numbers import side
from pipeline.datasets.formats.shared.peek import head_and_tail, peek
from pipeline.datasets.formats.shared.split_words import split_of, splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_xml import outer_elements
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "CVAT (.xml with <annotations> of images or tracks)"

_OUTERMOST = re.compile(rb"<annotations[\s>]")

_WITHIN = re.compile(rb"<(version|meta|image|track)[\s>]")


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first XML files has the element ``<annotations>`` with the elements of CVAT in it."""
    return any(map(_is_cvat, peek(folder, ".xml")))


def _is_cvat(text: bytes) -> bool:
    outermost = _OUTERMOST.search(text)
    return outermost is not None and _WITHIN.search(text, outermost.end()) is not None


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each XML file of CVAT.

    Classes are in the order of the label lists, including unused classes. Without label lists, they are sorted by
    name. The split is that of the subset of the image, track or task. If the subset names no split and the files
    differ in the split that their names or folders give, the split is that of the file.

    Raises:
        PipelineError: A file is not XML.
    """
    files = [file for file in folder.with_suffix(".xml") if _is_cvat(head_and_tail(folder.root / file))]
    folder.use(files)
    splits = splits_of(files)
    images = FrameImages(folder)
    builder = TableBuilder()
    homes = _homes(files)
    listed = [_read_file(folder, file, splits[file], homes[file], images, builder) for file in files]
    return builder.build(sort_classes=not any(listed))


def _homes(files: list[str]) -> dict[str, PurePosixPath | None]:
    """Return for each file the outermost folder that has no other file in it; None if there is no such folder."""
    parents = {file: PurePosixPath(file).parents for file in files}
    counts = Counter(chain.from_iterable(parents.values()))
    return {
        file: next((parent for parent in reversed(parents[file]) if counts[parent] == 1), None)
        for file in files
    }


def _read_file(
    folder: DatasetFolder,
    file: str,
    split: str,
    home: PurePosixPath | None,
    images: FrameImages,
    builder: TableBuilder,
) -> bool:
    """Add a file's images and return whether the file lists its classes.

    Args:
        split: The split of images whose subset names none; "" if it is unknown.
        home: The outermost folder that has no other annotation file in it; None if there is no such folder.

    Raises:
        PipelineError: The file is not XML.
    """
    meta = Element("meta")
    video, claims = Video(file), Claims()
    class_names: list[str] = []
    try:
        for element in outer_elements(folder.root / file):
            if element.tag == "meta":
                meta, class_names = element, _class_names(element)
                for name in class_names:
                    builder.label(name)
                split = split_of(meta.findtext("task/subset") or "") or split
            elif element.tag == "image":
                add_all(builder, folder, [_image(element, file, split)], claims)
            elif element.tag == "track":
                video.add_track(element)
    except (UnreadableAnnotationError, OSError) as error:
        raise PipelineError(
            f"{folder.root / file}: not readable as XML: {error}; repair or replace the file"
        ) from None
    video.add_images(builder, images, meta, split, home)
    return bool(class_names)


def _class_names(meta: Element) -> list[str]:
    """Return the names of the labels without those that have a parent, which are the joints of skeletons."""
    labels = (label for labels in meta.iter("labels") for label in labels.iterfind("label"))
    names = (label.findtext("name") or "" for label in labels if not label.findtext("parent"))
    return [name for name in names if name.strip()]


def _image(image: Element, file: str, split: str) -> AnnotatedImage:
    width, height = side(image.get("width")), side(image.get("height"))
    shapes = Shapes((height, width))
    for shape in image:
        shapes.add(shape.get("label", ""), shape)
    return AnnotatedImage(
        file,
        (image.get("name", ""),),
        width,
        height,
        *shapes.objects_and_faults(),
        unused=shapes.unused,
        split=split_of(image.get("subset", "")) or split,
        shared=True,
    )
