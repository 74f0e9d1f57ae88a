"""Which split the images of a YOLO dataset are in: folders or lists of images that its files name, or folders' names.

The paths are those of the machine that trained (``/content/data/train/images``, ``../train/images``), so that the
longest end of a path that is in the dataset counts.
"""

import posixpath
from collections import defaultdict

from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.formats.yolo.data_file import SPLIT_OF_KEY, DataFile, read_head, text_lines
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder, OutsideFolderError, normal_path
from pipeline.datasets.raw.text_encoding import peeked_text
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.splits import HELD_OUT_FIRST

# Of the ends of a path that are looked for.
_MAX_DEPTH = 16

_HEAD_BYTES = 4096


class SplitPlaces:
    """The folders and lists of each split.

    Attributes:
        lists: The files that list images, relative to the dataset's folder.
        issues: Of lines that lead to no image.
    """

    def __init__(self, folder: DatasetFolder, described: list[DataFile]) -> None:
        self._folder = folder
        self._images = frozenset(folder.images())
        self._folders = {parent for image in self._images for parent in _parents(image)}
        places = _places(folder, described, self._folders)
        self.lists = frozenset(place for place in places if place not in self._folders)
        self.issues: list[Issue] = []
        said = {place: split for place, splits in places.items() if (split := _one_of(splits))}
        self._split_of_folder = {place: split for place, split in said.items() if place in self._folders}
        self._listed: defaultdict[str, set[str]] = defaultdict(set)
        for file in sorted(self.lists & said.keys()):
            for image in self._listed_images(file):
                self._listed[image].add(said[file])

    def splits(self, images: list[str]) -> dict[str, list[str]]:
        """Return the splits of each image, more than one if lists overlap; [""] where nothing says.

        The words of folders count for images that no place and no list leads to, if images are of two splits by them.
        """
        words = splits_of_folders(images)
        unsaid = "unlisted" if self._split_of_folder else ""
        return {image: self._said(image) or [words[image] or unsaid] for image in images}

    def _said(self, image: str) -> list[str]:
        if image in self._listed:
            return sorted(self._listed[image])
        for parent in _parents(image):
            if parent in self._split_of_folder:
                return [self._split_of_folder[parent]]
        return ["unlisted"] if self._listed else []

    def _listed_images(self, file: str) -> list[str]:
        found = []
        for line in filter(None, text_lines(self._folder, file)):
            image = _within(line, file, self._images)
            name = posixpath.basename(line.replace("\\", "/"))
            if not image and posixpath.splitext(name)[1].lower() in IMAGE_SUFFIXES:
                image = self._folder.find_image(name, annotation=file) or ""
            if image:
                found.append(image)
            else:
                self.issues.append(_lost(line, file))
        return found


def _places(
    folder: DatasetFolder, described: list[DataFile], folders: set[str]
) -> defaultdict[str, set[str]]:
    """Return the splits that each folder or list is said to be of."""
    known = folders | set(folder.with_suffix(".txt"))
    places: defaultdict[str, set[str]] = defaultdict(set)
    for data in described:
        for split, path in data.places:
            if place := _within(path, data.file, known):
                places[place].add(split)
    if not places:
        for file in folder.with_suffix(".txt"):
            split = SPLIT_OF_KEY.get(posixpath.basename(file).lower().removesuffix(".txt"), "")
            if split and _lists_images(folder, file):
                places[file].add(split)
    return places


def _one_of(splits: set[str]) -> str:
    """Return the split of a place that is said to be of some; "" where train is but one, as in coco128.yaml."""
    return "" if "train" in splits and len(splits) > 1 else min(splits, key=HELD_OUT_FIRST.index)


def _lists_images(folder: DatasetFolder, file: str) -> bool:
    lines = peeked_text(read_head(folder, file, _HEAD_BYTES)).split("\n")
    return posixpath.splitext(lines[0].strip())[1].lower() in IMAGE_SUFFIXES


def _within(path: str, file: str, known: frozenset[str] | set[str]) -> str:
    """Return the longest end of a path that is among the known, beside the file that names it or from the root."""
    parts = [part for part in path.strip().replace("\\", "/").split("/") if part not in ("", ".", "..")]
    ends = ["/".join(parts[start:]) for start in range(max(0, len(parts) - _MAX_DEPTH), len(parts))]
    for end in ends:
        for place in (posixpath.join(posixpath.dirname(file), end), end):
            if place in known:
                return place
    return ""


def _lost(line: str, file: str) -> Issue:
    try:
        normal_path(line, base=posixpath.dirname(file))
    except OutsideFolderError:
        detail = f"it lists {line!r}, outside the dataset's folder"
        return Issue(file, Fault(None, "path-outside-folder", detail, Action.DROP_IMAGE))
    return Issue(line, Fault(None, "missing-image", f"listed in {file}, but not there", Action.DROP_IMAGE))


def _parents(file: str) -> list[str]:
    """Return the folders that a file is in, the nearest first, without the root."""
    parents = []
    while file := posixpath.dirname(file):
        parents.append(file)
    return parents
