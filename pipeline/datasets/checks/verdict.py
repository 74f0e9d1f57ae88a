"""Whether a dataset as a whole is fit to be used."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from pipeline.artifacts import remove
from pipeline.datasets.checks.classes import class_issues
from pipeline.datasets.converted.issues import write_issues
from pipeline.datasets.table.annotation_table import SPLITS, AnnotationTable
from pipeline.datasets.table.faults import FAULTS
from pipeline.errors import PipelineError
from pipeline.params.convert import Convert

# Examples in the line that refuses a dataset; the file that it names lists all.
_EXAMPLES = 3


def faulty_fraction(table: AnnotationTable) -> float:
    """Return the share of images with a fault that costs data, 0..1.

    An image is faulty if it, or a box or a mask of it, was left out, or if a box was repaired on a guess:
    corners swapped, cut by more than a pixel, or measured on an image of another size. Not counted are repairs that
    lose nothing (turned upright, other pixels, cut by up to a pixel) and copies. The share is of the images
    that the annotations name, those that were left out included.

    Args:
        table: What was written, with all issues.
    """
    faulty = {issue.file for issue in table.issues if FAULTS[issue.fault]}
    return len(faulty) / max(1, len(faulty.union(table.images["file"])))


def check_dataset(table: AnnotationTable, settings: Convert, *, rejected: Path) -> AnnotationTable:
    """Return the table with the issues of its classes added, or refuse it.

    Args:
        table: What was written, with all issues.
        settings: The rules, and the largest :func:`faulty_fraction` that passes.
        rejected: Where the issues of a refused dataset are listed.

    Raises:
        PipelineError: too many faults, one at which the rules say to stop, no image, no object, or a split
            without images.
    """
    table = replace(table, issues=(*table.issues, *class_issues(table, settings.checks)))
    if reason := reason_to_refuse(table, settings):
        write_issues(_refused(table, settings), rejected)
        raise PipelineError(f"{reason}; all issues are listed in {rejected}")
    remove(rejected)
    return table


def _refused(table: AnnotationTable, settings: Convert) -> AnnotationTable:
    """Say of each fault at which the rules say to stop that this is what was done about it."""
    stopping = {fault for fault in FAULTS if settings.checks.rule(fault) == "stop"}
    issues = (
        issue._replace(action="dataset refused") if issue.fault in stopping else issue
        for issue in table.issues
    )
    return replace(table, issues=tuple(issues))


def reason_to_refuse(table: AnnotationTable, settings: Convert) -> str:
    """Say in one line why a dataset cannot be used; "" if it can."""
    stopping = {issue.fault for issue in table.issues if settings.checks.rule(issue.fault) == "stop"}
    if stopping:
        keys = ", ".join(sorted(f"convert.checks.{fault.replace('-', '_')}" for fault in stopping))
        return f"{_count(table, stopping)}, at which {keys} says to stop{_examples(table, stopping)}"
    fraction = faulty_fraction(table)
    costly = {fault for fault, costs in FAULTS.items() if costs}
    if fraction > settings.max_faulty_fraction:
        return (
            f"{fraction:.1%} of the images are faulty ({_count(table, costly)}), more than the "
            f"{settings.max_faulty_fraction:.1%} of convert.max_faulty_fraction{_examples(table, costly)}"
        )
    return (reason := _reason_nothing_is_left(table)) and reason + _examples(table, costly)


def _reason_nothing_is_left(table: AnnotationTable) -> str:
    if table.images.empty:
        return "the dataset is empty: its annotations name no image"
    if table.objects.empty:
        return f"the dataset is empty: no object is annotated in its {len(table.images)} images"
    for split in SPLITS:
        if (table.images["split"] != split).all():
            return f"no image is left for {split}: {_why_none_is_left(table)}"
    return ""


def _why_none_is_left(table: AnnotationTable) -> str:
    if any(issue.fault == "group-in-two-splits" for issue in table.issues):
        return (
            "the dataset's own lists part its groups, and each went as a whole to what is held out; remove the "
            "lists, or leave the groups parted with convert.checks.group_in_two_splits keep"
        )
    return (
        f"{len(table.images)} images, or the groups that they are in, are too few for convert.val_fraction and "
        "convert.test_fraction, or the dataset's own lists leave none"
    )


def _count(table: AnnotationTable, faults: set[str]) -> str:
    kinds = Counter(issue.fault for issue in table.issues if issue.fault in faults)
    return ", ".join(f"{count} {fault}" for fault, count in kinds.most_common())


def _examples(table: AnnotationTable, faults: set[str]) -> str:
    examples = [
        f"{issue.file}: {issue.fault}, {issue.detail}" for issue in table.issues if issue.fault in faults
    ]
    said = f"; such as {'; '.join(examples[:_EXAMPLES])}" if examples else ""
    return " ".join(said.split())  # a name may hold a line break, the fault's line may not
