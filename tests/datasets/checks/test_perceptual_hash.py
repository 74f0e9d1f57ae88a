import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from pipeline.datasets.checks import perceptual_hash as near_duplicates
from pipeline.datasets.checks.perceptual_hash import first_near, near_blocks, perceptual_hash
from pipeline.params.load import load_params

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


def near(*hashes):
    """Compare all with all; return the pairs, each once."""
    stacked = np.stack([np.frombuffer(hashed, np.uint8) for hashed in hashes])
    rows = np.arange(len(hashes))
    pairs = [
        (int(left[a]), int(right[b]))
        for left, right, alike in near_blocks(stacked, rows, rows, BITS)
        for a, b in np.argwhere(alike).tolist()
    ]
    assert sorted((b, a) for a, b in pairs) == sorted(pairs)
    return sorted((a, b) for a, b in pairs if a < b)


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
        assert near(perceptual_hash(photo(seed)), perceptual_hash(change(photo(seed)))) == [(0, 1)]


def test_different_pictures_do_not_in_any_block(monkeypatch):
    monkeypatch.setattr(near_duplicates, "_ROWS", (7, 64))
    hashes = []
    for seed in range(150):
        pixels = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)
        hashes.append(perceptual_hash(Image.fromarray(pixels).resize((64, 64))))
    assert near(*hashes) == []
    assert near(*hashes, hashes[3], hashes[77]) == [(3, 150), (77, 151)]


@pytest.mark.parametrize("differing", [BITS, BITS + 1])
def test_the_threshold_is_in_bits(differing):
    bits = np.random.default_rng(0).integers(0, 2, 256, dtype=np.uint8)
    other = bits.copy()
    other[np.random.default_rng(1).permutation(256)[:differing]] ^= 1
    assert near(np.packbits(bits).tobytes(), np.packbits(other).tobytes()) == [(0, 1)] * (differing <= BITS)


def test_a_picture_of_one_colour_has_no_hash():
    assert perceptual_hash(Image.new("RGB", (100, 100), "white")) == b""
    assert perceptual_hash(photo(1).resize((60, 80))) == b""


def test_the_first_in_the_order_given_counts(monkeypatch):
    monkeypatch.setattr(near_duplicates, "_ROWS", (2, 2))
    hashes = np.stack([np.frombuffer(perceptual_hash(photo(seed)), np.uint8) for seed in (1, 2, 1, 3, 1, 2)])
    some, others = np.array([0, 1, 3]), np.array([5, 4, 3, 2, 0])
    assert first_near(hashes, some, others, BITS).tolist() == [4, 5, -1]
