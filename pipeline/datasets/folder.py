"""A dataset's folder, listed once: annotation files by suffix, images by what annotations call them."""

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path, PurePosixPath

IMAGE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".bmp",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".avif",
        ".ppm",
        ".pgm",
        ".jp2",
    ]
)
_IMAGE_FOLDERS = frozenset(["jpegimages", "images", "image", "imgs", "img"])


class OutsideFolderError(ValueError):
    """An annotation names a file that is not in the dataset's folder."""


class DatasetFolder:
    """The files below ``root``; hidden ones, and those that archivers for macOS add, are left out.

    Attributes:
        root: The folder.
        files: All files, as POSIX paths relative to ``root``, sorted.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = sorted(_walk(root))
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[str]] = defaultdict(list)
        self._by_lower_name: defaultdict[str, list[str]] = defaultdict(list)
        self._by_lower_stem: defaultdict[str, list[str]] = defaultdict(list)
        for file in self.files:
            stem, suffix = posixpath.splitext(posixpath.basename(file))
            if suffix.lower() in IMAGE_SUFFIXES:
                self._by_name[stem + suffix].append(file)
                self._by_stem[stem].append(file)
                self._by_lower_name[(stem + suffix).lower()].append(file)
                self._by_lower_stem[stem.lower()].append(file)

    def with_suffix(self, suffix: str) -> list[str]:
        """Return the files whose name ends in ``suffix``, in any case."""
        return [file for file in self.files if file.lower().endswith(suffix)]

    def images(self) -> list[str]:
        """Return the files that are named like images, sorted."""
        return sorted(file for files in self._by_name.values() for file in files)

    def find(self, name: str, *, annotation: str, hints: frozenset[str] = frozenset()) -> str | None:
        """Find the image of a file name, or of a stem if ``name`` has no suffix of images.

        Raises:
            OutsideFolderError: ``name`` is absolute or climbs out of the dataset's folder.
        """
        if posixpath.splitext(name)[1].lower() in IMAGE_SUFFIXES:
            return self.find_image(name, annotation=annotation, hints=hints)
        path = normal_path(name, base=posixpath.dirname(annotation))
        return self.find_image_by_stem(posixpath.basename(path), annotation=annotation, hints=hints)

    def find_image(self, name: str, *, annotation: str, hints: frozenset[str] = frozenset()) -> str | None:
        """Find the image that an annotation file calls ``name``.

        Datasets keep images beside the annotations, in a folder beside those, or in one named after the
        split, so the image is looked for by its name. Of several of one name the best is taken: the one in a
        folder among ``hints``, then the one nearest to the annotation file, then the one in the fewest folders. A name
        that is there in other letter case only, as on a disk that does not tell them apart, is taken if it is the
        only one.

        Args:
            name: A file name or relative path, such as ``train/0001.jpg``, with either kind of slash.
            annotation: The annotation file, relative to the root.
            hints: Names of folders, in lower case, that the image is likely to be in.

        Raises:
            OutsideFolderError: ``name`` is absolute or climbs out of the dataset's folder.
        """
        path = normal_path(name, base=posixpath.dirname(annotation))
        parts = PurePosixPath(path).parts
        found = [
            file
            for file in self._by_name.get(parts[-1], ())
            if PurePosixPath(file).parts[-len(parts) :] == parts
        ]
        if not found and parts[-1] not in self._by_name:
            alike = self._by_lower_name.get(parts[-1].lower(), [])
            return alike[0] if len(alike) == 1 else None
        return self._nearest(found or self._by_name[parts[-1]], annotation, hints)

    def find_image_by_stem(
        self, stem: str, *, annotation: str, hints: frozenset[str] = frozenset()
    ) -> str | None:
        """Find the image named ``stem`` and any image suffix; masks beside it often have the same name."""
        if stem not in self._by_stem:
            alike = self._by_lower_stem.get(stem.lower(), [])
            return alike[0] if len(alike) == 1 else None
        return self._nearest(self._by_stem[stem], annotation, _IMAGE_FOLDERS | hints)

    @staticmethod
    def _nearest(found: list[str], annotation: str, hints: frozenset[str]) -> str | None:
        if len(found) < 2:
            return found[0] if found else None
        home = PurePosixPath(annotation).parent.parts

        def closeness(file: str) -> tuple[int, int, int]:
            folders = PurePosixPath(file).parent.parts
            hinted = len(hints.intersection(folder.lower() for folder in folders))
            return hinted, _common_length(home, folders), -len(folders)

        return max(found, key=closeness)  # of equals the first, and files are sorted


def _common_length(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def normal_path(name: str, *, base: str) -> str:
    """Resolve the ``..`` of a path that an annotation names, which must not leave the dataset's folder.

    Args:
        name: The path as given, relative to ``base`` if it begins with ``..``, else to no folder in
            particular.
        base: Folder of the annotation file, relative to the dataset's folder.

    Returns:
        A relative POSIX path without ``.`` and ``..``.

    Raises:
        OutsideFolderError: it is empty, absolute, or climbs out.
    """
    path = posixpath.normpath(name.strip().replace("\\", "/")) if name.strip() else "."
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or "\0" in path or path == ".":
        raise OutsideFolderError(name)
    if path.startswith(".."):
        path = posixpath.normpath(posixpath.join(base, path))
        if path.startswith("..") or path == ".":
            raise OutsideFolderError(name)
    return path


def _walk(root: Path) -> Iterator[str]:
    """Yield the files; a link to a file counts as one, as those of DVC's cache do, a link to a folder does not."""
    folders = [""]
    while folders:
        prefix = folders.pop()
        with suppress(OSError), os.scandir(root / prefix) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not _is_text(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False) and entry.name != "__MACOSX":
                    folders.append(f"{prefix}{entry.name}/")
                elif entry.is_file():  # no pipe, on which reading would wait, and no link to what is gone
                    yield prefix + entry.name


def _is_text(name: str) -> bool:
    """Say whether a name can be written into a table.

    Names of old systems hold bytes that are not UTF-8; macOS calls a folder's icon ``Icon\\r``, which CSV takes for
    the end of a row.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\r" not in name
