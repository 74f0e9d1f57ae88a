"""The detector with the signatures that a server calls."""

from collections.abc import Sequence

import tensorflow as tf

from pipeline.models.detectors.base import Detector
from pipeline.ops.images import STORED_BITS
from pipeline.ops.nms import Suppression
from pipeline.serving.batches import PreparedImage, in_pixels, prepare_files, prepare_pixels, run_batch
from pipeline.serving.signatures import BYTES, PIXELS


class DetectorService(tf.Module):
    """A detector with the signatures that a server calls.

    Both signatures return a dict for a batch of B images, with at most D detections for each:

    * ``boxes``: float32 [B, D, 4], yxyx, in pixels of the upright image.
    * ``scores``: float32 [B, D], in [0, 1], descending.
    * ``classes``: int32 [B, D], in 1..K.
    * ``class_names``: string [B, D].
    * ``num_detections``: int32 [B]. Rows past that number hold zeros and empty names.
    * ``sizes``: int32 [B, 2], height and width of the upright image, px; 0 for an element that is not valid.
    * ``valid``: bool [B], False for an element that is no image or a damaged one, which has no detections.
    * ``masks``, only of a detector of masks: float32 [B, D, M, M], the probability of the object in each cell of its
      box.
    * ``keypoints``, only of a detector of keypoints: float32 [B, D, N, 3], x and y in pixels of the upright image, and
      the probability that the keypoint is visible.
    """

    def __init__(
        self,
        detector: Detector,
        classes: Sequence[str],
        image_size: int,
        suppression: Suppression,
        bit_depth: int = STORED_BITS,
    ) -> None:
        """Wrap a trained detector.

        Args:
            classes: The names of the classes 1..K.
            image_size: S, the side of the network's input, px.
            suppression: How candidates become detections. D is its ``max_detections``.
            bit_depth: The bits that grey images of 16 bits a channel use in the dataset: 10, 12, 14 or 16.
        """
        super().__init__(name="detector")
        self.network = detector.network
        self.names = tf.constant(["", *classes])
        self._decode = detector.decode
        self._image_size = image_size
        self._bit_depth = bit_depth
        self._suppression = suppression

    @tf.function(input_signature=[BYTES])
    def from_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Detect objects in encoded JPEG or PNG images, string [B], of any sizes. EXIF rotation is applied."""
        return self._detect(prepare_files(image_bytes, self._image_size, self._bit_depth))

    @tf.function(input_signature=[PIXELS])
    def from_tensor(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Detect objects in decoded images of one size, uint8 [B, H, W, 3], RGB."""
        return self._detect(prepare_pixels(images, self._image_size))

    def _detect(self, prepared: PreparedImage) -> dict[str, tf.Tensor]:
        """Detect objects in resized images, and scale the detections to the upright images."""
        sizes, valid = prepared.size_px, prepared.valid
        detections = run_batch(
            lambda batch: self._decode(self.network(batch, training=False), self._suppression),
            prepared.image,
            valid,
        )
        return in_pixels(detections, sizes) | {
            "sizes": sizes,
            "class_names": tf.gather(self.names, detections["classes"]),
        }
