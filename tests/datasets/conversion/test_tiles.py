"""The tiles of a picture, and what is learnt from each, worked out by hand.

The pictures have 180 x 100 px and two tiles of 100 px, which begin at 0 and at 80.
"""

from typing import Any

import numpy as np
import pytest

from pipeline.datasets.conversion.tiles import Tile, count_tiles, picture_side, tiles_of
from pipeline.params.convert import Convert
from pipeline.params.load import load_params
from tests.support.dataset_files import make_yolo, read

SIZE = (180, 100)


def settings(**changes: Any) -> Convert:
    given = {"tile": 100, "tile_overlap": 0.2, "tile_visibility": 0.7, "tile_negatives": 1.0} | changes
    return load_params().convert.model_copy(update=given)


def tiles(boxes: list[list[float]], counted: list[bool] | None = None, **changes: Any) -> list[Tile]:
    array = np.array(boxes, float).reshape(-1, 4)
    flags = np.ones(len(array), bool) if counted is None else np.array(counted)
    return tiles_of(array, flags, SIZE, settings(**changes), "a.jpg")


def test_an_object_that_is_cut_is_learnt_where_enough_of_it_is_seen() -> None:
    left, right = tiles([[70, 10, 110, 30]])  # of its 40 px, 30 are in the left tile, and 30 in the right one
    np.testing.assert_allclose(left.boxes, [[70, 10, 100, 30]])
    np.testing.assert_allclose(right.boxes, [[80, 10, 110, 30]])
    assert left.shares == pytest.approx(0.75) and right.shares == pytest.approx(0.75)
    assert left.learnt.all() and right.learnt.all()


def test_an_object_that_is_just_visible_enough_is_learnt_and_one_below_is_ignored() -> None:
    left, right = tiles([[65, 0, 115, 20]], tile_visibility=0.7)  # 35 of 50 px in each
    assert left.learnt.all() and right.learnt.all()
    left, right = tiles([[60, 0, 109, 20]], tile_visibility=0.7)  # 40 and 29 of 49 px
    assert left.learnt.tolist() == [True] and right.learnt.tolist() == [False]


def test_a_sliver_is_left_out_unless_the_object_is_as_small() -> None:
    _, right = tiles([[40, 0, 80.5, 20]])
    assert len(right.objects) == 0
    left, right = tiles([[79.8, 0, 80.2, 5.0]], tile_visibility=0.5)  # half of it is in the right tile
    assert len(left.objects) == 1 and right.learnt.tolist() == [True]


def test_an_object_larger_than_the_tiles_is_learnt_from_the_whole_picture() -> None:
    whole, left, right = tiles([[0, 0, 180, 90], [10, 10, 30, 30]])
    assert (whole.number, left.number, right.number) == (0, 1, 2)
    assert whole.window == (0, 0, *SIZE[::-1])
    assert whole.learnt.tolist() == [True, False]  # the small one is learnt from the left tile
    assert left.learnt.tolist() == [False, True] and right.learnt.tolist() == [False]


def test_a_large_object_that_does_not_count_needs_no_whole_picture() -> None:
    found = tiles([[0, 0, 180, 90]], [False], tile_negatives=0.0)
    assert found == []


def test_labels_of_the_whole_image_are_in_no_tile() -> None:
    left, right = tiles([[np.nan] * 4, [10, 10, 30, 30]])
    assert left.objects.tolist() == [1] and right.objects.tolist() == []


def test_tiles_without_objects_are_kept_by_share_and_always_the_same_ones() -> None:
    objects = [[10.0, 10.0, 30.0, 30.0]]
    assert [tile.number for tile in tiles(objects, tile_negatives=0.0)] == [1]
    assert [tile.number for tile in tiles(objects, tile_negatives=1.0)] == [1, 2]
    size, none = (10_000, 10_000), np.zeros((0, 4))
    few, again = (
        [tile.number for tile in tiles_of(none, np.zeros(0, bool), size, settings(tile_negatives=0.1), "b")]
        for _ in range(2)
    )
    more = [
        tile.number for tile in tiles_of(none, np.zeros(0, bool), size, settings(tile_negatives=0.3), "b")
    ]
    assert few == again and set(few) < set(more)
    assert 0.08 < len(few) / 15_625 < 0.12
    others = [
        tile.number for tile in tiles_of(none, np.zeros(0, bool), size, settings(tile_negatives=0.1), "c")
    ]
    assert others != few


def test_a_tile_with_an_ignored_object_alone_is_a_tile_without_objects() -> None:
    assert [tile.number for tile in tiles([[60, 0, 109, 20]], tile_negatives=0.0)] == [1]
    assert tiles([[10, 10, 30, 30]], [False], tile_negatives=0.0) == []


def test_a_picture_that_is_not_larger_than_a_tile_is_one_tile() -> None:
    (only,) = tiles([[0, 0, 180, 100]], tile=200)
    assert only.number == 1 and only.window == (0, 0, *SIZE[::-1]) and only.learnt.all()


def test_pictures_keep_their_size_if_they_are_cut() -> None:
    assert picture_side(settings(max_side=640)) is None
    assert picture_side(settings(tile=None, max_side=640)) == 640


def test_the_tiles_of_a_split_are_counted(tmp_path: Any) -> None:
    table = read(make_yolo(tmp_path, 3))
    table.images["split"] = ["train", "train", "test"]
    table.images["width"], table.images["height"] = SIZE
    table.objects[["xmin", "ymin", "xmax", "ymax"]] = [10.0, 10.0, 30.0, 30.0]
    assert count_tiles(table, "train", settings(tile_negatives=0.0)) == 2
    assert count_tiles(table, "train", settings()) == 4
