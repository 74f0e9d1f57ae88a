"""Reads CVAT XML, for images and for video."""

from pipeline.datasets.formats.cvat.reader import TITLE, matches, read

__all__ = ["TITLE", "matches", "read"]
