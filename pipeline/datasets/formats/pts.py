"""Reads IBUG's .pts files: the landmarks of a face in a file for each image, which has the same stem.

The first pixel has the coordinates (1, 1) there, so that 1 is subtracted. A place of (0, 0) stands for a landmark that
is not labelled.
"""

import posixpath
import re
from collections import Counter
from pathlib import Path

import numpy as np

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    parse_files,
)
from pipeline.datasets.formats.shared.image_splits import with_splits
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.text_encoding import decoded
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.keypoints import ABSENT, VISIBLE, extent
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "IBUG (.pts with n_points and a place in each line)"
CLASS = "face"

_CONTENTS = re.compile(r"n_points:\s*(?P<count>\d+)\s*\{(?P<places>[^}]*)\}", re.IGNORECASE)


def matches(folder: DatasetFolder) -> bool:
    """Return whether there is a .pts file beside images."""
    return bool(folder.with_suffix(".pts")) and bool(folder.images())


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each .pts file. If their folders name two or more splits, each image has the split of its folder."""
    files = folder.with_suffix(".pts")
    splits = splits_of_folders(files)
    builder = TableBuilder()
    images = list(with_splits(parse_files(folder, files, parse, workers), splits))
    counts = Counter(len(image.objects[0].keypoints) for image in images if isinstance(image, AnnotatedImage))
    if counts:  # files with another number of landmarks have an issue
        builder.keypoints.names = tuple(map(str, range(counts.most_common(1)[0][0])))
    add_all(builder, folder, images)
    return builder.build(sort_classes=True)


def parse(root: Path, file: str) -> AnnotatedImage:
    """Parse one .pts file.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Raises:
        UnreadableAnnotationError: The file has no such contents, or another number of places than it says.
    """
    contents = _CONTENTS.search(decoded((root / file).read_bytes(), root / file))
    if contents is None:
        raise UnreadableAnnotationError("it has no n_points and no places in braces")
    try:
        places = np.array([[float(text) for text in line.split()] for line in _lines(contents["places"])])
        places = places.reshape(int(contents["count"]), 2)
    except ValueError:
        raise UnreadableAnnotationError(
            f"its places are not {contents['count']} lines of two numbers"
        ) from None
    labelled = np.isfinite(places).all(axis=1) & (places > 0).any(axis=1)
    places, codes = np.where(labelled[:, None], places, 1.0), np.where(labelled, VISIBLE, ABSENT)
    points = np.column_stack([places - 1.0, codes])
    found = tuple((x, y, int(code)) for x, y, code in points.tolist())
    stem = posixpath.splitext(posixpath.basename(file))[0]
    return AnnotatedImage(file, (stem,), 0, 0, (AnnotatedObject(0, CLASS, extent(points), keypoints=found),))


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
