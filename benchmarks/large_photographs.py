"""Time a training's input of large photographs, with records that are shrunk by `convert.max_side` and without.

Draws photographs of 4,000 x 3,000 px with a few objects each into a temporary folder, converts them both ways, and runs
one epoch of the detector's input pipeline on the records of each: decoding, augmentation and encoding of the ground
truth, without the network. Every run has a process of its own.

    python -m benchmarks.large_photographs [--photographs 500] [--format jpg]
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported
from benchmarks.convert_vs_model_garden import measure
from pipeline.params.load import load_params

WIDTH, HEIGHT = 4000, 3000
OBJECTS = 4
CLASSES = ("disc", "square")
WARM_UP = 2  # batches that are not timed, in which the graph is traced


def main() -> None:
    """Draw the photographs, and print what both ways take, and their ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photographs", type=int, default=500, help="number of photographs")
    parser.add_argument("--format", choices=("jpg", "png"), default="jpg", help="format of their files")
    parser.add_argument("--convert", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--epoch", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--whole", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.convert:
        convert(options.convert, whole=options.whole)
    elif options.epoch:
        run_epoch(options.epoch)
    else:
        with tempfile.TemporaryDirectory() as name:
            compare(Path(name), options.photographs, options.format)


def compare(folder: Path, count: int, suffix: str) -> None:
    """Print seconds, bytes, images a second and peak memory with and without `convert.max_side`.

    On a machine that does other work too, the seconds of CPU tell more than the images a second.
    """
    draw_photographs(folder / "raw", count, suffix)
    found = {}
    for way in ("shrunk", "whole"):
        own = [f"--{way}"] if way == "whole" else []
        home = folder / way
        script = [sys.executable, "-m", "benchmarks.large_photographs"]
        seconds, convert_peak = measure([*script, "--convert", str(home), *own], home)
        size = sum(path.stat().st_size for path in (home / "converted").glob("*.tfrecord"))
        _, epoch_peak = measure([*script, "--epoch", str(home)], folder / "unused")
        rate, cpu = json.loads((home / "epoch.json").read_text())
        found[way] = (seconds, size / 1e6, rate, cpu, epoch_peak / 1e6)
        print(
            f"{way:<7} convert {seconds:6.1f} s, {convert_peak / 1e6:6.0f} MB; records {size / 1e6:7.1f} MB; "
            f"epoch {rate:6.1f} images/s, {1e3 * cpu:4.0f} ms of CPU an image, {epoch_peak / 1e6:6.0f} MB"
        )
    ratios = [shrunk / whole for shrunk, whole in zip(found["shrunk"], found["whole"], strict=True)]
    said = "convert time {:.2f}, records {:.2f}, images/s {:.2f}, CPU {:.2f}, memory {:.2f}"
    print("shrunk/whole:", said.format(*ratios))


def draw_photographs(folder: Path, count: int, suffix: str) -> None:
    """Write photographs with their YOLO annotations."""
    folder.mkdir()
    (folder / "classes.txt").write_text("\n".join(CLASSES))
    for number in range(count):
        rng = np.random.default_rng(number)
        coarse = rng.integers(0, 256, (30, 40, 3), np.uint8)
        image = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        lines = [draw_object(image, rng) for _ in range(OBJECTS)]
        grain = rng.integers(0, 12, (HEIGHT // 2, WIDTH // 2, 3), np.uint8)
        image = cv2.add(image, cv2.resize(grain, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST))
        cv2.imwrite(str(folder / f"{number:04d}.{suffix}"), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
        (folder / f"{number:04d}.txt").write_text("\n".join(lines))


def draw_object(image: np.ndarray, rng: np.random.Generator) -> str:
    """Draw a disc or a square, and return its line in a YOLO file."""
    label, side = int(rng.integers(len(CLASSES))), int(rng.integers(200, 1200))
    x, y = int(rng.integers(0, WIDTH - side)), int(rng.integers(0, HEIGHT - side))
    colour = tuple(map(int, rng.integers(0, 256, 3)))
    if label:
        cv2.rectangle(image, (x, y), (x + side, y + side), colour, -1)
    else:
        cv2.circle(image, (x + side // 2, y + side // 2), side // 2, colour, -1)
    place = ((x + side / 2) / WIDTH, (y + side / 2) / HEIGHT, side / WIDTH, side / HEIGHT)
    return f"{label} {' '.join(f'{value:.6f}' for value in place)}"


def convert(home: Path, *, whole: bool) -> None:
    """Convert the photographs into ``home/converted``."""
    from pipeline.stage import call
    from pipeline.stages import convert as stage

    params = load_params()
    changes = {"max_side": None} if whole else {}
    params = params.model_copy(update={"convert": params.convert.model_copy(update=changes)})
    call(
        stage.run,
        params,
        raw=home.parent / "raw",
        converted=home / "converted",
        metrics=home / "dataset.json",
        plots=home / "plots",
    )


def run_epoch(home: Path) -> None:
    """Run one epoch of the detector's input pipeline, and write images a second and CPU seconds an image."""
    from pipeline.datasets.converted.labels import read_labels
    from pipeline.datasets.converted.tables import read_images
    from pipeline.inputs.scenes import training_batches
    from pipeline.models.detectors.registry import build_detector
    from pipeline.models.weights.config import BackboneConfig
    from pipeline.training.recipes import detector_config

    params, converted = load_params(), home / "converted"
    train, zoo = params.train, params.zoo
    backbone = BackboneConfig(backbone=zoo.backbone, alpha=zoo.alpha, layers=zoo.layers, weights=zoo.weights)
    model = build_detector(detector_config(train, read_labels(converted), backbone, None))
    images = int((read_images(converted)["split"] == "train").sum())
    steps = -(-images // train.batch_size)
    batches = iter(
        training_batches(converted, model.encode, train, 1, steps=steps + WARM_UP, mask_crop=model.mask_crop)
    )
    for _ in range(WARM_UP):
        next(batches)
    start, cpu_start = time.perf_counter(), time.process_time()
    for _ in range(steps):
        next(batches)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    count = steps * train.batch_size
    (home / "epoch.json").write_text(json.dumps([count / seconds, cpu / count]))


if __name__ == "__main__":
    main()
