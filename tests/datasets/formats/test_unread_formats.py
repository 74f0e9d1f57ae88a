"""Formats that are recognised by name, whose files are not read."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.formats.shared.unread_formats import unread_format
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.errors import PipelineError
from tests.support.dataset_files import make, read


@pytest.mark.parametrize(
    ("file", "content", "title"),
    [
        ("Annotations_Part/1.mat", "MATLAB", "PASCAL-Part"),
        ("devkit/cars_train_annos.mat", "MATLAB", "annotations of MATLAB"),
        ("gt/gt_img_1.txt", "\ufeff377,117,463,117,465,130,378,130,Genaxis Theatre\n", "ICDAR"),
        ("CUB/bounding_boxes.txt", "1 60.0 27.0 325.0 304.0", "CUB-200"),
        ("export.json", [{"ID": "1", "Labeled Data": "a.jpg"}], "Labelbox's JSON"),
        ("export.ndjson", '{"data_row": {"id": 1}}', "Labelbox's NDJSON"),
        ("1.json", {"item": {"name": "1"}, "annotations": [{"bounding_box": {"x": 1}}]}, "V7's Darwin JSON"),
        ("1.json", {"metadata": {}, "instances": [{"className": "cat"}]}, "SuperAnnotate's JSON"),
        ("all.json", {"imgs": {"1": {"objects": [{"category": "p5"}]}}, "types": ["p5"]}, "TT100K"),
        (
            "results.json",
            [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}],
            "detections",
        ),
        ("1.xml", '<sequence><frame num="1"><target_list/></frame></sequence>', "UA-DETRAC"),
        ("set00/V000.vbb", "MATLAB", "the Caltech pedestrians"),
        ("annotations.pkl", "pickle", "a pickle"),
        ("data/train-00000-of-00001.parquet", "PAR1", "a table of Parquet"),
        ("boxes.npz", "PK", "arrays of NumPy or HDF5"),
    ],
)
@pytest.mark.parametrize("images", [("1.jpg", "2.jpg"), ("cat/1.jpg", "dog/2.jpg")])
def test_it_is_named_with_what_to_do(
    tmp_path: Path, file: str, content: Any, title: str, images: tuple[str, ...]
) -> None:
    make(tmp_path, {file: content, **dict.fromkeys(images, "")})
    with pytest.raises(PipelineError, match=f"{file} looks like {title}.*, which is not read; ") as error:
        read(tmp_path)
    assert "\n" not in str(error.value)


def test_other_text_is_unknown(tmp_path: Path) -> None:
    folder = DatasetFolder(make(tmp_path, {"gt_1.txt": "1 2 3", "gt_2.txt": "", "1.jpg": ""}))
    assert unread_format(folder) == ""
