"""The faults that datasets have, by the names they have in ``issues.csv``, and what they weigh."""

from typing import NamedTuple

# name: whether it costs data, or leaves a doubt about it, and so counts towards convert.max_faulty_fraction
FAULTS: dict[str, bool] = {
    "missing-image": True,
    "path-outside-folder": True,
    "unreadable-image": True,
    "truncated-image": True,
    "empty-image": True,
    "too-large-image": True,
    "unreadable-annotation": True,
    "annotation-without-image": True,
    "unknown-class": True,
    "box-unreadable": True,
    "box-outside": True,
    "box-inverted": True,
    "box-empty": True,
    "size-mismatch": True,
    "mask-unreadable": True,
    "mask-size-mismatch": True,
    "mask-empty": True,
    "mask-outside": True,
    # mended without loss, a matter of taste, or of the dataset as a whole
    "image-without-annotation": False,
    "image-format": False,
    "image-animated": False,
    "image-16-bit": False,
    "image-palette": False,
    "image-cmyk": False,
    "image-grey": False,
    "image-mode": False,
    "exif-rotated": False,
    "duplicate-image": False,
    "near-duplicate": False,
    "image-in-two-splits": False,
    "group-in-two-splits": False,
    "image-not-listed": False,
    "box-normalised": False,
    "box-in-pixels": False,
    "box-over-edge": False,
    "box-tiny": False,
    "box-covers-image": False,
    "duplicate-box": False,
    "shape-without-box": False,
    "class-name-variant": False,
    "class-unused": False,
    "class-missing-from-split": False,
    "class-imbalance": False,
}


class Fault(NamedTuple):
    """A fault that was found, before it is known of which file.

    Attributes:
        name: One of :data:`FAULTS`.
        detail: What was found.
        action: What was done about it.
    """

    name: str
    detail: str
    action: str
