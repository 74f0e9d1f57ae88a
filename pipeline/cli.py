"""What a person types: ``python -m pipeline COMMAND``. Each command is a module of ``pipeline.commands``."""

import argparse
from pathlib import Path
from typing import get_args

from pipeline.commands.check import check
from pipeline.params.dataset import FormatName
from pipeline.stage import exit_with


def main() -> None:
    """Run one command and exit."""
    parser = argparse.ArgumentParser(prog="python -m pipeline")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="say whether params.yaml is in order, and what it names is there")
    looks = commands.add_parser(
        "inspect", help="say what the pipeline would make of a dataset, and do nothing"
    )
    looks.add_argument("path", type=Path, metavar="PATH", help="the dataset's folder")
    looks.add_argument("--format", choices=get_args(FormatName), help="instead of dataset.format")
    looks.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page with pictures of each kind of fault"
    )
    writes = commands.add_parser("to", help="write the checked dataset of data/converted in another format")
    writes.add_argument("format", choices=("coco", "voc", "yolo"))
    writes.add_argument("folder", type=Path, metavar="FOLDER", help="where; it is made")
    options = parser.parse_args()
    if options.command == "check":
        exit_with(check)
    elif options.command == "to":
        from pipeline.commands.write_dataset import to

        exit_with(lambda: to(options.format, options.folder))
    else:
        from pipeline.commands.inspect.command import inspect

        exit_with(lambda: inspect(options.path, options.format, options.html))
