"""Finds the images that are the frames of a task in CVAT, by their numbers or their positions."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple
from xml.etree.ElementTree import Element

from pipeline.datasets.formats.shared.numbers import side
from pipeline.datasets.formats.shared.split_words import WORDS_OF_SPLIT, split_of
from pipeline.datasets.raw.folder import DatasetFolder

_NUMBERED = re.compile(r"(?P<prefix>.*?)[ _.-]*(?P<number>\d+)", re.DOTALL)

_STEP = re.compile(r"step\s*=\s*([1-9]\d{0,8})(?!\d)")

_DIGITS = re.compile(r"(\d+)")


class Task(NamedTuple):
    """A task of CVAT: a video, or a sequence of images that was annotated like a video.

    Attributes:
        annotation: The annotation file, relative to the dataset's folder.
        videos: Possible stems of the video's file, in lower case.
        subset: The subset of the project to which the task belongs; "" for none.
        split: The split of all frames; "" if it is unknown.
        width: The declared width in px; 0 if none is declared.
        height: The declared height in px; 0 if none is declared.
        of_images: Whether the frames are images with their own names.
        frames: The number of frames; 0 if it is unknown, or if the images of several tasks are in one folder.
        start: The number of the first frame.
        step: The difference between the numbers of two successive frames.
        home: The outermost folder that has no other task in it; None if there is no such folder.
    """

    annotation: str
    videos: frozenset[str]
    subset: str
    split: str
    width: int
    height: int
    of_images: bool
    frames: int
    start: int
    step: int
    home: PurePosixPath | None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The texts, in lower case, that may precede a frame's number in a file's name, the likeliest first."""
        return (*sorted(self.videos), "frame", "")

    @property
    def hints(self) -> frozenset[str]:
        """The names, in lower case, of folders that are likely to hold the images."""
        words = WORDS_OF_SPLIT.get(split_of(self.subset), frozenset())
        return self.videos | words | ({self.subset.lower()} - {""})

    def is_home_to(self, folder: str) -> bool:
        """Return whether ``folder`` is ``home`` or is in it, so that its images belong to no other task."""
        return self.home is not None and PurePosixPath(folder).is_relative_to(self.home)

    def name(self, number: int) -> str:
        """Return the name that CVAT gives a frame of a video, such as ``frame_000012``."""
        return posixpath.join(self.subset, f"frame_{number:06d}")

    def position(self, number: int) -> int | None:
        """Return the position of frame ``number`` in the task, from 0.

        It is None if the task has no such frame or if its number of frames is unknown.
        """
        position, rest = divmod(number - self.start, self.step)
        return position if not rest and 0 <= position < self.frames else None


class FrameImages:
    """A dataset's images, in which frames are found by number or by position.

    Names such as ``frame_000012.png``, ``12.jpg`` and ``film-0012.jpg`` end in the frame's number. Images that were
    uploaded to CVAT keep their own names, and frames that other tools extracted are often counted from 1. In these
    cases, a frame is found by its position in a folder that has as many images as the task has frames.
    """

    def __init__(self, folder: DatasetFolder) -> None:
        self._folder = folder
        self._stems: defaultdict[int, dict[str, str]] = defaultdict(dict)  # by number and prefix
        self._zeros: defaultdict[str, set[str]] = defaultdict(set)  # prefixes of number 0, by folder
        self._files: defaultdict[str, list[str]] = defaultdict(list)  # by folder
        for file in folder.images():
            home, name = posixpath.split(file)
            self._files[home].append(file)
            stem = posixpath.splitext(name)[0]
            if match := _NUMBERED.fullmatch(stem):
                number, prefix = int(match["number"]), match["prefix"].lower()
                self._stems[number].setdefault(prefix, stem)
                if not number:
                    self._zeros[home].add(prefix)

    def find(self, numbers: Iterable[int], task: Task) -> dict[int, str | None]:
        """Return the image of each frame, or None if it is not found.

        If several images match, one in a folder of ``task.hints`` is preferred.
        """
        sequences = self._sequences(task)
        images = {}
        for number in numbers:
            by_position = self._by_position(number, task, sequences)
            by_number = self._by_number(number, task)
            images[number] = by_position or by_number if task.of_images else by_number or by_position
        return images

    def _by_number(self, number: int, task: Task) -> str | None:
        stems = self._stems.get(number, {})
        for prefix in task.prefixes:
            if prefix in stems:
                file = self._find(stems[prefix], task)
                return file if file and self._has_numbers(prefix, posixpath.dirname(file), task) else None
        return None

    def _has_numbers(self, prefix: str, home: str, task: Task) -> bool:
        """Return whether the numbers after ``prefix`` in the names of a folder's images are numbers of frames."""
        if self._is_from_zero(home, task):
            return True
        if task.of_images:
            return False
        return not task.frames or (prefix != "" and len(self._files[home]) != task.frames)

    def _is_from_zero(self, home: str, task: Task) -> bool:
        return not self._zeros.get(home, set()).isdisjoint(task.prefixes)

    def _by_position(self, number: int, task: Task, sequences: list[list[str]]) -> str | None:
        if (position := task.position(number)) is None:
            return None
        files = [sequence[position] for sequence in sequences]
        stems = {posixpath.splitext(posixpath.basename(file))[0] for file in files}
        file = self._find(stems.pop(), task) if len(stems) == 1 else None
        return file if file in files else None

    def _sequences(self, task: Task) -> list[list[str]]:
        """Return the images of each folder that may hold exactly the task's frames, in their order.

        Only folders of ``task.hints`` are returned if there are any.
        """
        sequences = {
            home: files
            for home, files in self._files.items()
            if len(files) == task.frames
            and (task.of_images or not self._is_from_zero(home, task))
            and _is_in_order(files)
        }
        hinted = [
            files for home, files in sequences.items() if not task.hints.isdisjoint(home.lower().split("/"))
        ]
        return hinted or [files for home, files in sequences.items() if task.is_home_to(home)]

    def _find(self, stem: str, task: Task) -> str | None:
        return self._folder.find_image_by_stem(stem, annotation=task.annotation, hints=task.hints)


def read_task(
    annotation: str, meta: Element, identity: str, subset: str, split: str, home: PurePosixPath | None
) -> Task:
    """Read a task from the element ``<meta>``.

    Args:
        annotation: The annotation file, relative to the dataset's folder.
        meta: The element ``<meta>`` of a task or a project.
        identity: The task's id, which is used if ``meta`` describes a project.
        subset: The task's subset; "" for none.
        split: The split if the subset names none; "" if it is unknown.
        home: The outermost folder that has no other annotation file in it; None if there is no such folder.
    """
    tasks = meta.findall("project/tasks/task")
    own = next((task for task in tasks if task.findtext("id") == identity), meta)
    together = [task for task in tasks if task.findtext("subset") == own.findtext("subset")]
    step = _STEP.search(own.findtext(".//frame_filter") or "")
    return Task(
        annotation,
        frozenset(map(_stem, (own.findtext(".//source") or "", annotation))) - {""},
        subset,
        split_of(subset) or split,
        width=side(own.findtext(".//original_size/width")),
        height=side(own.findtext(".//original_size/height")),
        of_images=own.findtext(".//mode") == "annotation",
        frames=0 if len(together) > 1 else side(own.findtext(".//size")),
        start=side(own.findtext(".//start_frame")),
        step=int(step[1]) if step else 1,
        home=home if len(tasks) < 2 else None,
    )


def _is_in_order(files: list[str]) -> bool:
    """Return whether a folder's images have the same order by letters, which CVAT uses by default, and by numbers."""
    return files == sorted(files, key=_by_numbers)


def _by_numbers(file: str) -> list[str | int]:
    parts = _DIGITS.split(posixpath.basename(file).lower())
    return [int(part) if index % 2 else part for index, part in enumerate(parts)]


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path.replace("\\", "/")))[0].lower()
