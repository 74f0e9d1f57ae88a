"""Predictions in the form in which TensorFlow Serving answers for the SavedModel."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.prediction import Prediction

Outputs = dict[str, np.ndarray]
"""The outputs of a SavedModel by name, each with a row for an image; names of classes are objects of ``str``."""


class Answers:
    """The bodies of the answers of a model.

    Attributes:
        template: The outputs for one image, which say of each its type and its shape.
    """

    def __init__(self, config: ExportedDetector, example: Prediction) -> None:
        """Learn the outputs of a model.

        Args:
            config: What the model knows of itself.
            example: A prediction of the model, by which it is known whether it gives masks and keypoints.
        """
        self._names = np.array(["", *config.classes], object)
        self._keypoint_names = config.keypoint_names
        self._rows = config.export.max_detections
        self._shapes = {
            name: value.shape[1:]
            for name, value in (("masks", example.masks), ("keypoints", example.keypoints))
            if value is not None
        }
        self.template = self.outputs([example])

    @property
    def invalid(self) -> Prediction:
        """The prediction for what is no image."""
        empty = np.zeros([0], np.int32)
        return Prediction((0, 0), np.zeros([0, 4], np.float32), empty.astype(np.float32), empty, valid=False)

    def outputs(self, predictions: Sequence[Prediction]) -> Outputs:
        """Return the outputs of the SavedModel, in which zeros fill the rows after the detections."""
        classes = self._padded([each.classes for each in predictions], np.int32, ())
        return {
            "boxes": self._padded([each.boxes for each in predictions], np.float32, (4,)),
            "scores": self._padded([each.scores for each in predictions], np.float32, ()),
            "classes": classes,
            "class_names": self._names[classes],
            "num_detections": np.array([len(each.scores) for each in predictions], np.int32),
            "sizes": np.array([each.size_px for each in predictions], np.int32).reshape(-1, 2),
            "valid": np.array([each.valid for each in predictions], bool),
        } | {
            name: self._padded([getattr(each, name) for each in predictions], np.float32, shape)
            for name, shape in self._shapes.items()
        }

    def _padded(self, rows: Sequence[np.ndarray | None], dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
        padded = np.zeros([len(rows), self._rows, *shape], dtype)
        for row, values in zip(padded, rows, strict=True):
            if values is not None:
                row[: len(values)] = values
        return padded

    def predict_body(self, predictions: Sequence[Prediction], *, by_row: bool) -> bytes:
        """Return the JSON of TensorFlow Serving: ``predictions``, a row for an image, or ``outputs`` by name."""
        outputs = self.outputs(predictions)
        content = {
            name: value.tolist() if value.dtype == object else value for name, value in outputs.items()
        }
        if by_row:
            rows = [{name: value[row] for name, value in content.items()} for row in range(len(predictions))]
            return _json({"predictions": rows})
        return _json({"outputs": content})

    def readable_body(self, prediction: Prediction) -> bytes:
        """Return the JSON of one image for people: its size, and its detections with names, scores and boxes in px."""
        height, width = prediction.size_px
        return _json(
            {
                "width": width,
                "height": height,
                "detections": [self._readable(prediction, row) for row in range(len(prediction.scores))],
            }
        )

    def _readable(self, prediction: Prediction, row: int) -> dict[str, Any]:
        sides = dict(zip(("ymin", "xmin", "ymax", "xmax"), prediction.boxes[row], strict=True))
        detection = {
            "class": self._names[prediction.classes[row]],
            "score": prediction.scores[row],
            "box": {side: sides[side] for side in ("xmin", "ymin", "xmax", "ymax")},
        }
        if prediction.keypoints is not None and self._keypoint_names:
            detection["keypoints"] = [
                {"name": name, "x": x, "y": y, "visible": visible}
                for name, (x, y, visible) in zip(self._keypoint_names, prediction.keypoints[row], strict=True)
            ]
        return detection


def _json(content: Any) -> bytes:
    """Return JSON in which a float32 has no more digits than it needs."""
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
