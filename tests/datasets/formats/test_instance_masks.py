"""PNG masks whose numbers are objects, as Penn-Fudan has them."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.checks.bit_depth import STORED
from pipeline.datasets.conversion.one_image import check_batch
from pipeline.datasets.conversion.tasks import image_tasks
from pipeline.datasets.formats import recognise
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.mask_shapes import decompress
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from tests.support.dataset_files import faults, make, picture, read

BOX = ["xmin", "ymin", "xmax", "ymax"]
TEXT = '# Details for pedestrian 2 ("PASpersonWalking")\nOriginal label for object 2 "PASpersonWalking"\n'


def numbers(*boxes: tuple[int, int, int, int], mode: str = "L") -> bytes:
    """Return a PNG of 60 x 40 px in which the pixels of the first box are 1, those of the next 2, and so on."""
    pixels = np.zeros((40, 60), np.uint8)
    for number, (xmin, ymin, xmax, ymax) in enumerate(boxes, start=1):
        pixels[ymin:ymax, xmin:xmax] = number
    out = io.BytesIO()
    image = Image.fromarray(pixels)
    if mode == "P":
        image = image.convert("P")
        image.putdata(pixels.ravel().tolist())
    image.convert(mode).save(out, "PNG") if mode != "P" else image.save(out, "PNG")
    return out.getvalue()


def dataset(**masks: bytes) -> dict[str, Any]:
    files: dict[str, Any] = {
        f"PNGImages/{name}.png": picture(60, 40, seed) for seed, name in enumerate(masks)
    }
    return files | {f"PedMasks/{name}_mask.png": mask for name, mask in masks.items()}


@pytest.mark.parametrize("mode", ["L", "P"])
def test_each_number_is_an_object_with_box_and_mask(tmp_path: Path, mode: str) -> None:
    files = dataset(
        a=numbers((5, 3, 20, 30), (30, 10, 50, 39), mode=mode), b=numbers((0, 0, 60, 2), mode=mode)
    )
    table = read(make(tmp_path, files | {"Annotation/a.txt": TEXT}))
    assert table.class_names == ("PASpersonWalking", "object") and not table.issues
    assert table.images[["file", "width", "height"]].to_numpy().tolist() == [
        ["PNGImages/a.png", 60, 40],
        ["PNGImages/b.png", 60, 40],
    ]
    assert table.objects[BOX].to_numpy().tolist() == [[5, 3, 20, 30], [30, 10, 50, 39], [0, 0, 60, 2]]
    assert [table.class_names[label - 1] for label in table.objects["label"]] == [
        "object",
        "PASpersonWalking",
        "object",
    ]
    runs = table.segmentations.read(tmp_path, 2)
    assert runs["size"] == [40, 60] and runs["counts"][:4] == [0, 2, 38, 2]


def test_the_masks_are_written_with_their_objects(tmp_path: Path) -> None:
    table = read(make(tmp_path, dataset(a=numbers((5, 3, 20, 30), (30, 10, 50, 39)))))
    (done,) = check_batch(
        tmp_path,
        table.class_names,
        load_params().convert,
        True,
        STORED,
        list(image_tasks(table, np.arange(1))),
    )
    assert done.sound is not None and done.sound.masked.all()
    counts = [decompress(runs) for runs in done.sound.runs]
    assert [sum((found or [])[1::2]) for found in counts] == [15 * 27, 20 * 29]


def test_folders_of_splits_and_masks_of_the_images_names(tmp_path: Path) -> None:
    files = {}
    for split in ("train", "val"):
        files[f"images/{split}/1.jpg"] = picture(60, 40, len(split), "JPEG")
        files[f"masks/{split}/1.png"] = numbers((1, 1, 9, len(split) + 4))
    table = read(make(tmp_path, files))
    assert table.images[["file", "split"]].to_numpy().tolist() == [
        ["images/train/1.jpg", "train"],
        ["images/val/1.jpg", "val"],
    ]
    assert table.objects["ymax"].tolist() == [9, 7]


def test_masks_of_classes_are_not_taken_for_instances(tmp_path: Path) -> None:
    pixels = np.zeros((40, 60), np.uint8)
    pixels[3:9, 3:9] = 7
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    files = dataset(a=numbers((1, 1, 9, 9)), b=out.getvalue())
    with pytest.raises(PipelineError, match=r"PedMasks/a_mask\.png looks like an annotation"):
        recognise(DatasetFolder(make(tmp_path, files)))
    assert read(tmp_path, "instance_masks").objects[BOX].to_numpy().tolist() == [[1, 1, 9, 9], [3, 3, 9, 9]]


def test_masks_that_are_no_numbers_are_listed(tmp_path: Path) -> None:
    files = dataset(a=numbers((1, 1, 9, 9)), b=picture(60, 40), c=b"no PNG", d=numbers((1, 1, 9, 9))[:60])
    table = read(make(tmp_path, files))
    assert faults(table) == [(f"PedMasks/{name}_mask.png", "unreadable-annotation") for name in "bcd"]
    assert len(table.images) == len(table.objects) == 1
