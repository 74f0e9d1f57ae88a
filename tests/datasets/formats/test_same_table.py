"""Tests that six formats of the same hundred photographs give the same table, as does an independent reader."""

import json
import shutil
from pathlib import Path

import hotcoco
import numpy as np
import pytest

from pipeline.datasets.conversion.check_images import check_images
from pipeline.datasets.conversion.prepare import read_dataset
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import BOX
from pipeline.params.load import load_params
from pipeline.workers import Workers

pytestmark = pytest.mark.real
FOLDERS = {
    "voc": "pascalvoc_format",
    "coco": "coco_format_v1",
    "yolo": "yolo_format",
    "labelme": "labelme_format",
    "cvat": "cvat_format",
    "openimages": "openimages_format",
}
PARAMS = load_params()

Box = tuple[str, str, tuple[float, ...]]


@pytest.fixture
def database(real_data: Path) -> Path:
    return real_data / "multiformat_voc100" / "data" / "database"


def boxes_of(database: Path, format: str, folder: Path) -> list[Box]:
    """Read and check the annotations of a format.

    Returns:
        The image, the class and the corners in px of each box, sorted.
    """
    shutil.copytree(database / "images", folder / "images")
    shutil.copytree(database / "gts" / FOLDERS[format], folder / "annotations")
    with Workers(1) as workers:
        table = read_dataset(DatasetFolder(folder), PARAMS.dataset, PARAMS.convert, seed=1, workers=workers)
        table = check_images(folder, table, PARAMS.convert, workers, None)
    assert {issue.fault.name for issue in table.issues} <= {"class-missing-from-split"}
    assert len(table.images) == 100 and len(table.class_names) == 20
    files = table.images.set_index("id")["file"].loc[table.objects["image_id"]]
    names = [table.class_names[label - 1] for label in table.objects["label"]]
    corners = map(tuple, table.objects[BOX].round(2).to_numpy().tolist())
    return sorted(zip([Path(file).name for file in files], names, corners, strict=True))


def assert_same(found: list[Box], expected: list[Box], atol: float) -> None:
    """Assert that two lists have the same boxes within ``atol`` px.

    Within an image and class, each box is paired with the one of the nearest corners.
    """
    assert len(found) == len(expected) == 273
    assert [box[:2] for box in found] == [box[:2] for box in expected]
    left = {
        key: [np.array(box[2]) for box in expected if box[:2] == key] for key in {b[:2] for b in expected}
    }
    for file, name, corners in found:
        candidates = left[file, name]
        distances = [np.abs(candidate - corners).max() for candidate in candidates]
        nearest = int(np.argmin(distances))
        assert distances[nearest] <= atol, (file, name, corners)
        candidates.pop(nearest)


@pytest.mark.parametrize("format", FOLDERS)
def test_each_format_gives_the_same_boxes(format: str, database: Path, tmp_path: Path) -> None:
    expected = boxes_of(database, "voc", tmp_path / "expected")
    assert_same(boxes_of(database, format, tmp_path / "found"), expected, atol=1.0)


def independent(database: Path, format: str, folder: Path) -> hotcoco.COCO:
    """Read a format with hotcoco."""
    source = database / "gts" / FOLDERS[format]
    if format == "coco":
        contents = json.loads((source / "instances_default.json").read_text())
        folder.mkdir()
        keys = (
            "id",
            "width",
            "height",
            "file_name",
        )  # hotcoco fails on other keys, whose values are no text
        images = [{key: image[key] for key in keys} for image in contents["images"]]
        contents = {
            "categories": contents["categories"],
            "annotations": contents["annotations"],
            "images": images,
        }
        (folder / "instances.json").write_text(json.dumps(contents))
        return hotcoco.COCO(str(folder / "instances.json"))
    if format == "cvat":
        return hotcoco.COCO.from_cvat(str(source / "annotations.xml"))
    if format == "voc":
        return hotcoco.COCO.from_voc(str(source))
    names = (source / "obj.names").read_text().split()
    shutil.copytree(source / "obj_train_data", folder)
    (folder / "data.yaml").write_text(f"nc: {len(names)}\nnames: {names}\n")
    return hotcoco.COCO.from_yolo(str(folder), images_dir=str(database / "images"))


@pytest.mark.parametrize("format", ["coco", "cvat", "voc", "yolo"])
def test_an_independent_reader_returns_the_same_boxes(format: str, database: Path, tmp_path: Path) -> None:
    theirs = independent(database, format, tmp_path / "theirs")
    expected = []
    for annotation in theirs.dataset["annotations"]:
        x, y, width, height = annotation["bbox"]
        image, category = theirs.imgs[annotation["image_id"]], theirs.cats[annotation["category_id"]]
        name = Path(image["file_name"]).with_suffix(".jpg").name
        expected.append((name, category["name"], (x, y, x + width, y + height)))
    # hotcoco counts the pixels of VOC from 0, so its boxes differ by 1 px; the others differ by rounding
    atol = 1.0 if format == "voc" else 0.02
    assert_same(boxes_of(database, format, tmp_path / "ours"), sorted(expected), atol=atol)
