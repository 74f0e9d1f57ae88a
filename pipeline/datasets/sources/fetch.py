"""Getting a dataset from where it is: drawn here, a folder, an archive at a URL, or TensorFlow Datasets."""

from pathlib import Path

from pipeline.datasets.sources.local_folder import copy_folder
from pipeline.datasets.sources.remote_archive import fetch_archive
from pipeline.params.dataset import DatasetSource

TFDS = "tfds:"  # begins a source that is a dataset of TensorFlow Datasets


def fetch(dataset: DatasetSource, folder: Path, *, seed: int) -> None:
    """Put the dataset of the parameters into an empty folder.

    Raises:
        PipelineError: it is not there, not whole, not what the checksum says, or no archive.
    """
    if dataset.source == "builtin":
        from pipeline.datasets.drawn.catalogue import write_catalogue

        write_catalogue(folder, scenes=dataset.builtin.scenes, size=dataset.builtin.size, seed=seed)
    elif dataset.source == "path":
        copy_folder(Path(dataset.path), folder)
    elif dataset.source.startswith(TFDS):
        from pipeline.datasets.sources.tfds.prepared import (
            fetch_tfds,  # imports TensorFlow, which takes seconds
        )

        fetch_tfds(dataset.source.removeprefix(TFDS), folder)
    else:
        fetch_archive(dataset.url or "", dataset.sha256, folder)
