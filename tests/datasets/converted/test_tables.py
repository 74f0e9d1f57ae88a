"""The tables of images and objects come back as they were written."""

from math import nan
from pathlib import Path

import pytest

from pipeline.datasets.converted import tables
from pipeline.datasets.converted.tables import (
    IMAGES,
    OBJECTS,
    read_images,
    read_objects,
    write_images,
    write_objects,
)
from pipeline.datasets.table.builder import TableBuilder


def test_tables_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_ROWS_AT_ONCE", 2)
    builder = TableBuilder()
    for number in range(5):
        image = builder.image(f"{number}.jpg", 10, 20, "train")
        box = (nan,) * 4 if number == 3 else (0.0, 1.0, 2.5, 3.0)
        builder.object(image, 0, builder.label("NA" if number % 2 else "cat"), box, difficult=number == 1)
    table = builder.build()
    write_images(table, tmp_path)
    write_objects(table, tmp_path)
    images, objects = read_images(tmp_path), read_objects(tmp_path)
    assert list(images) == list(IMAGES) and images["file"].tolist() == [f"{n}.jpg" for n in range(5)]
    assert list(objects) == list(OBJECTS) and objects["class_name"].tolist() == ["cat", "NA"] * 2 + ["cat"]
    assert objects["difficult"].tolist() == [0, 1, 0, 0, 0]
    assert objects["xmax"].isna().tolist() == [False, False, False, True, False]


def test_a_dataset_without_objects(tmp_path: Path) -> None:
    write_objects(TableBuilder().build(), tmp_path)
    assert (tmp_path / "objects.csv").read_text() == ",".join(OBJECTS) + "\n"
    assert read_objects(tmp_path).empty
