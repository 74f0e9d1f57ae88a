"""Reads CSV files with one box per row."""

from pipeline.datasets.formats.csv.reader import TITLE, is_there, matches, read

__all__ = ["TITLE", "is_there", "matches", "read"]
