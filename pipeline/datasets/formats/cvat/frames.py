"""The images that are the frames of a task in CVAT, which are known by their number or their place alone."""

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
    """What was annotated: a video, or images like one.

    Attributes:
        annotation: The annotation file.
        videos: What the video may be called, in lower case.
        subset: The part of the project that it is in; "" for none.
        split: Of all frames; "" where nothing says.
        width: As declared, px; 0 where it is not.
        height: Likewise.
        of_images: The frames are images that keep their own names.
        frames: How many; 0 where nothing says, or where the images of several tasks are in one folder.
        start: The number of the first frame.
        step: From a frame's number to the next one's.
        home: The outermost folder below which no other task is; None where there is none.
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
        """What may be before the number of a frame, in lower case, the likeliest first."""
        return (*sorted(self.videos), "frame", "")

    @property
    def hints(self) -> frozenset[str]:
        """Names of folders, in lower case, that the images are likely to be in."""
        words = WORDS_OF_SPLIT.get(split_of(self.subset), frozenset())
        return self.videos | words | ({self.subset.lower()} - {""})

    def is_home_to(self, folder: str) -> bool:
        """Say whether images in a folder can be those of no other task."""
        return self.home is not None and PurePosixPath(folder).is_relative_to(self.home)

    def name(self, number: int) -> str:
        """Return what CVAT calls a frame of a video."""
        return posixpath.join(self.subset, f"frame_{number:06d}")

    def place(self, number: int) -> int | None:
        """Return a frame's place among all of the task, from 0; None if it is none of them, or their count unknown."""
        place, rest = divmod(number - self.start, self.step)
        return place if not rest and 0 <= place < self.frames else None


class FrameImages:
    """A dataset's images as frames.

    Names such as ``frame_000012.png``, ``12.jpg`` and ``film-0012.jpg`` end in the frame's number. Images that were
    annotated keep their own names, and frames that were extracted are often counted from 1; there a frame is known by
    its place, if all are in a folder.
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
            if named := _NUMBERED.fullmatch(stem):
                number, prefix = int(named["number"]), named["prefix"].lower()
                self._stems[number].setdefault(prefix, stem)
                if not number:
                    self._zeros[home].add(prefix)

    def find(self, numbers: Iterable[int], task: Task) -> dict[int, str | None]:
        """Return the image of each frame of a task, or None; of several the one in a folder named after it."""
        sequences = self._sequences(task)
        found = {}
        for number in numbers:
            placed, numbered = self._of_place(number, task, sequences), self._of_number(number, task)
            found[number] = placed or numbered if task.of_images else numbered or placed
        return found

    def _of_number(self, number: int, task: Task) -> str | None:
        stems = self._stems.get(number, {})
        for prefix in task.prefixes:
            if prefix in stems:
                file = self._find(stems[prefix], task)
                return file if file and self._tells_number(prefix, posixpath.dirname(file), task) else None
        return None

    def _tells_number(self, prefix: str, home: str, task: Task) -> bool:
        """Say whether the numbers of a folder's names, after a prefix, are those of frames."""
        if self._is_from_zero(home, task):
            return True
        if task.of_images:
            return False
        return not task.frames or (prefix != "" and len(self._files[home]) != task.frames)

    def _is_from_zero(self, home: str, task: Task) -> bool:
        return not self._zeros.get(home, set()).isdisjoint(task.prefixes)

    def _of_place(self, number: int, task: Task, sequences: list[list[str]]) -> str | None:
        if (place := task.place(number)) is None:
            return None
        files = [sequence[place] for sequence in sequences]
        stems = {posixpath.splitext(posixpath.basename(file))[0] for file in files}
        file = self._find(stems.pop(), task) if len(stems) == 1 else None
        return file if file in files else None

    def _sequences(self, task: Task) -> list[list[str]]:
        """List the folders' images that may be all of the task's, in its order; folders named after it go first."""
        found = {
            home: files
            for home, files in self._files.items()
            if len(files) == task.frames
            and (task.of_images or not self._is_from_zero(home, task))
            and _is_in_order(files)
        }
        named = [files for home, files in found.items() if not task.hints.isdisjoint(home.lower().split("/"))]
        return named or [files for home, files in found.items() if task.is_home_to(home)]

    def _find(self, stem: str, task: Task) -> str | None:
        return self._folder.find_image_by_stem(stem, annotation=task.annotation, hints=task.hints)


def read_task(
    annotation: str, meta: Element, identity: str, subset: str, split: str, home: PurePosixPath | None
) -> Task:
    """Read what the meta says of a task, which is one of its project's or the only one."""
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
    """Say whether a folder's images, sorted by letters as CVAT does by default, are so by their numbers too."""
    return files == sorted(files, key=_by_numbers)


def _by_numbers(file: str) -> list[str | int]:
    parts = _DIGITS.split(posixpath.basename(file).lower())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path.replace("\\", "/")))[0].lower()
