"""When tiles are advised, and of which side."""

from pathlib import Path

import pytest

from pipeline.datasets.conversion.tile_choice import advised_tile, longer_side
from pipeline.datasets.table.annotation_table import AnnotationTable
from tests.support.dataset_files import make_yolo, read


def table_of(folder: Path, size: tuple[int, int], side: float) -> AnnotationTable:
    """Return a table of ten pictures of one size with a square object each."""
    table = read(make_yolo(folder, 10))
    table.images["width"], table.images["height"] = size
    table.objects[["xmin", "ymin", "xmax", "ymax"]] = [0.0, 0.0, side, side]
    return table


@pytest.mark.parametrize(
    ("size", "side", "tile"),
    [
        ((3000, 2000), 40.0, 640),  # 3.4 px of 256; 640 px of the picture show it with 16
        ((6000, 4000), 40.0, 640),
        ((3000, 2000), 41.0, 672),
        ((3000, 2000), 200.0, None),  # 17 px of 256 are enough
        ((3000, 2000), 6.0, None),  # the picture itself does not show it
        ((1200, 800), 36.0, 576),
        (
            (1100, 800),
            34.0,
            None,
        ),  # two tiles of 544 px fit into 1,100 px, but then 8 px are seen without them
        ((64, 48), 1.0, None),
    ],
)
def test_the_side_shows_small_objects_with_two_cells(
    tmp_path: Path, size: tuple[int, int], side: float, tile: int | None
) -> None:
    largest = 256 if size != (1100, 800) else 320
    assert advised_tile(table_of(tmp_path, size, side), 256, largest=largest) == tile


def test_a_few_small_objects_do_not_ask_for_tiles(tmp_path: Path) -> None:
    table = table_of(tmp_path, (3000, 2000), 400.0)
    table.objects.loc[0, ["xmax", "ymax"]] = 40.0
    assert advised_tile(table, 256, largest=256) is None


def test_without_boxes_there_is_nothing_to_see(tmp_path: Path) -> None:
    table = table_of(tmp_path, (3000, 2000), 40.0)
    table.objects["xmin"] = float("nan")
    assert advised_tile(table, 256, largest=256) is None


def test_the_longer_side_is_that_of_most_pictures(tmp_path: Path) -> None:
    table = table_of(tmp_path, (3000, 2000), 40.0)
    table.images.loc[0, "height"] = 9000
    assert longer_side(table) == 3000
