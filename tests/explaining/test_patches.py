"""The patches that excite a channel most."""

import numpy as np
import tf_keras

from pipeline.explaining.patches import field_of, strongest_patches


def bright_spots() -> tf_keras.Model:
    """Return a model whose layer "spots" has the mean of each 4 x 4 px as its only channel."""
    image = tf_keras.Input([None, None, 3])
    mean = tf_keras.layers.AveragePooling2D(4, name="spots")(image)
    return tf_keras.Model(image, {"spots": mean[..., :1]})


def test_the_brightest_cells_are_found_one_of_each_image() -> None:
    images = np.zeros((5, 16, 16, 3), np.float32)
    for number, image in enumerate(images):
        image[4 * (number % 3) : 4 * (number % 3) + 4, 8:12] = 40.0 * (number + 1)
        image[0, 0] = 255.0
    found = strongest_patches(
        bright_spots(), [images[:2], images[2:]], {"spots": [0]}, {"spots": (4, 4)}, count=3
    )
    patches = found["spots", 0]
    assert [patch.value for patch in patches] == [200.0, 160.0, 120.0]
    assert all((patch.pixels == patch.value).all() and patch.pixels.shape == (4, 4, 3) for patch in patches)


def test_a_field_at_the_edge_is_cut() -> None:
    image = np.arange(16 * 16 * 3, dtype=np.float32).reshape(16, 16, 3) % 255
    patch = field_of(image, (0, 3), 12, 4)
    assert patch.shape == (8, 8, 3)
    np.testing.assert_array_equal(patch, image[:8, 8:].astype(np.uint8))
    assert field_of(image, (1, 1), 0, 4).shape == (14, 14, 3)  # an unknown field is four cells wide
