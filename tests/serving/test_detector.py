import numpy as np
import pytest
import tensorflow as tf

from pipeline.ops.nms import Suppression
from pipeline.serving.detector import DetectorService
from tests.support.networks import OneBox


def service(*, masks: bool = False) -> DetectorService:
    suppression = Suppression(0.1, 0.5, 3)
    return DetectorService(OneBox(masks=masks), ["cat", "dog"], 32, suppression)


def test_boxes_are_in_pixels_of_each_image() -> None:
    sizes_px = [(40, 60), (52, 32)]
    encoded = [tf.io.encode_png(tf.zeros([*size_px, 3], tf.uint8)) for size_px in sizes_px]
    detector = service()
    outputs = detector.from_bytes(tf.stack(encoded))
    expected = [[height * 0.25, width * 0.5, height * 0.75, width] for height, width in sizes_px]
    np.testing.assert_allclose(outputs["boxes"][:, 0], expected)
    np.testing.assert_array_equal(outputs["class_names"], [[b"cat", b"", b""]] * 2)
    assert "masks" not in outputs


def test_decoded_images_have_the_detections_of_their_files() -> None:
    pixels = tf.cast(tf.random.stateless_uniform([2, 40, 60, 3], [1, 2], 0, 255), tf.uint8)
    detector = service(masks=True)
    from_tensor = detector.from_tensor(pixels)
    from_bytes = detector.from_bytes(tf.stack([tf.io.encode_png(image) for image in pixels]))
    assert set(from_tensor) == set(from_bytes) >= {"masks"}
    for name, value in from_bytes.items():
        np.testing.assert_array_equal(from_tensor[name], value)


@pytest.mark.parametrize("signature", ["from_bytes", "from_tensor"])
def test_an_empty_batch_has_no_detections(signature: str) -> None:
    empty = tf.zeros([0], tf.string) if signature == "from_bytes" else tf.zeros([0, 8, 8, 3], tf.uint8)
    detector = service()
    assert getattr(detector, signature)(empty)["boxes"].shape == (0, 3, 4)
