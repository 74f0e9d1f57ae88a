"""Ground truth and detections from a list of boxes."""

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.datasets.converted.tables import OBJECTS
from pipeline.evaluation.predictions import DETECTION


def truth_of(boxes: list[dict[str, object]], images: int = 1, classes: int = 1) -> GroundTruth:
    """Return ground truth with the given boxes.

    Args:
        boxes: Column -> value of each object. ``image_id`` and ``label`` are 1 unless given.
        images: Number of images, of 400 x 400 px.
        classes: Number of classes.
    """
    names = [f"class-{k}" for k in range(1, classes + 1)]
    table = pd.DataFrame([{"image_id": 1, "label": 1, "difficult": 0, "crowd": 0, **box} for box in boxes])
    masks = table["mask"].fillna("") if "mask" in table else pd.Series("", index=table.index, dtype="str")
    table = table.reindex(columns=list(OBJECTS))
    table["class_name"] = [names[k - 1] for k in table["label"]]
    area = (table["xmax"] - table["xmin"]) * (table["ymax"] - table["ymin"])
    table = table.assign(area=area.astype(float)).astype(OBJECTS).assign(mask=masks)
    ids = range(1, images + 1)
    frame = pd.DataFrame(
        {"id": ids, "file": [f"{i}.jpg" for i in ids], "width": 400, "height": 400, "split": "test"}
    )
    return GroundTruth(frame, table, names)


def found(*rows: tuple[float, ...]) -> pd.DataFrame:
    """Return detections from rows of (image_id, label, x, y, width, height, score)."""
    table = pd.DataFrame(list(rows), columns=DETECTION).astype({"image_id": "int64", "label": "int64"})
    return table.astype({name: "float64" for name in DETECTION[2:]})
