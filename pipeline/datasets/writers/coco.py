"""COCO: the annotations in ``annotations/instances_{split}.json``, and the images in a folder per split.

Masks are written as compressed run lengths, and keypoints with COCO's codes. A label of a whole image is written as an
annotation without ``bbox`` and with the key ``whole_image``, which tells it from one whose box is lost.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from PIL import Image

from pipeline.datasets.converted.checked_dataset import ConvertedDataset, WrittenImage, WrittenObject
from pipeline.datasets.converted.run_lengths import compress
from pipeline.datasets.table.annotation_table import SPLITS
from pipeline.datasets.writers.image_files import image_stems, suffix_of, write_file


def write(dataset: ConvertedDataset, folder: Path) -> int:
    """Write the dataset into an empty folder that exists, and return the number of objects written.

    Each annotation is written when its image is read, so memory does not hold the masks of the dataset.
    """
    (folder / "annotations").mkdir()
    keypoints = {"keypoints": dataset.keypoint_names, "skeleton": []} if dataset.keypoint_names else {}
    categories = [
        {"id": label, "name": name, **keypoints} for label, name in enumerate(dataset.class_names, start=1)
    ]
    for split in SPLITS:
        stems = image_stems(dataset.images["file"][dataset.images["split"] == split])
        images: list[dict[str, Any]] = []
        with (folder / "annotations" / f"instances_{split}.json").open("wb") as file:
            file.write(b'{"categories":' + orjson.dumps(categories) + b',"annotations":[')
            number = 0
            for image in dataset.of_split(split):
                name = stems[image.file] + suffix_of(image.file, image.format)
                write_file(folder / split / name, image.encoded)
                images.append(
                    {"id": image.id, "file_name": name, "width": image.width, "height": image.height}
                )
                for item in image.objects:
                    number += 1
                    file.write(b",\n" if number > 1 else b"\n")
                    file.write(orjson.dumps(_annotation(number, image, item)))
            images.sort(key=lambda image: image["id"])
            file.write(b'],\n"images":' + orjson.dumps(images) + b"}\n")
    return len(dataset.objects)


def _annotation(number: int, image: WrittenImage, item: WrittenObject) -> dict[str, Any]:
    annotation: dict[str, Any] = {
        "id": number,
        "image_id": image.id,
        "category_id": item.label,
        "iscrowd": item.crowd,
    }
    if item.has_box:
        width, height = item.xmax - item.xmin, item.ymax - item.ymin
        annotation |= {"bbox": [item.xmin, item.ymin, width, height], "area": item.area}
    else:  # COCO has no such key, and its tools ignore it.
        annotation["whole_image"] = 1
    if item.mask:
        annotation["segmentation"] = {"size": [image.height, image.width], "counts": _run_lengths(item.mask)}
    if item.keypoints is not None and item.keypoints.any():
        annotation["keypoints"] = [round(value, 3) for value in item.keypoints.ravel().tolist()]
        annotation["num_keypoints"] = int((item.keypoints[:, 2] > 0).sum())
    if item.difficult:  # COCO has no such key, and its tools ignore it.
        annotation["difficult"] = 1
    return annotation


def _run_lengths(mask: bytes) -> str:
    """Return the compressed run lengths of a mask that is encoded as PNG."""
    with Image.open(io.BytesIO(mask)) as pixels:
        return compress(np.asarray(pixels, np.uint8))
