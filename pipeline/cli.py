"""What a person types: ``python -m pipeline COMMAND``."""

import argparse
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.params import PARAMS_FILE, Params, load_params
from pipeline.stage import exit_with


def check() -> None:
    """Say whether ``params.yaml`` is in order and what it names is there, before any work starts.

    Raises:
        PipelineError: one line a fault.
    """
    params = load_params()
    if faults := missing_files(params):
        raise PipelineError("\n".join(f"{PARAMS_FILE}: {fault}" for fault in faults))
    print(f"{PARAMS_FILE} is in order")


def missing_files(params: Params) -> list[str]:
    """Name what the parameters point at and is not there, a line each."""
    dataset, zoo = params.dataset, params.zoo
    faults = []
    if not Path(dataset.path).exists():
        faults.append(f"dataset.path is {dataset.path}, which does not exist")
    elif dataset.source == "path" and not Path(dataset.path).is_dir():
        faults.append(f"dataset.path is {dataset.path}, which is not a folder")
    if not Path(zoo.file).exists():
        faults.append(f"zoo.file is {zoo.file}, which does not exist")
    elif zoo.weights == "file" and not Path(zoo.file).is_file():
        faults.append(f"zoo.file is {zoo.file}, a folder; give the weights file in it")
    return faults


COMMANDS = {"check": check}


def main() -> None:
    """Run one command and exit."""
    parser = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, action in COMMANDS.items():
        commands.add_parser(name, help=(action.__doc__ or "").split("\n")[0])
    writing = commands.add_parser("to", help="write the checked dataset of data/converted in another format")
    writing.add_argument("format", choices=("coco", "voc", "yolo"))
    writing.add_argument("folder", type=Path, metavar="FOLDER", help="is made")
    options = parser.parse_args()
    if options.command == "to":
        from pipeline.commands.to import to

        exit_with(lambda: to(options.format, options.folder))
    exit_with(COMMANDS[options.command])
