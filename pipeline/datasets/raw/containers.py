"""Images that are stored within larger files, called containers.

A table names an image by its path relative to the dataset's folder. If the parent of that path is a file, such as
``train.tfrecord`` in ``train.tfrecord/000000012345.jpg``, this file is the container, and the last part of the path is
the image's member name. The container's suffix selects the function that reads the image.
"""

import re
from collections.abc import Callable
from pathlib import Path

from pipeline.datasets.raw import embedded_images, record_images
from pipeline.datasets.raw import idx as idx_arrays

READERS: tuple[tuple[re.Pattern[str], Callable[[Path, str], bytes]], ...] = (
    (idx_arrays.IMAGE_FILE, idx_arrays.read_member),
    (embedded_images.JSON_FILE, embedded_images.read_embedded_image),
    (re.compile(""), record_images.read_member),
)
"""Pattern of the container's name, and the function that returns the encoded image of a container and a member name.

The first pattern that is found in the name counts. TFRecord files have any name, so that theirs is the last.
The function raises ``ValueError`` if the container has no such member. A further kind of container needs one more line
here.
"""


def read_image(root: Path, file: str) -> bytes:
    """Return an image's encoded bytes.

    Args:
        file: Path relative to ``root``, as in the table's column ``file``.

    Raises:
        OSError: The image does not exist or cannot be read.
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
    """Return an image's encoded bytes, or b"" if it cannot be read."""
    try:
        return read_image(root, file)
    except OSError:
        return b""


def stored_bytes(root: Path, file: str) -> int:
    """Return the size of the image's own file in bytes; 0 if the image is in a container or does not exist."""
    try:
        return (root / file).stat().st_size
    except OSError:
        return 0
