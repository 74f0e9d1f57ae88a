"""Builds the annotation table from images and objects in any order."""

from array import array
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.datasets.table.annotation_table import BOX, SPLITS, AnnotationTable, Issue
from pipeline.datasets.table.segmentations import NONE, SegmentationsBuilder

# A declared width or height beyond is nonsense, and counts as not declared; px.
_MAX_SIDE = 2**31


# What the builder holds of an object, in the order of the table's columns: type codes of the array module.
_OBJECT_CODES = {"image_id": "i", "object": "i", "label": "i", **dict.fromkeys(BOX, "d")} | {
    "difficult": "b",
    "crowd": "b",
    "area": "d",
    "segmentation": "i",
}

_OBJECT_TYPES = dict.fromkeys((*BOX, "area"), np.float64) | {"difficult": np.bool_, "crowd": np.bool_}


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
