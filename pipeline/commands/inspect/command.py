"""What the pipeline would make of a dataset, without touching DVC or writing a record."""

import io
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path

from pipeline.commands.inspect.box_sizes import describe_sizes
from pipeline.datasets.checks.classes import class_issues
from pipeline.datasets.checks.verdict import reason_to_refuse
from pipeline.datasets.conversion.check_images import check_images
from pipeline.datasets.conversion.prepare import read_dataset
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable, Issue, with_issues
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from pipeline.params.schema import Params
from pipeline.workers import Workers

_NAMED_CLASSES = 8

_LONGEST = 110  # letters of an example


def inspect(path: Path, format: str | None, html: Path | None) -> None:
    """Print what is in a dataset's folder, what is wrong with it, and what training on it would take.

    Args:
        path: The folder.
        format: Instead of ``dataset.format``.
        html: A page with pictures of each kind of fault is written here.

    Raises:
        PipelineError: it is no folder, nothing in it is recognised, or the convert stage would refuse it.
    """
    if html is not None and html.is_dir():
        raise PipelineError(f"--html {html} is a folder; name a file")
    if not path.is_dir():
        said = "is no folder; unpack an archive first" if path.exists() else "does not exist"
        raise PipelineError(f"{path} {said}")
    params = load_params()
    if format is not None:
        params = params.model_copy(update={"dataset": params.dataset.model_copy(update={"format": format})})
    with Workers(params.convert.workers) as workers:
        given = read_dataset(
            DatasetFolder(path), params.dataset, params.convert, seed=params.seed, workers=workers
        )
        checked = check_images(path, given, params.convert, workers, None)
    checked = with_issues(checked, class_issues(checked, params.convert.checks))
    print("\n".join([*contents(checked), *faults(checked)]), flush=True)
    if html is not None:
        from pipeline.commands.inspect.fault_page import write_page

        try:
            write_page(html, path, given, checked, contents(checked))
        except (FileExistsError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise PipelineError(f"--html {html}: {error.strerror}; name a file in a folder") from None
    if reason := reason_to_refuse(checked, params.convert):
        raise PipelineError(f"{path}: convert would refuse it: {reason.partition('; such as')[0]}")
    print("\n".join(training(checked, params)))


def contents(table: AnnotationTable) -> list[str]:
    """Say how many images, objects and classes there are, and in which split."""
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
    ]


def faults(table: AnnotationTable) -> list[str]:
    """List the kinds of fault, the frequent ones first, with an example each."""
    if not table.issues:
        return ["faults:  none"]
    examples: dict[str, Issue] = {}
    for issue in table.issues:
        examples.setdefault(issue.fault, issue)
    counts = Counter(issue.fault for issue in table.issues)
    return ["faults:"] + [f"  {count:>6,} {_said(examples[fault])}" for fault, count in counts.most_common()]


def _said(issue: Issue) -> str:
    where = f"{issue.file}: " if issue.file else ""
    example = " ".join(f"{where}{issue.detail}".split())  # a name may hold a line break
    short = example if len(example) <= _LONGEST else example[: _LONGEST - 1] + "…"
    return f"{issue.fault:<25} {short} -> {issue.action}"


def training(table: AnnotationTable, params: Params) -> list[str]:
    """Hold the boxes to the detector's, and say how long it would train."""
    if table.objects.dropna(subset=["xmin"]).empty:
        return [
            "boxes:   none; only whole images are labelled, which neither finetune nor train can learn from"
        ]
    with redirect_stdout(io.StringIO()):  # keras-cv says which backend it uses
        from pipeline.commands.inspect.training_time import describe_time

    return [describe_sizes(table, params), describe_time(table, params)]
