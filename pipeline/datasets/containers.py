"""Images within larger files: what a table calls ``train.tfrecord/0000000123`` is a part of ``train.tfrecord``.

A table names an image by its path below the dataset's folder. Where that path goes on below a file, the file's
kind says what the rest of it means. Each kind is a function of the container's path and the member's name that
gives an encoded image; one line in :data:`READERS` adds it.
"""

from collections.abc import Callable
from pathlib import Path

from pipeline.datasets.embedded_images import read_embedded_image

READERS: dict[str, Callable[[Path, str], bytes]] = {
    ".json": read_embedded_image,
}
"""By the container's suffix, in lower case."""


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
    if container.suffix.lower() in READERS and container.is_file():
        return READERS[container.suffix.lower()](container, path.name)
    return path.read_bytes()


def stored_bytes(root: Path, file: str) -> int:
    """Return how many bytes the image takes on disk; 0 where it is part of a container, or not there."""
    try:
        return (root / file).stat().st_size
    except OSError:
        return 0
