"""The way from a dataset's folder to its table with classes and splits. The convert stage and ``inspect`` share it."""

from pipeline.datasets.checks.background import check_background
from pipeline.datasets.checks.classes import check_classes
from pipeline.datasets.checks.crowds import check_crowds
from pipeline.datasets.conversion.splits import split_table
from pipeline.datasets.formats import read_annotations
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.params.convert import Convert
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers


def settings_of(images: str, convert: Convert) -> Convert:
    """Return the section ``convert`` for some images. Pictures of sound are not shrunk, as their pixels are their data.

    Args:
        images: The parameter ``dataset.images``.
        convert: The section.
    """
    return convert.model_copy(update={"max_side": None}) if images == "spectrograms" else convert


def read_dataset(
    folder: DatasetFolder, dataset: DatasetFormat, settings: Convert, *, seed: int, workers: Workers
) -> AnnotationTable:
    """Read a dataset's annotations, check its background, classes and crowds, and split it. No image is opened.

    Args:
        dataset: The format and how it is read.
        settings: The rules and the shares of the splits.
        seed: The seed of the splits.

    Raises:
        PipelineError: There is no annotation to read.
    """
    table = read_annotations(folder, dataset, workers)
    table = check_background(folder, table, settings.checks)
    table = check_classes(table, settings.checks)
    table = check_crowds(table, settings.checks)
    return split_table(table, settings, seed=seed)
