"""The arguments of the command ``serve``."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.cli.numbers import port, positive


def add_serve(commands: Any) -> None:
    """Add the command that answers requests over HTTP."""
    parser = commands.add_parser(
        "serve",
        help="answer requests for detections over HTTP, and show a page to try the detector on",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--model",
        type=Path,
        default=Path("models/exported/detector"),
        metavar="PATH",
        help="exported detector",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; 0.0.0.0 lets other machines in"
    )
    parser.add_argument("--port", type=port, default=8501, help="port to listen at; 0 takes a free one")
    for option, default, what in (
        ("batch", 8, "most images that the model runs on at a time"),
        ("body-mib", 32, "most MiB in the body of a request"),
        ("instances", 32, "most images in a request"),
        ("megapixels", 64, "most million pixels of an image, and of all images of a batch"),
        ("queue", 256, "most images that wait for the model"),
        ("seconds", 30, "most seconds until the body of a request is there, and then until it is answered"),
    ):
        parser.add_argument(f"--{option}", type=positive, default=default, metavar="N", help=what)
    parser.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> None:
    from pipeline.commands.serve import serve

    serve(**vars(options))
