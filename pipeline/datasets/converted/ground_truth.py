"""The truth that predictions are held to: what convert wrote, read back without TensorFlow."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.datasets.converted.tables import IMAGES, MASKS, OBJECTS, read_table
from pipeline.errors import PipelineError


@dataclass(frozen=True)
class GroundTruth:
    """Images, their objects and the names of the classes.

    Attributes:
        images: One row an image: id, file, width, height (px) and split.
        objects: One row an object: image_id, label (1..K), class_name, xmin, ymin, xmax, ymax (px,
            continuous; missing for a label of the whole image), difficult and crowd (0 or 1), area (px^2), mask
            (COCO's compressed run lengths over the whole image, "" for none; those of train are not read).
        classes: Names; ``classes[k - 1]`` is label k.
    """

    images: pd.DataFrame
    objects: pd.DataFrame
    classes: list[str]

    def split(self, name: str) -> "GroundTruth":
        """Give the part that belongs to one split."""
        images = self.images[self.images["split"] == name]
        objects = self.objects[self.objects["image_id"].isin(images["id"])]
        return GroundTruth(images.reset_index(drop=True), objects.reset_index(drop=True), self.classes)

    def boxes(self) -> pd.DataFrame:
        """Give the objects that have a box."""
        return self.objects.dropna(subset=["xmin", "ymin", "xmax", "ymax"]).reset_index(drop=True)

    def counted(self) -> pd.Series:
        """Count by class name the boxes that a detector must find: neither difficult nor crowd."""
        boxes = self.boxes()
        labels = boxes["label"][(boxes["difficult"] == 0) & (boxes["crowd"] == 0)]
        counts = labels.value_counts().reindex(range(1, len(self.classes) + 1), fill_value=0)
        return pd.Series(counts.to_numpy(), index=self.classes)


def read_ground_truth(converted: Path) -> GroundTruth:
    """Read ``images.csv``, ``objects.csv``, ``labels.txt`` and, if it is there, ``masks.csv`` of convert's output.

    Raises:
        PipelineError: one of them is absent, or not what convert writes.
    """
    images = read_table(converted / "images.csv", IMAGES)
    objects = read_table(converted / "objects.csv", OBJECTS)
    objects["mask"] = _masks(objects, converted / "masks.csv")
    labels = converted / "labels.txt"
    if not labels.is_file():
        raise PipelineError(f"{labels}: not found; run the convert stage first")
    names = labels.read_text(encoding="utf-8").rstrip("\n").split("\n")  # a name may hold any other separator
    return GroundTruth(images, objects, names)


def _masks(objects: pd.DataFrame, path: Path) -> pd.Series:
    """Give each object's mask; convert writes no file where there are none."""
    if not path.is_file():
        return pd.Series("", index=objects.index, dtype="str")
    places = objects[["image_id"]].assign(object=objects.groupby("image_id").cumcount())
    masks = read_table(path, MASKS).drop_duplicates(["image_id", "object"])
    return places.merge(masks, on=["image_id", "object"], how="left")["counts"].fillna("")
