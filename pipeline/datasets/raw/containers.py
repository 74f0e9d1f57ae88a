"""Images within larger files: what a table calls ``train.tfrecord/000000012345.jpg`` is a part of ``train.tfrecord``.

A table names an image by its path below the dataset's folder. Where that path goes on below a file, the file's
kind says what the rest of it means. Each kind is a function of the container's path and the member's name that
gives an encoded image; one line in :data:`READERS` adds it.
"""

import re
from collections.abc import Callable
from pathlib import Path

from pipeline.datasets.raw import embedded_images, record_images
from pipeline.datasets.raw import idx as idx_arrays

READERS: tuple[tuple[re.Pattern[str], Callable[[Path, str], bytes]], ...] = (
    (record_images.RECORD_FILE, record_images.read_member),
    (idx_arrays.IMAGE_FILE, idx_arrays.read_member),
    (embedded_images.JSON_FILE, embedded_images.read_embedded_image),
)
"""By what the container's name ends in. A reader raises ``ValueError`` where the member is not there."""


def read_image(root: Path, file: str) -> bytes:
    """Return an image's encoded bytes.

    Args:
        root: The dataset's folder.
        file: As the table's ``file`` has it.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    path = root / file
    container = path.parent
    for pattern, read_member in READERS:
        if pattern.search(container.name) and container.is_file():
            try:
                return read_member(container, path.name)
            except ValueError as error:
                raise OSError(str(error)) from None
    return path.read_bytes()


def read_if_there(root: Path, file: str) -> bytes:
    """Return an image's encoded bytes, or b"" if it is not there."""
    try:
        return read_image(root, file)
    except OSError:
        return b""


def stored_bytes(root: Path, file: str) -> int:
    """Return how many bytes the image takes on disk; 0 where it is part of a container, or not there."""
    try:
        return (root / file).stat().st_size
    except OSError:
        return 0
