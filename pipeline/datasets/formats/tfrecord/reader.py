"""Reads TFRecords in the schema of the TF Object Detection API. Each record has an image and its objects.

An image's name in the table consists of the TFRecord file and the record's offset in bytes, as in
``train.tfrecord/000000012345.jpg``. :mod:`pipeline.datasets.raw.containers` reads the image from there. The files may
have any suffix, and may be compressed with gzip. Masks are not read.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.formats.shared.label_maps import find_label_map
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.formats.tfrecord.class_numbers import NumberedClasses
from pipeline.datasets.formats.tfrecord.recorded_image import RecordedImage, read_features
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder
from pipeline.datasets.raw.record_images import RECORD_FILE, member_name
from pipeline.datasets.records.example import decode_example
from pipeline.datasets.records.files import BrokenRecordError, read_record, record_places
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.progress import progress_bar
from pipeline.workers import Workers

TITLE = "TFRecords (.tfrecord, .record, or another suffix) in the schema of the TF Object Detection API"

_BATCH_RECORDS, _BATCH_BYTES = 256, 8 * 2**20  # a worker's task ends when it reaches one of these

_PEEKED_FILES = 20

_TEXT_SUFFIXES = frozenset(
    {".txt", ".xml", ".json", ".csv", ".yaml", ".yml", ".md", ".html", ".pts", ".pbtxt"}
)

_DIGITS = re.compile(r"\d+")


def matches(folder: DatasetFolder) -> bool:
    """Return whether there are TFRecord files.

    Other programs use the suffix ``.record`` too, so files without "tfrecord" in their name must begin with a record.
    """
    files = _record_files(folder)
    return any("tfrecord" in posixpath.basename(file).lower() for file in files) or any(
        _has_record(folder.root / file) for file in files[:_PEEKED_FILES]
    )


def _record_files(folder: DatasetFolder) -> list[str]:
    """Return the files with a usual name of TFRecord files, else those of other suffixes that begin with a record.

    Of the files of a folder with the same suffix, the first one tells what all of them are.
    """
    if named := [file for file in folder.files if RECORD_FILE.search(file)]:
        return named
    kinds = defaultdict[tuple[str, str], list[str]](list)
    for file in folder.files:
        suffix = posixpath.splitext(file)[1].lower()
        if suffix not in IMAGE_SUFFIXES and suffix not in _TEXT_SUFFIXES:
            kinds[posixpath.dirname(file), _DIGITS.sub("", suffix)].append(file)
    return [file for files in kinds.values() if _has_record(folder.root / files[0]) for file in files]


def _has_record(path: Path) -> bool:
    try:
        return next(record_places(path), None) is not None
    except (BrokenRecordError, OSError):
        return False


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read the objects of all records. Boxes are in fractions of the image.

    :class:`NumberedClasses` describes the names and the order of the classes. The label map may also be a
    ``labels.txt`` beside the TFRecord files.
    """
    files = _record_files(folder)
    splits = splits_of(files)
    classes = NumberedClasses(find_label_map(folder, {posixpath.dirname(file) for file in files}))
    builder = TableBuilder()
    with progress_bar("reading records", _size(folder, files), in_bytes=True) as advance:
        batches = _batches(folder, files, builder.issues)
        for batch in workers.map(partial(_parse_batch, folder.root), batches):
            for record in batch.records:
                _add(builder, record, splits[batch.file], classes)
            advance(batch.bytes)
    return classes.name_classes(builder.build())


class _Batch(NamedTuple):
    """A worker's task: some records of a file.

    Attributes:
        file: The TFRecord file, relative to the dataset's folder.
        offsets: The offset of each record in bytes.
        bytes: The length of all these records.
    """

    file: str
    offsets: list[int]
    bytes: int


class _Parsed(NamedTuple):
    """The parsed records of a :class:`_Batch`."""

    file: str
    records: list[RecordedImage]
    bytes: int


def _size(folder: DatasetFolder, files: list[str]) -> int:
    return sum((folder.root / file).stat().st_size for file in files)


def _batches(folder: DatasetFolder, files: list[str], issues: list[Issue]) -> Iterator[_Batch]:
    """Yield the records of all files in batches. If a file is broken, the rest of it is left out and is an issue."""
    for file in files:
        offsets: list[int] = []
        size = 0
        try:
            for place in record_places(folder.root / file):
                offsets.append(place.offset)
                size += place.length
                if size >= _BATCH_BYTES or len(offsets) == _BATCH_RECORDS:
                    yield _Batch(file, offsets, size)
                    offsets, size = [], 0
        except (BrokenRecordError, OSError) as error:
            how = "the rest of the file left out"
            issues.append(Issue(file, Fault(None, "unreadable-annotation", str(error), Action.DROP, how)))
        if offsets:
            yield _Batch(file, offsets, size)


def _parse_batch(root: Path, batch: _Batch) -> _Parsed:
    return _Parsed(batch.file, [_parse(root, batch.file, offset) for offset in batch.offsets], batch.bytes)


def _parse(root: Path, file: str, offset: int) -> RecordedImage:
    try:
        features = decode_example(read_record(root / file, offset))
        return read_features(f"{file}/{member_name(offset, features)}", features)
    except (BrokenRecordError, OSError) as error:
        fault = Fault(None, "unreadable-annotation", str(error), Action.DROP_IMAGE)
        return RecordedImage(f"{file}/{member_name(offset, {})}", faults=(fault,))


def _add(builder: TableBuilder, record: RecordedImage, split: str, classes: NumberedClasses) -> None:
    """Add a record's image and objects, and list the issues of its faults."""
    builder.issues += [Issue(record.file, fault) for fault in record.faults]
    builder.unused.add(record.file, record.unused)
    if any(fault.object is None for fault in record.faults):
        return
    row = builder.image(record.file, *record.size, split, normalised=True)
    broken = {fault.object for fault in record.faults}
    for index, (number, text) in enumerate(record.labels):
        if index in broken:
            continue
        if not text.strip() and number is None:
            detail = "the object has neither label nor text"
            builder.issues.append(
                Issue(record.file, Fault(index, "unknown-class", detail, Action.DROP_OBJECT))
            )
            continue
        builder.object(
            row,
            index,
            builder.label(classes.key(number, text)),
            tuple(record.boxes[index].tolist()),
            difficult=bool(record.difficult[index]),
            crowd=bool(record.crowd[index]),
        )
