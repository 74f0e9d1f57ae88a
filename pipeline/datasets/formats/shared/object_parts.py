"""Joins the shapes of one image that are the parts of one object, such as a cow behind a post."""

from collections.abc import Hashable, Sequence

from pipeline.datasets.formats.shared.annotated_image import AnnotatedObject
from pipeline.datasets.formats.shared.outlines import joined_masks
from pipeline.datasets.table.faults import Action, Fault


def joined_parts(
    objects: Sequence[AnnotatedObject], groups: Sequence[Hashable | None]
) -> tuple[list[AnnotatedObject], list[Fault]]:
    """Join the objects of one class and one group.

    Args:
        objects: The objects of an image.
        groups: The group of each object; None for no group.

    Returns:
        The objects, of which each joined one stands where its first part was and has the box around all parts, and
        their masks together if they are polygons; and the fault that says so, if parts were joined.
    """
    joined: dict[Hashable, AnnotatedObject] = {}
    for item, group in zip(objects, groups, strict=True):
        whole_image = item.box[0] != item.box[0]
        key = (item.position, len(joined)) if group is None or whole_image else (item.name, "group", group)
        joined[key] = _enclosing(joined[key], item) if key in joined else item
    parts = len(objects) - len(joined)
    if not parts:
        return list(objects), []
    detail = f"its {len(objects)} shapes are {len(joined)} objects, because shapes of one class have the same group"
    fault = Fault(None, "object-in-parts", detail, Action.REPAIR, "the boxes around all parts taken")
    return list(joined.values()), [fault]


def _enclosing(first: AnnotatedObject, other: AnnotatedObject) -> AnnotatedObject:
    xmin, ymin, xmax, ymax = (
        choose(pair)
        for choose, pair in zip((min, min, max, max), zip(first.box, other.box, strict=True), strict=True)
    )
    return first._replace(
        box=(xmin, ymin, xmax, ymax),
        difficult=first.difficult and other.difficult,
        mask=joined_masks([first.mask, other.mask], [first.box, other.box]),
    )
