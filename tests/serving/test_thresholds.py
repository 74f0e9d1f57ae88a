import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.evaluation.thresholds import DEFAULT_SCORE
from pipeline.serving import Prediction
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.thresholds import above, class_thresholds
from tests.support.predictors import ColouredRectangles


def config(lowest: float = 0.01) -> ExportedDetector:
    known = ColouredRectangles().config
    export = known.export.model_copy(update={"score_threshold": lowest})
    return known.model_copy(update={"export": export, "classes": ["cat", "dog", "T-shirt/top"]})


def test_a_class_has_its_own_threshold_or_that_of_all_or_the_default() -> None:
    np.testing.assert_allclose(class_thresholds(config()), [DEFAULT_SCORE] * 3)
    np.testing.assert_allclose(class_thresholds(config(), 0.7, {"dog": 0.2}), [0.7, 0.2, 0.7])
    np.testing.assert_allclose(
        class_thresholds(config(), None, {"T-shirt/top": 1.0}), [DEFAULT_SCORE, DEFAULT_SCORE, 1.0]
    )


def test_the_default_is_no_lower_than_the_scores_that_the_detector_returns() -> None:
    np.testing.assert_allclose(class_thresholds(config(0.6)), [0.6] * 3)
    with pytest.raises(PipelineError, match=r"threshold 0.5: .* no score below 0.6"):
        class_thresholds(config(0.6), 0.5)


def test_an_unknown_class_and_a_threshold_outside_its_range_are_errors() -> None:
    with pytest.raises(
        PipelineError, match="'cow': no class of the detector; its classes are cat, dog, T-shirt/top"
    ):
        class_thresholds(config(), None, {"cow": 0.5})
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(PipelineError, match="not from 0 to 1"):
            class_thresholds(config(), wrong)


def test_detections_below_the_threshold_of_their_class_are_left_out() -> None:
    prediction = Prediction(
        size_px=(9, 9),
        boxes=np.arange(12, dtype=np.float32).reshape(3, 4),
        scores=np.float32([0.9, 0.5, 0.5]),
        classes=np.int32([1, 1, 2]),
        masks=np.arange(3, dtype=np.float32).reshape(3, 1, 1),
        keypoints=np.arange(9, dtype=np.float32).reshape(3, 1, 3),
    )
    kept = above(prediction, np.float32([0.6, 0.5]))
    assert kept.classes.tolist() == [1, 2] and kept.boxes[:, 0].tolist() == [0, 8]
    assert kept.masks is not None and kept.masks.ravel().tolist() == [0, 2]
    assert kept.keypoints is not None and kept.keypoints[:, 0, 0].tolist() == [0, 6]
    assert above(prediction._replace(masks=None, keypoints=None), np.float32([1, 1])).scores.size == 0
