"""CSV with a header and a row a box, in one file or several.

The columns are found by their customary names, or named in ``dataset.csv``. A row without a box says that the
image is one without objects. The split is that of a column, or of the file's name (``train_labels.csv``) where
there are several.
"""

from pipeline.datasets.folder import DatasetFolder
from pipeline.datasets.formats import openimages
from pipeline.datasets.formats.annotated_image import add_all
from pipeline.datasets.formats.box_rows import CORNERS, annotated_images, box_rows
from pipeline.datasets.formats.csv_files import CsvFile, column_key, csv_files, read_rows
from pipeline.datasets.formats.split_words import split_of, splits_of
from pipeline.datasets.table import AnnotationTable, TableBuilder
from pipeline.datasets.workers import Workers
from pipeline.errors import PipelineError
from pipeline.params import CsvColumns, Dataset

TITLE = "CSV (.csv with a header and columns of image, label, xmin, ymin, xmax and ymax)"
_PEEKED_FILES = 20
_BOX_SIZES = {
    "xmax": "w box_width bbox_width box_w bbox_w width".split(),
    "ymax": "h box_height bbox_height box_h bbox_h height".split(),
}
_CUSTOMARY = {
    "image": "filename file_name file image image_path imagepath path image_name imagename image_file img img_path "
    "img_name filepath file_path image_id imageid img_id".split(),
    "label": "class label name category class_name classname label_name labelname category_name object species "
    "class_id label_id category_id".split(),
    "xmin": "xmin x_min x1 left bbox_xmin box_xmin bbox_x1 min_x bbox_x bbox_left x".split(),
    "ymin": "ymin y_min y1 top bbox_ymin box_ymin bbox_y1 min_y bbox_y bbox_top y".split(),
    "xmax": [
        "xmax",
        "x_max",
        "x2",
        "right",
        "bbox_xmax",
        "box_xmax",
        "bbox_x2",
        "max_x",
        *_BOX_SIZES["xmax"],
    ],
    "ymax": [
        "ymax",
        "y_max",
        "y2",
        "bottom",
        "bbox_ymax",
        "box_ymax",
        "bbox_y2",
        "max_y",
        *_BOX_SIZES["ymax"],
    ],
    "width": "image_width img_width imagewidth width".split(),
    "height": "image_height img_height imageheight height".split(),
    "split": "split set subset partition".split(),
}
_OPTIONAL = ("width", "height", "split")
# Columns of detections, which are not to be taken for the truth unasked.
_SCORES = frozenset({"score", "confidence", "conf"})


def matches(folder: DatasetFolder) -> bool:
    """Say whether a CSV file has columns of the customary names, and neither scores nor Open Images' header."""
    columns = CsvColumns(**dict.fromkeys(_CUSTOMARY, "auto"), boxes="auto")
    return any(
        not _missing(_columns(source, columns, None))
        and not openimages.is_boxes(source)
        and _SCORES.isdisjoint(map(column_key, source.columns))
        for source in csv_files(folder)[:_PEEKED_FILES]
    )


def is_there(folder: DatasetFolder) -> bool:
    """Say whether a CSV file has columns enough, whatever their names."""
    return any(len(source.columns) >= 2 + len(CORNERS) for source in csv_files(folder))


def read(folder: DatasetFolder, dataset: Dataset, workers: Workers) -> AnnotationTable:
    """Read each CSV file that has the columns; class names are sorted.

    Raises:
        PipelineError: none has them.
    """
    files = csv_files(folder)
    columns = {source: _columns(source, dataset.csv, dataset.group_column) for source in files}
    read_files = [source for source in files if not _missing(columns[source])]
    if not read_files:
        raise PipelineError(f"{folder.root}: {_what_is_missing(columns)}")
    if left_out := [source.file for source in files if source not in read_files]:
        print(f"left out, without the columns of boxes: {', '.join(left_out)}")
    normalised = {"auto": None, "pixels": False, "normalised": True}[dataset.csv.boxes]
    splits = splits_of([source.file for source in read_files])
    builder = TableBuilder()
    rows = []
    for source in read_files:
        found = {role: name for role, name in columns[source].items() if name}
        texts = read_rows(folder, source, found, builder.issues)
        if "split" in texts:
            texts["split"] = texts["split"].map({said: split_of(said) for said in texts["split"].unique()})
        sizes = frozenset(role for role, names in _BOX_SIZES.items() if column_key(found[role]) in names)
        rows.append(
            box_rows(texts, source.file, split=splits[source.file], normalised=normalised, sizes=sizes)
        )
    add_all(builder, folder, annotated_images(rows))
    return builder.build(sort_classes=True)


def _columns(source: CsvFile, columns: CsvColumns, group: str | None) -> dict[str, str]:
    """Return the name in the file of each column, "" for those that are not there."""
    named = {column_key(name): name for name in reversed(source.columns)}
    found: dict[str, str] = {}
    for role, customary in _CUSTOMARY.items():
        given = getattr(columns, role)
        if given != "auto":
            found[role] = given if given in source.columns else named.get(column_key(given), "")
            continue
        # a width that is the box's is not the image's
        name = next(
            (named[key] for key in customary if key in named and named[key] not in found.values()), ""
        )
        if name or role not in _OPTIONAL:
            found[role] = name
    if group:
        found["group"] = named.get(column_key(group), "")
    return found


def _missing(columns: dict[str, str]) -> list[str]:
    return [role for role, name in columns.items() if not name]


def _what_is_missing(columns: dict[CsvFile, dict[str, str]]) -> str:
    """Say what the file that lacks the least lacks."""
    source = min(columns, key=lambda source: len(_missing(columns[source])))
    roles = _missing(columns[source])
    keys = ", ".join("dataset.group_column" if role == "group" else f"dataset.csv.{role}" for role in roles)
    there = ", ".join(source.columns)[:200]
    return f"{source.file} has no column for {', '.join(roles)} among {there}; name it in {keys}"
