"""What a dataset holds: images, objects, classes, keypoints, and how many of them are in each split."""

from collections import Counter

from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.datasets.conversion.summary import count_all, describe_use
from pipeline.datasets.table.annotation_table import SPLITS

_NAMED_CLASSES = 8

_NAMED_KEYPOINTS = 6


def format_name(inspection: Inspection) -> Finding:
    """Return the format. It has no line, because the reader logs the format that it recognises."""
    return Finding("format", inspection.format, [])


def images(inspection: Inspection) -> Finding:
    """Return the numbers of images; the line has those of the objects too."""
    counts = count_all(inspection.checked)
    splits = ", ".join(
        f"{split} {counts[split]['images']:,} ({counts[split]['objects']:,} objects)" for split in SPLITS
    )
    value = {"all": counts["images"]} | {split: counts[split]["images"] for split in SPLITS}
    return Finding("images", value, [f"images:  {counts['images']:,}: {splits}"])


def objects(inspection: Inspection) -> Finding:
    """Return the numbers of objects. They have no line of their own."""
    counts = count_all(inspection.checked)
    value = {"all": counts["objects"]} | {split: counts[split]["objects"] for split in SPLITS}
    return Finding("objects", value, [])


def classes(inspection: Inspection) -> Finding:
    """Return the number of objects of each class. The line names the most frequent ones."""
    table = inspection.checked
    counts = Counter(table.class_names[label - 1] for label in table.objects["label"])
    frequent_first = sorted(table.class_names, key=lambda name: -counts[name])
    named = [f"{name} {counts[name]:,}" for name in frequent_first[:_NAMED_CLASSES]]
    more = len(table.class_names) - len(named)
    line = f"classes: {len(table.class_names):,}{': ' if named else ''}{', '.join(named)}"
    value = [{"name": name, "objects": counts[name]} for name in table.class_names]
    return Finding("classes", value, [line + (f" and {more} more" if more > 0 else "")])


def use(inspection: Inspection) -> Finding:
    """Return how many objects train and score. There is no line if all of them do."""
    counts = count_all(inspection.checked)
    value = {split: counts[split].get("used", counts[split]["objects"]) for split in SPLITS}
    value |= {flag: counts.get(flag, 0) for flag in ("crowd", "difficult")}
    return Finding("use", value, describe_use(counts))


def keypoints(inspection: Inspection) -> Finding:
    """Return the keypoints. There is no line if the dataset has none."""
    points = inspection.checked.keypoints
    labelled = int((points.values[..., 2] > 0).sum())
    value = {"names": list(points.names), "labelled": labelled, "objects": len(points.values)}
    if not points.names:
        return Finding("keypoints", value, [])
    shown = ", ".join(points.names[:_NAMED_KEYPOINTS]) + (
        " ..." if len(points.names) > _NAMED_KEYPOINTS else ""
    )
    line = (
        f"keypoints: {len(points.names)} ({shown}), {labelled:,} labelled in {len(points.values):,} objects"
    )
    return Finding("keypoints", value, [line])
