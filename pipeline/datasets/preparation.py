"""From a dataset's folder to its table, with classes and splits settled: what convert and ``inspect`` share."""

from pipeline.datasets.background import settle_background
from pipeline.datasets.class_checks import settle_classes
from pipeline.datasets.folder import DatasetFolder
from pipeline.datasets.formats import read_annotations
from pipeline.datasets.splits import split_table
from pipeline.datasets.table import AnnotationTable
from pipeline.datasets.workers import Workers
from pipeline.params import Convert, Dataset


def read_dataset(
    folder: DatasetFolder, dataset: Dataset, settings: Convert, *, seed: int, workers: Workers
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
