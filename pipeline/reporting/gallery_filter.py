"""What the gallery can be filtered by: the classes and the types of error that its pictures show."""

from collections.abc import Sequence
from typing import Any

from pipeline.evaluation.detection_types import CORRECT, MISSED
from pipeline.reporting.errors import TYPE_MEANINGS
from pipeline.reporting.gallery import Picture

MEANINGS = {
    CORRECT: "box and class are right",
    **TYPE_MEANINGS,
    MISSED: "an object without a detection of its class that fits",
}
"""The types of a mark in the order of the page -> what they mean. An object whose detection has another class, or fits
it badly, is missed too. The table of errors counts it once."""


def filter_values(pictures: Sequence[Picture], classes: Sequence[str]) -> dict[str, Any]:
    """Return the choices of the filter.

    Args:
        pictures: The pictures of the gallery.
        classes: The names of labels 1..K.

    Returns:
        "filter_classes": label and name of each class that a picture shows; "filter_types": each type that a picture
        shows, with its meaning and the number of such pictures.
    """
    labels = {mark.label for item in pictures for mark in item.marks if mark.type}
    shown = [{mark.type for mark in item.marks} for item in pictures]
    counts = {name: sum(name in types for types in shown) for name in MEANINGS}
    return {
        "filter_classes": [(label, name) for label, name in enumerate(classes, start=1) if label in labels],
        "filter_types": [(name, said, counts[name]) for name, said in MEANINGS.items() if counts[name]],
    }
