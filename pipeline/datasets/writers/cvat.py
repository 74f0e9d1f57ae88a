"""CVAT for images 1.1: ``annotations.xml``, and the images in ``images``.

The split of an image is its subset. A mask is a polygon or, if it has several parts or a hole, a mask. A label of a
whole image is a tag. The attributes ``difficult`` and ``crowd`` of a shape are the object's flags. CVAT has no place
for a comment on an image, so the image's issues are the attribute ``issues`` of its first shape.
"""

import logging
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import IO

import numpy as np

from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage, WrittenObject
from pipeline.datasets.table.annotation_table import SPLITS
from pipeline.datasets.writers.boxes_only import log_keypoints
from pipeline.datasets.writers.image_files import image_stems, suffix_of, write_file
from pipeline.datasets.writers.mask_polygons import MaskShapes, extent
from pipeline.datasets.writers.xml_text import xml_attribute, xml_number, xml_text

logger = logging.getLogger(__name__)

_ATTRIBUTES = (("difficult", "checkbox", "false"), ("crowd", "checkbox", "false"), ("issues", "text", ""))
"""Name, kind of input and default of each attribute of a shape."""


def write(dataset: ConvertedDataset, folder: Path) -> int:
    """Write the dataset into an empty folder that exists, and return the number of objects written."""
    log_keypoints(dataset, "CVAT")
    stems = image_stems(dataset.images["file"])
    shapes, without_place, number = MaskShapes("CVAT", whole_pixels=True), 0, 0
    with (folder / "annotations.xml").open("w", encoding="utf-8", newline="\n") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
        file.write(_meta(dataset))
        for split in SPLITS:
            for image in dataset.of_split(split):
                name = stems[image.file] + suffix_of(image.file, image.format)
                write_file(folder / "images" / name, image.encoded)
                issues = dataset.issues.get(image.file, [])
                without_place += bool(issues) and not image.objects
                _write_image(file, (number, name, split), image, dataset.class_names, issues, shapes)
                number += 1
        file.write("</annotations>\n")
    shapes.log()
    if without_place:
        logger.info("issues of images without objects have no place in CVAT: %d images", without_place)
    return len(dataset.objects)


def _meta(dataset: ConvertedDataset) -> str:
    """Return the element with the labels and their attributes."""
    attributes = "".join(
        f"<attribute><name>{name}</name><mutable>False</mutable><input_type>{kind}</input_type>"
        f"<default_value>{default}</default_value><values>{default}</values></attribute>"
        for name, kind, default in _ATTRIBUTES
    )
    labels = "".join(
        f"        <label><name>{xml_text(name)}</name><type>any</type><attributes>{attributes}</attributes>"
        "</label>\n"
        for name in dataset.class_names
    )
    return (
        f"  <meta>\n    <task>\n      <size>{len(dataset.images)}</size>\n      <mode>annotation</mode>\n"
        f"      <labels>\n{labels}      </labels>\n    </task>\n  </meta>\n"
    )


def _write_image(
    file: IO[str],
    named: tuple[int, str, str],
    image: WrittenImage,
    class_names: list[str],
    issues: list[str],
    shapes: MaskShapes,
) -> None:
    """Write the element of an image.

    Args:
        named: The number of the image, its name in the folder of images, and its split.
        image: The image with its objects.
        class_names: The names of the classes 1..K.
        issues: The faults of the image, a line each.
        shapes: Chooses the shape of each mask.
    """
    number, name, split = named
    file.write(
        f'  <image id="{number}" name={xml_attribute(name)} subset="{split}" width="{image.width}" '
        f'height="{image.height}">\n'
    )
    for item in image.objects:
        tag, values = _shape(item, shapes)
        attributes = "".join(_attributes(item, issues))
        issues = []
        file.write(
            f"    <{tag} label={xml_attribute(class_names[item.label - 1])} {values}>{attributes}</{tag}>\n"
        )
    file.write("  </image>\n")


def _attributes(item: WrittenObject, issues: list[str]) -> Iterator[str]:
    values = {
        "difficult": item.difficult and "true",
        "crowd": item.crowd and "true",
        "issues": "; ".join(issues),
    }
    for name, value in values.items():
        if value:
            yield f'<attribute name="{name}">{xml_text(str(value))}</attribute>'


def _shape(item: WrittenObject, shapes: MaskShapes) -> tuple[str, str]:
    """Return the element's name of an object, and the values that say where it is."""
    if not item.has_box:
        return "tag", 'source="manual"'
    outline = shapes.outline(item)
    drawn = 'source="manual" occluded="0"'
    if isinstance(outline, list):
        points = ";".join(f"{xml_number(x)},{xml_number(y)}" for x, y in outline)
        return "polygon", f'{drawn} points="{points}" z_order="0"'
    if isinstance(outline, np.ndarray):
        left, top, right, lower = extent(outline)
        values = {"left": left, "top": top, "width": right - left, "height": lower - top}
        placed = " ".join(f'{name}="{value}"' for name, value in values.items())
        return "mask", f'{drawn} rle="{_runs(outline[top:lower, left:right])}" {placed} z_order="0"'
    corners = zip(("xtl", "ytl", "xbr", "ybr"), (item.xmin, item.ymin, item.xmax, item.ymax), strict=True)
    return "box", " ".join(
        [drawn, *(f'{name}="{xml_number(value)}"' for name, value in corners), 'z_order="0"']
    )


def _runs(pixels: np.ndarray) -> str:
    """Return the run lengths of a part of a mask, row by row, of which the first is that of pixels of 0."""
    runs = [len(list(run)) for _, run in groupby(pixels.ravel().tolist())]
    return ", ".join(map(str, [0, *runs] if pixels.flat[0] else runs))
