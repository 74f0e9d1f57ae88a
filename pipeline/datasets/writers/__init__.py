"""Writers of the checked dataset, one module per format. Each format is read back as the same dataset."""

from collections.abc import Callable
from pathlib import Path

from pipeline.datasets.converted.checked_dataset import ConvertedDataset
from pipeline.datasets.writers import coco, cvat, label_studio, labelme, voc, yolo

WRITERS: dict[str, Callable[[ConvertedDataset, Path], int]] = {
    "coco": coco.write,
    "voc": voc.write,
    "yolo": yolo.write,
    "cvat": cvat.write,
    "labelme": labelme.write,
    "label_studio": label_studio.write,
}
"""Writers by the name of their format. Each writes into an empty folder and returns the number of objects written."""
