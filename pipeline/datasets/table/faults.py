"""The faults of a dataset: their names, what is wrong, and what is done about it."""

from enum import Enum
from typing import NamedTuple

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
    "keypoints-unreadable": True,
    # These are repaired without loss, are a matter of taste, or concern the dataset as a whole.
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
    "region-ignored": False,
    "box-rotated": False,
    "keypoint-outside": False,
    "class-name-variant": False,
    "class-unused": False,
    "class-missing-from-split": False,
    "class-imbalance": False,
}
"""The names of all faults. The value says whether a fault counts towards ``convert.max_faulty_fraction``.

A fault counts if it costs data or leaves a doubt about data.
"""


class Action(Enum):
    """The action that is taken for a fault. Its value is the text of the column ``action`` of ``issues.csv``."""

    REPAIR = "repaired"
    KEEP = "kept"
    DROP_OBJECT = "object dropped"
    DROP_IMAGE = "image left out"
    DROP = "left out"
    """Something else than one object or one image is left out, such as a file, a mask or a class."""
    STOP = "dataset refused"


class Fault(NamedTuple):
    """A fault of an object, of an image, of an annotation file or of the whole dataset.

    Attributes:
        object: The object's index in its image's annotation, from 0. None if the fault is not one object's.
        name: One of :data:`FAULTS`.
        detail: What is wrong.
        action: What is done about it.
        how: The action in words, such as "corners swapped"; "" where ``action`` says it all.
    """

    object: int | None
    name: str
    detail: str
    action: Action
    how: str = ""

    @property
    def action_text(self) -> str:
        """The text in the column ``action`` of ``issues.csv``."""
        return self.how or self.action.value


class Issue(NamedTuple):
    """A fault and its file: one row of ``issues.csv``.

    Attributes:
        file: The image or annotation file, a POSIX path relative to the dataset's folder. It is "" for a fault
            of the whole dataset.
        fault: The fault.
    """

    file: str
    fault: Fault
