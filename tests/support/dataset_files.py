"""Datasets made of a few files, read as the convert stage reads them."""

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
    """Write files: text and bytes as they are, anything else as JSON."""
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
    """Read a folder's annotations."""
    dataset = DATASET.model_copy(update={"format": format, **changes})
    with Workers(1) as workers:
        return read_annotations(DatasetFolder(folder), dataset, workers)


def faults(table: AnnotationTable) -> list[tuple[str, str]]:
    """List file and fault of each issue."""
    return [(issue.file, issue.fault.name) for issue in table.issues]


def picture(width: int, height: int, seed: int = 0, format: str = "PNG") -> bytes:
    """Encode a picture of noise, another one for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, format)
    return encoded.getvalue()
