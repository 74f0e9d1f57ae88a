"""The lowest scores of the detections that are shown."""

from collections.abc import Mapping

import numpy as np

from pipeline.errors import PipelineError
from pipeline.evaluation.thresholds import DEFAULT_SCORE
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.prediction import Prediction


def class_thresholds(
    config: ExportedDetector,
    given: float | None = None,
    of_classes: Mapping[str, float] | None = None,
    chosen: Mapping[str, float] | None = None,
) -> np.ndarray:
    """Return the threshold of each class, float32 [K].

    Args:
        config: What the exported detector knows of itself.
        given: The threshold of all classes that ``of_classes`` does not name; None stands for those of ``chosen``.
        of_classes: Class name -> its threshold.
        chosen: Class name -> the threshold that was chosen on val. A class that is not in it has
            :data:`~pipeline.evaluation.thresholds.DEFAULT_SCORE`. All are at least the lowest score that the exported
            detector returns.

    Raises:
        PipelineError: A name is none of the classes, or a threshold is not in [0, 1], or is lower than the scores that
            the exported detector returns.
    """
    lowest = config.export.score_threshold
    of_classes = of_classes or {}
    if unknown := [name for name in of_classes if name not in config.classes]:
        known = ", ".join(config.classes[:20]) + (", ..." if len(config.classes) > 20 else "")
        raise PipelineError(f"threshold of {unknown[0]!r}: no class of the detector; its classes are {known}")
    for threshold in [*([] if given is None else [given]), *of_classes.values()]:
        if not 0 <= threshold <= 1:
            raise PipelineError(f"threshold {threshold:g}: not from 0 to 1")
        if threshold < lowest:
            raise PipelineError(
                f"threshold {threshold:g}: the exported detector returns no score below {lowest:g}; "
                "raise it, or lower export.score_threshold and run the export stage"
            )
    chosen = chosen or {}
    rest = {
        name: max(chosen.get(name, DEFAULT_SCORE), lowest) if given is None else given
        for name in config.classes
    }
    return np.array(list((rest | dict(of_classes)).values()), np.float32)


def above(prediction: Prediction, thresholds: np.ndarray) -> Prediction:
    """Return the detections whose score is at least the threshold of their class.

    Args:
        prediction: The detections of a picture.
        thresholds: float32 [K].
    """
    high = prediction.scores >= thresholds[prediction.classes - 1]
    return prediction._replace(
        boxes=prediction.boxes[high],
        scores=prediction.scores[high],
        classes=prediction.classes[high],
        masks=None if prediction.masks is None else prediction.masks[high],
        keypoints=None if prediction.keypoints is None else prediction.keypoints[high],
    )
