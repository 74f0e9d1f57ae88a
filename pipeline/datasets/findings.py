"""What was found of all images: which are copies of others or look like them across splits, and what is left."""

import numpy as np

from pipeline.datasets.image_work import CheckedTask, SoundImage
from pipeline.datasets.near_duplicates import NearDuplicates
from pipeline.datasets.segmentations import NONE
from pipeline.datasets.table import BOX, AnnotationTable, Issue
from pipeline.params import Checks

# Share of the images that may be moved for looking like others; beyond, the dataset is films, not photos.
_MOST_MOVED = 0.1


class Findings:
    """Collects the workers' findings into arrays as long as the table, so that they cost nothing an image."""

    def __init__(self, table: AnnotationTable, boxes: np.ndarray, checks: Checks) -> None:
        """Begin with nothing found.

        Args:
            table: What is checked.
            boxes: float64 [N, 4], its boxes, which are overwritten with what is made of them.
            checks: The rules.
        """
        self._given, self._checks = table, checks
        self._issues = list(table.issues)
        self._files = table.images["file"].to_numpy(dtype=object)
        self._splits = table.images["split"].to_numpy(dtype=object, copy=True)
        self._sizes = np.zeros((len(table.images), 2), np.int64)
        self._boxes = boxes
        self._area = table.objects["area"].to_numpy(copy=True)
        self._kept = np.zeros(len(table.objects), bool)
        self._segmentation = table.objects["segmentation"].to_numpy(copy=True)
        self._seen: dict[bytes, int] = {}
        self._near = NearDuplicates(checks.near_duplicate_bits)
        self._moves_left = int(_MOST_MOVED * len(table.images))

    def split(self, row: int) -> str:
        """Return the split that an image belongs to, moves included."""
        return str(self._splits[row])

    def take(self, checked: CheckedTask) -> SoundImage | None:
        """Note what was found of an image; return it unless it is left out, as one that was there before is."""
        self._issues += checked.issues
        row, sound = checked.row, checked.sound
        if sound is None or self._is_copy(row, sound.digest) or self._leaks(row, sound.hash):
            return None
        self._sizes[row] = sound.size
        rows = checked.first_object + sound.kept
        self._kept[rows], self._boxes[rows], self._area[rows] = True, sound.boxes, sound.area
        self._segmentation[rows[~sound.masked]] = NONE
        return sound

    def _is_copy(self, row: int, digest: bytes) -> bool:
        """Say whether an image is left out for being the same as another."""
        first = self._seen.setdefault(digest, row)
        if first == row:
            return False
        split, kept = self._splits[row], self._splits[first]
        where = f"image left out of {split}, kept in {kept}" if split != kept else "image left out"
        rule = self._checks.duplicate_image
        action = {"keep": "kept", "stop": "dataset refused"}.get(rule, where)
        detail = f"the same bytes as {self._files[first]}"
        self._issues.append(Issue(self._files[row], None, "duplicate-image", detail, action))
        return rule != "keep"

    def _leaks(self, row: int, hashed: bytes) -> bool:
        """Mend an image that looks like one of another split; say whether it is left out."""
        near = [other for other in self._near.add(row, hashed) if self._splits[other] != self._splits[row]]
        if not near:
            return False
        split, rule = self._splits[row], self._checks.near_duplicate
        targets = sorted({self._splits[other] for other in near})
        action = {"keep": "kept", "stop": "dataset refused"}.get(rule, f"image left out of {split}")
        if rule == "repair" and not self._moves_left:
            action = "kept: too many look alike to move them all; see convert.group_pattern"
            rule = "keep"
        elif rule == "repair" and len(targets) == 1:
            self._splits[row], self._moves_left = targets[0], self._moves_left - 1
            action = f"moved from {split} to {targets[0]}"
        detail = f"looks like {self._files[near[0]]} of {self._splits[near[0]]}"
        self._issues.append(Issue(self._files[row], None, "near-duplicate", detail, action))
        return rule == "drop" or (rule == "repair" and len(targets) > 1)

    def table(self) -> AnnotationTable:
        """Return what is fit to use."""
        images, objects = self._given.images, self._given.objects
        sizes = {"width": self._sizes[:, 0], "height": self._sizes[:, 1]}
        images = images.assign(**sizes, split=self._splits, normalised=False).astype({"split": "str"})
        corners = dict(zip(BOX, self._boxes.T, strict=True))
        objects = objects.assign(**corners, area=self._area, segmentation=self._segmentation)
        return AnnotationTable(
            images[images["width"] > 0].reset_index(drop=True),
            objects[self._kept].reset_index(drop=True),
            self._given.class_names,
            tuple(self._issues),
            self._given.segmentations,
        )
