"""Large pictures: an exported detector looks at overlapping tiles and at the whole picture."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from pipeline.datasets.converted.tile_grid import tile_windows
from pipeline.ops.images import decode_image
from pipeline.serving.prediction import Prediction
from pipeline.serving.predictor import Predictor
from pipeline.serving.tile_merging import merge


class TiledPredictor(Predictor):
    """A predictor that also finds objects that are too small for the network in the whole picture.

    A picture is cut into overlapping tiles, each of which is resized to the network's input, as the whole picture is.
    The detections of all are moved back to the picture and merged. A picture that is no larger than a tile is not cut.
    """

    def __init__(self, predictor: Predictor, tile: int, overlap: float, batch_size: int = 8) -> None:
        """Wrap a predictor.

        Args:
            predictor: It looks at the tiles and at the whole pictures.
            tile: The side of a tile, px of the picture.
            overlap: The least share of a tile's side that it has in common with the next tile, from 0 to below 1.
            batch_size: The number of tiles that run as one batch, which bounds the memory.
        """
        self.config = predictor.config
        self._predictor = predictor
        self._tile, self._overlap, self._batch_size = tile, overlap, batch_size

    def predict_files(self, encoded: Sequence[bytes]) -> list[Prediction]:
        """Find the objects of the contents of image files. One picture at a time is decoded for its tiles."""
        wholes = self._predictor.predict_files(encoded)
        return [
            self._with_tiles(decode_image(tf.constant(data)).numpy(), whole) if self._is_cut(whole) else whole
            for data, whole in zip(encoded, wholes, strict=True)
        ]

    def predict_pixels(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        """Find the objects of decoded images."""
        wholes = self._predictor.predict_pixels(images)
        return [
            self._with_tiles(image, whole) if self._is_cut(whole) else whole
            for image, whole in zip(images, wholes, strict=True)
        ]

    def _is_cut(self, whole: Prediction) -> bool:
        """Return whether a picture is larger than a tile."""
        return max(whole.size_px) > self._tile

    def _with_tiles(self, image: np.ndarray, whole: Prediction) -> Prediction:
        """Merge the detections of the tiles of a picture, uint8 [H, W, 3], with those of the whole picture."""
        windows = tile_windows(*whole.size_px, self._tile, self._overlap)
        found: list[Prediction] = []
        for start in range(0, len(windows), self._batch_size):
            found += self._predictor.predict_pixels(
                [image[w.top : w.bottom, w.left : w.right] for w in windows[start : start + self._batch_size]]
            )
        reach = CUT_PX * self._tile / self.config.image_size
        return merge(whole, list(zip(windows, found, strict=True)), self.config.export, reach)


CUT_PX = 2.0
"""A box that ends so near to the border of a tile counts as cut by it, px of the network's input."""
