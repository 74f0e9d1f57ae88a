"""Detections as files: COCO results, CSV, YOLO and VOC. Each file is complete, or holds what was done until an end."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import orjson

from pipeline.datasets.converted.checked_dataset import WrittenImage, WrittenObject
from pipeline.datasets.writers import voc, yolo
from pipeline.datasets.writers.image_files import write_file
from pipeline.serving.exported_config import ExportedDetector
from pipeline.serving.predict import detections_of_image
from pipeline.serving.prediction import Prediction


class Picture(NamedTuple):
    """An image, or a frame of a video.

    Attributes:
        id: Its number in this run, from 1.
        file: The path of the image or the video, as it was given.
        stem: Its name in the output, without suffix.
        frame: The number of the frame in the video, from 1; None for an image.
    """

    id: int
    file: str
    stem: str
    frame: int | None = None


class DetectionWriter(Protocol):
    """Writes the detections of one picture after another in a format."""

    def add(self, picture: Picture, prediction: Prediction) -> None:
        """Write the detections of a picture."""

    def close(self) -> None:
        """Complete the files."""


class CocoWriter:
    """Writes ``coco/results.json``, and ``coco/images.json``: a dataset of the same images and categories.

    ``COCO("images.json").loadRes("results.json")`` of pycocotools joins the two.
    """

    def __init__(self, folder: Path, config: ExportedDetector) -> None:
        """Open the files in a folder."""
        self._folder = folder / "coco"
        self._folder.mkdir()
        points = {"keypoints": config.keypoint_names, "skeleton": []} if config.keypoint_names else {}
        self._categories = [
            {"id": label, "name": name, **points} for label, name in enumerate(config.classes, start=1)
        ]
        self._images: list[dict[str, Any]] = []
        self._file = (self._folder / "results.json").open("wb")
        self._file.write(b"[")
        self._first = True

    def add(self, picture: Picture, prediction: Prediction) -> None:
        """Write the detections of a picture."""
        height, width = prediction.size_px
        image = {"id": picture.id, "file_name": picture.file, "width": width, "height": height}
        self._images.append(image if picture.frame is None else image | {"frame": picture.frame})
        for detection in detections_of_image(prediction, picture.id, [height, width]):
            self._file.write(b"\n" if self._first else b",\n")
            self._file.write(orjson.dumps(detection))
            self._first = False

    def close(self) -> None:
        """Complete the files."""
        self._file.write(b"\n]\n")
        self._file.close()
        dataset = {"images": self._images, "categories": self._categories, "annotations": []}
        write_file(self._folder / "images.json", orjson.dumps(dataset, option=orjson.OPT_INDENT_2))


class CsvWriter:
    """Writes ``detections.csv``, a row for each detection. Corners are in px; ``frame`` is empty for an image."""

    def __init__(self, folder: Path, config: ExportedDetector) -> None:
        """Open the file in a folder."""
        self._classes = config.classes
        self._file = (folder / "detections.csv").open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._rows.writerow(["file", "class", "score", "xmin", "ymin", "xmax", "ymax", "frame"])

    def add(self, picture: Picture, prediction: Prediction) -> None:
        """Write the detections of a picture."""
        for box, label, score in zip(prediction.boxes, prediction.classes, prediction.scores, strict=True):
            corners = [round(float(side), 3) for side in box[[1, 0, 3, 2]]]
            name = self._classes[int(label) - 1]
            self._rows.writerow([picture.file, name, round(float(score), 6), *corners, picture.frame])

    def close(self) -> None:
        """Complete the file."""
        self._file.close()


class LabelWriter:
    """Writes a file of labels for each picture, as of a dataset. Scores are left out, as labels have none."""

    def __init__(self, folder: Path, suffix: str, labels: Callable[[WrittenImage], str]) -> None:
        """Make the folder of the files.

        Args:
            folder: It does not exist.
            suffix: The suffix of the files.
            labels: Returns the text of a file.
        """
        folder.mkdir(parents=True)
        self._folder, self._suffix, self._labels = folder, suffix, labels

    def add(self, picture: Picture, prediction: Prediction) -> None:
        """Write the file of a picture, which is empty or has no object if nothing was found."""
        image = _written_image(picture, prediction)
        write_file(self._folder / f"{picture.stem}{self._suffix}", self._labels(image).encode())

    def close(self) -> None:
        """Do nothing, as each file is complete."""


def yolo_writer(folder: Path, config: ExportedDetector) -> LabelWriter:
    """Write ``yolo/classes.txt``, and return the writer of ``yolo/labels/*.txt``."""
    write_file(folder / "yolo" / "classes.txt", "".join(f"{name}\n" for name in config.classes).encode())
    return LabelWriter(folder / "yolo" / "labels", ".txt", yolo.labels)


def voc_writer(folder: Path, config: ExportedDetector) -> LabelWriter:
    """Return the writer of ``voc/Annotations/*.xml``."""

    def annotation(image: WrittenImage) -> str:
        return voc.annotation(image, Path(image.file).name, config.classes)

    return LabelWriter(folder / "voc" / "Annotations", ".xml", annotation)


FORMATS: dict[str, Callable[[Path, ExportedDetector], DetectionWriter]] = {
    "coco": CocoWriter,
    "csv": CsvWriter,
    "yolo": yolo_writer,
    "voc": voc_writer,
}
"""Writers by the name of their format, to be made with the folder of the output."""


def _written_image(picture: Picture, prediction: Prediction) -> WrittenImage:
    """Return a picture with its detections as objects of a dataset."""
    height, width = prediction.size_px
    objects = []
    for box, label in zip(prediction.boxes, prediction.classes, strict=True):
        y_min, x_min, y_max, x_max = (round(float(side), 3) for side in box)
        area = (x_max - x_min) * (y_max - y_min)
        objects.append(WrittenObject(int(label), x_min, y_min, x_max, y_max, 0, 0, area))
    return WrittenImage(picture.id, picture.file, width, height, "jpeg", b"", objects)
