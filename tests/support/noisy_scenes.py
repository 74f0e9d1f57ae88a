"""A test set of squares, and detectors that find them more or less well."""

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from tests.support.truths import found, truth_of


def noisy_scenes(images: int, classes: int = 3, seed: int = 0) -> GroundTruth:
    """Return a ground truth with one to three squares in each image of 400 px; a few are difficult or crowds."""
    rng = np.random.default_rng(seed)
    boxes: list[dict[str, object]] = []
    for image in range(1, images + 1):
        for _ in range(rng.integers(1, 4)):
            x, y, side = rng.uniform(0, 300), rng.uniform(0, 300), rng.uniform(40, 100)
            flags = {"difficult": int(rng.random() < 0.1), "crowd": int(rng.random() < 0.05)}
            corners = {"xmin": x, "ymin": y, "xmax": x + side, "ymax": y + side}
            boxes.append({"image_id": image, "label": int(rng.integers(1, classes + 1)), **corners, **flags})
    return truth_of(boxes, images, classes)


def noisy_detections(truth: GroundTruth, noise: float, seed: int) -> pd.DataFrame:
    """Return a detection of each object, shifted by ``noise`` of its side, and a false one in every other image."""
    rng = np.random.default_rng(seed)
    rows = []
    for box in truth.objects.itertuples():
        side = box.xmax - box.xmin
        x, y = np.array([box.xmin, box.ymin]) + noise * side * rng.normal(size=2)
        rows.append((box.image_id, box.label, x, y, side, side, rng.uniform(0.3, 1.0)))
    for image in truth.images["id"][::2]:
        label = rng.integers(1, len(truth.classes) + 1)
        rows.append((image, label, *rng.uniform(0, 300, 2), 60.0, 60.0, rng.uniform(0.0, 0.7)))
    return found(*rows).sort_values(["image_id", "score"], ascending=[True, False], ignore_index=True)
