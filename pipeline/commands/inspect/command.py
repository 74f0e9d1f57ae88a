"""Shows what the convert stage would make of a dataset. No record is written, and DVC is not used."""

import io
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path

from pipeline.commands.inspect.box_sizes import describe_sizes
from pipeline.commands.inspect.detection_limits import describe_limits
from pipeline.commands.inspect.unused import unused
from pipeline.datasets.checks.verdict import refusal
from pipeline.datasets.conversion.inspection import inspect_folder, sample_photographs
from pipeline.datasets.conversion.summary import count_all, describe_use
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.faults import Issue
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from pipeline.params.schema import Params

_NAMED_CLASSES = 8

_LONGEST = 110  # an example has at most so many letters

_NAMED_KEYPOINTS = 6


def inspect(path: Path, format: str | None, html: Path | None) -> None:
    """Print what is in a dataset's folder, what is wrong with it, and what training on it would take.

    Args:
        format: The format of the dataset; None stands for ``dataset.format``.
        html: A page with pictures of each fault is written here; None for no page.

    Raises:
        PipelineError: The path is no folder, no format is recognised, or the convert stage would refuse the dataset.
    """
    if html is not None and html.is_dir():
        raise PipelineError(f"--html {html} is a folder; name a file")
    params = load_params()
    given, checked = inspect_folder(
        path, params.dataset, params.convert, seed=params.split_seed, format=format
    )
    print("\n".join([*contents(checked), *faults(checked), *unused(checked)]), flush=True)
    if html is not None:
        from pipeline.commands.inspect.fault_page import write_page

        try:
            write_page(html, path, given, checked, contents(checked))
        except (FileExistsError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise PipelineError(f"--html {html}: {error.strerror}; name a file in a folder") from None
    if refused := refusal(checked, params.convert):
        raise PipelineError(f"{path}: convert would refuse it: {refused.reason}")
    print("\n".join(training(path, checked, params)))


def contents(table: AnnotationTable) -> list[str]:
    """Return lines with the numbers of images, objects and classes, and of images and objects in each split."""
    split_of = dict(zip(table.images["id"], table.images["split"], strict=True))
    objects = Counter(table.objects["image_id"].map(split_of))
    images = Counter(table.images["split"])
    counts = Counter(table.class_names[label - 1] for label in table.objects["label"])
    frequent_first = sorted(table.class_names, key=lambda name: -counts[name])
    named = [f"{name} {counts[name]:,}" for name in frequent_first[:_NAMED_CLASSES]]
    more = len(table.class_names) - len(named)
    splits = ", ".join(
        f"{split} {images[split]:,} ({objects[split]:,} objects)" for split in ("train", "val", "test")
    )
    return [
        f"images:  {len(table.images):,}: {splits}",
        f"classes: {len(table.class_names):,}{': ' if named else ''}{', '.join(named)}"
        + (f" and {more} more" if more > 0 else ""),
        *describe_use(count_all(table)),
        *_keypoints(table),
    ]


def _keypoints(table: AnnotationTable) -> list[str]:
    """Return a line about the keypoints, if the dataset has any."""
    names = table.keypoints.names
    if not names:
        return []
    labelled = int((table.keypoints.values[..., 2] > 0).sum())
    shown = ", ".join(names[:_NAMED_KEYPOINTS]) + (" ..." if len(names) > _NAMED_KEYPOINTS else "")
    return [
        f"keypoints: {len(names)} ({shown}), {labelled:,} labelled in {len(table.keypoints.values):,} objects"
    ]


def faults(table: AnnotationTable) -> list[str]:
    """Return a line for each fault with its number and an example, the frequent faults first."""
    if not table.issues:
        return ["faults:  none"]
    examples: dict[str, Issue] = {}
    for issue in table.issues:
        examples.setdefault(issue.fault.name, issue)
    counts = Counter(issue.fault.name for issue in table.issues)
    return ["faults:"] + [f"  {count:>6,} {_example(examples[name])}" for name, count in counts.most_common()]


def _example(issue: Issue) -> str:
    where = f"{issue.file}: " if issue.file else ""
    example = " ".join(f"{where}{issue.fault.detail}".split())  # a file name may hold a line break
    short = example if len(example) <= _LONGEST else example[: _LONGEST - 1] + "…"
    return f"{issue.fault.name:<25} {short} -> {issue.fault.action_text}"


def training(root: Path, table: AnnotationTable, params: Params) -> list[str]:
    """Return lines that compare the boxes with the detector's and estimate the time of a training."""
    if table.objects.dropna(subset=["xmin"]).empty:
        return [
            "boxes:   none; only whole images are labelled, which neither finetune nor train can learn from"
        ]
    with redirect_stdout(io.StringIO()):  # keras-cv prints which backend it uses
        from pipeline.commands.inspect.training_time import describe_time

    photographs = sample_photographs(root, table)
    return [
        describe_sizes(table, params),
        *describe_limits(table, params),
        describe_time(table, photographs, params),
    ]
