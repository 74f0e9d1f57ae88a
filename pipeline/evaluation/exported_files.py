"""The table of the exported files, for the terminal and for the page."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.artifacts import read_json
from pipeline.errors import PipelineError


class ExportedFile(NamedTuple):
    """What the stage ``measure_exports`` measured of a file.

    Attributes:
        format: "SavedModel", or a value of ``export.formats``.
        file: The name of the file or folder.
        bytes: Its size.
        latency_1_ms: Median time of one image with one thread, from its bytes to detections, ms.
        latency_8_ms: The same of a batch of 8 images.
        images_per_second_1_thread: In batches of 8 images.
        images_per_second_2_threads: In batches of 8 images.
        mAP: COCO's mAP on test; None if no object defines it.
        AP50: COCO's AP at IoU 0.5.
        mAP_difference: From the SavedModel's mAP.
        sha256: The checksum of the file or, of a folder, of its files in the order of their names.
    """

    format: str
    file: str
    bytes: int
    latency_1_ms: float
    latency_8_ms: float
    images_per_second_1_thread: float
    images_per_second_2_threads: float
    mAP: float | None  # noqa: N815
    AP50: float | None
    mAP_difference: float | None  # noqa: N815
    sha256: str


HEADS = (
    "format",
    "file",
    "MB",
    "ms, batch 1",
    "ms, batch 8",
    "images/s, 1 thread",
    "images/s, 2 threads",
    "mAP",
    "AP50",
    "difference",
)


def read_exported_files(path: Path) -> list[ExportedFile]:
    """Read the rows that the stage ``measure_exports`` wrote.

    Raises:
        PipelineError: The file has other rows.
    """
    try:
        return [ExportedFile(**row) for row in read_json(path)["files"]]
    except (ValueError, KeyError, TypeError):
        raise PipelineError(
            f"{path}: no table of exported files; run the measure_exports stage again"
        ) from None


def table_rows(files: Sequence[ExportedFile]) -> list[tuple[str, ...]]:
    """Return the cells of each file as text, in the order of :data:`HEADS`."""
    return [
        (
            row.format,
            row.file,
            f"{row.bytes / 1e6:.1f}",
            *(f"{value:.1f}" for value in row[3:7]),
            _score(row.mAP),
            _score(row.AP50),
            "–" if row.mAP_difference is None else f"{row.mAP_difference:+.4f}",
        )
        for row in files
    ]


def as_text(files: Sequence[ExportedFile]) -> str:
    """Return the table as text for the terminal."""
    return pd.DataFrame(table_rows(files), columns=list(HEADS)).to_string(index=False)


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
