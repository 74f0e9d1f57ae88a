"""A dataset's folder, listed once: annotation files by suffix, images by what annotations call them."""

import os
import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
        self._names, self._stems = _Listing(), _Listing()
        self._images = [file for file in self.files if posixpath.splitext(file)[1].lower() in IMAGE_SUFFIXES]
        for file in self._images:
            name = posixpath.basename(file)
            self._names.add(name, file)
            self._stems.add(posixpath.splitext(name)[0], file)

    def with_suffix(self, suffix: str) -> list[str]:
        """Return the files whose name ends in ``suffix``, in any case."""
        return [file for file in self.files if file.lower().endswith(suffix)]

    def images(self) -> list[str]:
        """Return the files that are named like images, sorted."""
        return list(self._images)

    def find(self, name: str, *, annotation: str, hints: frozenset[str] = frozenset()) -> str | None:
        """Find the image of a file name, or of a stem if ``name`` has no suffix of images.

        Raises:
            OutsideFolderError: as :meth:`find_image` does.
        """
        if posixpath.splitext(name)[1].lower() in IMAGE_SUFFIXES:
            return self.find_image(name, annotation=annotation, hints=hints)
        return self._find_path(name, self._stems, annotation, _IMAGE_FOLDERS | hints)

    def find_image(self, name: str, *, annotation: str, hints: frozenset[str] = frozenset()) -> str | None:
        """Find the image that an annotation file calls ``name``.

        Datasets keep images beside the annotations, in a folder beside those, or in one named after the
        split, so the image is looked for by its name. Of several of one name the best is taken: the one whose
        folders agree with those of ``name``, then the one in a folder among ``hints``, then the one nearest to the
        annotation file, then the one in folders named like its, then the one in the fewest folders. A name that is
        there in other letter case or Unicode form only, as on a disk that does not tell them apart, is taken if it is
        the only one.

        Args:
            name: A file name or path, such as ``train/0001.jpg``, with either kind of slash. An absolute one, as
                it was on another machine, leads to a file of that name in a folder of that name.
            annotation: The annotation file, relative to the root.
            hints: Names of folders, in lower case, that the image is likely to be in.

        Raises:
            OutsideFolderError: ``name`` is absolute and leads to nothing here, or it climbs out of the
                dataset's folder.
        """
        return self._find_path(name, self._names, annotation, hints)

    def find_image_by_stem(
        self, stem: str, *, annotation: str, hints: frozenset[str] = frozenset()
    ) -> str | None:
        """Find the image named ``stem`` and any image suffix; masks beside it often have the same name."""
        return _nearest(self._stems.find(stem), (), annotation, _IMAGE_FOLDERS | hints)

    def _find_path(self, name: str, files: "_Listing", annotation: str, hints: frozenset[str]) -> str | None:
        absolute = re.match(r"\s*([/\\]|[A-Za-z]:)", name) and "\0" not in name
        path = (
            name.strip().replace("\\", "/")
            if absolute
            else normal_path(name, base=posixpath.dirname(annotation))
        )
        *folders, last = PurePosixPath(path).parts
        found = files.find(last)
        if absolute:
            found = [file for file in found if folders and PurePosixPath(file).parent.name == folders[-1]]
            if not found:
                raise OutsideFolderError(name)
        return _nearest(found, tuple(folders), annotation, hints)


class _Listing:
    """Files by name, and by what names that some disks do not tell apart have in common."""

    def __init__(self) -> None:
        self._files: defaultdict[str, list[str]] = defaultdict(list)
        self._unfolded: dict[str, str] = {}  # "" for several names

    def add(self, name: str, file: str) -> None:
        self._files[name].append(file)
        folded = _folded(name)
        self._unfolded[folded] = name if self._unfolded.get(folded, name) == name else ""

    def find(self, name: str) -> list[str]:
        """Return the files of that name; if there are none, those of the only one that differs in form alone."""
        return self._files.get(name) or self._files.get(self._unfolded.get(_folded(name), ""), [])


def _folded(name: str) -> str:
    """Leave out letter case and Unicode form."""
    folded = unicodedata.normalize("NFC", name).lower()
    return name if folded == name else folded


def _nearest(found: list[str], named: tuple[str, ...], annotation: str, hints: frozenset[str]) -> str | None:
    if len(found) < 2:
        return found[0] if found else None
    home = PurePosixPath(annotation).parent.parts

    def closeness(file: str) -> tuple[int, ...]:
        folders = PurePosixPath(file).parent.parts
        hinted = len(hints.intersection(folder.lower() for folder in folders))
        agree, near, like = (
            common_end(named, folders),
            _common_start(home, folders),
            common_end(home, folders),
        )
        return agree, hinted, near, like, -len(folders)

    return max(found, key=closeness)  # of equals the first, and files are sorted


def _common_start(first: Iterable[str], second: Iterable[str]) -> int:
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def common_end(first: Sequence[str], second: Sequence[str]) -> int:
    """Count the folders at the end of one path that are those at the end of the other."""
    return _common_start(reversed(first), reversed(second))


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
    """Yield the files; links count as what they lead to, but a folder is entered once, by a link last."""
    folders, links, entered = [""], list[str](), set[tuple[int, int]]()
    while folders or links:
        prefix = folders.pop() if folders else links.pop()
        with suppress(OSError), os.scandir(root / prefix) as entries:
            status = (root / prefix).stat()
            if (identity := (status.st_dev, status.st_ino)) in entered:
                continue
            entered.add(identity)
            for entry in entries:
                if entry.name.startswith(".") or not _is_text(entry.name):
                    continue
                if entry.is_dir() and entry.name != "__MACOSX":
                    (links if entry.is_symlink() else folders).append(f"{prefix}{entry.name}/")
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
