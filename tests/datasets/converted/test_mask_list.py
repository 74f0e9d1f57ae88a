"""Masks come back to their objects."""

from pathlib import Path

import pandas as pd

from pipeline.datasets.converted.mask_list import MaskList, read_masks

OBJECTS = pd.DataFrame({"image_id": [1, 2, 2, 2, 5]}, index=[3, 4, 5, 6, 7])


def test_masks_come_back(tmp_path: Path) -> None:
    with MaskList(tmp_path) as masks:
        masks.add(2, ["", "NA", "T3T3"])
        masks.add(5, [""])
    assert (tmp_path / "masks.csv").read_text() == "image_id,object,counts\n2,1,NA\n2,2,T3T3\n"
    assert read_masks(OBJECTS, tmp_path).tolist() == ["", "", "NA", "T3T3", ""]


def test_without_masks_there_is_no_file(tmp_path: Path) -> None:
    with MaskList(tmp_path) as masks:
        masks.add(2, ["", ""])
    assert not (tmp_path / "masks.csv").exists()
    masks = read_masks(OBJECTS, tmp_path)
    assert masks.tolist() == [""] * 5 and masks.index.equals(OBJECTS.index)
