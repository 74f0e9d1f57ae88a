"""A predictor whose answers are known, for tests of what is built upon exported detectors."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageOps

from pipeline.serving import Prediction, Predictor
from pipeline.serving.exported_config import ExportedDetector
from tests.support.exports import export

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0)}
"""The classes 1 and 2, and the pixels of their objects."""


class ColouredRectangles(Predictor):
    """Finds rectangles of pure red and green. The larger a rectangle is for the network, the higher is its score.

    Attributes:
        batches: The number of pictures of each call.
    """

    def __init__(self, *, image_size: int = 64, least: float = 4.0, parts: bool = False) -> None:
        """Make the predictor.

        Args:
            image_size: The side of the network's input, px.
            least: Smaller objects are not found, px of the network's input.
            parts: Whether an object has a mask, whose left half is the object, and its centre as keypoint.
        """
        self.config = ExportedDetector(
            architecture="gfl",
            classes=list(COLOURS),
            image_size=image_size,
            export=export(score_threshold=0.01, nms_iou=0.6, max_detections=100),
        )
        self.batches: list[int] = []
        self._least, self._parts = least, parts

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        """Find the rectangles of image files."""
        self.batches.append(len(encoded))
        return [self._of_file(data) for data in encoded]

    def predict_pixels(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Find the rectangles of decoded images."""
        self.batches.append(len(images))
        return [self._of_image(image) for image in images]

    def _of_file(self, data: bytes) -> Prediction:
        try:
            with Image.open(io.BytesIO(data)) as image:
                return self._of_image(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
        except OSError:
            return self._prediction((0, 0), [])._replace(valid=False)

    def _of_image(self, image: np.ndarray) -> Prediction:
        found = []
        for label, colour in enumerate(COLOURS.values(), start=1):
            pixels = (np.abs(image.astype(int) - colour) < 100).all(axis=-1).astype(np.uint8)
            for x, y, width, height, _ in cv2.connectedComponentsWithStats(pixels)[2][1:].tolist():
                shown = min(width / image.shape[1], height / image.shape[0]) * self.config.image_size
                if shown >= self._least:
                    score = 0.5 + 0.4 * min(shown / self.config.image_size, 1.0)
                    found.append((score, label, [y, x, y + height, x + width]))
        return self._prediction(image.shape[:2], sorted(found, reverse=True))

    def _prediction(self, size_px: tuple[int, ...], found: list[tuple[float, int, list[int]]]) -> Prediction:
        boxes = np.array([box for _, _, box in found], np.float32).reshape(-1, 4)
        masks = np.tile(np.float32([0.9] * 4 + [0.1] * 4), (len(found), 8, 1))
        centres = np.stack(
            [boxes[:, 1::2].mean(axis=1), boxes[:, ::2].mean(axis=1), np.full(len(boxes), 0.8, np.float32)],
            axis=-1,
        )
        return Prediction(
            size_px=(int(size_px[0]), int(size_px[1])),
            boxes=boxes,
            scores=np.array([score for score, _, _ in found], np.float32),
            classes=np.array([label for _, label, _ in found], np.int32),
            masks=masks if self._parts else None,
            keypoints=centres[:, None] if self._parts else None,
        )
