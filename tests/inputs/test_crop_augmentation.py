import numpy as np
import tensorflow as tf

from pipeline.inputs.crop_augmentation import augment_crop
from pipeline.inputs.crops import Crop, unaugmented_crop
from pipeline.params.finetune import CropAugment

AUGMENT = CropAugment(jitter=0.1, flip=True, photometric=True)


def crop_of(image: np.ndarray, window_px: list[float]) -> Crop:
    """Return a window of an image as a crop of class 1."""
    return Crop(
        encoded=tf.io.encode_png(image),
        size_px=tf.constant(image.shape[:2]),
        window_px=tf.constant(window_px),
        label=tf.constant(1),
        image_id=tf.constant(1, tf.int64),
        object_index=tf.constant(0, tf.int64),
    )


def test_a_crop_keeps_its_object() -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    image[30:90, 40:120, 0] = 255
    for draw in range(20):
        crop = augment_crop(
            crop_of(image, [20.0, 40.0, 100.0, 120.0]), tf.constant([5, draw]), AUGMENT, size=48
        )
        assert crop.shape == (48, 48, 3)
        assert crop.numpy()[20:28, 20:28, 0].mean() > 90


def test_half_of_the_crops_are_mirrored() -> None:
    """The image grows brighter to the right, and a mirrored crop to the left."""
    image = np.tile(np.arange(200, dtype=np.uint8)[None, :, None], [200, 1, 3])
    crop = crop_of(image, [50.0, 50.0, 150.0, 150.0])
    slopes = []
    for draw in range(40):
        columns = augment_crop(crop, tf.constant([1, draw]), AUGMENT, size=50).numpy().mean(axis=(0, 2))
        slopes.append(columns[-1] - columns[0])
    assert 10 < sum(slope < 0 for slope in slopes) < 30
    assert min(abs(slope) for slope in slopes) > 30


def test_a_seed_gives_the_same_crop_eagerly_and_in_a_graph() -> None:
    image = tf.cast(tf.random.stateless_uniform([60, 60, 3], [1, 2], 0, 255), tf.uint8)
    crop = crop_of(image.numpy(), [10.0, 10.0, 50.0, 40.0])
    eager = augment_crop(crop, tf.constant([3, 4]), AUGMENT, size=24)
    graph = tf.function(lambda seed: augment_crop(crop, seed, AUGMENT, size=24))(tf.constant([3, 4]))
    np.testing.assert_allclose(graph, eager, atol=1e-2)
    assert np.abs(augment_crop(crop, tf.constant([3, 5]), AUGMENT, size=24) - eager).max() > 1


def test_without_any_augmentation_a_crop_is_as_it_was() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    crop = crop_of(image, [0.0, 0.0, 40.0, 40.0])
    none = CropAugment(jitter=0.0, flip=False, photometric=False)
    augmented = augment_crop(crop, tf.constant([1, 2]), none, size=32)
    np.testing.assert_allclose(augmented, unaugmented_crop(crop, 32), atol=1e-3)
