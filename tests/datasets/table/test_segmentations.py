"""Masks that the table holds, and places in files."""

import json
from pathlib import Path

import numpy as np

from pipeline.datasets.table.mask_shapes import enclose, segmentation_of
from pipeline.datasets.table.segmentations import NONE, SegmentationsBuilder, packed


def test_held_masks_and_places_are_read_alike(tmp_path: Path) -> None:
    text = json.dumps({"segmentation": [[1, 2, 3]]})
    (tmp_path / "a.json").write_text(text)
    builder = SegmentationsBuilder()
    rows = [
        builder.hold(packed([[1.5]])),
        builder.add("a.json", 0, len(text)),
        builder.hold(packed({"size": [1, 2]})),
    ]
    assert rows == [0, 1, 2]
    built = builder.build()
    wanted = [[[1.5]], [[1, 2, 3]], {"size": [1, 2]}]
    assert [built.read(tmp_path, row) for row in rows] == wanted
    part = built.of(np.array([2, NONE, 1, 0]))
    assert [part.read(tmp_path, row) for row in range(4)] == [wanted[2], None, wanted[1], wanted[0]]
    only = built.of(np.array([2]))
    assert only.read(tmp_path, 0) == wanted[2] and len(only.held) < len(built.held)


def test_run_lengths_of_a_part_of_an_image() -> None:
    rng = np.random.default_rng(1)
    for left, top in ((0, 0), (3, 2), (-2, -1), (8, 5), (40, 0), (-50, 3), (10**30, 0)):
        part = rng.random((4, 5)) < 0.5
        whole = np.zeros((7, 9), bool)
        for y, x in np.argwhere(part).tolist():
            if 0 <= y + top < 7 and 0 <= x + left < 9:
                whole[y + top, x + left] = True
        found = segmentation_of(part, left, top, (7, 9))
        counts = found["counts"]
        assert found["size"] == [7, 9] and sum(counts) == 63
        np.testing.assert_array_equal(
            np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(9, 7).T, whole
        )
    assert enclose(segmentation_of(np.ones((2, 3), bool), 4, 1, (7, 9))) == (4, 1, 7, 3)
