"""Shows what the convert stage would make of a dataset. No record is written, and DVC is not used."""

import sys
from collections.abc import Iterable
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

from pipeline.commands.inspect.advice import advise
from pipeline.commands.inspect.finding import Finding, Inspection
from pipeline.commands.inspect.findings import CHECKS, CONTENTS, TRAINING, Find
from pipeline.commands.inspect.report import Report
from pipeline.commands.inspect.target import target_of
from pipeline.commands.inspect.worst_images import picture_worst
from pipeline.datasets.checks.verdict import refusal
from pipeline.datasets.conversion.inspection import inspect_folder
from pipeline.datasets.conversion.prepare import settings_of
from pipeline.errors import PipelineError
from pipeline.output_place import output_place
from pipeline.params.dataset import FormatName
from pipeline.params.load import load_params

FINE, FAULTS = 0, 3
"""The exit codes of a dataset without and with faults. A dataset that is refused is an error, whose code is 1."""


def inspect(
    path: Path | None, format: FormatName | None, *, as_json: bool, html: Path | None, sheet: Path
) -> int:
    """Print what is in a dataset's folder, what is wrong with it, and what training on it would take.

    Args:
        path: The folder; None stands for the configured dataset.
        format: The format of the dataset; None stands for ``dataset.format``.
        as_json: Print one JSON object instead of lines. All else is then printed to the standard error.
        html: A page with pictures of each fault is written here; None for no page.
        sheet: A picture of the worst images is written here if any image has a fault.

    Returns:
        The exit code: :data:`FINE` or :data:`FAULTS`.

    Raises:
        PipelineError: The path is no folder, no format is recognised, or the convert stage would refuse the dataset.
    """
    report = Report(as_json=as_json)
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        try:
            found = _inspect(path, format, report, html, sheet)
        except PipelineError as error:
            report.close("refused", str(error))
            raise
        report.close("faults" if found else "fine", None)
    return FAULTS if found else FINE


def _inspect(
    path: Path | None, format: FormatName | None, report: Report, html: Path | None, sheet: Path
) -> bool:
    """Add all findings to the report, and return whether there are faults.

    Raises:
        PipelineError: The dataset cannot be read, or would be refused.
    """
    for option, file in (("--html", html), ("--pictures", sheet)):
        if file is not None and file.is_dir():
            raise PipelineError(f"{option} {file} is a folder; name a file")
    if sheet.suffix.lower() != ".png":
        raise PipelineError(f"--pictures {sheet}: name a file that ends in .png")
    params = load_params()
    target = target_of(path, format, params.dataset)
    convert = params.convert if path is not None else settings_of(target.dataset.images, params.convert)
    report.add(Finding("path", str(target.path), [target.where] if target.where else []))
    given, checked, format_name = inspect_folder(target.path, target.dataset, convert, seed=params.split_seed)
    inspection = Inspection(target.path, format_name, given, checked, params)
    contents = _add_all(report, inspection, CONTENTS)
    _add_all(report, inspection, CHECKS)
    _add_pictures(report, inspection, html, sheet, contents)
    refused = refusal(checked, params.convert)
    if refused is None:
        _add_all(report, inspection, TRAINING)
    report.add(advise(inspection, target, accepted=refused is None, has_page=html is not None))
    if refused is not None:
        raise PipelineError(f"{target.path}: convert would refuse it: {refused.reason}")
    return bool(checked.issues)


def _add_all(report: Report, inspection: Inspection, finds: Iterable[Find]) -> list[str]:
    """Add some findings to the report, and return their lines."""
    lines: list[str] = []
    for find in finds:
        finding = find(inspection)
        report.add(finding)
        lines += finding.lines
    return lines


def _add_pictures(
    report: Report, inspection: Inspection, html: Path | None, sheet: Path, contents: list[str]
) -> None:
    """Write the pictures of the worst images and, if it is wanted, the page of all faults.

    Raises:
        PipelineError: A file cannot be written there.
    """
    advice = "name a file in a folder"
    with output_place(f"--pictures {sheet}", advice):
        report.add(picture_worst(inspection, sheet))
    if html is None:
        return
    from pipeline.commands.inspect.fault_page import write_page

    with output_place(f"--html {html}", advice):
        write_page(html, inspection, contents)
    report.add(Finding("page", str(html), [f"page:    {html}"]))
