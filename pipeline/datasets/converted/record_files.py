"""The TFRecord files."""

from pathlib import Path

from pipeline.errors import PipelineError


def record_files(converted: Path, split: str) -> list[str]:
    """Return the TFRecord files of a split in order.

    Raises:
        PipelineError: There are none.
    """
    files = sorted(str(path) for path in converted.glob(f"{split}-*.tfrecord"))
    if not files:
        raise PipelineError(f"{converted}: no records of the split {split}; run the convert stage")
    return files
