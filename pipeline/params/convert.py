"""The section ``convert`` of ``params.yaml``."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.params.base import Fraction, NonNegative, Positive, Section

Mend = Literal["repair", "drop", "stop"]
"""What is done about a fault that can be mended: the object or image stays, mended, or goes, or ends the stage."""

Drop = Literal["drop", "stop"]
"""... that cannot."""

Doubt = Literal["keep", "drop", "stop"]
"""... that may be none."""

Note = Literal["keep", "stop"]
"""... of the dataset as a whole."""


def _compile(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"it must be a regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"it must have one group in parentheses, not {groups}")
    return pattern


Pattern = Annotated[str, AfterValidator(_compile)]
"""A regular expression with one group."""


class Checks(Section):
    """What counts as a fault, and the rule for each: its name is that of the fault, with ``_`` for ``-``."""

    max_pixels: Positive
    min_box_side: NonNegative
    near_duplicate_bits: Annotated[int, Field(ge=0, le=64)]
    near_duplicate_max_moved: Fraction
    max_imbalance: Annotated[float, Field(ge=1)]

    missing_image: Drop
    path_outside_folder: Drop
    image_without_annotation: Doubt
    unreadable_image: Drop
    truncated_image: Drop
    empty_image: Drop
    too_large_image: Drop
    image_format: Mend
    image_animated: Mend
    image_16_bit: Mend
    image_palette: Mend
    image_cmyk: Mend
    image_grey: Doubt
    image_mode: Mend
    exif_rotated: Mend
    size_mismatch: Mend
    duplicate_image: Doubt
    near_duplicate: Literal["repair", "keep", "drop", "stop"]
    image_in_two_splits: Literal["repair", "stop"]
    group_in_two_splits: Literal["repair", "keep", "stop"]
    image_not_listed: Drop

    unreadable_annotation: Drop
    annotation_without_image: Drop
    unknown_class: Drop
    box_unreadable: Drop
    shape_without_box: Drop
    box_normalised: Literal["repair", "keep", "stop"]
    box_in_pixels: Literal["repair", "keep", "stop"]
    box_inverted: Mend
    box_empty: Drop
    box_outside: Mend
    box_over_edge: Mend
    box_tiny: Doubt
    box_covers_image: Doubt
    duplicate_box: Doubt
    mask_unreadable: Drop
    mask_size_mismatch: Drop
    mask_empty: Drop
    mask_outside: Drop

    class_name_variant: Literal["repair", "keep", "stop"]
    class_unused: Doubt
    class_missing_from_split: Note
    class_imbalance: Note


class Convert(Section):
    """Checks, splits and TFRecords."""

    max_faulty_fraction: Fraction
    checks: Checks
    val_fraction: Annotated[float, Field(gt=0, lt=1)]
    test_fraction: Annotated[float, Field(gt=0, lt=1)]
    folds: Annotated[int, Field(ge=2)] | None
    fold: Annotated[int, Field(ge=1)]
    group_pattern: Pattern | None
    images_per_shard: Positive
    workers: Annotated[int, Field(ge=0)]
