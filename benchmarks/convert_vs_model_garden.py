"""Time the convert stage, which checks every image, against Model Garden's converter, which checks none.

Both run in turn as a user would start them, each in a process of its own, on the same COCO images: a small
train split repeated under new names and ids, with its boxes alone and with its masks too. The tiles of each copy are
shuffled, so that none is found to be the duplicate of another.

    python -m benchmarks.convert_vs_model_garden [--source FOLDER] [--copies 40] [--rounds 3] [--growth 10]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import psutil

ROOT = Path(__file__).parents[1]
SOURCE = (
    Path(os.environ.get("PIPELINE_REAL_DATA", ROOT.parent / "shared" / "data"))
    / "tiny_coco_json"
    / "tiny_coco"
)
IMAGES_PER_SHARD = 256
TILES = 4  # a side


def main() -> None:
    """Print seconds, peak memory and their ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder with annotations/ and train2017/")
    parser.add_argument("--copies", type=int, default=40, help="of the train split, in the timed dataset")
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each converter runs; the median counts"
    )
    parser.add_argument("--growth", type=int, default=10, help="factor of the memory check's dataset")
    options = parser.parse_args()
    for masks in (False, True):
        with tempfile.TemporaryDirectory() as name:
            compare(Path(name), options, masks)


def compare(folder: Path, options: argparse.Namespace, masks: bool) -> None:
    """Print what both take with or without masks, and what ours takes when there are more images."""
    data, out = folder / "data", folder / "out"
    images = repeat_split(options.source, data, options.copies, masks)
    runs: dict[Callable[..., Any], list[Any]] = {tool: [] for tool in (ours, model_garden)}
    for _ in range(options.rounds):
        for tool, measured in runs.items():
            measured.append(tool(data, out, images, masks))
    said = "boxes and masks" if masks else "boxes"
    print(f"{said} of {images} images, {psutil.cpu_count()} cores, median of {options.rounds}")
    best = {tool: (median(t for t, _ in m), max(peak for _, peak in m)) for tool, m in runs.items()}
    for tool, (seconds, peak) in best.items():
        print(f"  {tool.__name__:<13} {seconds:6.2f} s   {peak / 1e6:6.0f} MB")
    (seconds, peak), (their_seconds, their_peak) = best[ours], best[model_garden]
    print(f"  ratio ours/theirs: time {seconds / their_seconds:.2f}, memory {peak / their_peak:.2f}")
    if options.growth > 1:
        shutil.rmtree(data)
        images = repeat_split(options.source, data, options.copies * options.growth, masks)
        seconds, grown = ours(data, out, images, masks)
        print(f"  {images} images: ours {seconds:.2f} s, {grown / 1e6:.0f} MB, {grown / peak:.2f} × memory")


def repeat_split(source: Path, target: Path, copies: int, masks: bool) -> int:
    """Write the train split ``copies`` times over, and return how many images that is."""
    dataset = json.loads((source / "annotations" / "instances_train2017.json").read_bytes())
    (target / "train2017").mkdir(parents=True)
    (target / "annotations").mkdir()
    images, annotations = [], []
    for copy in range(copies):
        for image in dataset["images"]:
            data = (source / "train2017" / image["file_name"]).read_bytes()
            name = f"{copy:04d}_{image['file_name']}"
            (target / "train2017" / name).write_bytes(shuffled(data, image["id"] * copies + copy))
            images.append({**image, "id": image["id"] * copies + copy, "file_name": name})
        for annotation in dataset["annotations"]:
            ids = {key: annotation[key] * copies + copy for key in ("id", "image_id")}
            annotations.append({**annotation, **ids})
            if not masks:
                del annotations[-1]["segmentation"]
    repeated = {**dataset, "images": images, "annotations": annotations}
    (target / "annotations" / "instances_train2017.json").write_text(json.dumps(repeated))
    return len(images)


def shuffled(jpeg: bytes, seed: int) -> bytes:
    """Shuffle the tiles of a picture."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    height, width = image.shape[0] // TILES, image.shape[1] // TILES
    corners = [(row * height, column * width) for row in range(TILES) for column in range(TILES)]
    mixed = image.copy()
    for (top, left), source in zip(
        corners, np.random.default_rng(seed).permutation(len(corners)), strict=True
    ):
        y, x = corners[source]
        mixed[top : top + height, left : left + width] = image[y : y + height, x : x + width]
    return cv2.imencode(".jpg", mixed, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def ours(data: Path, out: Path, images: int, masks: bool) -> tuple[float, int]:
    """Run the convert stage, which writes the masks that there are; return seconds and peak bytes."""
    paths = {"raw": data, "converted": out / "c", "metrics": out / "m.json", "plots": out / "p"}
    arguments = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    return measure([sys.executable, "-m", "pipeline.stages.convert", *arguments], out)


def model_garden(data: Path, out: Path, images: int, masks: bool) -> tuple[float, int]:
    """Run Model Garden's converter with as many shards; return seconds and peak bytes."""
    return measure(
        [
            sys.executable,
            "-m",
            "official.vision.data.create_coco_tf_record",
            f"--image_dir={data / 'train2017'}",
            f"--object_annotations_file={data / 'annotations' / 'instances_train2017.json'}",
            f"--output_file_prefix={out / 'train'}",
            f"--num_shards={-(-images // IMAGES_PER_SHARD)}",
            f"--include_masks={masks}",
        ],
        out,
    )


def measure(command: list[str], out: Path) -> tuple[float, int]:
    """Run ``command``; return its seconds and the largest sum of resident bytes of it and its children."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = [0]
    watcher = threading.Thread(target=watch_memory, args=(process.pid, peak))
    watcher.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - start
    watcher.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{errors.decode()}")
    return seconds, peak[0]


def watch_memory(pid: int, peak: list[int]) -> None:
    """Keep the largest sum of resident memory of a process tree in ``peak[0]``, until it ends.

    Pages that processes share count in each, which is to the disadvantage of whoever forks more.
    """
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            processes = [root, *root.children(recursive=True)]
            peak[0] = max(peak[0], sum(process.memory_info().rss for process in processes))
            time.sleep(0.05)
    except psutil.NoSuchProcess:
        return


if __name__ == "__main__":
    main()
