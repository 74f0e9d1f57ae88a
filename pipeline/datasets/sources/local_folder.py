"""A dataset in a folder of this machine: it is copied."""

import os
import shutil
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.progress import progress_bar


def copy_folder(source: Path, folder: Path) -> None:
    """Copy a dataset's folder; links in it are followed, so that the copy stands alone.

    Files are copied, not hard-linked: DVC makes the files it caches read-only, and these are the user's own.
    """
    if not source.is_dir():
        said = "is not a folder" if source.exists() else "does not exist"
        raise PipelineError(f"dataset.path {source} {said}; set it to the dataset's folder")
    if source.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise PipelineError(
            f"dataset.path {source} holds the download's own output; point it at the dataset only"
        )
    files = sum(len(names) for _, _, names in os.walk(source, followlinks=True))
    if not files:
        raise PipelineError(f"dataset.path {source}: the dataset is empty: there is no file in it")
    with progress_bar("copying files", files) as advance:

        def copy(origin: str, target: str) -> None:
            shutil.copyfile(origin, target)
            advance(1)

        try:
            shutil.copytree(source, folder, copy_function=copy, dirs_exist_ok=True)
        except shutil.Error as error:
            origin, _, reason = error.args[0][0]
            raise PipelineError(f"dataset.path: {origin} cannot be copied: {reason}") from None
        except OSError as error:
            raise PipelineError(
                f"dataset.path: {error.filename or source} cannot be copied: {error.strerror}"
            ) from None
