"""Writing TFRecords in the TF Object Detection schema, without TensorFlow.

Both formats are small: an ``Example`` is a protocol-buffer map from names to lists, a record its length, its
bytes and two checksums. Writing them here saves the seconds that importing TensorFlow takes in every process.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

from pipeline.datasets.crc32c import masked_crc32c

# bytes, floats as a float32 array, whole numbers as an integer array
Feature = bytes | Sequence[bytes] | np.ndarray

_VARINT, _BYTES = 0, 2  # wire types


def encode_example(features: Mapping[str, Feature]) -> bytes:
    """Encode a ``tf.train.Example``; equal features give equal bytes, as names are sorted."""
    entries = []
    for name in sorted(features):
        entry = _field(1, name.encode()) + _field(2, _encode_feature(features[name]))
        entries.append(_field(1, entry))
    return _field(1, b"".join(entries))


def _encode_feature(value: Feature) -> bytes:
    """Encode a ``tf.train.Feature``: field 1 holds bytes, 2 floats, 3 whole numbers; numbers are packed."""
    if isinstance(value, bytes):
        return _field(1, _field(1, value))
    if not isinstance(value, np.ndarray):
        return _field(1, b"".join(_field(1, item) for item in value))
    if value.dtype == np.float32:
        return _field(2, _field(1, value.astype("<f4").tobytes()))
    return _field(3, _field(1, b"".join(_varint(int(number)) for number in value)))


def _field(number: int, payload: bytes) -> bytes:
    return b"".join((_varint(number << 3 | _BYTES), _varint(len(payload)), payload))


def _varint(number: int) -> bytes:
    number &= 0xFFFFFFFFFFFFFFFF  # negative numbers are two's complement of 64 bits
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def frame(record: bytes) -> bytes:
    """Wrap a record as a TFRecord file holds it: length, its checksum, the bytes, their checksum."""
    length = struct.pack("<Q", len(record))
    checksums = (struct.pack("<I", masked_crc32c(part)) for part in (length, record))
    return b"".join((length, next(checksums), record, next(checksums)))


def detection_example(
    *,
    image: bytes,
    image_format: str,
    file: str,
    image_id: int,
    width: int,
    height: int,
    sha256: str,
    boxes: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    difficult: np.ndarray,
    crowd: np.ndarray,
    area: np.ndarray,
    masks: Sequence[bytes],
    has_mask: np.ndarray,
) -> bytes:
    """Encode an image and its objects in the schema of the TF Object Detection API.

    Labels of the whole image (NaN boxes) become ``image/class/label`` and ``image/class/text``. Masks become
    ``image/object/mask`` and, ours, ``image/object/has_mask``; without any there is neither.

    Args:
        image: Encoded.
        image_format: ``jpeg`` or ``png``.
        file: Path that names it.
        image_id: Becomes ``source_id``, a string of digits as Model Garden's parsers need it.
        width: px.
        height: px.
        sha256: Of ``image``, hexadecimal.
        boxes: float64 [G, 4], xyxy, px.
        labels: int64 [G], 1..K.
        class_names: Names of the classes 1..K.
        difficult: bool [G].
        crowd: bool [G].
        area: float64 [G], px².
        masks: G PNGs, grey, 0 or 1, as large as the image; none if no object has a mask.
        has_mask: bool [G], False where the PNG stands in for a mask that is not there.
    """
    whole = np.isnan(boxes).any(axis=1)
    boxed = ~whole
    normalised = (boxes[boxed] / (width, height, width, height)).astype(np.float32)
    texts = [class_names[label - 1].encode() for label in labels]
    features: dict[str, Feature] = {
        "image/encoded": image,
        "image/format": image_format.encode(),
        "image/filename": file.encode(),
        "image/source_id": str(image_id).encode(),
        "image/width": np.array([width]),
        "image/height": np.array([height]),
        "image/key/sha256": sha256.encode(),
        "image/object/bbox/xmin": normalised[:, 0],
        "image/object/bbox/ymin": normalised[:, 1],
        "image/object/bbox/xmax": normalised[:, 2],
        "image/object/bbox/ymax": normalised[:, 3],
        "image/object/class/label": labels[boxed],
        "image/object/class/text": [texts[index] for index in np.flatnonzero(boxed)],
        "image/object/difficult": difficult[boxed].astype(np.int64),
        "image/object/is_crowd": crowd[boxed].astype(np.int64),
        "image/object/area": area[boxed].astype(np.float32),
    }
    if masks and boxed.any():
        features["image/object/mask"] = [masks[index] for index in np.flatnonzero(boxed).tolist()]
        features["image/object/has_mask"] = has_mask[boxed].astype(np.int64)
    if whole.any():
        features["image/class/label"] = labels[whole]
        features["image/class/text"] = [texts[index] for index in np.flatnonzero(whole)]
    return encode_example(features)


class ShardWriter:
    """Writes framed records to ``{split}-00000-of-00003.tfrecord`` and so on; the last shard may be short.

    How many shards there will be is known at the end only, so they get their names when the writer is closed.
    """

    def __init__(self, folder: Path, split: str, records_per_shard: int) -> None:
        self._folder, self._split, self._records_per_shard = folder, split, records_per_shard
        self._file: IO[bytes] | None = None
        self._shards: list[Path] = []
        self.records = 0

    def write(self, framed: bytes) -> None:
        """Append a record."""
        if self._file is None or self.records % self._records_per_shard == 0:
            self._close_file()
            path = self._folder / f"{self._split}-{len(self._shards):05d}.partial"
            self._shards.append(path)
            self._file = path.open("wb")
        self._file.write(framed)
        self.records += 1

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        """Give the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the last shard, and name them all."""
        self._close_file()
        for number, path in enumerate(self._shards):
            path.rename(path.with_name(f"{self._split}-{number:05d}-of-{len(self._shards):05d}.tfrecord"))
