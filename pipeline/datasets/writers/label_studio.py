"""Label Studio: tasks in ``{split}.json``, the images in ``images/{split}``, and the labelling interface.

A task's annotation has a rectangle for each object, or a polygon for its mask, and choices for the labels of the whole
image. Choices of a region say whether the object is difficult or a crowd. The task's ``issues`` are shown above the
image. The tasks name the images as Label Studio's local storage serves them: set
LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT to the written folder.
"""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage, WrittenObject
from pipeline.datasets.table.annotation_table import SPLITS
from pipeline.datasets.writers.boxes_only import log_keypoints
from pipeline.datasets.writers.image_files import image_stems, suffix_of, write_file
from pipeline.datasets.writers.mask_polygons import MaskShapes
from pipeline.datasets.writers.xml_text import xml_attribute

_URL = "/data/local-files/?d="


def write(dataset: ConvertedDataset, folder: Path) -> int:
    """Write the dataset into an empty folder that exists, and return the number of objects written."""
    log_keypoints(dataset, "Label Studio")
    shapes = MaskShapes("Label Studio", whole_pixels=False)
    (folder / "labelling_interface.xml").write_text(_interface(dataset.class_names), encoding="utf-8")
    for split in SPLITS:
        stems = image_stems(dataset.images["file"][dataset.images["split"] == split])
        with (folder / f"{split}.json").open("wb") as file:
            file.write(b"[")
            for number, image in enumerate(dataset.of_split(split)):
                path = f"images/{split}/{stems[image.file]}{suffix_of(image.file, image.format)}"
                write_file(folder / path, image.encoded)
                data = {"image": _URL + quote(path), "issues": "\n".join(dataset.issues.get(image.file, []))}
                annotation = {"result": _results(image, dataset.class_names, shapes), "was_cancelled": False}
                task = {"id": image.id, "data": data, "annotations": [annotation]}
                file.write((b",\n" if number else b"\n") + orjson.dumps(task))
            file.write(b"\n]\n")
    shapes.log()
    return len(dataset.objects)


def _interface(class_names: list[str]) -> str:
    """Return the labelling interface, to be pasted into the settings of a project."""
    labels = "".join(f"<Label value={xml_attribute(name)}/>" for name in class_names)
    choices = "".join(f"<Choice value={xml_attribute(name)}/>" for name in class_names)
    return (
        '<View>\n  <Text name="issues" value="$issues"/>\n  <Image name="image" value="$image"/>\n'
        f'  <RectangleLabels name="box" toName="image">{labels}</RectangleLabels>\n'
        f'  <PolygonLabels name="polygon" toName="image">{labels}</PolygonLabels>\n'
        '  <Choices name="flags" toName="image" perRegion="true" choice="multiple">'
        '<Choice value="difficult"/><Choice value="crowd"/></Choices>\n'
        f'  <Choices name="class" toName="image" choice="multiple">{choices}</Choices>\n</View>\n'
    )


def _results(image: WrittenImage, class_names: list[str], shapes: MaskShapes) -> list[dict[str, Any]]:
    """Return the results of an image's annotation."""
    results = []
    for number, item in enumerate(image.objects):
        common = {
            "id": f"{image.id}-{number}",
            "to_name": "image",
            "original_width": image.width,
            "original_height": image.height,
            "image_rotation": 0,
        }
        name = class_names[item.label - 1]
        if not item.has_box:
            results.append({**common, "from_name": "class", "type": "choices", "value": {"choices": [name]}})
            continue
        control, kind, place = _region(item, image, shapes)
        results.append({**common, "from_name": control, "type": kind, "value": {**place, kind: [name]}})
        flags = [flag for flag, is_set in (("difficult", item.difficult), ("crowd", item.crowd)) if is_set]
        if flags:
            value = {**place, "choices": flags}
            results.append({**common, "from_name": "flags", "type": "choices", "value": value})
    return results


def _region(item: WrittenObject, image: WrittenImage, shapes: MaskShapes) -> tuple[str, str, dict[str, Any]]:
    """Return the control that draws an object, the kind of its labels, and its place in percent of the image."""
    across, down = 100 / image.width, 100 / image.height
    outline = shapes.outline(item)
    if isinstance(outline, list):
        points = [[x * across, y * down] for x, y in outline]
        return "polygon", "polygonlabels", {"points": points, "closed": True}
    place = {
        "x": item.xmin * across,
        "y": item.ymin * down,
        "width": (item.xmax - item.xmin) * across,
        "height": (item.ymax - item.ymin) * down,
        "rotation": 0,
    }
    return "box", "rectanglelabels", place
