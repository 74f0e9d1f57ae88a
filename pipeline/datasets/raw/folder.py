"""The files of a dataset's folder, and finding an image by the name that an annotation gives it."""

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
    """An annotation names a file outside the dataset's folder."""


class DatasetFolder:
    """The files below a folder, as they were when the folder was listed.

    Hidden files and the files below ``__MACOSX`` are left out.

    Attributes:
        root: The folder.
        files: POSIX paths of all files relative to ``root``, sorted.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = sorted(_walk(root))
        self._used: set[str] = set()
        self._by_suffix: dict[str, list[str]] = {}
        self._names, self._stems = _Listing(), _Listing()
        self._images = [file for file in self.files if posixpath.splitext(file)[1].lower() in IMAGE_SUFFIXES]
        for file in self._images:
            name = posixpath.basename(file)
            self._names.add(name, file)
            self._stems.add(posixpath.splitext(name)[0], file)

    def with_suffix(self, suffix: str) -> list[str]:
        """Return the files whose name ends in ``suffix``.

        Args:
            suffix: In lower case; the files may have it in any letter case.
        """
        if suffix not in self._by_suffix:
            self._by_suffix[suffix] = [file for file in self.files if file.lower().endswith(suffix)]
        return list(self._by_suffix[suffix])

    def use(self, files: Iterable[str]) -> None:
        """Record that a reader uses the contents of these files, relative to the root."""
        self._used.update(files)

    def is_used(self, file: str) -> bool:
        """Return whether :meth:`use` recorded the file."""
        return file in self._used

    def images(self) -> list[str]:
        """Return the files that have a suffix of images, sorted."""
        return list(self._images)

    def find(self, name: str, *, annotation: str, hints: frozenset[str] = frozenset()) -> str | None:
        """Return the image that an annotation calls ``name``; without a suffix of images, ``name`` is a stem.

        Arguments and errors are those of :meth:`find_image`.
        """
        if posixpath.splitext(name)[1].lower() in IMAGE_SUFFIXES:
            return self.find_image(name, annotation=annotation, hints=hints)
        return self._find_path(name, self._stems, annotation, _IMAGE_FOLDERS | hints)

    def find_image(self, name: str, *, annotation: str, hints: frozenset[str] = frozenset()) -> str | None:
        """Return the image that an annotation calls ``name``, or None if there is no such image.

        Datasets keep images beside the annotations, in a folder beside the annotations, or in a folder named after
        the split. The image is therefore searched by its file name in the whole dataset. If several images have that
        file name, the best one is returned. An image is better than another if one of these rules holds; a rule
        counts only if the images are equal by the rules before it:

        1. More of its last folders are the last folders of ``name``.
        2. More of its folders are among ``hints``.
        3. More of its first folders are the first folders of the annotation file.
        4. More of its last folders have the names of the last folders of the annotation file.
        5. It is in fewer folders.

        Some disks do not distinguish letter case or Unicode forms. If no image has the exact file name, an image whose
        name differs only in these is returned, unless several such names exist.

        Args:
            name: A file name or a path such as ``train/0001.jpg``, with slashes or backslashes. A path that is
                absolute or leads out of the dataset's folder comes from another machine. It is searched by its last
                parts: the image with its last folder and file name, else the only image of that file name in the
                whole dataset or below the folder of the annotation file.
            annotation: The annotation file, relative to the root.
            hints: Names of folders, in lower case, that are likely to hold the image.

        Raises:
            OutsideFolderError: ``name`` is empty or no path, or it is absolute or leads out of the dataset's folder
                and its last parts lead to no image or to several.
        """
        return self._find_path(name, self._names, annotation, hints)

    def find_image_by_stem(
        self, stem: str, *, annotation: str, hints: frozenset[str] = frozenset()
    ) -> str | None:
        """Return the image with that stem and any suffix of images, or None if there is no such image.

        Folders that are usually named after images are preferred, because masks often have the same names.

        Args:
            stem: The file name without its suffix.
            annotation: The annotation file, relative to the root.
            hints: Names of further folders, in lower case, that are likely to hold the image.
        """
        return _nearest(self._stems.find(stem), (), annotation, _IMAGE_FOLDERS | hints)

    def _find_path(self, name: str, files: "_Listing", annotation: str, hints: frozenset[str]) -> str | None:
        try:
            path = normal_path(name, base=posixpath.dirname(annotation))
        except OutsideFolderError:
            return self._find_foreign(name, files, annotation, hints)
        *folders, last = PurePosixPath(path).parts
        return _nearest(files.find(last), tuple(folders), annotation, hints)

    def _find_foreign(self, name: str, files: "_Listing", annotation: str, hints: frozenset[str]) -> str:
        """Return the image that the last parts of a path of another machine lead to.

        Raises:
            OutsideFolderError: They lead to no image or to several.
        """
        *folders, last = PurePosixPath(name.strip().replace("\\", "/")).parts or ("",)
        candidates = [] if "\0" in name else files.find(last)
        same_folder = [
            file for file in candidates if folders and PurePosixPath(file).parent.name == folders[-1]
        ]
        home = posixpath.join(posixpath.dirname(annotation), "")
        below = [file for file in candidates if file.startswith(home)]
        found = same_folder or next((files for files in (below, candidates) if len(files) == 1), [])
        if image := _nearest(found, tuple(folders), annotation, hints):
            return image
        raise OutsideFolderError(name)


class _Listing:
    """Files by name; a name may be searched in another letter case or Unicode form."""

    def __init__(self) -> None:
        self._files: defaultdict[str, list[str]] = defaultdict(list)
        self._unfolded: dict[str, str] = {}  # the name by its folded form; "" if several names have that form

    def add(self, name: str, file: str) -> None:
        self._files[name].append(file)
        folded = _folded(name)
        self._unfolded[folded] = name if self._unfolded.get(folded, name) == name else ""

    def find(self, name: str) -> list[str]:
        """Return the files of that name, else those of the only name that has the same folded form."""
        return self._files.get(name) or self._files.get(self._unfolded.get(_folded(name), ""), [])


def _folded(name: str) -> str:
    """Return the name in lower case and in Unicode's composed form."""
    folded = unicodedata.normalize("NFC", name).lower()
    return name if folded == name else folded


def _nearest(
    candidates: list[str], named: tuple[str, ...], annotation: str, hints: frozenset[str]
) -> str | None:
    """Return the best candidate by the rules of :meth:`DatasetFolder.find_image`, or None if there is none.

    Args:
        candidates: Images, relative to the dataset's folder, sorted.
        named: The folders of the name that the annotation gives the image.
        annotation: The annotation file, relative to the dataset's folder.
        hints: Names of folders, in lower case, that are likely to hold the image.
    """
    if len(candidates) < 2:
        return candidates[0] if candidates else None
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

    return max(candidates, key=closeness)  # max returns the first of equal candidates


def _common_start(first: Iterable[str], second: Iterable[str]) -> int:
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def common_end(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the number of folders in the longest common end of two paths."""
    return _common_start(reversed(first), reversed(second))


def normal_path(name: str, *, base: str) -> str:
    """Return a path that an annotation names as a relative POSIX path without ``.`` and ``..``.

    Args:
        name: The path in the annotation. If it begins with ``..``, it is relative to ``base``; otherwise the folder
            that it is relative to is unknown.
        base: Folder of the annotation file, relative to the dataset's folder.

    Raises:
        OutsideFolderError: The path is empty or absolute, or it leads out of the dataset's folder.
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
    """Yield the files below ``root``, relative to it.

    Links are followed. A folder is listed once even if several links lead to it, and under its own path if it has one.
    """
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
                elif entry.is_file():  # false for a pipe, on which reading would block, and for a broken link
                    yield prefix + entry.name


def _is_text(name: str) -> bool:
    """Return whether a name can be written into a table.

    Names from old systems may have bytes that are not UTF-8. macOS names the icon of a folder ``Icon\\r``, and CSV
    reads ``\\r`` as the end of a row.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\r" not in name
