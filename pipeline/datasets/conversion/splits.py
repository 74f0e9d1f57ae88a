"""The splits of the images: train, val and test.

The dataset's own splits count, except where they part a group. If the dataset gives no val or no test, it is drawn
from train by a hash of each image's path. So the splits depend neither on the order of the files nor on the machine,
and a new image moves few others.
"""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.datasets.checks.augmented_copies import group_copies
from pipeline.datasets.checks.rules import judged
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.splits import HELD_OUT_FIRST
from pipeline.params.convert import Convert

# Strata with fewer images are pooled: by rounding, val and test would get none of their images, or too many.
_SMALLEST_STRATUM = 10


def image_hash(seed: int | str, file: str) -> int:
    """Return a number in [0, 2**64) that depends on the seed and the path alone."""
    return int.from_bytes(hashlib.blake2b(f"{seed}\x1f{file}".encode(), digest_size=8).digest(), "big")


def split_table(table: AnnotationTable, settings: Convert, *, seed: int) -> AnnotationTable:
    """Return the table with a split for each image: train | val | test.

    An image that none of the dataset's own lists names stays "unlisted", is listed as a fault and is not used: such
    lists leave out images that are not fully annotated.

    Args:
        table: The dataset; ``images.split`` holds the dataset's own splits.
        settings: The rules, the shares of the splits, and the pattern of groups.
        seed: Each seed draws other splits.
    """
    table = group_copies(table, settings)
    given, issues = _unite_groups(table, settings)
    table = replace(table, images=table.images.assign(split=given))
    splits = assign_splits(table, settings, seed=seed)
    unlisted = table.images["file"][splits == "unlisted"]
    detail = "the dataset has split lists, and none of them names it"
    fault = Fault(None, "image-not-listed", detail, Action.DROP_IMAGE)
    fault = judged(fault, settings.checks, dropping=Action.DROP_IMAGE)
    issues += [Issue(file, fault) for file in unlisted]
    return replace(table, images=table.images.assign(split=splits), issues=(*table.issues, *issues))


def groups(images: pd.DataFrame, pattern: str | None) -> pd.Series:
    """Return the group of each image. An image without a group is a group of its own.

    Args:
        images: The images of the table.
        pattern: The parameter ``convert.group_pattern``. It gives the group of an image whose annotation gives none.

    Returns:
        A name for each image, which images of one group share.
    """
    group = images["group"]
    if pattern is not None:
        group = group.where(group != "", images["file"].str.extract(pattern, expand=False).fillna(""))
    return images["file"].where(group == "", "group\x1f" + group)


def _unite_groups(table: AnnotationTable, settings: Convert) -> tuple[pd.Series, list[Issue]]:
    """Return the given splits with each group in one of them, and the issues.

    An image without a given split gets that of its group. By the rule "keep" the given splits stay.
    """
    given, rule = table.images["split"], settings.checks.group_in_two_splits
    group = groups(table.images, settings.group_pattern)
    rank = given.map({split: at for at, split in enumerate(HELD_OUT_FIRST)})
    first = rank.groupby(group).transform("min")
    apart = rank > first
    if settings.folds is not None:  # val is drawn from train, so only the test can part a group
        apart &= first == 0
    united = first.map(dict(enumerate(HELD_OUT_FIRST)))
    issues = []
    for file, split, target in zip(table.images["file"][apart], given[apart], united[apart], strict=True):
        detail = f"given for {split}, others of its group for {target}"
        how = f"moved from {split} to {target}"
        fault = Fault(None, "group-in-two-splits", detail, Action.REPAIR, how)
        issues.append(Issue(file, judged(fault, settings.checks)))
    joined = (given == "") & united.notna()
    if rule != "keep":
        joined |= apart
    return given.where(~joined, united), issues


def assign_splits(table: AnnotationTable, settings: Convert, *, seed: int) -> pd.Series:
    """Return each image's split: train | val | test, or "unlisted".

    An image without a given split counts as train. If the dataset gives no val or no test, it is drawn from train
    within each stratum. A stratum has the images with the same rarest class. They are ranked by a hash: the first
    ones are test, the next ones val. So the shares hold in each class, and a new image moves at most one image across
    each boundary of its stratum. The images of one group are ranked as one unit. Then the shares are met as nearly as
    whole groups allow.

    Args:
        table: The dataset; ``images.split`` holds the given splits.
        settings: The shares of all listed images, or the folds of the images that are not test; the pattern of groups.
        seed: Each seed draws other splits.

    Returns:
        str [N], indexed as ``table.images``.
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
    """Set the split of each image that lies in a segment of its stratum's ranking.

    Args:
        ranking: The :func:`_ranking`, whose column ``split`` is changed. Each unit is one image.
    """
    for stratum, ranked in ranking.groupby("stratum"):
        before = ranked["images"].cumsum() - ranked["images"]
        total = int(ranked["images"].sum())
        # A fraction of an image is rounded up in some strata and down in others, so that the sums are right.
        dither = image_hash("stratum", str(stratum)) / 2**64
        for split, first, last in segments:
            low, high = (int(bound * total + dither) for bound in (first, last))
            ranking.loc[ranked.index[(before >= low) & (before < high)], "split"] = split


def _draw_groups(ranking: pd.DataFrame, segments: list[tuple[str, float, float]]) -> None:
    """Set the split of each group. A split gets the groups whose sizes come nearest to its share.

    A split takes groups one by one, as long as a group brings it nearer to its share. It takes the first group in
    the ranking of the stratum that it lacks most. It takes at least one group, if one is left for each further split.

    Args:
        ranking: The :func:`_ranking`, whose column ``split`` is changed.
    """
    total, parts = int(ranking["images"].sum()), _parts(segments)
    counts = dict(zip(ranking.index, ranking["images"].tolist(), strict=True))
    sizes = ranking.groupby("stratum")["images"].sum().to_dict()
    queues = {stratum: list(ranked.index[::-1]) for stratum, ranked in ranking.groupby("stratum")}
    left, remaining = len(ranking), dict(sizes)
    for later, (split, share) in zip(range(len(parts) - 1, -1, -1), parts, strict=True):
        wanted = {stratum: share * size for stratum, size in sizes.items()}
        taken = 0
        while any(queues.values()):
            # If it lacks two strata alike, it takes from the larger rest: so the last group of a class stays train.
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


def _parts(segments: list[tuple[str, float, float]]) -> list[tuple[str, float]]:
    """Return the splits that take groups, one after another, and their shares of the images.

    The folds before the one that is val are train. A split whose share is rounded to 0 images takes the least.
    """
    end, parts = 0.0, []
    for split, first, last in segments:
        skipped = round((first - end) / (last - first)) if last > first else 0
        share = (last - end) / (skipped + 1)
        parts += [("train", share)] * skipped + [(split, share)]
        end = last
    if end < 1 - 1e-9:
        parts.append(("train", 1 - end))
    return parts


def _segments(given: pd.Series, pool: int, settings: Convert) -> list[tuple[str, float, float]]:
    """Return the segments of the ranking that are drawn.

    Args:
        pool: The number of images that are ranked.
        settings: The shares of the splits, or the folds.

    Returns:
        For each split its first and last point in the ranking, as shares of ``pool``.
    """
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
    """Return stratum, number of images and hash of each unit, in the order of the hash.

    Args:
        unit: The unit of each image.
        strata: The stratum of each image.
        seed: The seed of the hash.

    Returns:
        A table indexed by the units.
    """
    frame = pd.DataFrame({"unit": unit, "stratum": strata})
    units = frame.groupby("unit").agg(stratum=("stratum", "min"), images=("stratum", "size"))
    units["hash"] = np.array([image_hash(seed, name) for name in units.index], np.uint64)
    return units.sort_values("hash")


def _strata(table: AnnotationTable) -> pd.Series:
    """Return the stratum of each image: its class that is in the fewest images.

    The stratum is 0 for an image without objects, and −1 for the pool of all small strata.
    """
    pairs = table.objects[["image_id", "label"]].drop_duplicates()
    frequency = pairs["label"].value_counts()
    rarest_first = pairs.assign(images=pairs["label"].map(frequency)).sort_values(
        ["image_id", "images", "label"]
    )
    rarest = rarest_first.drop_duplicates("image_id").set_index("image_id")["label"]
    strata = table.images["id"].map(rarest).fillna(0).astype(int)
    return strata.where(strata.map(strata.value_counts()) >= _SMALLEST_STRATUM, -1)
