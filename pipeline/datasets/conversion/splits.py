"""Which image is for training, which for validation and which for the test.

Given splits are honoured, but for those that part a group. What is missing is taken out of train by a hash of
each image's path: neither the order of the files nor the machine matters, and an image that is added or removed
moves at most a few others.
"""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.datasets.table.annotation_table import AnnotationTable, Issue
from pipeline.datasets.table.splits import HELD_OUT_FIRST
from pipeline.params.convert import Convert

# Strata with fewer images are pooled: rounding would leave none of them, or too many, to val and test.
_SMALLEST_STRATUM = 10


def image_hash(seed: int | str, file: str) -> int:
    """Return a number in [0, 2**64) that depends on the seed and the image's path alone."""
    return int.from_bytes(hashlib.blake2b(f"{seed}\x1f{file}".encode(), digest_size=8).digest(), "big")


def split_table(table: AnnotationTable, settings: Convert, *, seed: int) -> AnnotationTable:
    """Return the table with every image's split settled: train | val | test.

    Images that the dataset's own lists do not name stay "unlisted" and are not used, each with its issue:
    such lists leave out what is annotated in part only.
    """
    given, parted = _unite_groups(table, settings)
    table = replace(table, images=table.images.assign(split=given))
    splits = assign_splits(table, settings, seed=seed)
    unlisted = table.images["file"][splits == "unlisted"]
    detail = "the dataset has split lists, and none of them names it"
    action = "dataset refused" if settings.checks.image_not_listed == "stop" else "image left out"
    issues = [Issue(file, None, "image-not-listed", detail, action) for file in unlisted]
    return replace(table, images=table.images.assign(split=splits), issues=(*table.issues, *parted, *issues))


def groups(images: pd.DataFrame, pattern: str | None) -> pd.Series:
    """Return what stays together with each image: the name of its group, or else its own path.

    Args:
        images: Of the table.
        pattern: Of the parameter ``convert.group_pattern``, for images without a group; None: of none.
    """
    group = images["group"]
    if pattern is not None:
        group = group.where(group != "", images["file"].str.extract(pattern, expand=False).fillna(""))
    return images["file"].where(group == "", "group\x1f" + group)


def _unite_groups(table: AnnotationTable, settings: Convert) -> tuple[pd.Series, list[Issue]]:
    """Return the given splits with each group in one of them, and what was found.

    An image without a given split joins its group's. Rule "keep" leaves groups as they are given.
    """
    given, rule = table.images["split"], settings.checks.group_in_two_splits
    group = groups(table.images, settings.group_pattern)
    rank = given.map({split: at for at, split in enumerate(HELD_OUT_FIRST)})
    first = rank.groupby(group).transform("min")
    apart = rank > first
    if settings.folds is not None:  # val and train are drawn anew
        apart &= first == 0
    united = first.map(dict(enumerate(HELD_OUT_FIRST)))
    issues = [
        Issue(
            file,
            None,
            "group-in-two-splits",
            f"given for {split}, others of its group for {target}",
            {"keep": "kept", "stop": "dataset refused"}.get(rule, f"moved from {split} to {target}"),
        )
        for file, split, target in zip(table.images["file"][apart], given[apart], united[apart], strict=True)
    ]
    joined = (given == "") & united.notna()
    if rule != "keep":
        joined |= apart
    return given.where(~joined, united), issues


def assign_splits(table: AnnotationTable, settings: Convert, *, seed: int) -> pd.Series:
    """Return each image's split, train | val | test, or "unlisted"; indexed as ``table.images``.

    An image without a given split counts as train. If the dataset gives no val, or no test, it is taken out
    of train within each stratum, the images whose rarest class is the same: they are ranked by hash, the
    first ones are test, the next val. So the shares hold in each class, and an image more moves at most one
    across each boundary of its stratum. Images of one group are ranked as one, and then the shares are met as nearly
    as whole groups can.

    Args:
        table: The dataset; ``images.split`` holds what is given.
        settings: Shares of all listed images, or folds of those that are not test; what makes a group.
        seed: Another one draws other splits.
    """
    given = table.images["split"]
    if settings.folds is not None:
        given = given.where(given != "val", "train")
    splits = given.where(given != "", "train")
    train = splits.index[splits == "train"]
    if not len(train):
        return splits
    segments = _segments(given, len(train), settings)
    unit = groups(table.images.loc[train], settings.group_pattern)
    ranking = _ranking(unit, _strata(table).loc[train], seed)
    ranking["split"] = "train"
    if (ranking["images"] > 1).any():
        _draw_groups(ranking, segments)
    else:
        _draw_images(ranking, segments)
    splits[train] = unit.map(ranking["split"])
    return splits


def _draw_images(ranking: pd.DataFrame, segments: list[tuple[str, float, float]]) -> None:
    """Set the split of images on their own: those that lie in a segment of their stratum's ranking."""
    for stratum, ranked in ranking.groupby("stratum"):
        before = ranked["images"].cumsum() - ranked["images"]
        total = int(ranked["images"].sum())
        # a fraction of an image is rounded up in some strata, down in others, so that the sums come out
        dither = image_hash("stratum", str(stratum)) / 2**64
        for split, first, last in segments:
            low, high = (int(bound * total + dither) for bound in (first, last))
            ranking.loc[ranked.index[(before >= low) & (before < high)], "split"] = split


def _draw_groups(ranking: pd.DataFrame, segments: list[tuple[str, float, float]]) -> None:
    """Set the split of groups, which are seldom as large as a segment: each gets what comes nearest to its share.

    A split takes the groups one by one, the first in the ranking of the stratum that it has least of, as long as
    that brings it nearer to its share; one at least, where there are enough to leave one for each other.
    """
    total, end, parts = int(ranking["images"].sum()), 0.0, []
    for split, first, last in segments:
        skipped = round((first - end) / (last - first))  # folds before the one that is val; they stay train
        share = (last - end) / (skipped + 1)
        parts += [("train", share)] * skipped + [(split, share)]
        end = last
    if end < 1 - 1e-9:
        parts.append(("train", 1 - end))
    counts = dict(zip(ranking.index, ranking["images"].tolist(), strict=True))
    sizes = ranking.groupby("stratum")["images"].sum().to_dict()
    queues = {stratum: list(ranked.index[::-1]) for stratum, ranked in ranking.groupby("stratum")}
    left, remaining = len(ranking), dict(sizes)
    for later, (split, share) in zip(range(len(parts) - 1, -1, -1), parts, strict=True):
        wanted = {stratum: share * size for stratum, size in sizes.items()}
        taken = 0
        while any(queues.values()):
            # of strata wanted alike that of which more is left, so that no class is held out to its last group
            stratum = max(
                (key for key in queues if queues[key]), key=lambda key: (wanted[key], remaining[key])
            )
            images = counts[queues[stratum][-1]]
            first_of_enough = not taken and left > later
            if later and taken + images / 2 > share * total and not first_of_enough:
                break
            ranking.at[queues[stratum].pop(), "split"] = split
            taken += images
            wanted[stratum] -= images
            remaining[stratum] -= images
            left -= 1


def _segments(given: pd.Series, pool: int, settings: Convert) -> list[tuple[str, float, float]]:
    """Return which share of the ranked images goes where: split, from, to, as shares of ``pool`` images."""
    listed = int((given != "unlisted").sum())
    wanted = {"test": settings.test_fraction, "val": settings.val_fraction}
    segments, end = [], 0.0
    for split, fraction in wanted.items():
        if (given == split).any():
            continue
        start, share = end, round(fraction * listed) / pool
        if split == "val" and settings.folds is not None:
            share = (1 - end) / settings.folds
            start = end + (settings.fold - 1) * share
        segments.append((split, start, start + share))
        end = start + share
    return segments


def _ranking(unit: pd.Series, strata: pd.Series, seed: int) -> pd.DataFrame:
    """Return stratum, images and hash of each unit, in the order of the hash; indexed by its name."""
    frame = pd.DataFrame({"unit": unit, "stratum": strata})
    units = frame.groupby("unit").agg(stratum=("stratum", "min"), images=("stratum", "size"))
    units["hash"] = np.array([image_hash(seed, name) for name in units.index], np.uint64)
    return units.sort_values("hash")


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
