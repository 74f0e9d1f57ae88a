"""Formats that the checked dataset can be written in, a module each: what is written is read as the same dataset."""

from collections.abc import Callable
from pathlib import Path

from pipeline.datasets.converted.checked_dataset import ConvertedDataset
from pipeline.datasets.writers import coco, voc, yolo

WRITERS: dict[str, Callable[[ConvertedDataset, Path], int]] = {
    "coco": coco.write,
    "voc": voc.write,
    "yolo": yolo.write,
}
"""Each writes into an empty folder, and returns how many objects it wrote."""
