"""Reads COCO JSON."""

from pipeline.datasets.formats.coco.reader import TITLE, is_broken, matches, read

__all__ = ["TITLE", "is_broken", "matches", "read"]
