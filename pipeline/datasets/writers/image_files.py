"""Files of the written dataset, and what images are called in it."""

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

# What some file system or some format's list of names does not take.
_REFUSED = re.compile(r"""[\x00-\x1f\x7f-\x9f\u2028\u2029\\:*?"<>|]|^\s|\s$""")
# Who reads the formats goes by folders of these names, which then must be the format's own.
_FOLDERS = re.compile(r"(?<![^/])(images|train|val|test)(?=/)", re.IGNORECASE)
_SUFFIXES = {"jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"), "png": (".png",)}


def image_stems(files: Iterable[str]) -> dict[str, str]:
    """Name images by their paths below the folder that they share, without suffix.

    Equal names, whether or not in the same case, get their suffix or a number added: formats with an annotation
    file an image tell images apart by their stems.

    Args:
        files: As the table has them.

    Returns:
        The stem of each, a relative POSIX path.
    """
    files = list(files)
    shared = posixpath.commonpath([posixpath.dirname(file) for file in files]) if files else ""
    taken: set[str] = set()
    stems = {}
    for file in files:
        stem, suffix = posixpath.splitext(posixpath.relpath(file, shared or "."))
        stem = _FOLDERS.sub(r"\1_", "/".join(_REFUSED.sub("_", part) for part in stem.split("/")))
        stems[file] = _free(stem, suffix[1:], taken)
        taken.add(stems[file].lower())
    return stems


def _free(stem: str, suffix: str, taken: set[str]) -> str:
    if stem.lower() not in taken:
        return stem
    number, free = 1, f"{stem}_{suffix}" if suffix else f"{stem}_1"
    while free.lower() in taken:
        number += 1
        free = f"{stem}_{number}"
    return free


def suffix_of(file: str, image_format: str) -> str:
    """Return the suffix of ``file`` if it is one of the image's format, ``jpeg`` or ``png``, else the usual one."""
    suffix = posixpath.splitext(file)[1]
    suffixes = _SUFFIXES[image_format]
    return suffix if suffix.lower() in suffixes else suffixes[0]


def write_file(path: Path, data: bytes) -> None:
    """Write a file and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
