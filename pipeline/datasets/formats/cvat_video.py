"""CVAT for video: tracks of shapes, whose images are frames and known by their number alone."""

import posixpath
import re
from collections import defaultdict
from xml.etree.ElementTree import Element

from pipeline.datasets.folder import DatasetFolder
from pipeline.datasets.formats.annotated_image import AnnotatedImage, AnnotatedObject, ObjectFault, add
from pipeline.datasets.formats.cvat_shapes import read_shape, sift
from pipeline.datasets.table import Issue, TableBuilder

_NUMBERED = re.compile(r"(?P<prefix>.*?)[ _.-]*(?P<number>\d+)", re.DOTALL)


class FrameImages:
    """A dataset's images whose names end in a number: ``frame_000012.png``, ``12.jpg``, ``film-0012.jpg``."""

    def __init__(self, folder: DatasetFolder) -> None:
        self._folder = folder
        self._stems: defaultdict[int, dict[str, str]] = defaultdict(dict)  # by number and prefix
        for file in folder.images():
            stem = posixpath.splitext(posixpath.basename(file))[0]
            if named := _NUMBERED.fullmatch(stem):
                self._stems[int(named["number"])].setdefault(named["prefix"].lower(), stem)

    def find(self, number: int, *, annotation: str, videos: frozenset[str]) -> str | None:
        """Return a frame's image, or None; of several the one in a folder named after the video.

        Args:
            number: The frame's, from 0.
            annotation: The video's annotation file.
            videos: What the video may be called, in lower case.
        """
        stems = self._stems.get(number, {})
        for prefix in (*sorted(videos), "frame", ""):
            if prefix in stems:
                return self._folder.find_image_by_stem(stems[prefix], annotation=annotation, hints=videos)
        return None


class Video:
    """The tracks of one annotation file, gathered by frame."""

    def __init__(self, annotation: str) -> None:
        self._annotation = annotation
        self._frames: defaultdict[int, list[AnnotatedObject | ObjectFault]] = defaultdict(list)
        self._without_number = 0

    def add_track(self, track: Element) -> None:
        """Add an object's shapes; where it is ``outside``, the frame is there and the object is not."""
        for shape in track:
            try:
                shapes = self._frames[int(shape.get("frame", ""))]
            except ValueError:
                self._without_number += 1
                continue
            if shape.get("outside") != "1":
                shapes.append(read_shape(len(shapes), track.get("label", ""), shape))

    def add_images(
        self, builder: TableBuilder, images: FrameImages, size: tuple[int, int], split: str, source: str
    ) -> None:
        """Add each frame that a track names, with its objects.

        Args:
            builder: Of the table.
            images: The dataset's.
            size: Width and height as declared, px; 0 where they are not.
            split: Of all frames; "" where nothing says.
            source: The video's file name; "" where nothing says.
        """
        videos = frozenset(map(_stem, (source, self._annotation))) - {""}
        if self._without_number:
            detail = f"shapes of no frame: {self._without_number}"
            builder.issues.append(
                Issue(self._annotation, None, "annotation-without-image", detail, "objects dropped")
            )
        for number, shapes in sorted(self._frames.items()):
            file = images.find(number, annotation=self._annotation, videos=videos)
            if file is None:
                name, detail = (
                    f"frame_{number:06d}",
                    f"no image of frame {number} of {self._annotation} is there",
                )
                builder.issues.append(Issue(name, None, "missing-image", detail, "image left out"))
            else:
                objects, faults = sift(shapes)
                add(builder, file, AnnotatedImage(self._annotation, (), *size, objects, faults, split=split))


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path.replace("\\", "/")))[0].lower()
