"""Datasets of TensorFlow Datasets (TFDS). No other part of ``datasets`` imports TensorFlow."""
