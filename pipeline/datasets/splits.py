"""Which image is for training, which for validation and which for the test.

Given splits are honoured. What is missing is taken out of train by a hash of each image's path: neither the
order of the files nor the machine matters, and an image that is added or removed moves at most a few others.
"""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.datasets.table import AnnotationTable, Issue

# Strata with fewer images are pooled: rounding would leave none of them, or too many, to val and test.
_SMALLEST_STRATUM = 10


def image_hash(seed: int | str, file: str) -> int:
    """Return a number in [0, 2**64) that depends on the seed and the image's path alone."""
    return int.from_bytes(hashlib.blake2b(f"{seed}\x1f{file}".encode(), digest_size=8).digest(), "big")


def split_table(
    table: AnnotationTable, *, val_fraction: float, test_fraction: float, seed: int
) -> AnnotationTable:
    """Return the table with every image's split settled: train | val | test.

    Images that the dataset's own lists do not name stay "unlisted" and are not used, each with its issue:
    such lists leave out what is annotated in part only.
    """
    splits = assign_splits(table, val_fraction=val_fraction, test_fraction=test_fraction, seed=seed)
    unlisted = table.images["file"][splits == "unlisted"]
    detail = "the dataset has split lists, and none of them names it"
    issues = [Issue(file, None, "image-not-listed", detail, "image left out") for file in unlisted]
    return replace(table, images=table.images.assign(split=splits), issues=(*table.issues, *issues))


def assign_splits(
    table: AnnotationTable, *, val_fraction: float, test_fraction: float, seed: int
) -> pd.Series:
    """Return each image's split, train | val | test, or "unlisted"; indexed as ``table.images``.

    An image without a given split counts as train. If the dataset gives no val, or no test, it is taken out
    of train within each stratum, the images whose rarest class is the same: they are ranked by hash, the
    first ones are test, the next val. So the shares hold in each class, and an image more moves at most one
    across each boundary of its stratum.

    Args:
        table: The dataset; ``images.split`` holds what is given.
        val_fraction: Share of all listed images.
        test_fraction: Share of all listed images.
        seed: Another one draws other splits.
    """
    given = table.images["split"]
    splits = given.where(given != "", "train")
    listed = int((splits != "unlisted").sum())
    wanted = {"test": test_fraction, "val": val_fraction}
    counts = {split: round(fraction * listed) for split, fraction in wanted.items() if (given != split).all()}
    train = splits.index[splits == "train"]
    if not counts or not len(train):
        return splits
    hashes = np.array([image_hash(seed, file) for file in table.images.loc[train, "file"]], np.uint64)
    pool = pd.DataFrame({"stratum": _strata(table).loc[train], "hash": hashes}, index=train)
    bounds = np.cumsum([0, *counts.values()]) / len(train)
    for stratum, members in pool.groupby("stratum"):
        ranked = members.sort_values("hash").index
        # a fraction of an image is rounded up in some strata, down in others, so that the sums come out
        dither = image_hash("stratum", str(stratum)) / 2**64
        cuts = [int(bound * len(ranked) + dither) for bound in bounds]
        for split, first, last in zip(counts, cuts, cuts[1:], strict=False):
            splits.loc[ranked[first:last]] = split
    return splits


def _strata(table: AnnotationTable) -> pd.Series:
    """Return for each image its class that is in the fewest images, 0 for none, −1 for small strata."""
    pairs = table.objects[["image_id", "label"]].drop_duplicates()
    frequency = pairs["label"].value_counts()
    rarest_first = pairs.assign(images=pairs["label"].map(frequency)).sort_values(
        ["image_id", "images", "label"]
    )
    rarest = rarest_first.drop_duplicates("image_id").set_index("image_id")["label"]
    strata = table.images["id"].map(rarest).fillna(0).astype(int)
    return strata.where(strata.map(strata.value_counts()) >= _SMALLEST_STRATUM, -1)
