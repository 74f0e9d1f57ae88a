"""Image files: read as the stage ``convert`` reads them, looked at in batches, drawn and written."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from PIL import Image

from pipeline.artifacts import whole
from pipeline.commands.predict.rate import Rate
from pipeline.commands.predict.run import Run
from pipeline.commands.predict.sources import Source
from pipeline.datasets.checks.images import CheckedImage, UnreadableImageError, check_image
from pipeline.serving import Prediction

MAX_PIXELS = 178_956_970
"""Images that declare more pixels are not decoded. It is the default of ``convert.max_pixels``."""

MAX_BYTES = 2**30
"""Larger files are not read."""

BATCH_PIXELS = 2**25
"""A batch ends when its images have so many pixels together, which bounds the memory."""

JPEG_QUALITY = 92


class ReadImage(NamedTuple):
    """An image file that can be read."""

    source: Source
    checked: CheckedImage


def predict_images(sources: Sequence[Source], run: Run, advance: Callable[[float], None]) -> Rate:
    """Find the objects of image files, and write them. What cannot be read is one line each.

    Args:
        advance: Called with the number of files that are done.
    """
    rate = Rate()
    for batch in image_batches(sources, run.batch_size, run.fail, advance):
        predictions, seconds = run.find(run.predictor.predict_files, [image.checked.data for image in batch])
        for image, prediction in zip(batch, predictions, strict=True):
            _write(image, prediction, run)
            advance(1)
        rate.add(len(batch), seconds)
    return rate


def image_batches(
    sources: Sequence[Source],
    batch_size: int,
    fail: Callable[[str], None],
    advance: Callable[[float], None],
) -> Iterator[list[ReadImage]]:
    """Yield the images that can be read, in batches that are bounded in number and pixels.

    Args:
        batch_size: The greatest number of images of a batch.
        fail: Called with a line about each image that cannot be read.
        advance: Called with 1 for each of these.
    """
    batch: list[ReadImage] = []
    pixels = 0
    for source in sources:
        try:
            checked = check_image(_read(source.file), max_pixels=MAX_PIXELS)
        except (UnreadableImageError, OSError) as error:
            fail(f"{source.file}: {getattr(error, 'strerror', None) or error}")
            advance(1)
            continue
        batch.append(ReadImage(source, checked))
        pixels += checked.width * checked.height
        if len(batch) == batch_size or pixels >= BATCH_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def _read(file: str) -> bytes:
    """Return the contents of a file.

    Raises:
        OSError: It cannot be read.
        UnreadableImageError: It is too large.
    """
    with open(file, "rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        if size > MAX_BYTES:
            raise UnreadableImageError(f"{size:,} bytes, more than {MAX_BYTES:,}")
        return opened.read()


def _write(image: ReadImage, prediction: Prediction, run: Run) -> None:
    source, checked = image
    if not prediction.valid:
        run.fail(f"{source.file}: the exported model cannot decode it")
        return
    if run.drawn is not None:
        suffix, options = (".jpg", {"quality": JPEG_QUALITY}) if checked.format == "jpeg" else (".png", {})
        with Image.open(io.BytesIO(checked.data)) as stored:
            drawn = run.draw(stored.convert("RGB"), prediction)
        with whole(run.drawn / f"{source.stem}{suffix}") as partial:
            drawn.save(partial, checked.format, **options)
    run.write(source.file, source.stem, prediction)
    run.done += 1
