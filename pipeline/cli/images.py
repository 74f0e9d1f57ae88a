"""The arguments of the commands that compare the images of the dataset."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.cli.numbers import positive


def add_images(commands: Any) -> None:
    """Add the commands ``similar`` and ``clusters``."""
    similar_parser = commands.add_parser(
        "similar", help="show the images of the dataset that are most like a picture"
    )
    similar_parser.add_argument("image", type=Path, metavar="IMAGE", help="JPEG or PNG file")
    similar_parser.add_argument("--count", type=positive, default=9, metavar="N", help="number of images (9)")
    clusters_parser = commands.add_parser("clusters", help="group the images of the dataset by their look")
    clusters_parser.add_argument(
        "--number", type=positive, default=10, metavar="N", help="number of groups (10)"
    )
    similar_parser.set_defaults(run=_similar)
    clusters_parser.set_defaults(run=_clusters)
    for reader, output in ((similar_parser, "reports/similar.png"), (clusters_parser, "reports/clusters")):
        reader.add_argument(
            "--crops",
            dest="kind",
            action="store_const",
            const="crop",
            default="image",
            help="objects instead of whole images",
        )
        reader.add_argument(
            "--output", type=Path, default=Path(output), metavar="PATH", help=f"what to write ({output})"
        )


def _similar(options: argparse.Namespace) -> None:
    from pipeline.commands.similar import similar

    similar(options.image, options.kind, options.count, options.output)


def _clusters(options: argparse.Namespace) -> None:
    from pipeline.commands.clusters import clusters

    clusters(options.kind, options.number, options.output)
