"""Reads Pascal VOC XML."""

from pipeline.datasets.formats.voc.reader import TITLE, matches, read

__all__ = ["TITLE", "matches", "read"]
