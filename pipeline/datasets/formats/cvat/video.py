"""CVAT for video: tracks of shapes, whose images are frames and known by their number, or their place, alone."""

from collections import defaultdict
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from pipeline.datasets.formats.cvat.frames import FrameImages, Task, read_task
from pipeline.datasets.formats.cvat.shapes import read_shape, sift
from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_claimed,
)
from pipeline.datasets.formats.shared.claims import Claims
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue


class Video:
    """The tracks of one annotation file, gathered by task and frame; tasks are told apart in those of projects."""

    def __init__(self, annotation: str) -> None:
        self._annotation = annotation
        self._tasks: defaultdict[tuple[str, str], defaultdict[int, list[AnnotatedObject | Fault]]] = (
            defaultdict(lambda: defaultdict(list))
        )  # by id and subset
        self._without_number = 0

    def add_track(self, track: Element) -> None:
        """Add an object's shapes; where it is ``outside``, the frame is there and the object is not."""
        frames = self._tasks[track.get("task_id", ""), track.get("subset", "")]
        for shape in track:
            try:
                shapes = frames[int(shape.get("frame", ""))]
            except ValueError:
                self._without_number += 1
                continue
            if shape.get("outside") != "1":
                shapes.append(read_shape(len(shapes), track.get("label", ""), shape))

    def add_images(
        self,
        builder: TableBuilder,
        images: FrameImages,
        meta: Element,
        split: str,
        home: PurePosixPath | None,
    ) -> None:
        """Add each frame that a track names, with its objects.

        Args:
            builder: Of the table.
            images: The dataset's.
            meta: The file's.
            split: Of the frames whose subset is named after none; "" where nothing says.
            home: The folder below which no other annotation file is; None where there is none.
        """
        if self._without_number:
            detail = f"shapes of no frame: {self._without_number}"
            builder.issues.append(
                Issue(
                    self._annotation,
                    Fault(None, "annotation-without-image", detail, Action.DROP, "objects dropped"),
                )
            )
        claims = Claims()
        for (identity, subset), frames in self._tasks.items():
            task = read_task(self._annotation, meta, identity, subset, split, home)
            for number, file in images.find(sorted(frames), task).items():
                _add(builder, claims, task, number, file, frames[number])


def _add(
    builder: TableBuilder,
    claims: Claims,
    task: Task,
    number: int,
    file: str | None,
    shapes: list[AnnotatedObject | Fault],
) -> None:
    """Add a frame, whose file is None if it is not there."""
    name = task.name(number)
    if file is None:
        detail = f"no image of frame {number} of {task.annotation} is there"
        builder.issues.append(Issue(name, Fault(None, "missing-image", detail, Action.DROP_IMAGE)))
        return
    image = AnnotatedImage(
        task.annotation,
        (name,),
        task.width,
        task.height,
        *sift(shapes),
        split=task.split,
        shared=True,
    )
    add_claimed(builder, file, name, image, claims)
