"""The arguments of the command ``predict``."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.cli.numbers import overlap, positive, tile_side


def add_predict(commands: Any) -> None:
    """Add the command that finds objects in images and videos."""
    parser = commands.add_parser(
        "predict",
        help="find the objects of images and videos with an exported detector; draw and write them",
        epilog="exit codes: 0 all files were done, 1 none, 2 an option is wrong, 3 some were not. Paths come first",
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
    parser.set_defaults(run=_predict)


def _add_detection(parser: argparse.ArgumentParser) -> None:
    """Add the options of how objects are found."""
    parser.add_argument(
        "--threshold",
        nargs="+",
        default=[],
        metavar="SCORE",
        help="lowest score, for all classes or for one as CLASS=SCORE (those in metrics/thresholds.json of the "
        "detector's project, or 0.45)",
    )
    parser.add_argument(
        "--batch-size", type=positive, default=8, metavar="N", help="images that run as one batch (8)"
    )
    parser.add_argument(
        "--tile",
        type=tile_side,
        metavar="PX",
        help="also look at overlapping tiles of this side, in which small objects of large pictures are found",
    )
    parser.add_argument(
        "--overlap", type=overlap, metavar="SHARE", help="share of a tile that the next one repeats (0.2)"
    )


def _predict(options: argparse.Namespace) -> int:
    from pipeline.commands.predict.command import predict

    return predict(**vars(options))
