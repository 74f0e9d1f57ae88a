"""Pascal VOC: ``JPEGImages``, ``Annotations`` with an XML file an image, and the splits in ``ImageSets/Main``.

It has boxes only. Crowds are written as difficult objects, which scores ignore just so. Corners are written as they
are in the table: no pixel is added.
"""

import re
from pathlib import Path
from xml.sax.saxutils import escape

from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage, WrittenObject
from pipeline.datasets.table.annotation_table import SPLITS
from pipeline.datasets.writers.image_files import image_stems, suffix_of, write_file

# Characters that no XML file may hold, not even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write(dataset: ConvertedDataset, folder: Path) -> int:
    """Write the dataset into an empty folder; return how many objects."""
    boxes = dataset.count_boxes("VOC")
    if crowds := dataset.count("crowd"):
        print(f"written as difficult, as VOC has no crowds: {crowds}")
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
                folder / "Annotations" / f"{stem}.xml", _annotation(image, name, dataset.class_names).encode()
            )
    listed["trainval"] = listed["train"] + listed["val"]
    for name, names in listed.items():
        (lists / f"{name}.txt").write_text("".join(f"{stem}\n" for stem in sorted(names)), encoding="utf-8")
    return boxes


def _annotation(image: WrittenImage, name: str, class_names: list[str]) -> str:
    objects = "".join(_object(thing, class_names) for thing in image.objects if thing.has_box)
    size = f"<width>{image.width}</width><height>{image.height}</height><depth>3</depth>"
    return (
        f"<annotation>\n  <folder>JPEGImages</folder>\n  <filename>{_text(name)}</filename>\n"
        f"  <size>{size}</size>\n  <segmented>0</segmented>\n{objects}</annotation>\n"
    )


def _object(thing: WrittenObject, class_names: list[str]) -> str:
    corners = ("xmin", "ymin", "xmax", "ymax")
    box = "".join(f"<{corner}>{_number(getattr(thing, corner))}</{corner}>" for corner in corners)
    return (
        f"  <object>\n    <name>{_text(class_names[thing.label - 1])}</name>\n    <pose>Unspecified</pose>\n"
        f"    <truncated>0</truncated>\n    <difficult>{thing.difficult | thing.crowd}</difficult>\n"
        f"    <bndbox>{box}</bndbox>\n  </object>\n"
    )


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))
