"""The arguments of the commands that look into a network."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.cli.numbers import positive


def add_networks(commands: Any) -> None:
    """Add the commands ``describe`` and ``explain``."""
    _add_describe(commands)
    _add_explain(commands)


def _add_describe(commands: Any) -> None:
    """Add the command that looks at a network."""
    describe_parser = commands.add_parser(
        "describe", help="print the layers of a backbone: sizes, parameters, receptive fields, multiply-adds"
    )
    describe_parser.add_argument(
        "backbone", metavar="BACKBONE", help="value of zoo.backbone, or layers for the list in zoo.layers"
    )
    describe_parser.add_argument(
        "--size", type=positive, default=224, metavar="PX", help="side of the image (224)"
    )
    describe_parser.set_defaults(run=_describe)


def _add_explain(commands: Any) -> None:
    """Add the command that shows what the networks see in a picture."""
    parser = commands.add_parser(
        "explain",
        help="show kernels, feature maps, strongest patches, Grad-CAM and assigned boxes of a picture",
    )
    parser.add_argument("image", type=Path, metavar="IMAGE", help="JPEG or PNG file, such as one of data/raw")
    parser.add_argument(
        "--layers", nargs="+", metavar="NAME", help="layers of the backbone; describe lists them (its levels)"
    )
    parser.add_argument(
        "--images",
        type=positive,
        default=300,
        metavar="N",
        help="train images that are searched for the strongest patches (300)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("reports/explain"),
        metavar="FOLDER",
        help="folder to write to (reports/explain)",
    )
    parser.set_defaults(run=_explain)


def _describe(options: argparse.Namespace) -> None:
    from pipeline.commands.describe import describe

    describe(options.backbone, options.size)


def _explain(options: argparse.Namespace) -> None:
    from pipeline.commands.explain.command import explain

    explain(options.image, options.layers, options.images, options.output)
