"""Determines the split of each image of a YOLO dataset.

The dataset's files name folders or lists of images for each split. Without these, the names of the images' folders
give the split. The paths in the files come from other machines, as in ``/content/data/train/images``, so the longest
end of a path that is in the dataset is used.
"""

import posixpath
from collections import defaultdict

from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.formats.yolo.data_file import SPLIT_OF_KEY, DataFile, read_head, text_lines
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder, OutsideFolderError, normal_path
from pipeline.datasets.raw.text_encoding import peeked_text
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.splits import HELD_OUT_FIRST

_MAX_DEPTH = 16  # parts of the longest end of a path that is searched

_HEAD_BYTES = 4096


class SplitPlaces:
    """The folders and the lists of images of each split.

    Attributes:
        lists: The files that list images, relative to the dataset's folder.
        issues: The issues of lines in these files that name no image.
    """

    def __init__(self, folder: DatasetFolder, described: list[DataFile]) -> None:
        self._folder = folder
        self._images = frozenset(folder.images())
        self._folders = {parent for image in self._images for parent in _parents(image)}
        places = _places(folder, described, self._folders)
        self.lists = frozenset(place for place in places if place not in self._folders)
        self.issues: list[Issue] = []
        split_of = {place: split for place, splits in places.items() if (split := _one_split(splits))}
        self._split_of_folder = {place: split for place, split in split_of.items() if place in self._folders}
        self._listed: defaultdict[str, set[str]] = defaultdict(set)
        for file in sorted(self.lists & split_of.keys()):
            for image in self._listed_images(file):
                self._listed[image].add(split_of[file])

    def splits(self, images: list[str]) -> dict[str, list[str]]:
        """Return the splits of each image.

        An image has several splits if lists overlap. If neither a list nor a folder of the dataset's files has the
        image, it is "unlisted" if there are lists. Without lists, the name of its folder gives the split if these
        names give two or more splits. Otherwise, the image is "unlisted" if the dataset's files name folders, and its
        split is "" if not.
        """
        by_name = splits_of_folders(images)
        unknown = "unlisted" if self._split_of_folder else ""
        return {image: self._splits_by_files(image) or [by_name[image] or unknown] for image in images}

    def _splits_by_files(self, image: str) -> list[str]:
        """Return the splits that the dataset's files give an image: of lists, else of a folder."""
        if image in self._listed:
            return sorted(self._listed[image])
        for parent in _parents(image):
            if parent in self._split_of_folder:
                return [self._split_of_folder[parent]]
        return ["unlisted"] if self._listed else []

    def _listed_images(self, file: str) -> list[str]:
        """Return the images that a list names. Add the issues of lines that name no image."""
        images = []
        for line in filter(None, text_lines(self._folder, file)):
            image = _longest_end(line, file, self._images)
            name = posixpath.basename(line.replace("\\", "/"))
            if not image and posixpath.splitext(name)[1].lower() in IMAGE_SUFFIXES:
                image = self._folder.find_image(name, annotation=file) or ""
            if image:
                images.append(image)
            else:
                self.issues.append(_missing_image(line, file))
        return images


def _places(
    folder: DatasetFolder, described: list[DataFile], folders: set[str]
) -> defaultdict[str, set[str]]:
    """Return the splits that the dataset's files give each folder or list.

    If they give none, lists with names such as ``train.txt`` are used.
    """
    known = folders | set(folder.with_suffix(".txt"))
    places: defaultdict[str, set[str]] = defaultdict(set)
    for data in described:
        for split, path in data.places:
            if place := _longest_end(path, data.file, known):
                places[place].add(split)
    if not places:
        for file in folder.with_suffix(".txt"):
            split = SPLIT_OF_KEY.get(posixpath.basename(file).lower().removesuffix(".txt"), "")
            if split and _lists_images(folder, file):
                places[file].add(split)
    return places


def _one_split(splits: set[str]) -> str:
    """Return the split of a place that is given for one or more splits.

    Of val and test, the one that is held out first counts. If train is one of several, as in coco128.yaml, the split
    is "".
    """
    return "" if "train" in splits and len(splits) > 1 else min(splits, key=HELD_OUT_FIRST.index)


def _lists_images(folder: DatasetFolder, file: str) -> bool:
    """Return whether the first line of a file ends in a suffix of images."""
    lines = peeked_text(read_head(folder, file, _HEAD_BYTES)).split("\n")
    return posixpath.splitext(lines[0].strip())[1].lower() in IMAGE_SUFFIXES


def _longest_end(path: str, file: str, known: frozenset[str] | set[str]) -> str:
    """Return the longest end of ``path`` that is in ``known``, or "" if there is none.

    Args:
        path: A path of any machine, with slashes or backslashes.
        file: The file that names ``path``. Each end is searched in this file's folder first, then in the root.
        known: Paths relative to the dataset's folder.
    """
    parts = [part for part in path.strip().replace("\\", "/").split("/") if part not in ("", ".", "..")]
    ends = ["/".join(parts[start:]) for start in range(max(0, len(parts) - _MAX_DEPTH), len(parts))]
    for end in ends:
        for place in (posixpath.join(posixpath.dirname(file), end), end):
            if place in known:
                return place
    return ""


def _missing_image(line: str, file: str) -> Issue:
    """Return the issue of a line that names no image of the dataset."""
    try:
        normal_path(line, base=posixpath.dirname(file))
    except OutsideFolderError:
        detail = f"it lists {line!r}, outside the dataset's folder"
        return Issue(file, Fault(None, "path-outside-folder", detail, Action.DROP_IMAGE))
    return Issue(line, Fault(None, "missing-image", f"listed in {file}, but not there", Action.DROP_IMAGE))


def _parents(file: str) -> list[str]:
    """Return the folders that contain a file, the innermost first, without the root."""
    parents = []
    while file := posixpath.dirname(file):
        parents.append(file)
    return parents
