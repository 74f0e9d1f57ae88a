"""The records of tiles: the picture is decoded once, and each tile is encoded from it with its objects and masks."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from pipeline.datasets.checks.boxes import CheckedBoxes
from pipeline.datasets.checks.images import CheckedImage, encode_image, open_image
from pipeline.datasets.checks.masks import decode_png, encode_png
from pipeline.datasets.checks.shrink import record_size, shrink_image, shrink_mask, without_alpha
from pipeline.datasets.conversion.image_record import Masks
from pipeline.datasets.conversion.tasks import ImageTask
from pipeline.datasets.conversion.tiles import Tile, tiles_of
from pipeline.datasets.converted.tile_grid import Window
from pipeline.datasets.converted.tiling import TILES_PER_IMAGE
from pipeline.datasets.records.files import frame
from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example
from pipeline.params.convert import Convert


def tile_records(
    task: ImageTask,
    image: CheckedImage,
    settings: Convert,
    class_names: tuple[str, ...],
    checked: CheckedBoxes,
    area: np.ndarray,
    masks: Masks,
) -> list[bytes]:
    """Return the framed records of the tiles of a picture; none without ``convert.tile``, and of a picture of test.

    A tile that is larger than ``convert.max_side`` is shrunk to it. Keypoints are left out.

    Args:
        task: The picture with its objects.
        settings: How pictures are cut, and the longest side of a tile.
        class_names: The names of the classes 1..K.
        checked: The boxes that are left.
        area: float64 [K], px², the areas of the objects that are left.
        masks: The masks of the objects that are left.
    """
    if settings.tile is None or not task.tiled:
        return []
    difficult, crowd = task.difficult[checked.kept], task.crowd[checked.kept]
    size = (image.width, image.height)
    tiles = tiles_of(checked.boxes, ~(difficult | crowd), size, settings, task.file)
    sizes = [record_size(*_size(tile.window), settings.max_side) for tile in tiles]
    pngs = _cut_masks(masks, tiles, sizes)
    records = []
    encoded = _encoded_tiles(image, tiles, sizes) if tiles else iter(())
    for tile, size_px, data, own in zip(tiles, sizes, encoded, pngs, strict=True):
        rows, factors = tile.objects, np.array(size_px) / _size(tile.window)
        corner = np.array([tile.window.left, tile.window.top] * 2)
        present = masks.present[rows] & np.array([bool(png) for png in own], bool)
        ignored = ~tile.learnt | (masks.present[rows] & ~present)
        objects = RecordObjects(
            boxes=(tile.boxes - corner) * np.tile(factors, 2),
            labels=task.labels[checked.kept][rows],
            difficult=difficult[rows] | ignored,
            crowd=crowd[rows],
            area=area[rows] * tile.shares * factors.prod(),
            masks=[png or _no_mask(size_px) for png in own] if present.any() else [],
            has_mask=present,
        )
        records.append(
            frame(detection_example(_record_image(task, image, tile, data, size_px), objects, class_names))
        )
    return records


def _record_image(
    task: ImageTask, image: CheckedImage, tile: Tile, data: bytes, size: tuple[int, int]
) -> RecordImage:
    return RecordImage(
        encoded=data,
        format=image.format,
        file=task.file,
        id=(task.row + 1) * TILES_PER_IMAGE + tile.number,
        width=size[0],
        height=size[1],
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _encoded_tiles(
    image: CheckedImage, tiles: Sequence[Tile], sizes: Sequence[tuple[int, int]]
) -> Iterator[bytes]:
    """Yield the encoded tiles of a picture. A tile that is the whole picture in its size is not encoded anew."""
    picture: Image.Image | None = None
    for tile, size in zip(tiles, sizes, strict=True):
        if size == (image.width, image.height):
            yield image.data
            continue
        if picture is None:
            picture = without_alpha(open_image(image.data))
        yield encode_image(cut(picture, tile.window, size), image.format)


def encoded_tile(image: CheckedImage, tile: Tile, max_side: int | None) -> tuple[bytes, tuple[int, int]]:
    """Return a tile of a picture as its record would hold it, and its width and height in px.

    Args:
        image: The picture, which was not shrunk.
        max_side: The longest side of a tile in its record, px; None for no limit.
    """
    size = record_size(*_size(tile.window), max_side)
    return next(_encoded_tiles(image, [tile], [size])), size


def cut(picture: Image.Image, window: Window, size: tuple[int, int]) -> Image.Image:
    """Return a part of a decoded picture in the width and height ``size``, px."""
    return shrink_image(picture.crop((window.left, window.top, window.right, window.bottom)), size)


def _size(window: Window) -> tuple[int, int]:
    """Return the width and height of a part of a picture, px."""
    return window.right - window.left, window.bottom - window.top


def _cut_masks(masks: Masks, tiles: Sequence[Tile], sizes: Sequence[tuple[int, int]]) -> list[list[bytes]]:
    """Return the PNG of each object of each tile, b"" where nothing of the mask is in the tile.

    The mask of an object is decoded once for all tiles. Without masks, all PNGs are b"".
    """
    found = [[b""] * len(tile.objects) for tile in tiles]
    places: dict[int, list[tuple[int, int]]] = {}
    for number, tile in enumerate(tiles):
        for at, row in enumerate(tile.objects.tolist()):
            places.setdefault(row, []).append((number, at))
    for row, of_object in places.items():
        if not masks.pngs:
            break
        pixels = decode_png(masks.pngs[row])
        for number, at in of_object:
            top, left, bottom, right = tiles[number].window
            part = pixels[top:bottom, left:right]
            if part.any():
                found[number][at] = encode_png(shrink_mask(part, sizes[number]))
    return found


def _no_mask(size: tuple[int, int]) -> bytes:
    """Return the PNG of a mask without a pixel, of the width and height ``size``."""
    return encode_png(np.zeros(size[::-1], np.uint8))
