"""Time reading annotations: parsing, checking the table and splitting it, without opening an image.

Writes COCO JSON of 8 boxes an image and Pascal VOC XML of 2 into a temporary folder, beside image files that are empty,
and reads each in a process of its own.

    python -m benchmarks.read_annotations [--coco 100000] [--voc 20000]
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipeline.datasets.checks.boxes import check_boxes
from pipeline.datasets.conversion.prepare import read_dataset
from pipeline.datasets.formats.voc import reader as voc
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import BOX
from pipeline.params.load import load_params
from pipeline.workers import Workers

WIDTH, HEIGHT, CLASSES = 640, 480, 80
OBJECT = (
    "<object><name>{}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>"
    "<bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
)


def main() -> None:
    """Write the datasets and read each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--coco", type=int, default=100_000, help="images of the COCO dataset")
    parser.add_argument("--voc", type=int, default=20_000, help="images of the VOC dataset")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.read)
        return
    for name, count in (("coco", options.coco), ("voc", options.voc)):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), name, count)
            subprocess.run(
                [sys.executable, "-m", "benchmarks.read_annotations", "--read", folder], check=True
            )


def write(folder: Path, name: str, count: int) -> None:
    """Write empty images and their annotations."""
    rng = random.Random(1)
    (folder / "images").mkdir()
    (folder / "annotations").mkdir()
    files = [f"{number:07d}.jpg" for number in range(count)]
    for file in files:
        (folder / "images" / file).touch()
    if name == "coco":
        write_coco(folder / "annotations" / "instances.json", files, rng)
    else:
        for file in files:
            text = "".join(OBJECT.format(*labelled_box(rng)) for _ in range(2))
            size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>"
            xml = f"<annotation><filename>{file}</filename>{size}{text}</annotation>"
            (folder / "annotations" / file).with_suffix(".xml").write_text(xml)


def write_coco(path: Path, files: list[str], rng: random.Random) -> None:
    """Write one COCO file of 8 boxes an image."""
    images = [
        {"id": number, "file_name": file, "width": WIDTH, "height": HEIGHT}
        for number, file in enumerate(files)
    ]
    annotations = []
    for number in range(8 * len(files)):
        _, xmin, ymin, xmax, ymax = labelled_box(rng)
        box = [xmin, ymin, xmax - xmin, ymax - ymin]
        row = {"id": number, "image_id": number // 8, "category_id": rng.randint(1, CLASSES), "iscrowd": 0}
        annotations.append(row | {"bbox": box, "area": box[2] * box[3]})
    categories = [{"id": number, "name": f"class {number}"} for number in range(1, CLASSES + 1)]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))


def labelled_box(rng: random.Random) -> tuple[str, int, int, int, int]:
    """Draw a class and a box within the image."""
    x, y = rng.randint(0, WIDTH - 140), rng.randint(0, HEIGHT - 110)
    return f"class {rng.randint(1, CLASSES)}", x, y, x + rng.randint(5, 130), y + rng.randint(5, 100)


def read(folder: Path) -> None:
    """Read a dataset and print how long each part took."""
    params = load_params()
    start = time.perf_counter()
    with Workers(0) as workers:
        listed = DatasetFolder(folder)
        table = read_dataset(listed, params.dataset, params.convert, seed=1, workers=workers)
    read_seconds = time.perf_counter() - start
    bounds = np.searchsorted(table.objects["image_id"].to_numpy(), np.arange(1, len(table.images) + 2))
    boxes, labels = table.objects[BOX].to_numpy(), table.objects["label"].to_numpy()
    for first, last in pairwise(bounds):
        check_boxes(boxes[first:last], labels[first:last], WIDTH, HEIGHT, params.convert.checks)
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status").read_text()  # what resource says includes the parent process's
    megabytes = int(status.partition("VmHWM:")[2].split()[0]) / 1000
    print(
        f"  {len(table.images):,} images, {len(table.objects):,} boxes: parsed and split in {read_seconds:.1f} s, "
        f"boxes checked in {seconds - read_seconds:.1f} s; {megabytes:,.0f} MB"
    )
    if files := listed.with_suffix(".xml"):
        start = time.perf_counter()
        for file in files:
            voc.parse(folder, file)
        print(f"  VOC XML: {len(files) / (time.perf_counter() - start):,.0f} files a second and core")


if __name__ == "__main__":
    main()
