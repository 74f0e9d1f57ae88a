"""Names the formats that are recognised by their files and are not read, and says how to convert them."""

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipeline.datasets.formats.shared.peek import head_and_tail
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.text_encoding import peeked_text

_PEEKED_FILES = 20

_ICDAR_LINE = re.compile(r"(-?\d+\s*,\s*){8}\S.*")

_LOAD_MAT = (
    "convert it with scipy.io.loadmat to a CSV file with the columns image, label, xmin, ymin, xmax and ymax"
)


class _Unread(NamedTuple):
    """A format that is not read.

    Attributes:
        title: What the format is.
        advice: What to do, as a part of a sentence.
        file: Returns a file of the format, or None.
    """

    title: str
    advice: str
    file: Callable[[DatasetFolder], str | None]


def unread_format(folder: DatasetFolder) -> str:
    """Return which format the folder looks like, and what to do, as a part of a sentence; "" if it is unknown."""
    for unread in _FORMATS:
        if file := unread.file(folder):
            return f"{file} looks like {unread.title}, which is not read; {unread.advice}"
    return ""


def _first(files: Iterable[str]) -> str | None:
    return next(iter(files), None)


def _named(pattern: str) -> Callable[[DatasetFolder], str | None]:
    """Return a function that finds the first file whose path matches a pattern, in any letter case."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda folder: _first(file for file in folder.files if compiled.search(file))


def _icdar(folder: DatasetFolder) -> str | None:
    """Return a text file of quadrilaterals with their text, which ICDAR names ``gt_img_1.txt``."""
    files = [
        file for file in folder.with_suffix(".txt") if posixpath.basename(file).lower().startswith("gt_")
    ]
    return _first(file for file in files[:_PEEKED_FILES] if _has_quadrilateral(folder, file))


def _has_quadrilateral(folder: DatasetFolder, file: str) -> bool:
    lines = peeked_text(head_and_tail(folder.root / file)).lstrip("\ufeff").splitlines()
    return bool(lines) and _ICDAR_LINE.fullmatch(lines[0].strip()) is not None


_FORMATS = (
    _Unread("PASCAL-Part (MATLAB files)", _LOAD_MAT, _named(r"(^|/)annotations_part/[^/]+\.mat$")),
    _Unread("annotations of MATLAB", _LOAD_MAT, _named(r"\.mat$")),
    _Unread(
        "ICDAR (quadrilaterals of words)",
        "convert it to COCO, with the box around each quadrilateral",
        _icdar,
    ),
    _Unread(
        "a pickle, such as MMDetection's middle format",
        "write it as COCO in the environment that made it, because reading a pickle may run any code",
        _named(r"\.(pkl|pickle)$"),
    ),
    _Unread(
        "a table of Parquet, as Hugging Face writes them",
        "export it with the library datasets as COCO or CSV, with the images as files",
        _named(r"\.parquet$"),
    ),
    _Unread(
        "arrays of NumPy or HDF5",
        "write the images as files and the boxes as CSV",
        _named(r"\.(npy|npz|h5|hdf5)$"),
    ),
)
