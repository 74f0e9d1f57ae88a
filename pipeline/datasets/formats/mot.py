"""Reads the ground truth of the MOT challenges: the boxes of all frames of a sequence in ``gt/gt.txt``.

A line is ``frame,id,left,top,width,height,flag,class,visibility``, in px. The frame 7 is the picture with this number
in the folder that ``seqinfo.ini`` names, or in ``img1``. All frames of a sequence are annotated, so a frame without a
line is an image without objects. The frames of a sequence are a group, and stay in one split. The identity and the
visibility are not used, and coordinates are not changed, although MOT counts pixels from 1.

``gt/labels.txt``, which CVAT writes, names the classes; without it, they are those of MOT16, MOT17 and MOT20. Boxes
with the flag 0 do not count. They are difficult objects of their class or, for those that MOT takes for persons, such
as reflections, of the class pedestrian. Boxes of other classes without any box that counts are left out, and logged.
"""

import logging
import posixpath
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, AnnotatedObject, add
from pipeline.datasets.formats.shared.numbers import finite, side
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.formats.yolo.data_file import names_of_lines, read_head, text_lines
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "MOT (gt/gt.txt with lines of frame,id,left,top,width,height,flag,class beside img1/)"

_GROUND_TRUTH = "gt/gt.txt"
_HEAD_BYTES = 2**12
_SHOWN = 80  # characters of a wrong line that a message quotes
_VALUE = re.compile(r"^\s*(imDir|imWidth|imHeight)\s*=\s*(.*?)\s*$", re.MULTILINE | re.IGNORECASE)
_DETECTOR = re.compile(r"-(DPM|FRCNN|SDP)$")  # MOT17 has each sequence once for each of these detectors
_DIGITS = re.compile(r"(\d{1,9})\D*$")

_PEDESTRIAN = 1
_NAMES = {
    _PEDESTRIAN: "pedestrian",
    2: "person on vehicle",
    3: "car",
    4: "bicycle",
    5: "motorbike",
    6: "non-motorized vehicle",
    7: "static person",
    8: "distractor",
    9: "occluder",
    10: "occluder on the ground",
    11: "full occluder",
    12: "reflection",
    13: "crowd",
}
# A detection of a pedestrian that matches one of these is neither right nor wrong in the challenges.
_LIKE_PEDESTRIANS = (2, 7, 8, 12)


class _Sequence(NamedTuple):
    """A sequence with its ground truth.

    Attributes:
        annotation: The ground truth, relative to the dataset's folder.
        home: The folder of the sequence.
        images: The images by the numbers of their frames.
        size: Width and height in px as ``seqinfo.ini`` declares them; 0 where it does not.
        names: The class names by number; the names of MOT if the sequence has none of its own.
        rows: float64 [R, 7]: frame, left, top, width, height, flag and class of each box, in order of the frames.
    """

    annotation: str
    home: str
    images: dict[int, str]
    size: tuple[int, int]
    names: dict[int, str]
    rows: np.ndarray


def matches(folder: DatasetFolder) -> bool:
    """Return whether there is a ``gt/gt.txt`` that begins with a line of MOT."""
    return any(_is_ground_truth(folder, file) for file in _ground_truths(folder))


def _ground_truths(folder: DatasetFolder) -> list[str]:
    return [
        file for file in folder.with_suffix(_GROUND_TRUTH) if f"/{file}".lower().endswith(f"/{_GROUND_TRUTH}")
    ]


def _is_ground_truth(folder: DatasetFolder, file: str) -> bool:
    head = read_head(folder, file, _HEAD_BYTES).decode("utf-8-sig", errors="replace").strip()
    try:
        return bool(_row(head.splitlines()[0] if head else ""))
    except ValueError:
        return False


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each sequence that has a ground truth. Classes are in the order of their numbers.

    If the folders of the sequences name two or more splits, each image has the split of its folder.

    Raises:
        PipelineError: The text of a file is in another encoding than UTF-8 and UTF-16.
    """
    builder = TableBuilder()
    files = _ground_truths(folder)
    by_folder = defaultdict[str, list[str]](list)
    for image in folder.images():
        by_folder[posixpath.dirname(image)].append(image)
    sequences = [_sequence(folder, file, by_folder, builder.issues) for file in files]
    counted = _counted_names(sequences)
    for name in counted:
        builder.label(name)
    folder.use([*files, *folder.with_suffix("det/det.txt")])  # the detections that a tracker may begin with
    splits = splits_of_folders(files)
    left_out = Counter[str]()
    for sequence in sequences:
        for file, frame in _images(sequence, set(counted), left_out, builder.issues):
            add(builder, file, frame._replace(split=splits[sequence.annotation]))
    for name, count in left_out.items():
        logger.info("boxes of %s are left out, because the ground truth does not count them: %d", name, count)
    return builder.build()


def _sequence(
    folder: DatasetFolder, file: str, by_folder: dict[str, list[str]], issues: list[Issue]
) -> _Sequence:
    home = posixpath.dirname(posixpath.dirname(file))
    info = read_head(folder, posixpath.join(home, "seqinfo.ini")).decode("utf-8-sig", errors="replace")
    values = {key.lower(): value for key, value in _VALUE.findall(info)}
    images = by_folder.get(posixpath.normpath(posixpath.join(home, values.get("imdir") or "img1")), [])
    numbered = ((_DIGITS.search(posixpath.splitext(posixpath.basename(image))[0]), image) for image in images)
    names = names_of_lines(folder, posixpath.join(posixpath.dirname(file), "labels.txt"))
    return _Sequence(
        annotation=file,
        home=home,
        images={int(match[1]): image for match, image in numbered if match},
        size=(side(values.get("imwidth")), side(values.get("imheight"))),
        names={number + 1: name for number, name in names.items()} or _NAMES,
        rows=_rows(folder, file, issues),
    )


def _rows(folder: DatasetFolder, file: str, issues: list[Issue]) -> np.ndarray:
    """Return the lines of a ground truth as numbers. List the issues of lines that cannot be read."""
    numbers = array("d")
    for line_number, line in enumerate(text_lines(folder, file), start=1):
        try:
            numbers.extend(_row(line) if line else ())
        except ValueError as error:
            detail = f"line {line_number}: {error}"
            issues.append(
                Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP, "line left out"))
            )
    rows = np.array(numbers, np.float64).reshape(-1, 7)
    return rows[np.argsort(rows[:, 0], kind="stable")]


def _row(line: str) -> tuple[float, ...]:
    """Return the frame, the box, the flag and the class of a line.

    A line without flag and class counts as a pedestrian, and so does one of MOT15, where the class is -1.

    Raises:
        ValueError: The line has not such numbers.
    """
    fields = line.split(",")
    if not 6 <= len(fields) <= 10:
        raise ValueError(f"{line[:_SHOWN]!r} has {len(fields)} fields, not 6 to 10")
    frame, _, *box, flag, kind = map(finite, [*fields[:8], "1", "-1"][:8])
    if not frame.is_integer():
        raise ValueError(f"{line[:_SHOWN]!r} has no number of a frame")
    return frame, *box, flag, _PEDESTRIAN if kind == -1 else kind


def _counted_names(sequences: list[_Sequence]) -> list[str]:
    """Return the names of the classes with a box that counts, in the order of their numbers."""
    pairs = {
        (number, sequence.names[number])
        for sequence in sequences
        for number in np.unique(sequence.rows[sequence.rows[:, 5] != 0, 6]).tolist()
        if number in sequence.names
    }
    return list(dict.fromkeys(name for _, name in sorted(pairs)))


def _images(
    sequence: _Sequence, counted: set[str], left_out: Counter[str], issues: list[Issue]
) -> Iterator[tuple[str, AnnotatedImage]]:
    """Yield each image of a sequence with its file. List the issues of frames without an image.

    Args:
        counted: The names of the classes with a box that counts.
        left_out: The number of boxes left out for each class, which is increased.
    """
    frames, starts = np.unique(sequence.rows[:, 0], return_index=True)
    parts = dict(zip(map(int, frames.tolist()), np.split(sequence.rows, starts[1:]), strict=False))
    for frame in sorted(parts.keys() - sequence.images.keys()):
        detail = f"no image of the frame {frame} is there"
        issues.append(Issue(sequence.annotation, Fault(None, "missing-image", detail, Action.DROP_IMAGE)))
    group = _DETECTOR.sub("", sequence.home)
    for frame, file in sequence.images.items():
        objects, faults = _objects(parts.get(frame, np.empty((0, 7))), sequence.names, counted, left_out)
        yield file, AnnotatedImage(sequence.annotation, (), *sequence.size, objects, faults, group=group)


def _objects(
    rows: np.ndarray, names: dict[int, str], counted: set[str], left_out: Counter[str]
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    """Return the objects of a frame and the faults of rows without a class."""
    objects, faults = [], []
    for position, (_, left, top, width, height, flag, number) in enumerate(rows.tolist()):
        name, difficult = names.get(number, ""), flag == 0
        if not name:
            detail = f"class {number:g} is not among the {len(names)} names"
            faults.append(Fault(position, "unknown-class", detail, Action.DROP_OBJECT))
            continue
        if difficult and name not in counted:
            if names is not _NAMES or number not in _LIKE_PEDESTRIANS or _NAMES[_PEDESTRIAN] not in counted:
                left_out[name] += 1
                continue
            name = _NAMES[_PEDESTRIAN]
        box = (left, top, left + width, top + height)
        objects.append(AnnotatedObject(position, name, box, difficult))
    return tuple(objects), tuple(faults)
