"""Which folder ``inspect`` reads: the one that the user names, or that of the configured dataset."""

from pathlib import Path
from typing import NamedTuple

from pipeline.errors import PipelineError
from pipeline.params.dataset import Dataset, FormatName

DATA = Path("data")
"""The folder in which the stages of ``dvc.yaml`` keep the dataset."""


class Target(NamedTuple):
    """A folder to inspect.

    Attributes:
        path: The folder.
        dataset: How it is read.
        where: A line that says which folder it is; "" if the user named it.
        overrides: The keys of ``params.yaml``, with their values, by which the pipeline reads this folder. None are
            needed for the configured dataset.
    """

    path: Path
    dataset: Dataset
    where: str
    overrides: tuple[tuple[str, str], ...]


def target_of(path: Path | None, format: FormatName | None, dataset: Dataset) -> Target:
    """Return the folder to inspect.

    Args:
        path: The folder that the user named; None stands for the configured dataset.
        format: The format that the user named; None stands for ``dataset.format``.
        dataset: The section ``dataset``.

    Raises:
        PipelineError: The configured dataset is not there yet.
    """
    named = {} if format is None else {"format": format}
    of_format = tuple((f"dataset.{key}", value) for key, value in named.items())
    if path is not None:
        overrides = (("dataset.source", "path"), ("dataset.path", path.as_posix()), *of_format)
        return Target(path, dataset.model_copy(update=named), "", overrides)
    folder, where = _configured(dataset)
    if dataset.images == "composed" and not named:  # the format is that of the items
        named = {"format": "coco"}
    return Target(folder, dataset.model_copy(update=named), f"dataset: {folder}, {where}", of_format)


def _configured(dataset: Dataset) -> tuple[Path, str]:
    """Return the folder of the configured dataset, and how it came there."""
    if dataset.images == "raw" and dataset.source == "path":
        return Path(dataset.path), "which is dataset.path"
    folder = DATA / dataset.images
    stage = {"raw": "download", "composed": "composed/dvc.yaml:compose"}.get(
        dataset.images, "sound/dvc.yaml:spectrograms"
    )
    if not folder.is_dir():
        raise PipelineError(
            f"{folder}: the dataset of dataset.source={dataset.source} is not there yet; fetch it with: "
            f"dvc repro {stage}"
        )
    return folder, f"as the last run of dvc repro {stage} left it"
