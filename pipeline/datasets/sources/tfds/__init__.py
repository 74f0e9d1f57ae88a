"""Datasets of TensorFlow Datasets; the only room below ``datasets`` that imports TensorFlow."""
