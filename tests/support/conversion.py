"""A conversion of a folder, as the stage runs it."""

from pathlib import Path

from pipeline.params.schema import Params
from pipeline.stage import call
from pipeline.stages import convert


def run_convert(params: Params, raw: Path, home: Path) -> Path:
    """Convert a dataset into ``home/converted``, with its metrics and plots beside it, and return that folder."""
    converted = home / "converted"
    call(
        convert.run,
        params,
        raw=raw,
        converted=converted,
        metrics=home / "dataset.json",
        plots=home / "plots",
    )
    return converted
