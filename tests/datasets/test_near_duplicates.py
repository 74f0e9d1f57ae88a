import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from pipeline.datasets.near_duplicates import NearDuplicates, perceptual_hash
from pipeline.params import load_params

BITS = load_params().convert.checks.near_duplicate_bits


def photo(seed, size=(320, 240)):
    """Draw something with the smooth large shapes of a photograph."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)).resize(
        size, Image.Resampling.BICUBIC
    )
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = rng.integers(0, size[0] - 60), rng.integers(0, size[1] - 60)
        corners = (x, y, x + rng.integers(20, 120), y + rng.integers(20, 90))
        draw.ellipse([int(value) for value in corners], fill=tuple(int(c) for c in rng.integers(0, 256, 3)))
    return image


def again(image, **options):
    data = io.BytesIO()
    image.save(data, "JPEG", **options)
    return Image.open(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: again(image, quality=40),
        lambda image: image.resize((160, 120)),
        lambda image: image.resize((500, 375)),
        lambda image: ImageEnhance.Brightness(image).enhance(1.15),
        lambda image: image.convert("L"),
    ],
)
def test_a_changed_picture_looks_like_itself(change):
    for seed in range(10):
        seen = NearDuplicates(BITS)
        assert seen.add(7, perceptual_hash(photo(seed))) == []
        assert seen.add(8, perceptual_hash(change(photo(seed)))) == [7]


def test_different_pictures_do_not_and_the_store_grows():
    seen = NearDuplicates(BITS)
    for seed in range(1500):
        image = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)).resize(
            (64, 64)
        )
        assert seen.add(seed, perceptual_hash(image)) == []
    assert seen.add(9999, perceptual_hash(image)) == [1499]


def test_nothing_looks_like_a_picture_of_one_colour():
    assert perceptual_hash(Image.new("RGB", (100, 100), "white")) == b""
    seen = NearDuplicates(256)
    seen.add(1, perceptual_hash(photo(1)))
    assert seen.add(2, b"") == []
