"""The section ``convert`` of ``params.yaml``."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.params.base import Fraction, NonNegative, Positive, Section

RepairRule = Literal["repair", "drop", "stop"]
"""The rules for a fault that can be repaired: repair the object or image, drop it, or stop with an error."""

DropRule = Literal["drop", "stop"]
"""The rules for a fault that cannot be repaired."""

KeepRule = Literal["keep", "drop", "stop"]
"""The rules for an object or image that may be correct as it is."""

DatasetRule = Literal["keep", "stop"]
"""The rules for a fault of the whole dataset."""


def _checked_pattern(pattern: str) -> str:
    """Return the pattern.

    Raises:
        ValueError: It is not a regular expression, or does not have exactly one group.
    """
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"it must be a regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"it must have exactly one group in parentheses, but has {groups}")
    return pattern


Pattern = Annotated[str, AfterValidator(_checked_pattern)]
"""A regular expression with one group."""


class Checks(Section):
    """The thresholds of the checks, and the rule for each fault.

    The name of a rule is the name of its fault with ``_`` in place of ``-``.
    """

    max_pixels: Positive
    min_box_side: NonNegative
    near_duplicate_bits: Annotated[int, Field(ge=0, le=64)]
    near_duplicate_max_moved: Fraction
    max_imbalance: Annotated[float, Field(ge=1)]

    missing_image: DropRule
    path_outside_folder: DropRule
    image_without_annotation: KeepRule
    unreadable_image: DropRule
    truncated_image: DropRule
    empty_image: DropRule
    too_large_image: DropRule
    image_format: RepairRule
    image_animated: RepairRule
    image_16_bit: RepairRule
    image_palette: RepairRule
    image_cmyk: RepairRule
    image_grey: KeepRule
    image_nearly_black: KeepRule
    image_mode: RepairRule
    exif_rotated: RepairRule
    size_mismatch: RepairRule
    duplicate_image: KeepRule
    near_duplicate: Literal["repair", "keep", "drop", "stop"]
    image_in_two_splits: Literal["repair", "stop"]
    group_in_two_splits: Literal["repair", "keep", "stop"]
    augmented_copy: Literal["repair", "keep", "stop"]
    image_not_listed: DropRule
    image_annotated_twice: DropRule

    unreadable_annotation: DropRule
    annotation_without_image: DropRule
    detection: DropRule
    unknown_class: DropRule
    box_unreadable: DropRule
    shape_without_box: DropRule
    region_ignored: DropRule
    box_rotated: Literal["repair", "stop"]
    object_in_parts: Literal["repair", "stop"]
    keypoints_without_shape: Literal["repair", "stop"]
    box_normalised: Literal["repair", "keep", "stop"]
    box_in_pixels: Literal["repair", "keep", "stop"]
    box_inverted: RepairRule
    box_empty: DropRule
    box_outside: RepairRule
    box_over_edge: RepairRule
    box_tiny: KeepRule
    box_covers_image: KeepRule
    duplicate_box: KeepRule
    mask_unreadable: DropRule
    mask_size_mismatch: DropRule
    mask_empty: DropRule
    mask_outside: DropRule
    keypoints_unreadable: DropRule
    keypoint_outside: RepairRule

    crowd_only: Literal["repair", "keep", "stop"]
    class_name_repeated: Literal["repair", "stop"]
    class_name_variant: Literal["repair", "keep", "stop"]
    class_unused: KeepRule
    class_missing_from_split: DatasetRule
    class_imbalance: DatasetRule
    class_names_differ: Literal["repair", "stop"]
    unused_content: DatasetRule


class Convert(Section):
    """The parameters of the checks, the splits and the TFRecord files."""

    max_faulty_fraction: Fraction
    checks: Checks
    val_fraction: Annotated[float, Field(gt=0, lt=1)]
    test_fraction: Annotated[float, Field(gt=0, lt=1)]
    folds: Annotated[int, Field(ge=2)] | None
    fold: Annotated[int, Field(ge=1)]
    group_pattern: Pattern | None
    max_side: Annotated[int, Field(ge=32)] | None
    tile: Annotated[int, Field(ge=64)] | None
    tile_overlap: Annotated[float, Field(ge=0, le=0.5)]
    tile_visibility: Annotated[float, Field(gt=0, le=1)]
    tile_negatives: Fraction
    images_per_shard: Positive
    workers: Annotated[int, Field(ge=0)]
