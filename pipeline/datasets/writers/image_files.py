"""Names and files of the images in a written dataset."""

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

# Characters, and blanks at the ends, that some file system or some format's list of files does not accept.
_REFUSED = re.compile(r"""[\x00-\x1f\x7f-\x9f\u2028\u2029\\:*?"<>|]|^\s|\s$""")
# Readers of the formats give folders of these names a meaning, so only the format's own folders may have them.
_RESERVED_FOLDERS = re.compile(r"(?<![^/])(images|train|val|test)(?=/)", re.IGNORECASE)
_SUFFIXES = {"jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"), "png": (".png",)}


def image_stems(files: Iterable[str]) -> dict[str, str]:
    """Return a unique name without suffix for each image.

    The name is the image's path below the folder that all images share. Formats with one annotation file per image
    tell images apart by these names alone. So if two names are equal, apart from upper and lower case, the later image
    gets its suffix or a number added.

    Args:
        files: The paths of the images, as in ``images.csv``. Their order decides which image is renamed.

    Returns:
        The name by path, each a relative POSIX path.
    """
    files = list(files)
    shared = posixpath.commonpath([posixpath.dirname(file) for file in files]) if files else ""
    taken: set[str] = set()
    stems = {}
    for file in files:
        stem, suffix = posixpath.splitext(posixpath.relpath(file, shared or "."))
        stem = _RESERVED_FOLDERS.sub(r"\1_", "/".join(_REFUSED.sub("_", part) for part in stem.split("/")))
        stems[file] = _unused_name(stem, suffix[1:], taken)
        taken.add(stems[file].lower())
    return stems


def flat_stems(files: Iterable[str]) -> dict[str, str]:
    """Return a unique name without suffix and without folder for each image; see :func:`image_stems`.

    A format that tells the splits by the words in the names of folders cannot have the dataset's own folders.
    """
    taken: set[str] = set()
    stems = {}
    for file, stem in image_stems(files).items():
        stems[file] = _unused_name(stem.replace("/", "_"), "", taken)
        taken.add(stems[file].lower())
    return stems


def _unused_name(stem: str, suffix: str, taken: set[str]) -> str:
    """Return ``stem``, or ``stem`` with the suffix or a number added if it is taken. ``taken`` is in lower case."""
    if stem.lower() not in taken:
        return stem
    number, name = 1, f"{stem}_{suffix}" if suffix else f"{stem}_1"
    while name.lower() in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def suffix_of(file: str, image_format: str) -> str:
    """Return the suffix of ``file`` if it fits the image's format, otherwise the usual suffix of that format.

    Args:
        file: The path of the image.
        image_format: ``jpeg`` or ``png``.
    """
    suffix = posixpath.splitext(file)[1]
    suffixes = _SUFFIXES[image_format]
    return suffix if suffix.lower() in suffixes else suffixes[0]


def write_file(path: Path, data: bytes) -> None:
    """Write a file, and create its folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
