"""From a dataset's folder to a table that is fit to use: everything that the convert stage and ``inspect`` share."""

from pathlib import Path

from pipeline.datasets.background import settle_background
from pipeline.datasets.class_checks import settle_classes
from pipeline.datasets.conversion import check_images
from pipeline.datasets.folder import DatasetFolder
from pipeline.datasets.formats import read_annotations
from pipeline.datasets.splits import split_table
from pipeline.datasets.table import AnnotationTable
from pipeline.datasets.workers import Workers
from pipeline.params import Convert, Dataset


def prepare(
    raw: Path, dataset: Dataset, settings: Convert, *, seed: int, workers: Workers, out: Path | None
) -> AnnotationTable:
    """Read, check and split a dataset, and write its records.

    Args:
        raw: Its folder.
        dataset: Its format, and how that is read.
        settings: Rules and splits.
        seed: Of the splits.
        workers: Who parses and checks.
        out: Folder of the records; None to write none.

    Returns:
        What is fit to use, with all issues but those of the classes in the splits.

    Raises:
        PipelineError: there is nothing to read.
    """
    folder = DatasetFolder(raw)
    table = read_annotations(folder, dataset, workers)
    table = settle_background(folder, table, settings.checks)
    table = settle_classes(table, settings.checks)
    table = split_table(table, settings, seed=seed)
    return check_images(raw, table, settings, workers, out)
