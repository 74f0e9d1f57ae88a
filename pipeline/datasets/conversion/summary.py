"""The figures of a dataset, for the metrics, the plots and the terminal."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from pipeline.datasets.table.annotation_table import BOX, SPLITS, AnnotationTable
from pipeline.datasets.table.faults import Action
from pipeline.datasets.table.segmentations import NONE

_PLOTTED_BOXES = 2000

_NAMED_CLASSES = 5


def count_all(table: AnnotationTable) -> dict[str, Any]:
    """Count images, objects and classes in all and in each split, masks if there are any, and faults by name.

    If there are crowds or difficult objects, they are counted too, and the other objects of each split as "used": only
    these train and score.
    """
    rows = _objects_with_split(table)
    splits = rows["split"].value_counts()
    flags = {flag: int(table.objects[flag].sum()) for flag in ("crowd", "difficult")}
    used = rows["split"][~table.objects["crowd"] & ~table.objects["difficult"]].value_counts()
    counts: dict[str, Any] = {
        "images": len(table.images),
        "objects": len(table.objects),
        "classes": len(table.class_names),
    }
    for split in SPLITS:
        images = int((table.images["split"] == split).sum())
        counts[split] = {"images": images, "objects": int(splits.get(split, 0))}
        if any(flags.values()):
            counts[split]["used"] = int(used.get(split, 0))
    counts |= {flag: count for flag, count in flags.items() if count}
    if masks := int((table.objects["segmentation"] != NONE).sum()):
        counts["masks"] = masks
    faults = Counter(issue.fault.name for issue in table.issues)
    return {**counts, "faults": dict(sorted(faults.items()))}


def class_counts(table: AnnotationTable) -> pd.DataFrame:
    """Return columns class, split, objects: a row for each class and split, in order of labels and train, val, test."""
    labels = range(1, len(table.class_names) + 1)
    pairs = pd.MultiIndex.from_product([labels, SPLITS], names=["label", "split"])
    counts = (
        _objects_with_split(table)
        .groupby(["label", "split"], observed=True)
        .size()
        .reindex(pairs, fill_value=0)
    )
    rows = counts.rename("objects").reset_index()
    rows["class"] = [table.class_names[label - 1] for label in rows["label"]]
    return rows[["class", "split", "objects"]]


def box_sizes(table: AnnotationTable, *, seed: int) -> pd.DataFrame:
    """Return columns class, width, height of at most 2000 boxes, as shares of the image, 0..1."""
    boxes = table.objects.dropna(subset=["xmin"])
    boxes = boxes.sample(min(len(boxes), _PLOTTED_BOXES), random_state=seed).sort_index()
    names = [table.class_names[label - 1] for label in boxes["label"]]
    width, height = relative_sides(table, boxes).round(4).T
    return pd.DataFrame({"class": names, "width": width, "height": height})


def relative_sides(table: AnnotationTable, boxes: pd.DataFrame, tile: int | None = None) -> np.ndarray:
    """Return the width and the height of boxes as shares of their image's, or of those of a tile: float64 [N, 2].

    Args:
        table: The checked table, whose image sizes are the actual ones.
        boxes: N rows of the objects of the table, which have boxes.
        tile: The side of the tiles that images are cut into, px; None for whole images.
    """
    sizes = table.images.set_index("id").loc[boxes["image_id"], ["width", "height"]].to_numpy()
    corners = boxes[BOX].to_numpy()
    sides = corners[:, 2:] - corners[:, :2]
    return sides / sizes if tile is None else np.minimum(sides / np.minimum(sizes, tile), 1.0)


def describe(table: AnnotationTable, details: str) -> str:
    """Return a few lines about the dataset and its faults.

    Args:
        details: Where each fault is described, as a part of a sentence.
    """
    counts = count_all(table)
    masks = f", {counts['masks']} masks" if "masks" in counts else ""
    lines = [f"{counts['images']} images, {counts['objects']} objects{masks}, {counts['classes']} classes"]
    lines += [
        f"{split:>7}: {counts[split]['images']} images, {counts[split]['objects']} objects"
        for split in SPLITS
    ]
    lines += describe_use(counts)
    faults = counts["faults"]
    listed = ", ".join(f"{fault} {count}" for fault, count in faults.items())
    lines.append(f"issues: {listed}; {details}" if faults else "issues: none")
    if leaking := sum(
        fault.name == "near-duplicate" and fault.action is Action.KEEP for _, fault in table.issues
    ):
        lines.append(
            f"warning: {leaking} images look like images of another split, and were left where they are"
        )
    counts_by_class = class_counts(table)
    missing = counts_by_class.query("split == 'train' and objects == 0")["class"].tolist()
    if missing:
        names = ", ".join(missing[:_NAMED_CLASSES]) + (" ..." if len(missing) > _NAMED_CLASSES else "")
        lines.append(f"warning: {len(missing)} of {counts['classes']} classes have no box in train: {names}")
    return "\n".join(lines)


def describe_use(counts: dict[str, Any]) -> list[str]:
    """Return a line about how many objects train and score, if there are crowds or difficult objects.

    Args:
        counts: The result of :func:`count_all`.
    """
    flags = {"crowds": counts.get("crowd", 0), "difficult ones": counts.get("difficult", 0)}
    without = " and ".join(f"{count:,} {name}" for name, count in flags.items() if count)
    if not without:
        return []
    train, val, test = (counts[split]["used"] for split in SPLITS)
    return [f"objects: {train:,} train, {val:,} in val and {test:,} in test score; {without} do neither"]


def _objects_with_split(table: AnnotationTable) -> pd.DataFrame:
    """Return the label and the split of each object."""
    rows = np.searchsorted(table.images["id"].to_numpy(), table.objects["image_id"].to_numpy())
    splits = pd.Categorical(table.images["split"], categories=SPLITS)
    return pd.DataFrame({"label": table.objects["label"], "split": splits[rows]})
