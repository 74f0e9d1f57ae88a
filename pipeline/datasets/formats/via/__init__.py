"""Reads the projects and exports of the VGG Image Annotator."""

from pipeline.datasets.formats.via.reader import TITLE, matches, read

__all__ = ["TITLE", "matches", "read"]
