"""The features of the TF Object Detection API's schema, of an image and its objects."""

from collections.abc import Sequence

import numpy as np

from pipeline.datasets.records.example import Feature, encode_example


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
