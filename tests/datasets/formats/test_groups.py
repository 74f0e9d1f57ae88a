from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from tests.support.dataset_files import make, read


def test_a_key_of_the_images_gives_the_groups_of_coco(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "1.jpg", "film": 7}, {"id": 2, "file_name": "2.jpg"}]
    value = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "cat"}]}
    make(tmp_path, {"a.json": value, "1.jpg": "", "2.jpg": ""})
    assert read(tmp_path, group_column="film").images["group"].tolist() == ["7", ""]
    assert read(tmp_path).images["group"].tolist() == ["", ""]
    with pytest.raises(
        PipelineError, match="group_column is scene, but no image of this coco dataset has a group"
    ):
        read(tmp_path, group_column="scene")


def test_a_column_gives_the_groups_of_open_images(tmp_path: Path) -> None:
    text = "ImageID,LabelName,XMin,XMax,YMin,YMax,Film\n1,cat,0,1,0,1,x\n"
    make(tmp_path, {"a.csv": text, "1.jpg": ""})
    assert read(tmp_path, group_column="Film").images["group"].tolist() == ["x"]
