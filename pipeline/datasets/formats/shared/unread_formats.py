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


def _holding(suffix: str, *keys: bytes) -> Callable[[DatasetFolder], str | None]:
    """Return a function that finds one of the first files with a suffix that has all of some texts."""

    def find(folder: DatasetFolder) -> str | None:
        files = folder.with_suffix(suffix)[:_PEEKED_FILES]
        texts = ((file, head_and_tail(folder.root / file)) for file in files)
        return _first(file for file, text in texts if all(key in text for key in keys))

    return find


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
        "CUB-200 (text files of images, classes and boxes)",
        "join images.txt, image_class_labels.txt and bounding_boxes.txt into a CSV file with the columns image, label, "
        "xmin, ymin, width and height",
        _named(r"(^|/)bounding_boxes\.txt$"),
    ),
    _Unread("Labelbox's JSON", "export it from Labelbox as COCO", _holding(".json", b'"Labeled Data"')),
    _Unread("Labelbox's NDJSON", "export it from Labelbox as COCO", _holding(".ndjson", b'"data_row"')),
    _Unread(
        "V7's Darwin JSON",
        "convert it to COCO with darwin-py",
        _holding(".json", b'"annotations"', b'"bounding_box"', b'"item"'),
    ),
    _Unread(
        "SuperAnnotate's JSON",
        "convert it to COCO with SuperAnnotate's converter",
        _holding(".json", b'"instances"', b'"metadata"', b'"className"'),
    ),
    _Unread(
        "TT100K (images and types in one JSON file)",
        "convert it to COCO",
        _holding(".json", b'"imgs"', b'"types"', b'"category"'),
    ),
    _Unread(
        "detections in COCO's format of results",
        "a detector's results are no ground truth; add the file of annotations",
        _holding(".json", b'"image_id"', b'"category_id"', b'"score"'),
    ),
    _Unread("UA-DETRAC (XML of frames)", "convert it to COCO", _holding(".xml", b"<target_list", b"<frame")),
    _Unread("the Caltech pedestrians (.vbb)", "convert it to COCO", _named(r"\.vbb$")),
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
