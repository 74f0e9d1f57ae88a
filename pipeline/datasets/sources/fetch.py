"""Fetching of a dataset from its source: drawn here, a folder, an archive at a URL, or TensorFlow Datasets."""

from pathlib import Path

from pipeline.datasets.sources.local_folder import copy_folder
from pipeline.datasets.sources.remote_archive import fetch_archive
from pipeline.params.dataset import DatasetSource

TFDS = "tfds:"  # prefix of ``dataset.source`` before the name of a TensorFlow Datasets dataset


def fetch(dataset: DatasetSource, folder: Path, *, seed: int) -> None:
    """Write the raw files of the dataset that the parameters name into ``folder``.

    Args:
        dataset: The source, and the parameters of that source.
        folder: An empty folder that exists.
        seed: The seed of the drawn dataset. Other sources ignore it.

    Raises:
        PipelineError: The dataset does not exist, cannot be read completely, does not match its checksum, or is not an
            archive.
    """
    if dataset.source == "builtin":
        from pipeline.datasets.drawn.catalogue import write_catalogue

        write_catalogue(folder, scenes=dataset.builtin.scenes, size=dataset.builtin.size, seed=seed)
    elif dataset.source == "path":
        copy_folder(Path(dataset.path), folder)
    elif dataset.source.startswith(TFDS):
        # This imports TensorFlow, which takes seconds; other sources do not need it.
        from pipeline.datasets.sources.tfds.prepared import fetch_tfds

        fetch_tfds(dataset.source.removeprefix(TFDS), folder)
    else:
        fetch_archive(dataset.url or "", dataset.sha256, folder)
