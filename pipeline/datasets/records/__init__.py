"""TFRecord files and the ``tf.train.Example`` in each record; these modules do not import TensorFlow."""
