"""The arguments of the commands that help to label more pictures."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.cli.datasets import WRITTEN_FORMATS
from pipeline.cli.numbers import positive, precision

_CODES = "exit codes: 0 all files were done, 1 none, 2 an option is wrong, 3 some were not"


def add_labelling(commands: Any) -> None:
    """Add the commands ``prelabel`` and ``next``."""
    _add_prelabel(commands)
    _add_next(commands)


def _add_prelabel(commands: Any) -> None:
    """Add the command that labels pictures with the detector of the project."""
    parser = commands.add_parser(
        "prelabel", help="label pictures with the project's detector, for a person to correct", epilog=_CODES
    )
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="image, folder (with its subfolders), or pattern in quotes"
    )
    parser.add_argument(
        "--precision",
        type=precision,
        default=0.9,
        metavar="SHARE",
        help="share of the boxes of each class that are to be right (0.9)",
    )
    parser.add_argument(
        "--format",
        dest="format_name",
        choices=WRITTEN_FORMATS,
        help="format of the labels (that of the dataset, or coco)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="new or empty folder to write to (prelabelled or, if that is not empty, prelabelled-2 and so on)",
    )
    _add_batch_size(parser)
    parser.set_defaults(run=_prelabel)


def _add_next(commands: Any) -> None:
    """Add the command that chooses pictures to label."""
    parser = commands.add_parser(
        "next",
        help="say which unlabelled pictures to label, as the detector learns most from them",
        epilog=_CODES,
    )
    parser.add_argument("path", metavar="PATH", help="folder (with its subfolders), or pattern in quotes")
    parser.add_argument(
        "count", type=positive, nargs="?", default=50, metavar="N", help="number of pictures to choose (50)"
    )
    _add_batch_size(parser)
    parser.set_defaults(run=_next)


def _add_batch_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--batch-size", type=positive, default=8, metavar="N", help="images that run as one batch (8)"
    )


def _prelabel(options: argparse.Namespace) -> int:
    from pipeline.commands.predict.prelabel import prelabel

    return prelabel(**vars(options))


def _next(options: argparse.Namespace) -> int:
    from pipeline.commands.predict.next_images import next_images

    return next_images(**vars(options))
