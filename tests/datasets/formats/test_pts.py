"""IBUG's .pts files."""

from pathlib import Path

import numpy as np

from tests.support.dataset_files import faults, make, read

PTS = "version: 1\nn_points: 3\n{{\n{}\n}}\n"


def pts(*places: str) -> str:
    return PTS.format("\n".join(places))


def test_the_first_pixel_is_one_one(tmp_path: Path) -> None:
    files = {
        "a.jpg": "",
        "a.pts": pts("1 1", "11.5 21.0", "4 41"),
        "b.png": "",
        "b.pts": pts("5 5", "0 0", "9 9"),
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("face",) and table.keypoints.names == ("0", "1", "2")
    assert table.images["file"].tolist() == ["a.jpg", "b.png"]
    points = table.keypoints.of(table.objects["keypoints"].to_numpy())
    assert points[0].tolist() == [[0, 0, 2], [10.5, 20, 2], [3, 40, 2]]
    assert points[1, :, 2].tolist() == [2, 0, 2]
    boxes = table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy()
    np.testing.assert_allclose(boxes, [[0, 0, 10.5, 40], [4, 4, 8, 8]])


def test_broken_files_are_listed(tmp_path: Path) -> None:
    files = {
        "a.jpg": "",
        "a.pts": pts("1 1", "2 2", "3 3"),
        "b.jpg": "",
        "b.pts": pts("1 1", "2 2"),
        "c.jpg": "",
        "c.pts": "no places",
        "d.pts": pts("1 1", "2 2", "3 3"),
        "e.jpg": "",
        "e.pts": "version: 1\nn_points: 2\n{\n5 5\n9 9\n}\n",
    }
    table = read(make(tmp_path, files))
    assert faults(table) == [
        ("b.pts", "unreadable-annotation"),
        ("c.pts", "unreadable-annotation"),
        ("d.pts", "missing-image"),
        ("e.jpg", "keypoints-unreadable"),
    ]
