"""LabelMe: a folder for each split, with a JSON file beside each image.

A mask is a polygon or, if it has several parts or a hole, a mask. The flags of a shape say whether the object is
difficult or a crowd. The flags of an image name the kinds of its issues, and the description of its first shape has
them in full.
"""

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import orjson

from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage, WrittenObject
from pipeline.datasets.table.annotation_table import SPLITS
from pipeline.datasets.writers.boxes_only import count_boxes, log_keypoints
from pipeline.datasets.writers.image_files import flat_stems, suffix_of, write_file
from pipeline.datasets.writers.mask_polygons import MaskShapes, extent

_VERSION = "5.5.0"
"""The version of LabelMe whose files have these keys."""


def write(dataset: ConvertedDataset, folder: Path) -> int:
    """Write the dataset into an empty folder that exists, and return the number of objects written.

    Raises:
        PipelineError: The dataset has labels of whole images only.
    """
    boxes = count_boxes(dataset, "LabelMe")
    log_keypoints(dataset, "LabelMe")
    stems, shapes = flat_stems(dataset.images["file"]), MaskShapes("LabelMe", whole_pixels=True)
    for split in SPLITS:
        for image in dataset.of_split(split):
            stem = stems[image.file]
            name = stem + suffix_of(image.file, image.format)
            write_file(folder / split / name, image.encoded)
            issues = dataset.issues.get(image.file, [])
            content = _content(image, name, dataset.class_names, issues, shapes)
            write_file(folder / split / f"{stem}.json", orjson.dumps(content, option=orjson.OPT_INDENT_2))
    shapes.log()
    return boxes


def _content(
    image: WrittenImage, name: str, class_names: list[str], issues: list[str], shapes: MaskShapes
) -> dict[str, Any]:
    """Return the content of an image's JSON file.

    Args:
        image: The image with its objects.
        name: The name of its file.
        class_names: The names of the classes 1..K.
        issues: The faults of the image, a line each.
        shapes: Chooses the shape of each mask.
    """
    objects = [item for item in image.objects if item.has_box]
    drawn = [_shape(item, class_names, shapes) for item in objects]
    if drawn:
        drawn[0]["description"] = "\n".join(issues)
    return {
        "version": _VERSION,
        "flags": {f"issue: {issue.split(':')[0]}": True for issue in issues},
        "shapes": drawn,
        "imagePath": name,
        "imageData": None,
        "imageHeight": image.height,
        "imageWidth": image.width,
    }


def _shape(item: WrittenObject, class_names: list[str], shapes: MaskShapes) -> dict[str, Any]:
    flags = {name: True for name, is_set in (("difficult", item.difficult), ("crowd", item.crowd)) if is_set}
    outline = shapes.outline(item)
    kind, mask = "rectangle", None
    points: list[Any] = [[item.xmin, item.ymin], [item.xmax, item.ymax]]
    if isinstance(outline, list):
        kind, points = "polygon", outline
    elif isinstance(outline, np.ndarray):
        left, top, right, lower = extent(outline)
        kind, points = "mask", [[left, top], [right - 1, lower - 1]]  # the first and the last pixel
        png = cv2.imencode(".png", np.ascontiguousarray(outline[top:lower, left:right]))[1]
        mask = base64.b64encode(png.tobytes()).decode("ascii")
    return {
        "label": class_names[item.label - 1],
        "points": points,
        "group_id": None,
        "description": "",
        "shape_type": kind,
        "flags": flags,
        "mask": mask,
    }
