"""Speed of every detector with the parameters of `params.yaml`: training, serving, and the size of the SavedModel.

Each runs in a process of its own, in turn, on the records and the backbone that `dvc repro` made. Training is timed
with its input and its augmentation, without the first steps; serving from image files to suppressed boxes. The heads
are hardly trained, so that few scores are high enough to be suppressed.

    python -m benchmarks.architectures [NAME ...] [--steps 15] [--rounds 3]
"""

import argparse
import json
import subprocess
import sys
import time
from math import isfinite
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported

CONVERTED, ZOO = Path("data/converted"), Path("models/zoo")
NAMES = ("gfl", "retinanet", "ssd", "yolo_v8", "faster_rcnn", "yolo_v1")
UNTIMED_STEPS = 5
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
            found.append(run_alone(name, options.steps))
    print(f"{'':12} training images/s   serving images/s   SavedModel")
    for name, found in runs.items():
        train, serve, size = (median(run[what] for run in found) for what in ("train", "serve", "megabytes"))
        print(f"{name:12} {train:17.1f}   {serve:16.1f}   {size:7.1f} MB")


def run_alone(name: str, steps: int) -> dict[str, float]:
    """Measure one detector in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.architectures", f"--measure={name}", f"--steps={steps}"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        sys.exit(f"{name} failed:\n{found.stderr}")
    result: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return result


def measured(name: str, steps: int) -> dict[str, float]:
    """Build a detector on the backbone of the zoo, train some steps, and serve it."""
    from pipeline.datasets.converted.labels import read_labels
    from pipeline.inputs.scenes import training_batches
    from pipeline.models.detectors.registry import build_detector
    from pipeline.models.weights.config import BackboneConfig, read_config
    from pipeline.models.weights.directory import BACKBONE_WEIGHTS
    from pipeline.params.load import load_params
    from pipeline.training.precision import computing_in, policy_name
    from pipeline.training.recipes import compiled_learner, detector_config, schedule_of
    from pipeline.training.unfreezing import keep_frozen

    params = load_params()
    settings = params.train.model_copy(update={"architecture": name, "steps": UNTIMED_STEPS + steps})
    backbone = read_config(ZOO, BackboneConfig)
    config = detector_config(settings, read_labels(CONVERTED), backbone)
    with computing_in(policy_name(params.precision, backbone.backbone)):
        detector = build_detector(config, ZOO / BACKBONE_WEIGHTS)
    keep_frozen(detector.backbone, settings.frozen_stages, freeze_batchnorm=settings.freeze_batchnorm)
    batches = training_batches(CONVERTED, detector.encode, settings, 1, steps=settings.steps, mask_crop=0)
    learner = compiled_learner(detector, settings, schedule_of(settings))
    step, stream = learner.make_train_function(), iter(batches)
    for place in range(UNTIMED_STEPS + steps):
        if place == UNTIMED_STEPS:
            start = time.perf_counter()
        losses = {key: float(value) for key, value in step(stream).items()}
    rate = steps * settings.batch_size / (time.perf_counter() - start)
    if not all(map(isfinite, losses.values())):
        sys.exit(f"a loss of {name} is not finite: {losses}")
    with TemporaryDirectory() as folder:
        return {"train": rate} | served(detector, config, params, Path(folder))


def served(detector: Any, config: Any, params: Any, folder: Path) -> dict[str, float]:
    """Export a detector as the export stage does, and time it on the test images."""
    import tensorflow as tf

    from pipeline.inputs.examples import records
    from pipeline.ops.nms import Suppression
    from pipeline.params.export import Export
    from pipeline.serving.detector import DetectorService
    from pipeline.serving.saved_model import load, save

    suppression = Suppression(**{key: getattr(params.export, key) for key in Export.model_fields})
    save(DetectorService(detector, config.classes, config.image_size, suppression), folder)
    detect = load(folder).signatures["serving_default"]
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
