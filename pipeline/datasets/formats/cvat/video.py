"""Reads CVAT for video: tracks of shapes in numbered frames."""

from collections import defaultdict
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from pipeline.datasets.formats.cvat.frames import FrameImages, Task, read_task
from pipeline.datasets.formats.cvat.shapes import Shapes
from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    add_claimed,
)
from pipeline.datasets.formats.shared.claims import Claims
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue


class Video:
    """The tracks of one annotation file, grouped by task and frame. The file of a project has several tasks."""

    def __init__(self, annotation: str) -> None:
        self._annotation = annotation
        self._tasks: defaultdict[tuple[str, str], defaultdict[int, Shapes]] = defaultdict(
            lambda: defaultdict(Shapes)
        )  # by the task's id and subset, then by the frame's number
        self._without_number = 0

    def add_track(self, track: Element) -> None:
        """Add the shapes of a track. A shape with ``outside="1"`` adds its frame but no object."""
        frames = self._tasks[track.get("task_id", ""), track.get("subset", "")]
        for shape in track:
            try:
                shapes = frames[int(shape.get("frame", ""))]
            except ValueError:
                self._without_number += 1
                continue
            if shape.get("outside") != "1":
                shapes.add(track.get("label", ""), shape, track.get("group_id", ""))

    def add_images(
        self,
        builder: TableBuilder,
        images: FrameImages,
        meta: Element,
        split: str,
        home: PurePosixPath | None,
    ) -> None:
        """Add each frame of the tracks, with its objects. List the issues of frames whose images are not found.

        Args:
            split: The split of frames whose subset names none; "" if it is unknown.
            home: The outermost folder that has no other annotation file in it; None if there is no such folder.
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
    shapes: Shapes,
) -> None:
    """Add a frame with its objects, or list it as missing if ``file`` is None."""
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
        *shapes.objects_and_faults(),
        unused=shapes.unused,
        split=task.split,
        shared=True,
    )
    add_claimed(builder, file, name, image, claims)
