"""The boxes of the real dataset that exists in many formats."""

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.datasets.table.annotation_table import AnnotationTable
from tests.support.dataset_files import read


def multiformat(real_data: Path, folder: Path, format_folder: str) -> Path:
    """Copy the images and the files of one format to a folder, and return the folder."""
    database = real_data / "multiformat_voc100" / "data" / "database"
    shutil.copytree(database / "gts" / format_folder, folder / "gts" / format_folder)
    shutil.copytree(database / "images", folder / "images")
    return folder


def assert_as_voc(real_data: Path, table: AnnotationTable, folder: Path) -> None:
    """Check that a table has the images, classes and boxes of the VOC files, up to one pixel."""
    voc = read(multiformat(real_data, folder / "voc", "pascalvoc_format"), "voc")
    assert not table.issues
    assert (len(table.images), len(table.objects), len(table.class_names)) == (100, 273, 20)
    ours, theirs = _boxes(table, folder), _boxes(voc, folder / "voc")
    assert [box[:2] for box in ours] == [box[:2] for box in theirs]
    np.testing.assert_allclose([box[2:] for box in ours], [box[2:] for box in theirs], atol=1.01)


def _boxes(table: AnnotationTable, folder: Path) -> list[tuple[str, str, float, float, float, float]]:
    """Return file, class and corners in px of each object, in an order that one pixel does not change."""
    images = table.images.set_index("id")
    sizes = {file: Image.open(folder / file).size for file in images["file"]}
    boxes = []
    for thing in table.objects.itertuples():
        image = images.loc[thing.image_id]
        scale = sizes[image["file"]] * 2 if image["normalised"] else (1, 1, 1, 1)
        corners = np.multiply(scale, (thing.xmin, thing.ymin, thing.xmax, thing.ymax))
        boxes.append((image["file"], table.class_names[thing.label - 1], *corners.tolist()))
    return sorted(boxes, key=lambda box: (box[:2], [round(side / 4) for side in box[2:]]))
