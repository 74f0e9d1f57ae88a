"""The ground truth that predictions are compared with. It is read without TensorFlow."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from pipeline.datasets.converted.keypoint_list import read_keypoint_names, read_keypoints
from pipeline.datasets.converted.labels import read_labels
from pipeline.datasets.converted.mask_list import read_masks
from pipeline.datasets.converted.tables import read_images, read_objects


@dataclass(frozen=True)
class GroundTruth:
    """Images, their objects and the names of the classes.

    Attributes:
        images: Has one row for each image: id, file, width, height (px) and split.
        objects: Has one row for each object: image_id, label (1..K), class_name, xmin, ymin, xmax, ymax (px,
            continuous; NaN for a label of the whole image), difficult and crowd (0 or 1), area (px²), and mask
            (COCO's compressed run lengths over the whole image, "" for none; the masks of train are not read). With
            keypoints also ``keypoints``: float64 [N, 3], x and y in px, and the visibility, 0 for an absent one.
        classes: The names; ``classes[k - 1]`` is label k.
        keypoint_names: The names of the N keypoints of an object; none if the dataset has no keypoints.
    """

    images: pd.DataFrame
    objects: pd.DataFrame
    classes: list[str]
    keypoint_names: list[str] = field(default_factory=list)

    def split(self, name: str) -> "GroundTruth":
        """Return the images and objects of one split."""
        images = self.images[self.images["split"] == name]
        objects = self.objects[self.objects["image_id"].isin(images["id"])]
        return replace(self, images=images.reset_index(drop=True), objects=objects.reset_index(drop=True))

    def boxes(self) -> pd.DataFrame:
        """Return the objects that have a box."""
        return self.objects.dropna(subset=["xmin", "ymin", "xmax", "ymax"]).reset_index(drop=True)

    def counted(self) -> pd.Series:
        """Return the number of boxes that a detector must find, by label 1..K: difficult and crowd do not count."""
        boxes = self.boxes()
        labels = boxes["label"][(boxes["difficult"] == 0) & (boxes["crowd"] == 0)]
        return labels.value_counts().reindex(range(1, len(self.classes) + 1), fill_value=0)


def read_ground_truth(converted: Path) -> GroundTruth:
    """Read ``images.csv``, ``objects.csv``, ``labels.txt`` and, if they are there, the masks and the keypoints.

    Raises:
        PipelineError: A file is absent, or is not what the convert stage writes.
    """
    images, objects = read_images(converted), read_objects(converted)
    objects["mask"] = read_masks(objects, converted)
    names = read_keypoint_names(converted)
    if names:
        objects["keypoints"] = list(read_keypoints(objects, len(names), converted))
    return GroundTruth(images, objects, read_labels(converted), names)
