"""Builds the annotation table from images and objects in any order."""

from array import array
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.datasets.table.annotation_table import BOX, SPLITS, AnnotationTable
from pipeline.datasets.table.crowd_files import crowd_files
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.keypoints import KeypointsBuilder
from pipeline.datasets.table.repeated_annotations import Annotations, repeated_annotations
from pipeline.datasets.table.segmentations import NONE, SegmentationsBuilder
from pipeline.datasets.table.unused_keys import UnusedKeys

# A larger declared width or height, px, counts as not declared.
_MAX_SIDE = 2**31

# The columns of an object in the order of the table, and their type codes in the module ``array``.
_OBJECT_CODES = {"image_id": "i", "object": "i", "label": "i", **dict.fromkeys(BOX, "d")} | {
    "difficult": "b",
    "crowd": "b",
    "area": "d",
    "segmentation": "i",
    "keypoints": "i",
}

_OBJECT_TYPES = dict.fromkeys((*BOX, "area"), np.float64) | {"difficult": np.bool_, "crowd": np.bool_}


@dataclass
class TableBuilder:
    """Collects images and objects for an :class:`AnnotationTable`. Each value takes a few bytes.

    The public attributes are those of the table.
    """

    issues: list[Issue] = field(default_factory=list)
    segmentations: SegmentationsBuilder = field(default_factory=SegmentationsBuilder)
    keypoints: KeypointsBuilder = field(default_factory=KeypointsBuilder)
    unused: UnusedKeys = field(default_factory=UnusedKeys)
    drawn_upright: bool = False
    _labels: dict[str, int] = field(default_factory=dict)
    _files: list[str] = field(default_factory=list)
    _rows: dict[str, int] = field(default_factory=dict)
    _sizes: array = field(default_factory=lambda: array("q"))
    _splits: list[str] = field(default_factory=list)
    _normalised: bytearray = field(default_factory=bytearray)
    _groups: list[str] = field(default_factory=list)
    _annotations: list[str] = field(default_factory=list)
    _objects: dict[str, array] = field(
        default_factory=lambda: {name: array(code) for name, code in _OBJECT_CODES.items()}
    )

    def label(self, class_name: str) -> int:
        """Return the number of a class. A new class gets the next number."""
        return self._labels.setdefault(class_name, len(self._labels) + 1)

    def image(
        self,
        file: str,
        width: int,
        height: int,
        split: str,
        *,
        normalised: bool = False,
        group: str = "",
        annotation: str = "",
    ) -> int:
        """Add an annotation of an image and return its row in the builder.

        If the image was added before, its first size, unit and group stay. If it was added with another split,
        the split that is held out first counts, and the fault is listed. :func:`repeated_annotations` decides at the
        end whether the objects of both annotations count.

        Args:
            annotation: The annotation file, relative to the dataset's folder, if it describes many images; else "".
        """
        row = len(self._files)
        first = self._rows.setdefault(file, row)
        self._files.append(file)
        self._sizes.extend(side if 0 < side < _MAX_SIDE else 0 for side in (width, height))
        self._splits.append(split)
        self._normalised.append(normalised)
        self._groups.append(group)
        self._annotations.append(annotation)
        if self._splits[first] != split:
            self._add_second_split(first, file, split)
        return row

    def leave_out(self, file: str) -> None:
        """Leave out an image that was added, with its objects. It may be added again."""
        del self._rows[file]

    def _add_second_split(self, row: int, file: str, split: str) -> None:
        kept = max(self._splits[row], split, key=("", "unlisted", *SPLITS).index)
        self._splits[row] = kept
        detail = "the image is in more than one split"
        fault = Fault(None, "image-in-two-splits", detail, Action.REPAIR, f"kept in {kept} only")
        self.issues.append(Issue(file, fault))

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
        keypoints: int = NONE,
    ) -> None:
        """Add an object.

        Args:
            image: The row that :meth:`image` returned.
            index: The object's index in the image's annotation, from 0.
            label: 1..K, as :meth:`label` returned it.
            box: xmin, ymin, xmax, ymax, px or shares; NaN for a label of the whole image.
            area: The area of the mask, px²; None stands for the area of the box.
            segmentation: The row that ``segmentations.add`` returned.
            keypoints: The row that ``keypoints.add`` returned.
        """
        if area is None:
            area = abs((box[2] - box[0]) * (box[3] - box[1]))
        values = (image, index, label, *box, difficult, crowd, area, segmentation, keypoints)
        for column, value in zip(self._objects.values(), values, strict=True):
            column.append(value)

    def build(self, *, sort_classes: bool = False) -> AnnotationTable:
        """Sort the images, number them from 1 and return the table. The builder is empty afterwards.

        Args:
            sort_classes: Number the classes in order of their names, else in the order of :meth:`label`.
        """
        class_names = sorted(self._labels) if sort_classes else list(self._labels)
        labels = np.zeros(len(class_names) + 1, np.int64)
        labels[[self._labels[name] for name in class_names]] = np.arange(1, len(class_names) + 1)
        files = np.array(self._files, dtype=object)
        kept = np.fromiter(self._rows.values(), np.int64, len(self._rows))
        order = kept[np.argsort(files[kept], kind="stable")]
        ids = np.zeros(len(files), np.int64)  # 0 stays for an image that was left out
        ids[order] = np.arange(1, len(order) + 1)
        self._join_repeated(ids)
        objects, of_crowds = self._object_frame(ids, labels)
        return AnnotationTable(
            images=self._image_frame(files, order),
            objects=objects,
            class_names=tuple(class_names),
            issues=(*self.issues, *self.unused.issues()),
            segmentations=self.segmentations.build(),
            keypoints=self.keypoints.build(),
            crowd_files=of_crowds,
            drawn_upright=self.drawn_upright,
        )

    def _join_repeated(self, ids: np.ndarray) -> None:
        """Give the later annotations of an image its id, and the annotations that do not count the id 0.

        Args:
            ids: int64, the id of the first annotation of each image that is left, 0 for the others. It is changed.
        """
        firsts = ((row, self._rows.get(file, row)) for row, file in enumerate(self._files))
        later = {row: first for row, first in firsts if first < row}
        if not later:
            return
        ids[list(later)] = ids[list(later.values())]
        rows, labels = (_values(self._objects[name]) for name in ("image_id", "label"))
        boxes = np.stack([_values(self._objects[corner]) for corner in BOX], axis=1)
        repeated = repeated_annotations(
            later, Annotations(self._files, self._annotations, self._normalised), rows, labels, boxes
        )
        ids[repeated.rows] = 0
        self.issues += repeated.issues

    def _image_frame(self, files: np.ndarray, order: np.ndarray) -> pd.DataFrame:
        sizes = np.frombuffer(self._sizes, np.int64).reshape(-1, 2)[order]
        return pd.DataFrame(
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

    def _object_frame(self, ids: np.ndarray, labels: np.ndarray) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Sort the objects column by column. The memory of each column is freed before the next one is sorted.

        Returns:
            The objects, and the annotation files all of whose objects are crowds.
        """
        columns, self._objects = self._objects, {}
        rows, index = _values(columns.pop("image_id")), _values(columns["object"])
        image_ids = ids[rows]
        counted = image_ids > 0
        crowd_file = np.full(len(rows), NONE, np.int64)
        crowd_file[counted], files = crowd_files(
            self._annotations, rows[counted], _values(columns["crowd"])[counted] > 0
        )
        order = np.lexsort((index, image_ids))
        order = order[np.count_nonzero(image_ids == 0) :]
        sorted_columns: dict[str, np.ndarray] = {"image_id": image_ids[order]}
        del image_ids, index, rows, counted
        for name in list(columns):
            values = _values(columns.pop(name))[order]
            values = labels[values] if name == "label" else values
            sorted_columns[name] = values.astype(_OBJECT_TYPES.get(name, np.int64), copy=False)
        sorted_columns["crowd_file"] = crowd_file[order]
        return pd.DataFrame(sorted_columns, copy=False), files


def _values(column: array) -> np.ndarray:
    """Return an array's values without copying them."""
    return np.frombuffer(column, column.typecode)
