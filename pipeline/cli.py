"""The command line ``python -m pipeline COMMAND``. Each command is a module of :mod:`pipeline.commands`."""

import argparse
import sys
from pathlib import Path
from typing import Any, get_args

from pipeline.commands.check import check
from pipeline.commands.predict.options import add_predict, predict_options
from pipeline.params.dataset import FormatName
from pipeline.stage import exit_with


def main() -> None:
    """Run the command that the arguments name, and exit."""
    options = _parser().parse_args()
    if options.command == "check":
        exit_with(check)
    elif options.command == "describe":
        from pipeline.commands.describe import describe

        exit_with(lambda: describe(options.backbone, options.size))
    elif options.command == "similar":
        from pipeline.commands.similar import similar

        exit_with(lambda: similar(options.image, options.kind, options.count, options.output))
    elif options.command == "clusters":
        from pipeline.commands.clusters import clusters

        exit_with(lambda: clusters(options.kind, options.number, options.output))
    elif options.command == "explain":
        from pipeline.commands.explain.command import explain

        exit_with(lambda: explain(options.image, options.layers, options.images, options.output))
    elif options.command == "predict":
        from pipeline.commands.predict.command import predict

        exit_with(lambda: predict(**predict_options(options)))
    elif options.command == "study":
        from pipeline.commands.study.command import study

        exit_with(study)
    elif options.command == "init":
        from pipeline.commands.init.command import init

        exit_with(lambda: init(options.path, options.format, options.minutes))
    elif options.command == "to":
        from pipeline.commands.write_dataset import to

        exit_with(lambda: to(options.format, options.folder))
    else:
        from pipeline.commands.inspect.command import inspect

        exit_with(
            lambda: inspect(
                options.path,
                options.format,
                as_json=options.json,
                html=options.html,
                sheet=options.pictures,
            ),
            log=sys.stderr if options.json else None,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="check params.yaml and the files that it names")
    commands.add_parser(
        "study", help="train with each backbone, start and seed as DVC experiments; tabulate the scores"
    )
    _add_networks(commands)
    _add_explain(commands)
    _add_similar(commands)
    add_predict(commands)
    _add_readers(commands)
    to_parser = commands.add_parser(
        "to", help="write the checked dataset of data/converted in another format"
    )
    to_parser.add_argument("format", choices=("coco", "voc", "yolo", "cvat", "labelme", "label_studio"))
    to_parser.add_argument("folder", type=Path, metavar="FOLDER", help="new or empty folder to write to")
    return parser


def _add_readers(commands: Any) -> None:
    """Add the commands that read a dataset's folder."""
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
        type=_minutes,
        default=10.0,
        metavar="N",
        help="time for the training of the detector on this machine (10)",
    )
    init_parser.add_argument("path", type=Path, metavar="PATH", help="folder of the dataset")
    for reader in (inspect_parser, init_parser):
        reader.add_argument(
            "--format",
            choices=get_args(FormatName),
            help="format of the annotations, in place of dataset.format",
        )


def _add_networks(commands: Any) -> None:
    """Add the command that looks at a network."""
    describe_parser = commands.add_parser(
        "describe", help="print the layers of a backbone: sizes, parameters, receptive fields, multiply-adds"
    )
    describe_parser.add_argument(
        "backbone", metavar="BACKBONE", help="value of zoo.backbone, or layers for the list in zoo.layers"
    )
    describe_parser.add_argument(
        "--size", type=_positive, default=224, metavar="PX", help="side of the image (224)"
    )


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
        type=_positive,
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


def _add_similar(commands: Any) -> None:
    """Add the commands that compare the images of the dataset."""
    similar_parser = commands.add_parser(
        "similar", help="show the images of the dataset that are most like a picture"
    )
    similar_parser.add_argument("image", type=Path, metavar="IMAGE", help="JPEG or PNG file")
    similar_parser.add_argument(
        "--count", type=_positive, default=9, metavar="N", help="number of images (9)"
    )
    clusters_parser = commands.add_parser("clusters", help="group the images of the dataset by their look")
    clusters_parser.add_argument(
        "--number", type=_positive, default=10, metavar="N", help="number of groups (10)"
    )
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


def _positive(text: str) -> int:
    """Return a whole number of 1 or more."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no whole number of 1 or more")
    return int(text)


def _minutes(text: str) -> float:
    """Return a positive number of minutes."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no positive number of minutes")
    return value
