"""The options of the command ``predict``."""

import argparse
from pathlib import Path
from typing import Any


def add_predict(commands: Any) -> None:
    """Add the command that finds objects in images and videos."""
    parser = commands.add_parser(
        "predict",
        help="find the objects of images and videos with an exported detector; draw and write them",
        epilog="exit codes: 0 all files were done, 1 none or an option is wrong, 3 some were not",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="image, video, folder (with its subfolders), or pattern in quotes such as 'photos/**/*.jpg'",
    )
    parser.add_argument(
        "--model",
        type=Path,
        default=Path("models/exported/detector"),
        metavar="PATH",
        help="exported detector (models/exported/detector)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="new or empty folder to write to (predictions or, if that is not empty, predictions-2 and so on)",
    )
    parser.add_argument(
        "--format",
        dest="formats",
        nargs="+",
        choices=("drawn", "coco", "csv", "yolo", "voc"),
        default=["drawn", "coco", "csv"],
        help="what to write (drawn coco csv)",
    )
    _add_detection(parser)


def _add_detection(parser: argparse.ArgumentParser) -> None:
    """Add the options of how the detector looks at pictures."""
    parser.add_argument(
        "--threshold",
        nargs="+",
        default=[],
        metavar="SCORE",
        help="lowest score, for all classes (0.45) or for one as CLASS=SCORE",
    )
    parser.add_argument(
        "--batch-size", type=_whole_number, default=8, metavar="N", help="images that run as one batch (8)"
    )
    parser.add_argument(
        "--tile",
        type=_whole_number,
        metavar="PX",
        help="also look at overlapping tiles of this side, in which small objects of large pictures are found",
    )
    parser.add_argument(
        "--overlap", type=_overlap, metavar="SHARE", help="share of a tile that the next one repeats (0.2)"
    )


def predict_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of :func:`pipeline.commands.predict.command.predict`."""
    return {name: value for name, value in vars(options).items() if name != "command"}


def _whole_number(text: str) -> int:
    """Return a whole number of 1 or more."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no whole number of 1 or more")
    return int(text)


def _overlap(text: str) -> float:
    """Return a share from 0 to 0.9."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 0.9:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 0.9")
    return value
