"""Reads CSV files with one box, the keypoints of one object, or one label of a whole image per row.

The columns are found by their common names or by the names in ``dataset.csv``, which also names all columns of files
without a header. One column may hold all four numbers of the box. A row without a box adds its image without an object.
A column gives the split or, if there are several files, the file's name does, as in ``train_labels.csv``.
"""

import logging

from pipeline.datasets.formats import openimages
from pipeline.datasets.formats.csv.bbox_column import bbox_order, with_corners
from pipeline.datasets.formats.csv.columns import (
    BOX_SIZES,
    CUSTOMARY,
    find_columns,
    missing,
    missing_columns_message,
)
from pipeline.datasets.formats.csv.keypoints import KeypointColumns, keypoint_columns, keypoint_images
from pipeline.datasets.formats.csv.labels import label_columns, labelled_images, names_images
from pipeline.datasets.formats.shared.annotated_image import add_all
from pipeline.datasets.formats.shared.box_rows import annotated_images, box_rows
from pipeline.datasets.formats.shared.csv_files import (
    CsvFile,
    column_key,
    csv_files,
    read_rows,
    without_header,
)
from pipeline.datasets.formats.shared.detections import all_are_detections, score_column, without_detections
from pipeline.datasets.formats.shared.split_words import split_of, splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.errors import PipelineError
from pipeline.params.dataset import CsvColumns, DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = (
    "CSV (.csv with the columns image, label, xmin, ymin, xmax and ymax, "
    "which may have other names if dataset.format is csv and dataset.csv names them; "
    "or with image and the keypoints x0, y0, x1, y1 ...)"
)

_PEEKED_FILES = 20

# Columns that many tools write beside the boxes.
_KNOWN = frozenset({"", "depth", "area", "Unnamed: 0"})


def matches(folder: DatasetFolder) -> bool:
    """Return whether a CSV file has columns of the common names, and not the columns of Open Images.

    A file with keypoints or labels of whole images must name an image of the folder, and have no scores. The reader
    leaves detections out.
    """
    columns = CsvColumns(**dict.fromkeys(CUSTOMARY, "auto"), bbox_order="auto", boxes="auto", columns=None)
    files = [source for source in csv_files(folder)[:_PEEKED_FILES] if not openimages.is_boxes(source)]
    if any(not missing(find_columns(source, columns, None)) for source in files):
        return True
    files = [source for source in files if not score_column(source)]
    if _keypoint_files(folder, files, columns):
        return True
    named = [(source, label_columns(source, columns, None)) for source in files]
    return any(found and names_images(folder, source, found["image"]) for source, found in named)


def is_there(folder: DatasetFolder) -> bool:
    """Return whether a CSV file has two or more columns, whatever their names."""
    return any(len(source.columns) > 1 for source in csv_files(folder))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each CSV file that has the required columns. Class names are sorted.

    If no file has boxes, those with keypoints are read or, without any, those with labels of whole images. Detections,
    which have scores, are left out.

    Args:
        dataset: ``csv`` and ``group_column`` are used.

    Raises:
        PipelineError: No file has all required columns, all boxes are detections, or the order of the numbers in a
            column of boxes is not clear.
    """
    files = csv_files(folder)
    if dataset.csv.columns:
        files = without_header(files, dataset.csv.columns)
    columns = {source: find_columns(source, dataset.csv, dataset.group_column) for source in files}
    read_files = [source for source in files if not missing(columns[source])]
    keypoints = _keypoint_files(folder, files, dataset.csv)
    if keypoints and not read_files:
        return _read_keypoints(folder, keypoints, dataset)
    if keypoints:
        names = ", ".join(source.file for source in keypoints)
        logger.info("the boxes of the CSV files are read, and the keypoints in %s are left out", names)
    if not read_files:
        labels = {
            source: found
            for source in files
            if (found := label_columns(source, dataset.csv, dataset.group_column))
        }
        if labels:
            return _read_labels(folder, labels)
        raise PipelineError(f"{folder.root}: {missing_columns_message(columns, dataset.csv)}")
    if left_out := [source.file for source in files if source not in read_files]:
        logger.info("files are left out, because they lack required columns: %s", ", ".join(left_out))
    return _read_boxes(folder, {source: columns[source] for source in read_files}, dataset.csv)


def _read_boxes(
    folder: DatasetFolder, files: dict[CsvFile, dict[str, str]], settings: CsvColumns
) -> AnnotationTable:
    """Read files of boxes, each with the names of its columns.

    Raises:
        PipelineError: All boxes are detections, or the order of the numbers in a column of boxes is not clear.
    """
    normalised = {"auto": None, "pixels": False, "normalised": True}[settings.boxes]
    splits = splits_of([source.file for source in files])
    order = bbox_order(folder, files, settings)
    builder = TableBuilder()
    rows = []
    for source, names in files.items():
        names_in_file = {role: name for role, name in names.items() if name}
        if score := score_column(source):
            names_in_file["score"] = score
        texts = with_corners(read_rows(folder, source, names_in_file, builder.issues))
        texts = without_detections(texts, source.file, builder.issues)
        if "split" in texts:
            texts["split"] = texts["split"].map({text: split_of(text) for text in texts["split"].unique()})
        _record_use(folder, builder, source, set(names_in_file.values()))
        sizes = frozenset(
            role
            for role, sides in BOX_SIZES.items()
            if column_key(names_in_file.get(role, "")) in sides
            or ("bbox" in names_in_file and order == "xywh")
        )
        rows.append(
            box_rows(texts, source.file, split=splits[source.file], normalised=normalised, sizes=sizes)
        )
    if all(part.empty for part in rows) and any(issue.fault.name == "detection" for issue in builder.issues):
        raise all_are_detections(folder.root, builder.issues)
    add_all(builder, folder, annotated_images(folder, rows))
    return builder.build(sort_classes=True)


def _record_use(folder: DatasetFolder, builder: TableBuilder, source: CsvFile, used: set[str]) -> None:
    """Record that a file is used, and which of its columns are not."""
    folder.use([source.file])
    unused = sorted(set(source.columns) - used - _KNOWN)
    builder.unused.add(source.file, map("the column {!r}".format, unused))


def _keypoint_files(
    folder: DatasetFolder, files: list[CsvFile], columns: CsvColumns
) -> dict[CsvFile, list[KeypointColumns]]:
    """Return the files with keypoints of images of the folder, each with the columns of its keypoints."""
    found = {source: pointed for source in files if (pointed := keypoint_columns(source))}
    images = {source: find_columns(source, columns, None)["image"] for source in found}
    return {
        source: pointed
        for source, pointed in found.items()
        if images[source] and names_images(folder, source, images[source])
    }


def _read_keypoints(
    folder: DatasetFolder, files: dict[CsvFile, list[KeypointColumns]], dataset: DatasetFormat
) -> AnnotationTable:
    """Read files of keypoints, each with the columns of its keypoints. Their order is that of the first file.

    Raises:
        PipelineError: The files have different keypoints.
    """
    splits = splits_of([source.file for source in files])
    first, names = next((source, [keypoint.name for keypoint in found]) for source, found in files.items())
    builder = TableBuilder()
    builder.keypoints.names = tuple(names)
    for source, keypoints in files.items():
        by_name = {keypoint.name: keypoint for keypoint in keypoints}
        if set(by_name) != set(names):
            raise PipelineError(
                f"{folder.root}: {first.file} has the keypoints {', '.join(names)[:100]}, but {source.file} has "
                f"{', '.join(by_name)[:100]}; give both the same columns, or move one away"
            )
        images = keypoint_images(
            folder,
            source,
            [by_name[name] for name in names],
            dataset.csv,
            dataset.group_column,
            splits[source.file],
            builder.issues,
        )
        add_all(builder, folder, images)
    return builder.build(sort_classes=True)


def _read_labels(folder: DatasetFolder, files: dict[CsvFile, dict[str, str]]) -> AnnotationTable:
    """Read files with labels of whole images, each with the names of its columns."""
    splits = splits_of([source.file for source in files])
    builder = TableBuilder()
    for source, columns in files.items():
        images = labelled_images(folder, source, columns, splits[source.file], builder.issues)
        add_all(builder, folder, images)
    return builder.build(sort_classes=True)
