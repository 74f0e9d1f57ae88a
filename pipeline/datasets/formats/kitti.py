"""Reads KITTI's object labels: a text file for each image, with 15 fields in a line for each object.

The fields are the type, which may hold blanks, then truncation, occlusion, the angle, the corners of the box in px, and
seven numbers about the object in space. The type is the class. Of the numbers only the corners are used. A line with
one more number is a detection with a score, which is no ground truth. NVIDIA TAO and FiftyOne write such files too.

``label_2/000000.txt`` belongs to ``image_2/000000.png``, the picture of the left colour camera, and not to the picture
with the same name in ``image_3``. A ``DontCare`` region may hold objects of any class, so it becomes a crowd of each
class: a detector neither learns it as background nor loses score for what it finds there.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    parse_files,
    parse_objects,
)
from pipeline.datasets.formats.shared.image_splits import once_per_split
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.split_words import split_of, splits_of_folders
from pipeline.datasets.formats.shared.text_lines import lines_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "KITTI (one .txt per image with 15 fields for each object, such as label_2/000000.txt)"

_NUMBERS = 14  # that follow the type
_PEEKED_FILES = 20  # of each folder
_HEAD_BYTES = 2**12
_SHOWN = 80  # characters of a wrong line that a message quotes
_IGNORED = "dontcare"
_CAMERA = re.compile(r"(?:label|image)_(\d+)")

# trainval is last, because it counts only for images that the other lists do not name
_LISTS = {"train": "train", "val": "val", "test": "test", "trainval": "train"}


def matches(folder: DatasetFolder) -> bool:
    """Return whether the first text files of a folder have KITTI's lines."""
    return next(_label_folders(folder), None) is not None


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each text file of the folders of labels. Class names are sorted.

    The lists ``ImageSets/train.txt``, ``val.txt``, ``trainval.txt`` and ``test.txt`` give the splits. Without lists,
    the folders of the labels do if they name two or more. KITTI numbers its training and its testing images alike,
    so ``test.txt`` is not applied to labels in a folder of training images.
    """
    homes = set(_label_folders(folder))
    files = [file for file in folder.with_suffix(".txt") if posixpath.dirname(file) in homes]
    lists, folders = _split_lists(folder), splits_of_folders(files)
    images = [
        split
        for image in parse_files(folder, files, parse, workers)
        for split in _with_splits(_of_its_camera(folder, image), lists, folders)
    ]
    objects = (item for image in images if isinstance(image, AnnotatedImage) for item in image.objects)
    names = sorted({item.name for item in objects if not item.crowd})
    builder = TableBuilder()
    add_all(builder, folder, (_with_crowds(image, names) for image in images))
    return builder.build(sort_classes=True)


def _label_folders(folder: DatasetFolder) -> Iterator[str]:
    """Yield the folders in which one of the first text files begins with a line of KITTI."""
    by_folder = defaultdict[str, list[str]](list)
    for file in folder.with_suffix(".txt"):
        by_folder[posixpath.dirname(file)].append(file)
    for home, files in by_folder.items():
        if any(_is_label(folder.root / file) for file in islice(files, _PEEKED_FILES)):
            yield home


def _is_label(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8-sig", errors="replace").strip()
        name, _ = _fields(head.splitlines()[0] if head else "")
    except (OSError, ValueError):
        return False
    return not _is_number(name.split()[0])  # the lines of YOLO begin with a number


def parse(root: Path, file: str) -> AnnotatedImage:
    """Parse one text file. A ``DontCare`` region is a crowd whose name is "".

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Raises:
        UnreadableAnnotationError: The file is not text.
    """
    objects, faults = parse_objects(lines_of(root / file), _object)
    home, name = posixpath.split(posixpath.splitext(file)[0])
    beside = posixpath.basename(home).replace("label", "image")
    return AnnotatedImage(file, (f"{beside}/{name}", name), 0, 0, objects, faults)


def _object(position: int, line: str) -> AnnotatedObject:
    name, (_, _, _, xmin, ymin, xmax, ymax, *_) = _fields(line)
    ignored = name.lower() == _IGNORED
    return AnnotatedObject(position, "" if ignored else name, (xmin, ymin, xmax, ymax), crowd=ignored)


def _fields(line: str) -> tuple[str, list[float]]:
    """Return the type and the 14 numbers of a line.

    Raises:
        ValueError: The line has not such fields. The message says why.
    """
    texts = line.split()
    if len(texts) <= _NUMBERS:
        raise ValueError(f"the line {line[:_SHOWN]!r} has {len(texts)} fields, not {_NUMBERS + 1}")
    if len(texts) > _NUMBERS + 1 and not _is_number(texts[0]) and all(map(_is_number, texts[1:])):
        raise ValueError(f"the line {line[:_SHOWN]!r} has {len(texts)} fields: a detection and its score")
    return " ".join(texts[:-_NUMBERS]), [finite(text) for text in texts[-_NUMBERS:]]


def _is_number(text: str) -> bool:
    try:
        finite(text)
    except ValueError:
        return False
    return True


def _of_its_camera(folder: DatasetFolder, image: AnnotatedImage | Issue) -> AnnotatedImage | Issue:
    """Return an image, or the issue that only the picture of another camera has its name."""
    if isinstance(image, Issue):
        return image
    camera = _CAMERA.fullmatch(posixpath.basename(posixpath.dirname(image.annotation)))
    found = folder.find(image.names[0], annotation=image.annotation) if camera else None
    other = _CAMERA.fullmatch(posixpath.basename(posixpath.dirname(found or "")))
    if camera and found and other and other[1] != camera[1]:
        detail = f"no image called {image.names[0]!r} is there; {found} is of another camera"
        return Issue(image.annotation, Fault(None, "missing-image", detail, Action.DROP_IMAGE))
    return image


def _with_crowds(image: AnnotatedImage | Issue, names: list[str]) -> AnnotatedImage | Issue:
    """Return an image in which each ``DontCare`` region is a crowd of each class."""
    if isinstance(image, Issue):
        return image
    objects = tuple(
        item._replace(name=name) for item in image.objects for name in (names if item.crowd else [item.name])
    )
    return image._replace(objects=objects)


def _split_lists(folder: DatasetFolder) -> dict[str, list[str]]:
    """Return the splits that the lists below ``ImageSets`` give each image, by its stem; empty if there are none."""
    listed = defaultdict[str, list[str]](list)
    for name, split in _LISTS.items():
        for file in folder.with_suffix(f"imagesets/{name}.txt"):
            folder.use([file])
            text = (folder.root / file).read_text(encoding="utf-8-sig", errors="replace")
            for stem in {
                posixpath.splitext(posixpath.basename(line.strip()))[0] for line in text.splitlines()
            }:
                if split not in listed[stem] and not (name == "trainval" and listed[stem]):
                    listed[stem].append(split)
    return listed


def _with_splits(
    image: AnnotatedImage | Issue, lists: dict[str, list[str]], folders: dict[str, str]
) -> Iterator[AnnotatedImage | Issue]:
    """Yield an image once for each of its splits."""
    if isinstance(image, Issue):
        yield image
        return
    stem = posixpath.splitext(posixpath.basename(image.annotation))[0]
    of_training = split_of(posixpath.dirname(image.annotation)) == "train"
    splits = [split for split in lists.get(stem, []) if not (split == "test" and of_training)]
    unknown = "unlisted" if lists else folders[image.annotation]
    yield from once_per_split(image, splits or [unknown])
