"""Reads YOLO text files."""

from pipeline.datasets.formats.yolo.reader import TITLE, is_there, matches, read

__all__ = ["TITLE", "is_there", "matches", "read"]
