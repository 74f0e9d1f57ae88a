"""Datasets of a few files, read as the convert stage reads them."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.datasets.formats import read_annotations
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.params.load import load_params
from pipeline.workers import Workers

DATASET = load_params().dataset


def make(folder: Path, files: dict[str, Any]) -> Path:
    """Write files to a folder: text and bytes unchanged, all other values as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(
                content if isinstance(content, str) else json.dumps(content), encoding="utf-8", newline=""
            )
    return folder


def read(folder: Path, format: str = "auto", **changes: Any) -> AnnotationTable:
    """Return the annotations of a folder, read with changed parameters of the section ``dataset``."""
    dataset = DATASET.model_copy(update={"format": format, **changes})
    with Workers(1) as workers:
        return read_annotations(DatasetFolder(folder), dataset, workers)


def faults(table: AnnotationTable) -> list[tuple[str, str]]:
    """Return the file and the fault of each issue."""
    return [(issue.file, issue.fault.name) for issue in table.issues]


def picture(width: int, height: int, seed: int = 0, format: str = "PNG") -> bytes:
    """Return an encoded image of random pixels, which differ for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, format)
    return encoded.getvalue()


def make_yolo(folder: Path, count: int, *, second_class: str = "dog") -> Path:
    """Write ``count`` PNGs of 64 x 48 px in the format YOLO, each with a box in its middle.

    The classes of the boxes are "cat" and ``second_class`` in turn.
    """
    files: dict[str, Any] = {"classes.txt": f"cat\n{second_class}\n"}
    for number in range(count):
        files[f"{number:02d}.png"] = picture(64, 48, seed=number)
        files[f"{number:02d}.txt"] = f"{number % 2} 0.5 0.5 0.4 0.4\n"
    return make(folder, files)
