"""Pascal VOC: images in ``JPEGImages``, an XML file per image in ``Annotations``, splits in ``ImageSets/Main``.

The format has boxes only. Crowds are written as difficult objects, because scores ignore both. Corners are written as
they are in the table: continuous, and not converted to VOC's pixels, which count from 1.
"""

import logging
from pathlib import Path

from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage, WrittenObject
from pipeline.datasets.table.annotation_table import SPLITS
from pipeline.datasets.writers.boxes_only import count_boxes, count_crowds
from pipeline.datasets.writers.image_files import image_stems, suffix_of, write_file
from pipeline.datasets.writers.xml_text import xml_number, xml_text

logger = logging.getLogger(__name__)


def write(dataset: ConvertedDataset, folder: Path) -> int:
    """Write the dataset into an empty folder that exists, and return the number of objects written.

    Raises:
        PipelineError: The dataset has labels of whole images only.
    """
    boxes = count_boxes(dataset, "VOC")
    if crowds := count_crowds(dataset):
        logger.info("crowds are written as difficult objects, because VOC has no crowds: %d", crowds)
    stems = image_stems(dataset.images["file"])
    lists = folder / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    listed: dict[str, list[str]] = {}
    for split in SPLITS:
        listed[split] = []
        for image in dataset.of_split(split):
            stem = stems[image.file]
            name = stem + suffix_of(image.file, image.format)
            listed[split].append(stem)
            write_file(folder / "JPEGImages" / name, image.encoded)
            write_file(
                folder / "Annotations" / f"{stem}.xml", annotation(image, name, dataset.class_names).encode()
            )
    listed["trainval"] = listed["train"] + listed["val"]
    for name, names in listed.items():
        (lists / f"{name}.txt").write_text("".join(f"{stem}\n" for stem in sorted(names)), encoding="utf-8")
    return boxes


def annotation(image: WrittenImage, name: str, class_names: list[str]) -> str:
    """Return the XML of an image that is called ``name`` there."""
    objects = "".join(_object(item, class_names) for item in image.objects if item.has_box)
    size = f"<width>{image.width}</width><height>{image.height}</height><depth>3</depth>"
    return (
        f"<annotation>\n  <folder>JPEGImages</folder>\n  <filename>{xml_text(name)}</filename>\n"
        f"  <size>{size}</size>\n  <segmented>0</segmented>\n{objects}</annotation>\n"
    )


def _object(item: WrittenObject, class_names: list[str]) -> str:
    corners = ("xmin", "ymin", "xmax", "ymax")
    box = "".join(f"<{corner}>{xml_number(getattr(item, corner))}</{corner}>" for corner in corners)
    return (
        f"  <object>\n    <name>{xml_text(class_names[item.label - 1])}</name>\n    <pose>Unspecified</pose>\n"
        f"    <truncated>0</truncated>\n    <difficult>{item.difficult | item.crowd}</difficult>\n"
        f"    <bndbox>{box}</bndbox>\n  </object>\n"
    )
