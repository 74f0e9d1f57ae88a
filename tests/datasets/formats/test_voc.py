from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.table.annotation_table import AnnotationTable
from tests.support.dataset_files import faults, make, read

BOX = "<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>6</xmax><ymax>5</ymax></bndbox>"


def voc(*objects: str) -> str:
    elements = "".join(f"<object><name>cat</name>{inside}</object>" for inside in objects)
    return f"<annotation><filename>a.jpg</filename>{elements}</annotation>"


def boxes(folder: Path, *objects: str) -> tuple[AnnotationTable, list[list[float]]]:
    table = read(make(folder, {"a.xml": voc(*objects), "a.jpg": ""}))
    return table, table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy().tolist()


@pytest.mark.parametrize(
    ("inside", "box"),
    [
        # of roLabelImg, a quarter turn
        (
            "<robndbox><cx>4</cx><cy>4</cy><w>4</w><h>2</h><angle>1.5707963267948966</angle></robndbox>",
            [3, 2, 5, 6],
        ),
        # of LabelMe 3.0
        (
            "<polygon><pt><x>1</x><y>2</y></pt><pt><x>5</x><y>2</y></pt><pt><x>5</x><y>6</y></pt></polygon>",
            [1, 2, 5, 6],
        ),
        # of CVAT
        (
            f"<attributes><attribute><name>rotation</name><value>90.0</value></attribute></attributes>{BOX}",
            [3, 2, 5, 6],
        ),
        (
            f"<attributes><attribute><name>colour</name><value>red</value></attribute></attributes>{BOX}",
            [2, 3, 6, 5],
        ),
        # of Roboflow, which adds outlines
        (f"{BOX}<polygon><x1>1</x1><y1>2</y1></polygon>", [2, 3, 6, 5]),
    ],
)
def test_boxes_of_other_tools_are_read(tmp_path: Path, inside: str, box: list[float]) -> None:
    table, found = boxes(tmp_path, inside)
    assert np.allclose(found, [box]) and table.issues == ()


@pytest.mark.parametrize(
    "inside", ["<polygon><username>me</username></polygon>", "<robndbox><cx>4</cx></robndbox>"]
)
def test_a_broken_outline_is_not_a_label_of_the_whole_image(tmp_path: Path, inside: str) -> None:
    table, found = boxes(tmp_path, inside, BOX)
    assert found == [[2, 3, 6, 5]] and faults(table) == [("a.jpg", "box-unreadable")]


def test_deleted_objects_are_left_out(tmp_path: Path) -> None:
    table, found = boxes(tmp_path, f"<deleted>1</deleted>{BOX}", f"<deleted>0</deleted>{BOX}")
    assert len(found) == 1 and table.issues == ()


@pytest.mark.parametrize("name", ["Validation", "valid", "val"])
def test_lists_with_other_names_of_validation_are_read(tmp_path: Path, name: str) -> None:
    for stem in "ab":
        make(tmp_path, {f"Annotations/{stem}.xml": voc(BOX), f"JPEGImages/{stem}.jpg": ""})
    make(tmp_path, {"ImageSets/Main/Train.txt": "a\n", f"ImageSets/Main/{name}.txt": "b\n"})
    assert read(tmp_path).images["split"].tolist() == ["train", "val"]
