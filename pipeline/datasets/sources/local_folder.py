"""Copying of a dataset from a local folder."""

import os
import shutil
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.progress import progress_bar


def copy_folder(source: Path, folder: Path) -> None:
    """Copy the contents of ``source`` into ``folder``.

    Links are followed, so the copy does not depend on other files. Files are copied rather than hard-linked, because
    DVC makes cached files read-only, which must not happen to the user's own files.

    Args:
        source: The dataset's folder. It must not contain ``folder``.
        folder: An empty folder that exists.

    Raises:
        PipelineError: ``source`` is not a folder, holds no file, contains ``folder``, or cannot be read.
    """
    if not source.is_dir():
        problem = "is not a folder" if source.exists() else "does not exist"
        raise PipelineError(f"dataset.path {source} {problem}; set it to the dataset's folder")
    if source.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise PipelineError(
            f"dataset.path {source} contains the output folder of the download; set it to the dataset's folder only"
        )
    files = sum(len(names) for _, _, names in os.walk(source, followlinks=True))
    if not files:
        raise PipelineError(f"dataset.path {source} holds no file; set it to the dataset's folder")
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
