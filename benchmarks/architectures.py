"""Speed of every detector with the parameters of `params.yaml`: training, serving, and the size of the SavedModel.

Each runs in a process of its own, in turn, on the records and the backbone that `dvc repro` made. Training is timed
with its input and its augmentation, without the first steps; serving from image files to suppressed boxes. The heads
are hardly trained, so that few scores are high enough to be suppressed.

    python -m benchmarks.architectures [NAME ...] [--steps 15] [--rounds 3]
"""

import argparse
import json
import sys
import time
from math import isfinite
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported
from benchmarks.measuring.exported import exported
from benchmarks.measuring.own_process import run_alone
from benchmarks.measuring.training_speed import CONVERTED, UNTIMED_STEPS, images_per_second, training_steps

ZOO = Path("models/zoo")
NAMES = ("gfl", "retinanet", "ssd", "yolo_v8", "faster_rcnn", "yolo_v1")
BATCH = 8
"""Images of a batch in serving."""


def main() -> None:
    """Run all in turn and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="values of train.architecture")
    parser.add_argument("--steps", type=int, default=15, help="timed, after five that are not")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs; the median counts")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measured(options.measure, options.steps)))
        return
    names = options.names or NAMES
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name, found in runs.items():
            found.append(run_alone("architectures", f"--measure={name}"))
    print(f"{'':12} training images/s   serving images/s   SavedModel")
    for name, found in runs.items():
        train, serve, size = (median(run[what] for run in found) for what in ("train", "serve", "megabytes"))
        print(f"{name:12} {train:17.1f}   {serve:16.1f}   {size:7.1f} MB")


def measured(name: str, steps: int) -> dict[str, float]:
    """Build a detector on the backbone of the zoo, train some steps, and serve it."""
    from pipeline.datasets.converted.labels import read_labels
    from pipeline.models.detectors.registry import build_detector
    from pipeline.models.weights.config import BackboneConfig, read_config
    from pipeline.models.weights.directory import BACKBONE_WEIGHTS
    from pipeline.params.load import load_params
    from pipeline.stages.train import initialise
    from pipeline.training.precision import computing_in, policy_name
    from pipeline.training.recipes import detector_config

    params = load_params()
    settings = params.train.model_copy(update={"architecture": name, "steps": UNTIMED_STEPS + steps + 1})
    backbone = read_config(ZOO, BackboneConfig)
    config = detector_config(settings, read_labels(CONVERTED), backbone)
    with computing_in(policy_name(params.precision, backbone.backbone)):
        detector = build_detector(config, ZOO / BACKBONE_WEIGHTS)
    initialise(detector, settings, config)
    stream = training_steps(detector, settings)
    rate = images_per_second(stream, steps, settings.batch_size)
    losses = next(stream)
    if not all(map(isfinite, losses.values())):
        sys.exit(f"a loss of {name} is not finite: {losses}")
    with TemporaryDirectory() as folder:
        return {"train": rate} | served(detector, config, params, Path(folder))


def served(detector: Any, config: Any, params: Any, folder: Path) -> dict[str, float]:
    """Export a detector as the export stage does, and time it on the test images."""
    import tensorflow as tf

    from pipeline.inputs.examples import records

    detect = exported(detector, config, params, folder)
    files = [example.encoded for example in records(CONVERTED, "test").take(5 * BATCH).as_numpy_iterator()]
    times = []
    for place in range(0, len(files) - BATCH + 1, BATCH):
        start = time.perf_counter()
        detect(tf.constant(files[place : place + BATCH]))["boxes"].numpy()
        times.append(time.perf_counter() - start)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"serve": BATCH / median(times[1:]), "megabytes": size / 1e6}


if __name__ == "__main__":
    main()
