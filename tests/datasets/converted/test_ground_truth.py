"""Reading convert's tables."""

from pathlib import Path

import pytest

from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.errors import PipelineError

IMAGES = "id,file,width,height,split\n1,a.jpg,10,10,train\n2,NA,10,10,test\n"
OBJECTS = """image_id,label,class_name,xmin,ymin,xmax,ymax,difficult,crowd,area
1,1,None,0,0,5,5,0,0,25
2,1,None,0,0,5,5,1,0,25
2,1,None,1,1,5,5,0,0,16
2,2,NA,,,,,0,0,
"""


def write(folder: Path, images: str = IMAGES, objects: str = OBJECTS) -> Path:
    (folder / "images.csv").write_text(images)
    (folder / "objects.csv").write_text(objects)
    (folder / "labels.txt").write_text("None\nNA\n")
    return folder


def test_names_that_look_like_nothing_and_labels_of_a_whole_image(tmp_path: Path) -> None:
    test = read_ground_truth(write(tmp_path)).split("test")
    assert test.images["file"].tolist() == ["NA"]
    assert len(test.objects) == 3
    assert len(test.boxes()) == 2
    assert test.counted().to_dict() == {1: 1, 2: 0}


def test_masks_are_those_of_their_objects(tmp_path: Path) -> None:
    write(tmp_path)
    assert read_ground_truth(tmp_path).objects["mask"].tolist() == [""] * 4
    (tmp_path / "masks.csv").write_text("image_id,object,counts\n2,1,NA\n2,0,T3T3\n9,0,x\n")
    assert read_ground_truth(tmp_path).objects["mask"].tolist() == ["", "T3T3", "NA", ""]
    assert read_ground_truth(tmp_path).split("test").boxes()["mask"].tolist() == ["T3T3", "NA"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images": "id,file\n1,a.jpg\n"}, "images.csv: .*must have the columns"),
        ({"images": ""}, "images.csv: not the expected table"),
        ({"objects": OBJECTS.replace("1,1,None,0", "1,1,None,wide")}, "objects.csv: not the expected table"),
    ],
)
def test_not_a_table(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(PipelineError, match=said):
        read_ground_truth(write(tmp_path, **changes))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="run the stage that writes it first"):
        read_ground_truth(tmp_path)
