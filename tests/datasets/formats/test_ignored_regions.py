from pathlib import Path

import pytest

from tests.datasets.formats.test_formats import coco, voc
from tests.support.dataset_files import faults, make, read


@pytest.mark.parametrize(
    "name", ["__ignore__", "_ignored_", "DontCare", "Ignored regions", "ignore", "_background_"]
)
def test_an_ignored_region_is_no_object(tmp_path: Path, name: str) -> None:
    table = read(make(tmp_path, {"a.xml": voc("zebra", name, "cat"), "a.jpg": ""}))
    assert table.class_names == ("cat", "zebra") and table.objects["label"].tolist() == [2, 1]
    (issue,) = table.issues
    assert (issue.file, issue.fault.name, issue.fault.object) == ("a.jpg", "region-ignored", 1)


def test_other_names_are_classes(tmp_path: Path) -> None:
    table = read(make(tmp_path, {"a.xml": voc("background", "ignorance"), "a.jpg": ""}))
    assert table.class_names == ("background", "ignorance") and not table.issues


def test_a_category_of_coco_is_left_out_even_without_objects(tmp_path: Path) -> None:
    content = coco("a.jpg")
    content["categories"].append({"id": 0, "name": "__ignore__"})
    table = read(make(tmp_path, {"instances.json": content, "a.jpg": ""}))
    assert table.class_names == ("cat",) and table.objects["label"].tolist() == [1] and faults(table) == []
