"""What the report says of the dataset: counts, classes, sizes of boxes, and the faults that convert found."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.datasets.converted.tables import read_table

SPLITS = ("train", "val", "test")
CELLS = 20  # of the chart of box sizes, along each side
COCO_SMALL, COCO_LARGE = 32**2, 96**2  # px^2
FAULT_ROWS = 20
ISSUES = dict.fromkeys(("file", "object", "fault", "detail", "action"), "str")


@dataclass(frozen=True)
class ClassRow:
    """Objects of a class by split, and each split's share of the largest class, in percent."""

    name: str
    counts: dict[str, int]
    widths: dict[str, float]
    total: int


@dataclass(frozen=True)
class Cell:
    """A cell of the chart of box sizes: column, row from the top, how dark in (0, 1], and how many boxes."""

    column: int
    row: int
    weight: float
    boxes: int


@dataclass(frozen=True)
class FaultGroup:
    """A kind of fault: how often, in how many files, and what was done."""

    fault: str
    count: int
    files: int
    actions: str


def split_counts(truth: GroundTruth) -> list[tuple[str, int, int]]:
    """Give (split, images, objects), the whole last."""
    parts = [(name, truth.split(name)) for name in SPLITS]
    rows = [(name, len(part.images), len(part.objects)) for name, part in parts]
    return [*rows, ("all", len(truth.images), len(truth.objects))]


def class_rows(truth: GroundTruth) -> list[ClassRow]:
    """Count the objects of each class, the most frequent first."""
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
    """Count boxes by width (across) and height (up), each as a share of the image's."""
    width, height = _relative_sizes(truth)
    counts, _, _ = np.histogram2d(height, width, bins=CELLS, range=[(0, 1), (0, 1)])
    most = counts.max(initial=1.0)
    # the square root keeps the rare sizes visible beside the common ones
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
    """Say in words what the chart of box sizes shows."""
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


def read_faults(converted: Path) -> pd.DataFrame:
    """Read ``issues.csv``: file, object, fault, detail, action, all as text; empty if there is none."""
    path = converted / "issues.csv"
    return read_table(path, ISSUES) if path.is_file() else pd.DataFrame(columns=list(ISSUES))


def fault_groups(faults: pd.DataFrame) -> list[FaultGroup]:
    """Group the faults by kind, the most frequent first."""
    groups = [
        FaultGroup(
            str(fault), len(rows), _count_names(rows["file"]), ", ".join(sorted(set(rows["action"]))[:3])
        )
        for fault, rows in faults.groupby("fault")
    ]
    return sorted(groups, key=lambda group: (-group.count, group.fault))


def _count_names(files: pd.Series) -> int:
    """Count the files named; a fault of the whole dataset names none."""
    return len(set(files) - {""})


def _relative_sizes(truth: GroundTruth) -> tuple[np.ndarray, np.ndarray]:
    boxes = truth.boxes()
    sizes = truth.images.set_index("id").loc[boxes["image_id"], ["width", "height"]].to_numpy()
    width = (boxes["xmax"] - boxes["xmin"]).to_numpy() / sizes[:, 0]
    height = (boxes["ymax"] - boxes["ymin"]).to_numpy() / sizes[:, 1]
    return width, height
