"""Reads IDX files, the format of MNIST. One file holds the images of a split and another file holds their classes.

An image's name consists of its file and its index, as in ``train-images-idx3-ubyte.gz/00042.png``. Its class is a
label of the whole image.
"""

import posixpath
import re
from math import nan

import numpy as np

from pipeline.datasets.formats.shared.label_maps import parse_labels
from pipeline.datasets.formats.shared.split_words import split_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.idx import IMAGE_FILE, BrokenIdxError, member_names, read_idx, read_images
from pipeline.datasets.raw.text_encoding import decoded
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "IDX (...-images-idx3-ubyte with ...-labels-idx1-ubyte, as in MNIST)"
_LABEL_FILE = re.compile(r"labels[-._]idx1-ubyte(\.gz)?$", re.IGNORECASE)
_NAME_FILES = ("labels.txt", "classes.txt")
_WHOLE_IMAGE = (nan, nan, nan, nan)


def matches(folder: DatasetFolder) -> bool:
    """Return whether a file is named like an IDX file of images."""
    return any(IMAGE_FILE.search(file) for file in folder.files)


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each pair of files. Classes are in the order of their numbers.

    ``labels.txt`` or ``classes.txt`` beside the files names the classes. Its first line is class 1 if the file has as
    many lines as the greatest label, and class 0 otherwise. Without such a file, each class is named by its number.

    Raises:
        PipelineError: A file is broken, a file of labels is missing, or a pair has different numbers of images and
            labels.
    """
    images, labels = (_by_prefix(folder, pattern) for pattern in (IMAGE_FILE, _LABEL_FILE))
    splits = _splits(images)
    pairs = {file: _read_pair(folder, file, labels.get(prefix)) for prefix, file in images.items()}
    greatest = max((int(numbers.max(initial=0)) for _, numbers in pairs.values()), default=0)
    names = _names(folder, {posixpath.dirname(file) for file in pairs}, greatest)
    builder = TableBuilder()
    if not names:
        used = {int(number) for _, numbers in pairs.values() for number in np.unique(numbers)}
        names = {number: str(number) for number in used}
    label_of = {number: builder.label(names[number]) for number in sorted(names)}
    for file, (shape, numbers) in pairs.items():
        for member, number in zip(member_names(len(numbers)), numbers.tolist(), strict=True):
            row = builder.image(f"{file}/{member}", shape[2], shape[1], splits[file])
            if number in label_of:
                builder.object(row, 0, label_of[number], _WHOLE_IMAGE)
            else:
                detail = f"class {number} is not among the {len(names)} names"
                fault = Fault(0, "unknown-class", detail, Action.DROP_OBJECT)
                builder.issues.append(Issue(f"{file}/{member}", fault))
    return builder.build()


def _by_prefix(folder: DatasetFolder, pattern: re.Pattern[str]) -> dict[str, str]:
    """Return the files whose paths match, by the part of the path before the match.

    If there is a file and a compressed copy of it, the file is returned.
    """
    files: dict[str, str] = {}
    for file in folder.files:
        if match := pattern.search(file):
            files.setdefault(file[: match.start()], file)
    return files


def _splits(files: dict[str, str]) -> dict[str, str]:
    """Return the split that each file's name or folder names. All are "" if the files do not differ in the split.

    The test set of MNIST is called t10k.
    """
    splits = {
        file: split_of(file) or ("test" if "t10k" in posixpath.basename(prefix).lower() else "")
        for prefix, file in files.items()
    }
    return splits if len(set(splits.values())) > 1 else dict.fromkeys(splits, "")


def _read_pair(folder: DatasetFolder, file: str, labels: str | None) -> tuple[tuple[int, ...], np.ndarray]:
    """Return the shape of the array of images, (N, height, width[, channels]), and the labels, uint8 [N]."""
    path = folder.root / file
    if labels is None:
        expected = f"{IMAGE_FILE.sub('', file)}labels-idx1-ubyte"
        raise PipelineError(
            f"{path}: the file of its labels is missing; add {expected} or {expected}.gz to the dataset"
        )
    try:
        shape = read_images(path).shape
        path = folder.root / labels
        numbers = read_idx(path)
    except (BrokenIdxError, OSError) as error:
        raise PipelineError(f"{path}: {error}; download the file again") from None
    if numbers.shape != shape[:1]:
        raise PipelineError(
            f"{path}: the file has {numbers.size} labels, but {file} has {shape[0]} images; "
            "download both files again"
        )
    return shape, numbers


def _names(folder: DatasetFolder, beside: set[str], greatest: int) -> dict[int, str]:
    for file in folder.files:
        if posixpath.basename(file).lower() in _NAME_FILES and posixpath.dirname(file) in beside:
            labels = parse_labels(decoded((folder.root / file).read_bytes(), folder.root / file))
            folder.use([file])
            counts_from_one = greatest in labels.names and greatest + 1 not in labels.names
            return (labels if not labels.counted or counts_from_one else labels.from_zero()).names
    return {}
