"""The inputs of the SavedModels' signatures."""

import tensorflow as tf

BYTES = tf.TensorSpec([None], tf.string, name="image_bytes")

PIXELS = tf.TensorSpec([None, None, None, 3], tf.uint8, name="images")
