"""The annotation table: every format is parsed into it, every check runs on it, records are made from it."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.segmentations import NONE, Segmentations, SegmentationsBuilder

SPLITS = ("train", "val", "test")
BOX = ["xmin", "ymin", "xmax", "ymax"]
# A declared width or height beyond is nonsense, and counts as not declared; px.
_MAX_SIDE = 2**31
_ROWS_AT_ONCE = 10_000
# What the builder holds of an object, in the order of the table's columns: type codes of the array module.
_OBJECT_CODES = {"image_id": "i", "object": "i", "label": "i", **dict.fromkeys(BOX, "d")} | {
    "difficult": "b",
    "crowd": "b",
    "area": "d",
    "segmentation": "i",
}
_OBJECT_TYPES = dict.fromkeys((*BOX, "area"), np.float64) | {"difficult": np.bool_, "crowd": np.bool_}


class Issue(NamedTuple):
    """One line of ``issues.csv``.

    Attributes:
        file: The image or annotation file, a POSIX path relative to the dataset's folder.
        object: The object's index in its image's annotation, from 0; None where the fault is the file's.
        fault: Its kebab-case name, one of :data:`pipeline.datasets.faults.FAULTS`.
        detail: What was found.
        action: What was done about it.
    """

    file: str
    object: int | None
    fault: str
    detail: str
    action: str


@dataclass(frozen=True)
class AnnotationTable:
    """A dataset's annotations, whatever format they came in.

    Attributes:
        images: One row an image, in sorted order of ``file``; columns

            * ``id`` int64, 1..N: the row's number, and the ``source_id`` of its record
            * ``file`` str, POSIX path relative to the dataset's folder
            * ``width``, ``height`` int64, px, as the annotation declares them; 0 where it does not
            * ``split`` str, train | val | test, "" where nothing says, or "unlisted" where the dataset has
              split lists and none of them names the image
            * ``normalised`` bool: its boxes are shares of width and height, 0..1, until the image is opened
            * ``group`` str: images of one group stay in one split; "" for none
        objects: One row an object, in order of image, then of ``object``; columns

            * ``image_id`` int64
            * ``object`` int64, the index in the image's annotation, from 0
            * ``label`` int64, 1..K
            * ``xmin``, ``ymin``, ``xmax``, ``ymax`` float64, px, continuous: width = xmax − xmin; all four
              are NaN for a label of the whole image
            * ``difficult``, ``crowd`` bool
            * ``area`` float64, px², of the mask where the format has one, else of the box
            * ``segmentation`` int64, the row of its mask in ``segmentations``; −1 for none
        class_names: Names of the classes 1..K.
        issues: Faults met while reading.
        segmentations: Where the masks stand in the dataset's files.
    """

    images: pd.DataFrame
    objects: pd.DataFrame
    class_names: tuple[str, ...]
    issues: tuple[Issue, ...]
    segmentations: Segmentations


def with_issues(table: AnnotationTable, issues: Iterable[Issue]) -> AnnotationTable:
    """Return the table with further issues."""
    return replace(table, issues=(*table.issues, *issues))


def write_table(table: AnnotationTable, folder: Path) -> None:
    """Write ``images.csv``, ``objects.csv``, ``labels.txt`` and ``issues.csv``."""
    table.images.drop(columns=["normalised", "group"]).to_csv(folder / "images.csv", index=False)
    with (folder / "objects.csv").open("w", encoding="utf-8", newline="") as file:
        for start in range(
            0, max(1, len(table.objects)), _ROWS_AT_ONCE
        ):  # as text they are many times larger
            rows = table.objects.iloc[start : start + _ROWS_AT_ONCE]
            rows = rows.drop(columns=["object", "segmentation"]).astype({"difficult": int, "crowd": int})
            rows.insert(2, "class_name", [table.class_names[label - 1] for label in rows["label"]])
            rows.to_csv(file, index=False, header=start == 0)
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in table.class_names), encoding="utf-8")
    write_issues(table, folder / "issues.csv")


def write_issues(table: AnnotationTable, path: Path) -> None:
    """Write the issues in order of file and object."""
    issues = pd.DataFrame(table.issues, columns=Issue._fields).astype({"object": "Int64"})
    texts = ["file", "detail"]
    issues[texts] = (
        issues[texts].astype("str").replace("\r", " ", regex=True)
    )  # CSV takes it for the end of a row
    issues.sort_values(["file", "object"], kind="stable", na_position="first").to_csv(path, index=False)


@dataclass
class TableBuilder:
    """Collects images and objects in any order, in a few bytes a value, into an :class:`AnnotationTable`."""

    issues: list[Issue] = field(default_factory=list)
    segmentations: SegmentationsBuilder = field(default_factory=SegmentationsBuilder)
    _labels: dict[str, int] = field(default_factory=dict)
    _files: list[str] = field(default_factory=list)
    _rows: dict[str, int] = field(default_factory=dict)
    _sizes: array = field(default_factory=lambda: array("q"))
    _splits: list[str] = field(default_factory=list)
    _normalised: bytearray = field(default_factory=bytearray)
    _groups: list[str] = field(default_factory=list)
    _objects: dict[str, array] = field(
        default_factory=lambda: {name: array(code) for name, code in _OBJECT_CODES.items()}
    )

    def label(self, class_name: str) -> int:
        """Return the class's number, the next one for a class not seen before."""
        return self._labels.setdefault(class_name, len(self._labels) + 1)

    def image(
        self, file: str, width: int, height: int, split: str, *, normalised: bool = False, group: str = ""
    ) -> int:
        """Add an image and return its handle; a file that is already there keeps what was said first of it."""
        row = self._rows.setdefault(file, len(self._files))
        if row == len(self._files):
            self._files.append(file)
            self._sizes.extend(side if 0 < side < _MAX_SIDE else 0 for side in (width, height))
            self._splits.append(split)
            self._normalised.append(normalised)
            self._groups.append(group)
        elif self._splits[row] != split:
            self._list_twice(row, file, split)
        return row

    def leave_out(self, file: str) -> None:
        """Leave out an image that was added, with its objects; it may be added again."""
        del self._rows[file]

    def _list_twice(self, row: int, file: str, split: str) -> None:
        kept = max(self._splits[row], split, key=("", "unlisted", *SPLITS).index)
        self._splits[row] = kept
        detail = "the image is in more than one split"
        self.issues.append(Issue(file, None, "image-in-two-splits", detail, f"kept in {kept} only"))

    def object(
        self,
        image: int,
        index: int,
        label: int,
        box: tuple[float, float, float, float],
        *,
        difficult: bool = False,
        crowd: bool = False,
        area: float | None = None,
        segmentation: int = NONE,
    ) -> None:
        """Add an object; ``box`` is xmin, ymin, xmax, ymax in px, NaN for a label of the whole image."""
        if area is None:
            area = abs((box[2] - box[0]) * (box[3] - box[1]))
        values = (image, index, label, *box, difficult, crowd, area, segmentation)
        for column, value in zip(self._objects.values(), values, strict=True):
            column.append(value)

    def build(self, *, sort_classes: bool = False) -> AnnotationTable:
        """Sort, number the images from 1 and return the table; the builder is empty then.

        Args:
            sort_classes: Number the classes in order of their names, not in the order they came.
        """
        class_names = sorted(self._labels) if sort_classes else list(self._labels)
        labels = np.zeros(len(class_names) + 1, np.int64)
        labels[[self._labels[name] for name in class_names]] = np.arange(1, len(class_names) + 1)
        files = np.array(self._files, dtype=object)
        kept = np.fromiter(self._rows.values(), np.int64, len(self._rows))
        order = kept[np.argsort(files[kept], kind="stable")]
        ids = np.zeros(len(files), np.int64)  # 0 for an image that was left out
        ids[order] = np.arange(1, len(order) + 1)
        sizes = np.frombuffer(self._sizes, np.int64).reshape(-1, 2)[order]
        images = pd.DataFrame(
            {
                "id": np.arange(1, len(order) + 1),
                "file": pd.Series(files[order], dtype="str"),
                "width": sizes[:, 0],
                "height": sizes[:, 1],
                "split": pd.Series(np.array(self._splits, dtype=object)[order], dtype="str"),
                "normalised": np.frombuffer(self._normalised, bool)[order],
                "group": pd.Series(np.array(self._groups, dtype=object)[order], dtype="str"),
            }
        )
        return AnnotationTable(
            images,
            self._object_frame(ids, labels),
            tuple(class_names),
            tuple(self.issues),
            self.segmentations.build(),
        )

    def _object_frame(self, ids: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
        """Sort the objects, column by column, each of which is given back as the next is made."""
        columns, self._objects = self._objects, {}
        image_ids, index = ids[_values(columns.pop("image_id"))], _values(columns["object"])
        order = np.lexsort((index, image_ids))
        order = order[np.count_nonzero(image_ids == 0) :]
        sorted_columns: dict[str, np.ndarray] = {"image_id": image_ids[order]}
        del image_ids, index
        for name in list(columns):
            values = _values(columns.pop(name))[order]
            values = labels[values] if name == "label" else values
            sorted_columns[name] = values.astype(_OBJECT_TYPES.get(name, np.int64), copy=False)
        return pd.DataFrame(sorted_columns, copy=False)


def _values(column: array) -> np.ndarray:
    """View an array's values."""
    return np.frombuffer(column, column.typecode)
