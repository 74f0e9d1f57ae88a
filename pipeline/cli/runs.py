"""The arguments of the commands that train or compare several runs."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.cli.numbers import folds, minutes, positive


def add_runs(commands: Any) -> None:
    """Add the commands ``study``, ``search``, ``apply``, ``compare``, ``verdict`` and ``suspects``."""
    study_parser = commands.add_parser(
        "study", help="train with each backbone, start and seed as DVC experiments; tabulate the scores"
    )
    study_parser.set_defaults(run=_study)
    search_parser = commands.add_parser(
        "search", help="try other parameters of the detector as DVC experiments, and compare them on val"
    )
    search_parser.add_argument(
        "--minutes", type=minutes, default=10.0, metavar="N", help="time for all trials on this machine (10)"
    )
    search_parser.set_defaults(run=_search)
    apply_parser = commands.add_parser(
        "apply", help="bring the parameters and the outputs of a DVC experiment into the workspace"
    )
    apply_parser.add_argument("name", metavar="NAME", help="name of the experiment")
    apply_parser.set_defaults(run=_apply)
    _add_compare(commands)
    verdict_parser = commands.add_parser(
        "verdict",
        help="say at the top of the report whether the run is better than the last commit with other predictions",
    )
    verdict_parser.set_defaults(run=_verdict)
    _add_suspects(commands)


def _add_compare(commands: Any) -> None:
    """Add the command that compares two runs."""
    parser = commands.add_parser(
        "compare",
        help="say whether one run is better than another on the same test images",
        epilog="exit codes: 0 compared, whatever the verdict; 1 refused, or a run is not there",
    )
    for name in ("a", "b"):
        parser.add_argument(
            name,
            metavar=name.upper(),
            help="experiment, commit, branch, tag, workspace, or folder with a finished run",
        )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="print one JSON object")
    form.add_argument(
        "--markdown",
        dest="form",
        action="store_const",
        const="markdown",
        help="print Markdown for a pull request",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("reports/compare.html"),
        metavar="FILE",
        help="page to write (reports/compare.html)",
    )
    parser.set_defaults(run=_compare)


def _add_suspects(commands: Any) -> None:
    """Add the command that lists suspected label errors."""
    parser = commands.add_parser(
        "suspects", help="list labels that are probably wrong, because the detector contradicts them"
    )
    parser.add_argument("--count", type=positive, default=50, metavar="N", help="number of pictures (50)")
    parser.add_argument(
        "--folds",
        type=folds,
        metavar="N",
        help="train N detectors as DVC experiments, and judge each image by one that did not see it",
    )
    parser.set_defaults(run=_suspects)


def _study(options: argparse.Namespace) -> None:
    from pipeline.commands.study.command import study

    study()


def _search(options: argparse.Namespace) -> None:
    from pipeline.commands.search.command import search

    search(options.minutes)


def _apply(options: argparse.Namespace) -> None:
    from pipeline.commands.apply import apply

    apply(options.name)


def _compare(options: argparse.Namespace) -> None:
    from pipeline.commands.compare.command import compare

    compare(options.a, options.b, form=options.form or "text", output=options.output)


def _verdict(options: argparse.Namespace) -> None:
    from pipeline.commands.compare.verdict import verdict

    verdict()


def _suspects(options: argparse.Namespace) -> None:
    from pipeline.commands.suspects.command import suspects

    suspects(options.count, options.folds)
