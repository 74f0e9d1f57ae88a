"""Contents of the report's dataset section: counts, classes, box sizes, and the faults that convert found."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth

SPLITS = ("train", "val", "test")
CELLS = 20  # cells along each side of the chart of box sizes
COCO_SMALL, COCO_LARGE = 32**2, 96**2  # px²; areas below are small, areas from the second on are large
FAULT_ROWS = 20  # faults that the report lists one by one


@dataclass(frozen=True)
class ClassRow:
    """The objects of a class.

    Attributes:
        counts: The number of objects by split.
        widths: The length of the bar by split, in percent of the most frequent class's number of objects.
        total: The number of objects of all splits.
    """

    name: str
    counts: dict[str, int]
    widths: dict[str, float]
    total: int


@dataclass(frozen=True)
class Cell:
    """A cell of the chart of box sizes.

    Attributes:
        column: The column from the left, in 0..19.
        row: The row from the top, in 0..19.
        weight: The opacity in (0, 1].
        boxes: The number of boxes.
    """

    column: int
    row: int
    weight: float
    boxes: int


@dataclass(frozen=True)
class FaultGroup:
    """The faults of one kind.

    Attributes:
        count: The number of faults.
        files: The number of files with such a fault.
        actions: What was done about them, at most three actions.
    """

    fault: str
    count: int
    files: int
    actions: str


def counts_and_faults(truth: GroundTruth, faults: pd.DataFrame) -> dict[str, Any]:
    """Return the values of a page that count images and objects, and list the faults.

    Args:
        truth: The images and objects that are left.
        faults: The table of :func:`pipeline.datasets.converted.issues.read_issues`.
    """
    return {
        "splits": split_counts(truth),
        "class_rows": class_rows(truth),
        "fault_count": len(faults),
        "fault_groups": fault_groups(faults),
        "fault_rows": faults.head(FAULT_ROWS).to_dict("records"),
    }


def split_counts(truth: GroundTruth) -> list[tuple[str, int, int]]:
    """Return (split, number of images, number of objects) for train, val, test and, last, "all"."""
    parts = [(name, truth.split(name)) for name in SPLITS]
    rows = [(name, len(part.images), len(part.objects)) for name, part in parts]
    return [*rows, ("all", len(truth.images), len(truth.objects))]


def class_rows(truth: GroundTruth) -> list[ClassRow]:
    """Return the counts of objects of each class, the most frequent class first."""
    split = truth.objects["image_id"].map(truth.images.set_index("id")["split"])
    counts = pd.crosstab(truth.objects["label"], split)
    counts = counts.reindex(index=range(1, len(truth.classes) + 1), columns=list(SPLITS), fill_value=0)
    most = max(int(counts.sum(axis=1).max()), 1) if len(counts) else 1
    rows = []
    for label, name in enumerate(truth.classes, start=1):
        own = dict(zip(SPLITS, map(int, counts.to_numpy()[label - 1]), strict=True))
        widths = {part: round(100 * count / most, 2) for part, count in own.items()}
        rows.append(ClassRow(name, own, widths, sum(own.values())))
    return sorted(rows, key=lambda row: -row.total)


def size_cells(truth: GroundTruth) -> list[Cell]:
    """Return the cells of the chart of box sizes that hold boxes.

    The width of the boxes increases to the right and their height upwards, both as fractions of the image.
    """
    width, height = _relative_sizes(truth)
    counts, _, _ = np.histogram2d(height, width, bins=CELLS, range=[(0, 1), (0, 1)])
    most = counts.max(initial=1.0)
    # The square root keeps rare sizes visible beside common ones.
    return [
        Cell(
            column,
            CELLS - 1 - row,
            round(float(np.sqrt(counts[row, column] / most)), 3),
            int(counts[row, column]),
        )
        for row in range(CELLS)
        for column in range(CELLS)
        if counts[row, column]
    ]


def size_sentence(truth: GroundTruth) -> str:
    """Return a description of the box sizes for the caption of their chart."""
    width, height = _relative_sizes(truth)
    if not len(width):
        return "The dataset has no boxes."
    area = truth.boxes()["area"].to_numpy()
    small, large = np.mean(area < COCO_SMALL), np.mean(area >= COCO_LARGE)
    return (
        f"The median box is {np.median(width):.0%} of its image wide and {np.median(height):.0%} high. "
        f"In COCO's terms {small:.0%} are small (under 32² px), {1 - small - large:.0%} medium and {large:.0%} "
        "large (from 96² px)."
    )


def fault_groups(faults: pd.DataFrame) -> list[FaultGroup]:
    """Return the faults grouped by kind, the most frequent kind first.

    Args:
        faults: The table of :func:`pipeline.datasets.converted.issues.read_issues`.
    """
    groups = [
        FaultGroup(
            str(fault), len(rows), _count_names(rows["file"]), ", ".join(sorted(set(rows["action"]))[:3])
        )
        for fault, rows in faults.groupby("fault")
    ]
    return sorted(groups, key=lambda group: (-group.count, group.fault))


def _count_names(files: pd.Series) -> int:
    """Return the number of different files. A fault of the whole dataset has "" as its file, which does not count."""
    return len(set(files) - {""})


def _relative_sizes(truth: GroundTruth) -> tuple[np.ndarray, np.ndarray]:
    """Return the widths and the heights of all boxes, each float64 [N], as fractions of the image."""
    boxes = truth.boxes()
    sizes = truth.images.set_index("id").loc[boxes["image_id"], ["width", "height"]].to_numpy()
    width = (boxes["xmax"] - boxes["xmin"]).to_numpy() / sizes[:, 0]
    height = (boxes["ymax"] - boxes["ymin"]).to_numpy() / sizes[:, 1]
    return width, height
