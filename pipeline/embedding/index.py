"""The index of embeddings: ``embeddings.npy`` and ``items.csv``, which the stage ``embed`` writes."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.datasets.converted.tables import read_table
from pipeline.errors import PipelineError

INDEX = Path("data/index")
"""Where the stage writes the index that the commands read."""

ITEMS = {
    "image_id": "int64",
    "file": "str",
    "split": "str",
    "kind": "str",
    "class_name": "str",
    "width": "int64",
    "height": "int64",
    "ymin": "float64",
    "xmin": "float64",
    "ymax": "float64",
    "xmax": "float64",
}
"""Columns of ``items.csv``. ``kind`` is "image" or "crop". ``class_name`` is "" for an image without a label. The
corners are those of the window that was embedded, in px of the record, whose image has the width and the height."""


def write_index(vectors: np.ndarray, items: pd.DataFrame, folder: Path) -> None:
    """Write an index.

    Args:
        vectors: float32 [N, C], of length 1.
        items: N rows with the columns :data:`ITEMS`.
        folder: The folder to write to.
    """
    np.save(folder / "embeddings.npy", vectors)
    items[list(ITEMS)].to_csv(folder / "items.csv", index=False)


def read_index(folder: Path, kind: str) -> tuple[np.ndarray, pd.DataFrame]:
    """Read the part of an index that holds whole images or crops.

    Args:
        folder: The folder of the index.
        kind: "image" or "crop".

    Returns:
        float32 [N, C], and N rows with the columns :data:`ITEMS`.

    Raises:
        PipelineError: There is no index, or it holds nothing of the kind.
    """
    path = folder / "embeddings.npy"
    if not path.is_file():
        raise PipelineError(f"{path}: not found; run: dvc repro similar/dvc.yaml")
    items = read_table(folder / "items.csv", ITEMS)
    chosen = (items["kind"] == kind).to_numpy()
    if not chosen.any():
        raise PipelineError(f"{folder}: the index holds no {kind}; the dataset has none")
    return np.load(path)[chosen], items[chosen].reset_index(drop=True)
