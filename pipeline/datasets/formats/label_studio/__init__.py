"""Reads Label Studio JSON."""

from pipeline.datasets.formats.label_studio.reader import TITLE, matches, read

__all__ = ["TITLE", "matches", "read"]
