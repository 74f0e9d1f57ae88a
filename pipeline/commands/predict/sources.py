"""The files that the command ``predict`` is given: files, folders and patterns."""

import glob
import os
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.raw.folder import IMAGE_SUFFIXES
from pipeline.datasets.writers.image_files import image_stems

VIDEO_SUFFIXES = frozenset(
    [
        ".3gp",
        ".avi",
        ".flv",
        ".m2ts",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".ogv",
        ".webm",
        ".wmv",
    ]
)


class Source(NamedTuple):
    """A file whose objects are to be found.

    Attributes:
        file: Its path, as it was given, or below the folder that was given.
        stem: Its name in the output, without suffix, which no other source has. It may have folders.
        video: Whether it is a video, by its suffix.
    """

    file: str
    stem: str
    video: bool


class Found(NamedTuple):
    """What the paths lead to.

    Attributes:
        sources: The files, each once, in the order of the paths; those of a folder or a pattern by name.
        faults: One line for each path that leads to no file.
        passed_over: The number of files in folders that have no suffix of an image or a video.
    """

    sources: list[Source]
    faults: list[str]
    passed_over: int


def find_sources(paths: Sequence[str], output: Path) -> Found:
    """Find the files that paths lead to.

    Args:
        paths: Files; folders, which are searched with all their subfolders; and patterns as of :mod:`glob`, in which
            ``**`` stands for any subfolders. Hidden files and folders in a folder are left out.
        output: A folder that is left out, because the command writes to it.
    """
    files: dict[str, str] = {}
    faults: list[str] = []
    passed_over = 0
    for match in chain.from_iterable(_matches(path, faults) for path in paths):
        if os.path.isfile(match):
            inside = [match]
        elif os.path.isdir(match):
            inside, others = _files_of(match, os.path.abspath(output), faults)
            passed_over += others
            if not inside and match in paths:
                faults.append(f"{match}: the folder has no image and no video")
        else:
            inside = []
            faults.append(f"{match}: {'not a file' if os.path.lexists(match) else 'not found'}")
        for file in inside:
            files.setdefault(os.path.abspath(file), file)
    stems = image_stems([Path(file).as_posix() for file in files])
    sources = [
        Source(file, stem, _suffix(file) in VIDEO_SUFFIXES)
        for file, stem in zip(files.values(), stems.values(), strict=True)
    ]
    return Found(sources, faults, passed_over)


def images_of(found: Found) -> list[Source]:
    """Return the images of what was found, for a command that reads no videos, and print how much is left out."""
    images = [source for source in found.sources if not source.video]
    videos = len(found.sources) - len(images)
    if videos or found.passed_over:
        print(f"left out: {videos:,} videos, and {found.passed_over:,} files whose names are of no image")
    return images


def _matches(path: str, faults: list[str]) -> list[str]:
    """Return what a path stands for: itself, or what matches it, if it is a pattern. Add a fault if nothing does."""
    if os.path.lexists(path) or not glob.has_magic(path):
        return [path]
    matches = sorted(glob.glob(path, recursive=True))
    if not matches:
        faults.append(f"{path}: no file has a name of this pattern")
    return matches


def _files_of(folder: str, left_out: str, faults: list[str]) -> tuple[list[str], int]:
    """Return the images and videos below a folder, and the number of other files.

    A folder that cannot be read adds a fault.
    """
    found, others = [], 0
    unread: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=unread.append):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.abspath(os.path.join(parent, name)) != left_out
        )
        shown = sorted(name for name in names if not name.startswith("."))
        media = [name for name in shown if _suffix(name) in IMAGE_SUFFIXES | VIDEO_SUFFIXES]
        found += [os.path.join(parent, name) for name in media]
        others += len(shown) - len(media)
    faults += [f"{error.filename}: {error.strerror}" for error in unread]
    return found, others


def _suffix(file: str) -> str:
    return os.path.splitext(file)[1].lower()
