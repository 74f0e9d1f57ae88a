"""YOLO: ``images/{split}``, ``labels/{split}`` with a text file an image, and ``data.yaml`` with the classes.

It has boxes only. A crowd is no object, and is left out; a difficult one is written as any other. An image without
objects has an empty file.
"""

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage
from pipeline.datasets.table.annotation_table import SPLITS
from pipeline.datasets.writers.image_files import image_stems, suffix_of, write_file


def write(dataset: ConvertedDataset, folder: Path) -> int:
    """Write the dataset into an empty folder; return how many objects."""
    boxes = dataset.count_boxes("YOLO")
    if crowds := dataset.count("crowd"):
        print(f"left out, as YOLO has no crowds: {crowds}")
    if difficult := dataset.count("difficult"):
        print(f"written as any other, as YOLO has no difficult objects: {difficult}")
    for split in SPLITS:
        stems = image_stems(dataset.images["file"][dataset.images["split"] == split])
        for image in dataset.of_split(split):
            stem = stems[image.file]
            write_file(
                folder / "images" / split / f"{stem}{suffix_of(image.file, image.format)}", image.encoded
            )
            write_file(folder / "labels" / split / f"{stem}.txt", _labels(image).encode())
    value = {split: f"images/{split}" for split in SPLITS}
    # quoted, or older YAML takes a class called no for a truth value
    names = {number: DoubleQuotedScalarString(name) for number, name in enumerate(dataset.class_names)}
    with (folder / "data.yaml").open("w", encoding="utf-8") as file:
        YAML().dump({**value, "nc": len(names), "names": names}, file)
    return boxes - crowds


def _labels(image: WrittenImage) -> str:
    """Return a line an object: class from 0, then centre and size as shares of the image."""
    lines = []
    for thing in image.objects:
        if thing.has_box and not thing.crowd:
            x, y = (thing.xmin + thing.xmax) / 2 / image.width, (thing.ymin + thing.ymax) / 2 / image.height
            width, height = (thing.xmax - thing.xmin) / image.width, (thing.ymax - thing.ymin) / image.height
            lines.append(f"{thing.label - 1} {x!r} {y!r} {width!r} {height!r}\n")
    return "".join(lines)
