import hotcoco
import numpy as np
import pytest

from pipeline.datasets.checks.masks import encode_png
from pipeline.datasets.converted.checked_dataset import WrittenObject
from pipeline.datasets.writers.mask_polygons import MaskShapes, distance_to_box, extent, polygon_of


def item(box: tuple[float, float, float, float], pixels: np.ndarray) -> WrittenObject:
    return WrittenObject(1, *box, 0, 0, 0.0, encode_png(pixels))


def filled(points: list[tuple[float, float]], shape: tuple[int, ...]) -> np.ndarray:
    """Return the pixels of a polygon, as COCO's tools fill it."""
    numbers = [value for point in points for value in point]
    return hotcoco.mask.decode(hotcoco.mask.merge(hotcoco.mask.fr_py_objects([numbers], *shape)))


def blank() -> np.ndarray:
    return np.zeros((60, 80), np.uint8)


def test_a_rectangle_has_its_four_corners() -> None:
    pixels = blank()
    pixels[10:30, 20:50] = 1
    polygon = polygon_of(item((20, 10, 50, 30), pixels), pixels)
    assert polygon is not None
    assert sorted(polygon) == [(20, 10), (20, 30), (50, 10), (50, 30)]


@pytest.mark.parametrize("box", [(18.3, 8.6, 51.4, 40.8), (19.0, 9.0, 52.0, 41.0)])
def test_the_box_around_the_polygon_is_the_objects_box(box: tuple[float, float, float, float]) -> None:
    rows, columns = np.mgrid[:60, :80]
    pixels = (((columns - 35) / 17) ** 2 + ((rows - 24.5) / 16) ** 2 <= 1).astype(np.uint8)
    assert extent(pixels) == (19, 9, 52, 41)
    polygon = polygon_of(item(box, pixels), pixels)
    assert polygon is not None
    points = np.array(polygon)
    assert (*points.min(axis=0), *points.max(axis=0)) == box
    overlap = filled(polygon, pixels.shape)
    assert (overlap & pixels).sum() / (overlap | pixels).sum() > 0.9


def test_a_hole_and_several_parts_are_no_polygon() -> None:
    ring, parts = blank(), blank()
    ring[10:30, 20:50] = 1
    ring[15:20, 30:40] = 0
    parts[10:30, 20:30] = parts[10:30, 40:50] = 1
    box = (20, 10, 50, 30)
    assert polygon_of(item(box, ring), ring) is None
    assert polygon_of(item(box, parts), parts) is None
    shapes = MaskShapes("CVAT", whole_pixels=True)
    outline = shapes.outline(item(box, ring))
    assert isinstance(outline, np.ndarray) and (outline == ring).all()
    assert shapes.outline(item((20, 10, 51.5, 30), ring)) is None  # its whole box would be too far off
    assert MaskShapes("Label Studio", whole_pixels=False).outline(item(box, parts)) is None


def test_a_box_that_is_not_around_the_mask_is_written_as_a_box(caplog: pytest.LogCaptureFixture) -> None:
    pixels = blank()
    pixels[10:30, 20:50] = 1
    assert distance_to_box(item((19, 11, 51.5, 30), pixels), pixels) == 1.5
    shapes = MaskShapes("CVAT", whole_pixels=True)
    assert shapes.outline(item((15, 10, 50, 30), pixels)) is None
    assert shapes.outline(WrittenObject(1, 0, 0, 5, 5, 0, 0, 25.0)) is None
    with caplog.at_level("INFO", logger="pipeline"):
        shapes.log()
    (record,) = caplog.records
    assert record.getMessage().endswith("CVAT has one shape an object: 1 masks")
