"""IDX: the images of a split in one array and their classes in another, as MNIST and those after it have them.

An image is called by its array's file and its number, ``train-images-idx3-ubyte.gz/00042.png``. Its class is a label
of the whole image.
"""

import posixpath
import re
from math import nan

import numpy as np

from pipeline.datasets.formats.shared.label_maps import parse_labels
from pipeline.datasets.formats.shared.split_words import split_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.idx import IMAGE_FILE, BrokenIdxError, member_names, read_idx, read_images
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "IDX (...-images-idx3-ubyte and ...-labels-idx1-ubyte, as MNIST)"
_LABEL_FILE = re.compile(r"labels[-._]idx1-ubyte(\.gz)?$", re.IGNORECASE)
_NAME_FILES = ("labels.txt", "classes.txt")
_WHOLE_IMAGE = (nan, nan, nan, nan)


def matches(folder: DatasetFolder) -> bool:
    """Say whether a file is named as IDX files of images are."""
    return any(IMAGE_FILE.search(file) for file in folder.files)


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each pair of files; classes are in the order of their numbers.

    They are called as ``labels.txt`` or ``classes.txt`` says, whose first line is class 0, or 1 where the last line's
    number is then the greatest; without such a file, by their numbers.

    Raises:
        PipelineError: a file is broken, or a pair is none: each holds a whole split.
    """
    images, labels = (_by_prefix(folder, pattern) for pattern in (IMAGE_FILE, _LABEL_FILE))
    splits = _splits(images)
    pairs = {file: _read_pair(folder, file, labels.get(prefix)) for prefix, file in images.items()}
    greatest = max((int(numbers.max(initial=0)) for _, numbers in pairs.values()), default=0)
    names = _names(folder, {posixpath.dirname(file) for file in pairs}, greatest)
    builder = TableBuilder()
    used = {int(number) for _, numbers in pairs.values() for number in np.unique(numbers)}
    label_of = {number: builder.label(names.get(number, str(number))) for number in sorted(used | set(names))}
    for file, (shape, numbers) in pairs.items():
        for member, number in zip(member_names(len(numbers)), numbers.tolist(), strict=True):
            row = builder.image(f"{file}/{member}", shape[2], shape[1], splits[file])
            builder.object(row, 0, label_of[number], _WHOLE_IMAGE)
    return builder.build()


def _by_prefix(folder: DatasetFolder, pattern: re.Pattern[str]) -> dict[str, str]:
    """Return files by what their paths begin with; of a file and its compressed copy the former."""
    found: dict[str, str] = {}
    for file in folder.files:
        if match := pattern.search(file):
            found.setdefault(file[: match.start()], file)
    return found


def _splits(files: dict[str, str]) -> dict[str, str]:
    """Return the split of each file; "" for all where they speak of one at most. MNIST's test set is called t10k."""
    splits = {
        file: split_of(file) or ("test" if "t10k" in posixpath.basename(prefix).lower() else "")
        for prefix, file in files.items()
    }
    return splits if len(set(splits.values())) > 1 else dict.fromkeys(splits, "")


def _read_pair(folder: DatasetFolder, file: str, labels: str | None) -> tuple[tuple[int, ...], np.ndarray]:
    """Return the shape of the array of images, and its classes, uint8 [N]."""
    path = folder.root / file
    if labels is None:
        expected = f"{IMAGE_FILE.sub('', file)}labels-idx1-ubyte"
        raise PipelineError(f"{path}: its labels are not there; put {expected} or its .gz beside it")
    try:
        shape = read_images(path).shape
        path = folder.root / labels
        numbers = read_idx(path)
    except (BrokenIdxError, OSError) as error:
        raise PipelineError(f"{path}: {error}; get the file anew") from None
    if numbers.shape != shape[:1]:
        raise PipelineError(f"{path}: {numbers.size} labels for the {shape[0]} images of {file}")
    return shape, numbers


def _names(folder: DatasetFolder, beside: set[str], greatest: int) -> dict[int, str]:
    for file in folder.files:
        if posixpath.basename(file).lower() in _NAME_FILES and posixpath.dirname(file) in beside:
            labels = parse_labels((folder.root / file).read_text(encoding="utf-8-sig", errors="replace"))
            counts_from_one = greatest in labels.names and greatest + 1 not in labels.names
            return (labels if not labels.counted or counts_from_one else labels.from_zero()).names
    return {}
