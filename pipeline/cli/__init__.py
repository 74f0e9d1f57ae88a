"""The command line ``python -m pipeline COMMAND``. Each command is a module of :mod:`pipeline.commands`.

The modules of this package add the arguments of the commands. A command is imported when it runs.
"""

import argparse
import sys

from pipeline.cli.datasets import add_datasets
from pipeline.cli.images import add_images
from pipeline.cli.labelling import add_labelling
from pipeline.cli.networks import add_networks
from pipeline.cli.predict import add_predict
from pipeline.cli.runs import add_runs
from pipeline.cli.serve import add_serve
from pipeline.commands.check import check
from pipeline.stage import exit_with


def main() -> None:
    """Run the command that the arguments name, and exit."""
    options = _parser().parse_args()
    run = options.run
    del options.run, options.command
    alone = getattr(options, "json", False) or getattr(options, "form", None)  # on the standard output
    exit_with(lambda: run(options), log=sys.stderr if alone else None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline")
    commands = parser.add_subparsers(dest="command", required=True)
    check_parser = commands.add_parser("check", help="check params.yaml and the files that it names")
    check_parser.set_defaults(run=lambda options: check())
    for add in (add_datasets, add_runs, add_networks, add_images, add_predict, add_labelling, add_serve):
        add(commands)
    return parser
