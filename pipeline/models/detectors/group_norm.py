"""Group normalisation (Wu and He 2018) in few operations."""

import tensorflow as tf
import tf_keras


class GroupNorm(tf_keras.layers.GroupNormalization):
    """The layer of Keras with another computation of the same values.

    Keras weights each element with a mask of ones and works on a tensor of rank 5. Here, the moments of the channels
    are averaged over the groups, and one multiplication and one addition normalise the feature map.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Normalise each group of channels of each image.

        Args:
            inputs: float [B, H, W, C]. The moments are computed in float32.

        Returns:
            Float [B, H, W, C].
        """
        values = tf.cast(inputs, tf.float32)
        mean = self._over_groups(tf.reduce_mean(values, axis=[1, 2]))
        variance = self._over_groups(tf.reduce_mean(tf.square(values), axis=[1, 2])) - tf.square(mean)
        scale = tf.cast(self.gamma, tf.float32) * tf.math.rsqrt(tf.maximum(variance, 0.0) + self.epsilon)
        shift = tf.cast(self.beta, tf.float32) - mean * scale
        factor, offset = (tf.cast(value[:, None, None], inputs.dtype) for value in (scale, shift))
        return inputs * factor + offset

    def _over_groups(self, channels: tf.Tensor) -> tf.Tensor:
        """Replace the value of each channel by the mean over its group: float32 [B, C] -> [B, C]."""
        size = channels.shape[1] // self.groups
        means = tf.reduce_mean(tf.reshape(channels, [-1, self.groups, size]), axis=2, keepdims=True)
        return tf.reshape(tf.tile(means, [1, 1, size]), [-1, channels.shape[1]])
