"""YOLO: images in ``images/{split}``, a text file per image in ``labels/{split}``, and the classes in ``data.yaml``.

The format has boxes only. Crowds are left out, and difficult objects are written like all others. An image without
objects has an empty text file.
"""

import logging
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage
from pipeline.datasets.table.annotation_table import SPLITS
from pipeline.datasets.writers.boxes_only import count_boxes, count_crowds, count_difficult
from pipeline.datasets.writers.image_files import image_stems, suffix_of, write_file

logger = logging.getLogger(__name__)


def write(dataset: ConvertedDataset, folder: Path) -> int:
    """Write the dataset into an empty folder that exists, and return the number of objects written.

    Raises:
        PipelineError: The dataset has labels of whole images only.
    """
    boxes = count_boxes(dataset, "YOLO")
    if crowds := count_crowds(dataset):
        logger.info("crowds are left out, because YOLO has no crowds: %d", crowds)
    if difficult := count_difficult(dataset):
        logger.info("difficult objects are written like others, because YOLO has no such flag: %d", difficult)
    for split in SPLITS:
        stems = image_stems(dataset.images["file"][dataset.images["split"] == split])
        for image in dataset.of_split(split):
            stem = stems[image.file]
            write_file(
                folder / "images" / split / f"{stem}{suffix_of(image.file, image.format)}", image.encoded
            )
            write_file(folder / "labels" / split / f"{stem}.txt", labels(image).encode())
    value = {split: f"images/{split}" for split in SPLITS}
    # Without quotes, YAML 1.1 would read a class named "no" as false.
    names = {number: DoubleQuotedScalarString(name) for number, name in enumerate(dataset.class_names)}
    with (folder / "data.yaml").open("w", encoding="utf-8") as file:
        YAML().dump({**value, "nc": len(names), "names": names}, file)
    return boxes - crowds


def labels(image: WrittenImage) -> str:
    """Return one line per object: class from 0, then centre x and y, width and height as fractions of the image."""
    lines = []
    for item in image.objects:
        if item.has_box and not item.crowd:
            x, y = (item.xmin + item.xmax) / 2 / image.width, (item.ymin + item.ymax) / 2 / image.height
            width, height = (item.xmax - item.xmin) / image.width, (item.ymax - item.ymin) / image.height
            lines.append(f"{item.label - 1} {x!r} {y!r} {width!r} {height!r}\n")
    return "".join(lines)
