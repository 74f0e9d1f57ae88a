"""The verdict: whether a dataset as a whole is fit to be used."""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from pipeline.datasets.checks.rules import rule, stopped
from pipeline.datasets.table.annotation_table import SPLITS, AnnotationTable
from pipeline.datasets.table.faults import FAULTS
from pipeline.params.convert import Convert

# So many faults are quoted in the line that refuses a dataset. The file that it names lists all.
_EXAMPLES = 3


class Refusal(NamedTuple):
    """Why a dataset cannot be used.

    Attributes:
        reason: One line.
        examples: Some of the faults, to be appended to the reason; "" for none.
    """

    reason: str
    examples: str


def faulty_fraction(table: AnnotationTable) -> float:
    """Return the share of images with a fault that costs data, 0..1.

    An image counts if it, or a box or a mask of it, was left out. It counts too if a box was repaired on a guess: its
    corners were swapped, it was cut by more than a pixel, or it was drawn on an image of another size. Copies and
    repairs that lose nothing do not count: an image is turned upright or encoded anew, or a box is cut by up to a
    pixel. The share is of all images that the annotations name.

    Args:
        table: The checked table, with all issues.
    """
    faulty = {issue.file for issue in table.issues if FAULTS[issue.fault.name]}
    return len(faulty) / max(1, len(faulty.union(table.images["file"])))


def refusal(table: AnnotationTable, settings: Convert) -> Refusal | None:
    """Return why a dataset cannot be used, None if it can.

    A dataset is refused for too many faults, for a fault whose rule is "stop", and if it has no image, no object, or a
    split without images.

    Args:
        table: The checked table, with all issues.
        settings: The rules, and the largest :func:`faulty_fraction` that is accepted.
    """
    names = {issue.fault.name for issue in table.issues}
    stopping = {name for name in names if rule(settings.checks, name) == "stop"}
    if stopping:
        keys = ", ".join(sorted(f"convert.checks.{name.replace('-', '_')}" for name in stopping))
        reason = f"{_count(table, stopping)}, at which {keys} says to stop"
        return Refusal(reason, _examples(table, stopping))
    fraction = faulty_fraction(table)
    costly = {name for name, costs in FAULTS.items() if costs}
    if fraction > settings.max_faulty_fraction:
        reason = (
            f"{fraction:.1%} of the images are faulty ({_count(table, costly)}), more than the "
            f"{settings.max_faulty_fraction:.1%} of convert.max_faulty_fraction"
        )
        return Refusal(reason, _examples(table, costly))
    reason = _missing_data(table)
    return Refusal(reason, _examples(table, costly)) if reason else None


def with_stops(table: AnnotationTable, settings: Convert) -> AnnotationTable:
    """Return a refused table in which each fault whose rule is "stop" has ``Action.STOP``.

    The readers of the formats do not know the rules, so their faults have other actions.
    """
    issues = (issue._replace(fault=stopped(issue.fault, settings.checks)) for issue in table.issues)
    return replace(table, issues=tuple(issues))


def _missing_data(table: AnnotationTable) -> str:
    """Return what a dataset lacks, "" if it has images, objects and all splits."""
    if table.images.empty:
        return "the dataset is empty: its annotations name no image"
    if table.objects.empty:
        return f"the dataset is empty: no object is annotated in its {len(table.images)} images"
    for split in SPLITS:
        if (table.images["split"] != split).all():
            return f"no image is left for {split}: {_why_a_split_is_empty(table)}"
    return ""


def _why_a_split_is_empty(table: AnnotationTable) -> str:
    if any(issue.fault.name == "group-in-two-splits" for issue in table.issues):
        return (
            "the dataset's own lists part its groups, and each went as a whole to what is held out; remove the "
            "lists, or leave the groups parted with convert.checks.group_in_two_splits keep"
        )
    return (
        f"{len(table.images)} images, or the groups that they are in, are too few for convert.val_fraction and "
        "convert.test_fraction, or the dataset's own lists leave none"
    )


def _count(table: AnnotationTable, names: set[str]) -> str:
    counts = Counter(issue.fault.name for issue in table.issues if issue.fault.name in names)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _examples(table: AnnotationTable, names: set[str]) -> str:
    examples = [
        f"{issue.file}: {issue.fault.name}, {issue.fault.detail}"
        for issue in table.issues
        if issue.fault.name in names
    ]
    text = f"; such as {'; '.join(examples[:_EXAMPLES])}" if examples else ""
    return " ".join(text.split())  # a file name may hold a line break, the message may not
