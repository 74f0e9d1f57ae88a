import io

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.checks.images import UnreadableImageError, check_image

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (48, 64, 3)).astype(np.uint8)
PHOTO = Image.fromarray(PIXELS)


def checked_image(data, max_pixels=10**8):
    return check_image(data, max_pixels=max_pixels)


def encoded(image: Image.Image, format: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def grey16() -> Image.Image:
    return Image.fromarray(RNG.integers(0, 2**16, (48, 64)).astype(np.uint16))


@pytest.mark.parametrize(
    "data",
    [
        encoded(PHOTO, "JPEG"),
        encoded(PHOTO, "JPEG", progressive=True),
        encoded(PHOTO.convert("L"), "JPEG"),
        encoded(PHOTO, "PNG"),
        encoded(PHOTO.convert("L"), "PNG"),
        encoded(PHOTO.convert("RGBA"), "PNG"),
    ],
)
def test_a_sound_image_keeps_its_bytes(data):
    checked = checked_image(data)
    assert checked.data is data
    assert (checked.width, checked.height, checked.repairs) == (64, 48, ())


@pytest.mark.parametrize(
    ("data", "fault", "format"),
    [
        (encoded(PHOTO.convert("CMYK"), "JPEG"), "image-cmyk", "jpeg"),
        (encoded(PHOTO.quantize(16), "PNG"), "image-palette", "png"),
        (encoded(grey16(), "PNG"), "image-16-bit", "png"),
        (encoded(PHOTO.convert("1"), "PNG"), "image-mode", "png"),
        (encoded(PHOTO, "BMP"), "image-format", "png"),
        (encoded(PHOTO, "GIF"), "image-format", "png"),
        (encoded(PHOTO, "WEBP"), "image-format", "jpeg"),
        (encoded(PHOTO, "TIFF"), "image-format", "png"),
    ],
)
def test_what_a_decoder_could_not_use_is_encoded_anew(data, fault, format):
    checked = checked_image(data)
    assert fault in [repair.name for repair in checked.repairs]
    assert checked.format == format
    again = checked_image(checked.data)
    assert again.repairs == () and again.format == format
    assert (again.width, again.height) == (64, 48)


def test_16_bit_keep_their_high_byte():
    image = grey16()
    decoded = np.asarray(Image.open(io.BytesIO(checked_image(encoded(image, "PNG")).data)))
    np.testing.assert_allclose(decoded, np.asarray(image) / 257, atol=1)


def test_the_bits_that_the_dataset_uses_become_8():
    values = RNG.integers(0, 2**12, (48, 64)).astype(np.uint16)
    checked = check_image(encoded(Image.fromarray(values), "PNG"), max_pixels=10**8, depth=12)
    decoded = np.asarray(Image.open(io.BytesIO(checked.data)))
    np.testing.assert_allclose(decoded, values / 4095 * 255, atol=1)
    assert [fault.how for fault in checked.repairs] == [
        "scaled from 12 bits, as no image of the dataset uses more"
    ]


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_the_brightest_value_leaves_alpha_out(mode, format):
    dark = Image.fromarray(PIXELS // 32).convert(mode.removesuffix("A")).convert(mode)
    data = encoded(dark.convert(mode.removesuffix("A")) if format == "JPEG" else dark, format)
    assert checked_image(data).brightest < 10
    assert checked_image(encoded(PHOTO, format)).brightest > 200


@pytest.mark.parametrize(("greatest", "factor"), [(1.0, 255), (255.0, 1), (65_535.0, 1 / 257)])
def test_floats_do_not_turn_black(greatest, factor):
    pixels = (RNG.random((48, 64)) * greatest).astype(np.float32)
    pixels[0, :3] = np.nan, -1, greatest
    data = checked_image(encoded(Image.fromarray(pixels), "TIFF")).data
    expected = np.clip(np.nan_to_num(pixels), 0, None) * factor
    np.testing.assert_allclose(np.asarray(Image.open(io.BytesIO(data))), expected, atol=1.01)


def test_deep_pixels_are_converted_strip_by_strip(monkeypatch):
    monkeypatch.setattr("pipeline.datasets.checks.bit_depth._STRIP_PIXELS", 200)
    pixels = RNG.random((49, 64)).astype(np.float32)
    pixels[-1, -1] = 1.0
    data = checked_image(encoded(Image.fromarray(pixels), "TIFF")).data
    np.testing.assert_allclose(np.asarray(Image.open(io.BytesIO(data))), pixels * 255, atol=1.01)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM"])
def test_every_tenth_truncation_is_named(format):
    data = encoded(PHOTO, format)
    for length in range(900, len(data) - 10, 10):
        with pytest.raises(UnreadableImageError) as error:
            checked_image(data[:length])
        assert error.value.fault == "truncated-image", length


def test_postscript_is_never_run(monkeypatch):
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: pytest.fail("it was run"))
    with pytest.raises(UnreadableImageError, match="not an image"):
        checked_image(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 48\n%%EndComments\nshowpage\n")


def test_16_bit_rgb_png_is_found_though_pillow_calls_it_rgb():
    import cv2

    deep = RNG.integers(0, 2**16, (8, 8, 3)).astype(np.uint16)
    checked = checked_image(cv2.imencode(".png", deep)[1].tobytes())
    assert [fault.name for fault in checked.repairs] == ["image-16-bit"]


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_rotated_photo_is_turned_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    checked = checked_image(encoded(PHOTO, "JPEG", exif=exif, quality=95))
    assert checked.orientation == orientation
    assert (checked.width, checked.height) == ((48, 64) if orientation >= 5 else (64, 48))
    assert checked_image(checked.data).orientation == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"just a text file", "not an image; it begins with b'just a text file'"),
        (encoded(PHOTO, "JPEG")[:-200], "truncated"),
        (encoded(PHOTO, "PNG")[:-200], "."),
    ],
)
def test_what_is_no_whole_image_is_said(data, said):
    with pytest.raises(UnreadableImageError, match=said):
        checked_image(data)


def test_a_png_with_a_flipped_bit_is_found():
    data = bytearray(encoded(PHOTO, "PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(UnreadableImageError, match="checksum"):
        checked_image(bytes(data))


def test_a_declared_giant_is_refused_before_it_is_decoded():
    data = bytearray(encoded(PHOTO, "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = (60_000).to_bytes(2, "big") * 2
    with pytest.raises(UnreadableImageError, match="pixels"):
        checked_image(bytes(data))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_truncation_is_found_wherever_a_full_decode_finds_it(progressive, mode):
    smooth = Image.fromarray(PIXELS).resize((160, 120)).convert(mode)
    data = encoded(smooth, "JPEG", progressive=progressive, quality=70)
    missed = []
    for length in range(0, len(data), 7):
        try:
            Image.open(io.BytesIO(data[:length])).load()
            whole = True
        except Exception:
            whole = False
        try:
            checked_image(data[:length])
        except UnreadableImageError:
            continue
        if not whole:
            missed.append(length)
    assert missed == []


def test_what_passes_tensorflow_decodes_too():
    tf = pytest.importorskip("tensorflow")
    data = encoded(PHOTO, "JPEG")
    for length in range(len(data) - 60, len(data) + 1):
        try:
            checked_image(data[:length])
        except UnreadableImageError:
            continue
        assert tf.io.decode_image(data[:length], channels=3).shape == (48, 64, 3)
