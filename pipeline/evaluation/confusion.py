"""Who is taken for whom: confusion of the classifier's labels and of the detector's boxes."""

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.overlaps import overlaps

BACKGROUND = "background"


def classifier_confusion(actual: np.ndarray, predicted: np.ndarray, classes: list[str]) -> pd.DataFrame:
    """Name the pairs of labels.

    Args:
        actual: int [N], 1..K.
        predicted: int [N], 1..K.
        classes: Names of label 1..K.

    Returns:
        actual and predicted, names, one row a crop, by actual then predicted label.
    """
    names = np.array(["", *classes], dtype=object)
    order = np.lexsort((predicted, actual))
    return pd.DataFrame({"actual": names[actual[order]], "predicted": names[predicted[order]]})


def detector_confusion(
    truth: GroundTruth, detections: pd.DataFrame, *, iou: float, score: float
) -> pd.DataFrame:
    """Pair detections with truths and name both; what is left on either side is paired with the background.

    Pairs are those of :func:`pair_up`. Difficult and crowd truths are not to be found, and detections on them
    alone are left out.

    Args:
        truth: Of one split.
        detections: Rows of image_id, label, x, y, width, height, score.
        iou: The least IoU of a pair.
        score: Detections below it are left out.

    Returns:
        actual and predicted, names, one row a pair, by actual then predicted label; the background is last.
    """
    kept, boxes = detections[detections["score"] >= score].reset_index(drop=True), truth.boxes()
    matches, excused = pair_up(kept, boxes, iou=iou)
    idle = ((boxes["difficult"] == 1) | (boxes["crowd"] == 1)).to_numpy()
    background = len(truth.classes) + 1
    found = set(matches.values())
    rows = [(int(boxes["label"][t]), int(kept["label"][d])) for d, t in matches.items()]
    rows += [
        (background, int(kept["label"][d])) for d in range(len(kept)) if d not in matches and d not in excused
    ]
    rows += [(int(boxes["label"][t]), background) for t in np.flatnonzero(~idle) if t not in found]
    names = ["", *truth.classes, BACKGROUND]
    return pd.DataFrame([(names[a], names[p]) for a, p in sorted(rows)], columns=["actual", "predicted"])


def pair_up(detections: pd.DataFrame, boxes: pd.DataFrame, *, iou: float) -> tuple[dict[int, int], set[int]]:
    """Pair each detection with at most one truth of its image.

    By descending score each detection takes the free truth that it overlaps most: first among truths of its
    own class, as AP counts, then the detections that are left among the truths of other classes that are
    left.

    Args:
        detections: Rows of image_id, label, x, y, width, height, score.
        boxes: Rows of image_id, label, xmin, ymin, xmax, ymax, difficult, crowd.
        iou: The least IoU of a pair.

    Returns:
        Position of the detection -> position of its truth, and the positions of the detections on difficult
        or crowd truths, which are never paired.
    """
    idle = ((boxes["difficult"] == 1) | (boxes["crowd"] == 1)).to_numpy()
    pairs = overlaps(detections, boxes, same_class=False)
    pairs = pairs[pairs["iou"] >= iou]
    on_idle = idle[pairs["truth"]]
    excused = set(pairs["detection"][on_idle])
    free = pairs[~on_idle]
    free = free.assign(score=detections["score"].to_numpy()[free["detection"]])
    order = ["score", "detection", "iou", "truth"]
    return _match(free.sort_values(order, ascending=[False, True, False, True])), excused


def count_matrix(pairs: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Count rows of actual and predicted: int64 [N, N], actual down, predicted across, ordered as names."""
    counts = pd.crosstab(pairs["actual"], pairs["predicted"])
    return counts.reindex(index=names, columns=names, fill_value=0).to_numpy(np.int64)


def _match(pairs: pd.DataFrame) -> dict[int, int]:
    """Give detection -> truth, greedily in the order of ``pairs``, those of one class before the others."""
    matches: dict[int, int] = {}
    taken: set[int] = set()
    same = pairs["detected"] == pairs["label"]
    for part in (pairs[same], pairs[~same]):
        for detection, truth in zip(part["detection"], part["truth"], strict=True):
            if detection not in matches and truth not in taken:
                matches[detection] = truth
                taken.add(truth)
    return matches
