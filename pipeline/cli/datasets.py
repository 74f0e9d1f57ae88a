"""The arguments of the commands that read a dataset."""

import argparse
from pathlib import Path
from typing import Any, get_args

from pipeline.cli.numbers import minutes
from pipeline.params.dataset import FormatName

WRITTEN_FORMATS = ("coco", "voc", "yolo", "cvat", "labelme", "label_studio")
"""The keys of :data:`pipeline.datasets.writers.WRITERS`, whose import takes long."""


def add_datasets(commands: Any) -> None:
    """Add the commands that read a dataset: ``inspect``, ``init`` and ``to``."""
    inspect_parser = commands.add_parser(
        "inspect",
        help="describe a dataset and its faults, and advise; write no dataset",
        epilog="exit codes: 0 no fault, 1 refused or not readable, 3 accepted, but with faults",
    )
    inspect_parser.add_argument(
        "--json", action="store_true", help="print one JSON object; all else goes to the standard error"
    )
    inspect_parser.add_argument(
        "--html", type=Path, metavar="FILE", help="also write a page with images of each kind of fault"
    )
    inspect_parser.add_argument(
        "--pictures",
        type=Path,
        default=Path("reports/worst_images.png"),
        metavar="FILE",
        help="PNG of the ten worst images (reports/worst_images.png)",
    )
    inspect_parser.add_argument(
        "path", type=Path, nargs="?", metavar="PATH", help="folder; without it, the configured dataset"
    )
    init_parser = commands.add_parser(
        "init", help="look at a dataset and this machine, and write params.yaml for them"
    )
    init_parser.add_argument(
        "--minutes",
        type=minutes,
        default=10.0,
        metavar="N",
        help="time for the training of the detector on this machine (10)",
    )
    init_parser.add_argument("path", type=Path, metavar="PATH", help="folder of the dataset")
    inspect_parser.set_defaults(run=_inspect)
    init_parser.set_defaults(run=_init)
    for reader in (inspect_parser, init_parser):
        reader.add_argument(
            "--format",
            choices=get_args(FormatName),
            help="format of the annotations, in place of dataset.format",
        )
    to_parser = commands.add_parser(
        "to", help="write the checked dataset of data/converted in another format"
    )
    to_parser.add_argument("format", choices=WRITTEN_FORMATS)
    to_parser.add_argument("folder", type=Path, metavar="FOLDER", help="new or empty folder to write to")
    to_parser.set_defaults(run=_to)


def _inspect(options: argparse.Namespace) -> int | None:
    from pipeline.commands.inspect.command import inspect

    return inspect(
        options.path, options.format, as_json=options.json, html=options.html, sheet=options.pictures
    )


def _init(options: argparse.Namespace) -> None:
    from pipeline.commands.init.command import init

    init(options.path, options.format, options.minutes)


def _to(options: argparse.Namespace) -> None:
    from pipeline.commands.write_dataset import to

    to(options.format, options.folder)
