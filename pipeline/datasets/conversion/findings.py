"""What was found of all images, in arrays as long as the table, and what is left when it is known of all."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.datasets.checks.leakage import Leak, LookAlikes, copies
from pipeline.datasets.checks.perceptual_hash import HASH_BYTES
from pipeline.datasets.conversion.one_image import CheckedTask, SoundImage
from pipeline.datasets.conversion.splits import groups
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable, Issue
from pipeline.datasets.table.segmentations import NONE
from pipeline.params.convert import Convert

_DIGEST_BYTES = 32


class Findings:
    """Collects the workers' findings; an image costs a few bytes."""

    def __init__(self, table: AnnotationTable, boxes: np.ndarray, settings: Convert) -> None:
        """Begin with nothing found.

        Args:
            table: What is checked.
            boxes: float64 [N, 4], its boxes, which are overwritten with what is made of them.
            settings: The rules, and what makes a group.
        """
        count = len(table.images)
        self._given, self._settings = table, settings
        self._issues = list(table.issues)
        self._files = table.images["file"].to_numpy(dtype=object)
        self._splits = table.images["split"].to_numpy(dtype=object, copy=True)
        self._left = np.zeros(count, bool)
        self._sizes = np.zeros((count, 2), np.int64)
        self._boxes = boxes
        self._area = table.objects["area"].to_numpy(copy=True)
        self._kept = np.zeros(len(table.objects), bool)
        self._segmentation = table.objects["segmentation"].to_numpy(copy=True)
        self._sound: list[int] = []
        self._digests = np.zeros((count, _DIGEST_BYTES), np.uint8)
        self._hashes = np.zeros((count, HASH_BYTES), np.uint8)

    def take(self, checked: CheckedTask) -> SoundImage | None:
        """Note what was found of an image; return it if it can be used."""
        self._issues += checked.issues
        row, sound = checked.row, checked.sound
        if sound is None:
            return None
        self._sound.append(row)
        self._sizes[row] = sound.size
        self._digests[row] = np.frombuffer(sound.digest, np.uint8)
        if sound.hash:
            self._hashes[row] = np.frombuffer(sound.hash, np.uint8)
        rows = checked.first_object + sound.kept
        self._kept[rows], self._boxes[rows], self._area[rows] = True, sound.boxes, sound.area
        self._segmentation[rows[~sound.masked]] = NONE
        return sound

    def splits(self) -> pd.Series:
        """Return the split of each image that is left, indexed by its row.

        To be called once, when all images were taken: only then is it known which are copies of others, or
        look like some of another split.
        """
        checks, files = self._settings.checks, self._files
        rows = np.array(self._sound, np.int64)
        same = copies(self._digests, rows, files, self._splits, self._annotations(), checks)
        self._settle("duplicate-image", same)
        rows = np.sort(rows[self._splits[rows] != ""])
        codes = groups(self._given.images, self._settings.group_pattern).factorize()[0][rows]
        alike = LookAlikes(self._hashes[rows], codes, files[rows], self._splits[rows], checks).settle()
        self._settle("near-duplicate", [leak._replace(row=int(rows[leak.row])) for leak in alike])
        self._left[rows] = self._splits[rows] != ""
        return pd.Series(self._splits)[self._left]

    def _annotations(self) -> Callable[[int], list[tuple[float, ...]]]:
        """Return what gives an image's labels and boxes as they are after the checks, in an order of their own."""
        bounds = np.searchsorted(
            self._given.objects["image_id"].to_numpy(), np.arange(1, len(self._files) + 2)
        )
        labels = self._given.objects["label"].to_numpy()

        def of(row: int) -> list[tuple[float, ...]]:
            rows = np.arange(bounds[row], bounds[row + 1])
            rows = rows[self._kept[rows]]
            boxes = np.nan_to_num(self._boxes[rows], nan=-1.0)  # of a label of the whole image
            return sorted(zip(labels[rows].tolist(), *boxes.T.tolist(), strict=True))

        return of

    def _settle(self, fault: str, leaks: list[Leak]) -> None:
        for leak in leaks:
            self._splits[leak.row] = leak.split
            self._issues.append(Issue(self._files[leak.row], None, fault, leak.detail, leak.action))

    def table(self) -> AnnotationTable:
        """Return what is fit to use; :meth:`splits` comes before."""
        images, objects = self._given.images, self._given.objects
        sizes = {"width": self._sizes[:, 0], "height": self._sizes[:, 1]}
        images = images.assign(**sizes, split=self._splits, normalised=False).astype({"split": "str"})
        kept = self._kept & self._left[objects["image_id"].to_numpy() - 1]
        corners = dict(zip(BOX, self._boxes.T, strict=True))
        objects = objects.assign(**corners, area=self._area, segmentation=self._segmentation)
        return replace(
            self._given,
            images=images[self._left].reset_index(drop=True),
            objects=objects[kept].reset_index(drop=True),
            issues=tuple(self._one_of_all("image-grey")),
        )

    def _one_of_all(self, fault: str) -> list[Issue]:
        """Return the issues, with one of the whole dataset for a fault that every image has and keeps."""
        found = [issue for issue in self._issues if issue.fault == fault]
        if len(found) < max(2, len(self._files)) or self._settings.checks.rule(fault) != "keep":
            return self._issues
        whole = found[0]._replace(file="", detail=f"{found[0].detail}, as in all {len(found):,} images")
        return [issue for issue in self._issues if issue.fault != fault] + [whole]
