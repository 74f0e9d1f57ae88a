"""Reads TFRecords in the schema of the TF Object Detection API."""

from pipeline.datasets.formats.tfrecord.reader import TITLE, matches, read

__all__ = ["TITLE", "matches", "read"]
