"""From a dataset's folder to its table, with classes and splits settled: what convert and ``inspect`` share."""

from pipeline.datasets.checks.background import settle_background
from pipeline.datasets.checks.classes import settle_classes
from pipeline.datasets.conversion.splits import split_table
from pipeline.datasets.formats import read_annotations
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.params.convert import Convert
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers


def read_dataset(
    folder: DatasetFolder, dataset: DatasetFormat, settings: Convert, *, seed: int, workers: Workers
) -> AnnotationTable:
    """Read a dataset's annotations, settle its background and classes, and split it; no image is opened.

    Args:
        folder: The dataset's.
        dataset: Its format, and how that is read.
        settings: Rules and splits.
        seed: Of the splits.
        workers: Who parses.

    Raises:
        PipelineError: there is nothing to read.
    """
    table = read_annotations(folder, dataset, workers)
    table = settle_background(folder, table, settings.checks)
    table = settle_classes(table, settings.checks)
    return split_table(table, settings, seed=seed)
