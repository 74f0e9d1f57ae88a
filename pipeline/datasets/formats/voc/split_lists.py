"""Reads VOC's lists of the images of each split, such as ``ImageSets/Main/train.txt``."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable

from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder
from pipeline.datasets.raw.text_encoding import decoded

_HOME = "imagesets/main/"

_OTHER_TASKS = re.compile(r"(^|/)imagesets/(layout|segmentation|action)/", re.IGNORECASE)

_FLAG = re.compile(r"\s+-?[01]\s*$")  # follows each name in the lists of one class

# trainval is last, because it counts only for images that the other lists do not name
_SPLITS = {
    "train": "train",
    "val": "val",
    "validation": "val",
    "valid": "val",
    "test": "test",
    "trainval": "train",
}


class SplitLists:
    """The split lists of each folder ``ImageSets/Main``. They apply to the annotation files beside ``ImageSets``.

    Tools such as VoTT write lists of one class only, such as ``dog_train.txt``, which name all images of the split with
    a flag that says whether the class is in them. These lists are read where there are no lists of all classes.
    """

    def __init__(self, folder: DatasetFolder) -> None:
        self._lists: dict[str, dict[str, list[str]]] = {}
        for root, files in _lists_of_roots(folder).items():
            folder.use(file for file, _ in files)
            self._lists[root] = _listed(folder, files)
        # on disks that do not distinguish letter case, lists may name images in another case
        self._in_other_case = {root: _folded(listed) for root, listed in self._lists.items()}

    def splits(self, file: str) -> list[str]:
        """Return the splits of an annotation file's image.

        The only split is "" if no list applies to the file, and "unlisted" if no list names the image.
        """
        if not self._lists:
            return [""]
        parts = posixpath.splitext(file)[0].split("/")
        roots = [root for root in ("/".join(parts[:end]) for end in range(len(parts))) if root in self._lists]
        if not roots and len(self._lists) > 1:
            return [""]
        root = roots[-1] if roots else next(iter(self._lists))
        listed = self._lists[root]
        # a list may name an image by its path below the folder of annotations
        names = ["/".join(parts[start:]) for start in range(len(parts))]
        names += [other for name in names if (other := self._in_other_case[root].get(name.lower()))]
        return next((listed[name] for name in names if name in listed), ["unlisted"])


def _lists_of_roots(folder: DatasetFolder) -> dict[str, list[tuple[str, str]]]:
    """Return the lists that count for each folder around ``ImageSets``, as pairs of the file and a key of _SPLITS.

    The lists of one class beside lists of all classes say nothing more, and those of VOC's other tasks are of some of
    the images, so they are recorded as used.
    """
    plain: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    of_classes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for file in folder.with_suffix(".txt"):
        home, name = posixpath.split(file.lower())
        if not f"/{home}/".endswith(f"/{_HOME}"):
            continue
        root = file[: -len(_HOME + name) - 1] if len(file) > len(_HOME + name) else ""
        stem = name.removesuffix(".txt")
        word = stem.rpartition("_")[2]
        if stem in _SPLITS:
            plain[root].append((file, stem))
        elif word in _SPLITS:
            of_classes[root].append((file, word))
    folder.use(file for file in folder.with_suffix(".txt") if _OTHER_TASKS.search(file))
    for root in plain.keys() & of_classes.keys():
        folder.use(file for file, _ in of_classes[root])
    return {**of_classes, **plain}


def _listed(folder: DatasetFolder, files: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the splits of each name that the lists of a folder have."""
    order = list(_SPLITS)
    listed: dict[str, list[str]] = {}
    for file, word in sorted(files, key=lambda pair: order.index(pair[1])):
        lines = decoded((folder.root / file).read_bytes(), folder.root / file).splitlines()
        for stem in {_stem(text) for line in lines for text in (line, _FLAG.sub("", line))}:
            splits = listed.setdefault(stem, [])
            if _SPLITS[word] not in splits and not (word == "trainval" and splits):
                splits.append(_SPLITS[word])
    return listed


def _stem(name: str) -> str:
    """Return a name without its suffix of images, if it has one. Other text after a dot belongs to the name."""
    stem, suffix = posixpath.splitext(name.strip())
    return stem if suffix.lower() in IMAGE_SUFFIXES else name.strip()


def _folded(names: Iterable[str]) -> dict[str, str]:
    """Return the name for each name in lower case; "" if several names have the same lower case."""
    folded: dict[str, str] = {}
    for name in names:
        folded[name.lower()] = "" if name.lower() in folded else name
    return folded
